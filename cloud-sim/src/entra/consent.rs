//! Admin consent: what granting and deleting do.

use chrono::{DateTime, Utc};

use crate::world::application::Grant;
use crate::world::{Application, ServicePrincipal, Tenant, new_id};

/// An administrator accepts everything the application asks for.
pub fn grant(tenant: &mut Tenant, app: &Application, now: DateTime<Utc>) {
    install(tenant, app, now);
    let Some(sp) = tenant.service_principal_mut(&app.app_id) else { return };
    sp.granted =
        app.required_application.iter().map(|p| Grant { id: new_id(), permission: p.clone() }).collect();
    sp.delegated.clone_from(&app.required_delegated);
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
}

/// An administrator deletes the enterprise application: every grant goes with it.
pub fn delete(tenant: &mut Tenant, app_id: &str) {
    tenant.service_principals.retain(|s| !s.app_id.eq_ignore_ascii_case(app_id));
}
