//! Admin consent: what granting and deleting do.

use chrono::{DateTime, Utc};

use serde_json::json;

use crate::access::trail;
use crate::world::application::Grant;
use crate::world::{Application, ServicePrincipal, Tenant, new_id};

/// An administrator accepts everything the application asks for.
pub fn grant(tenant: &mut Tenant, app: &Application, now: DateTime<Utc>) {
    install(tenant, app, now);
    let Some(sp) = tenant.service_principal_mut(&app.app_id) else { return };
    sp.granted =
        app.required_application.iter().map(|p| Grant { id: new_id(), permission: p.clone() }).collect();
    sp.delegated.clone_from(&app.required_delegated);
    for activity in ["Consent to application", "Add app role assignment to service principal"] {
        told(tenant, &app.app_id, activity, now);
    }
}

/// A row of the audit log about an application.
fn told(tenant: &mut Tenant, app_id: &str, activity: &str, now: DateTime<Utc>) {
    let Some(sp) = tenant.service_principal(app_id) else { return };
    let target = json!({"id": sp.id, "displayName": sp.display_name, "type": "ServicePrincipal",
        "userPrincipalName": null, "modifiedProperties": []});
    let who = trail::caller(tenant, "", None);
    trail::written(tenant, ("ApplicationManagement", "Core Directory", activity), who, vec![target], now);
}

/// Makes the service principal when the tenant has none; nothing is granted.
pub fn install(tenant: &mut Tenant, app: &Application, now: DateTime<Utc>) {
    if tenant.service_principal(&app.app_id).is_some() {
        return;
    }
    tenant.service_principals.push(ServicePrincipal {
        id: new_id(),
        app_id: app.app_id.clone(),
        display_name: app.display_name.clone(),
        owner_tenant: app.home_tenant.clone(),
        enabled: true,
        created: Some(now),
        ..ServicePrincipal::default()
    });
    told(tenant, &app.app_id, "Add service principal", now);
}

/// An administrator deletes the enterprise application: every grant goes with it.
pub fn delete(tenant: &mut Tenant, app_id: &str, now: DateTime<Utc>) {
    told(tenant, app_id, "Remove service principal", now);
    tenant.service_principals.retain(|s| !s.app_id.eq_ignore_ascii_case(app_id));
}
