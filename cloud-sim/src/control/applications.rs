//! What an administrator does with applications: certificates, secrets, people's roles, consent.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::trouble;
use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::entra::consent;
use crate::simulation::Shared;
use crate::world::application::Secret;
use crate::world::new_id;

pub fn certificate(shared: &Shared, app: &str, body: &Value) -> Outcome {
    let text: String = body["cer"].as_str().unwrap_or("").split_whitespace().collect();
    let der = STANDARD.decode(&text).map_err(|_| trouble(400, "cer is not base64"))?;
    if x509_parser::parse_x509_certificate(&der).is_err() {
        return Err(trouble(400, "cer is not a DER certificate"));
    }
    let mut world = shared.world();
    let app = world.application_mut(app).ok_or_else(|| trouble(404, "no such application"))?;
    if !app.certificates.contains(&text) {
        app.certificates.push(text);
    }
    Ok(Answer::ok(json!({"appId": app.app_id, "certificates": app.certificates.len()})))
}

pub fn secret(shared: &Shared, app: &str, body: &Value) -> Outcome {
    let mut world = shared.world();
    let app = world.application_mut(app).ok_or_else(|| trouble(404, "no such application"))?;
    let value = body["value"].as_str().map_or_else(new_id, str::to_owned);
    let expires =
        serde_json::from_value(body["expires"].clone()).map_err(|_| trouble(400, "expires is not a time"))?;
    app.secrets.push(Secret { value: value.clone(), expires });
    Ok(Answer::ok(json!({"appId": app.app_id, "value": value})))
}

/// Gives a person an app role (`"remove": true` takes it away).
pub fn person(shared: &Shared, tid: &str, app: &str, body: &Value) -> Outcome {
    let mut world = shared.world();
    let role = body["appRole"].as_str().unwrap_or("").to_owned();
    let known = world.application(app).is_some_and(|a| a.app_roles.iter().any(|r| r.value == role));
    if !known {
        return Err(trouble(400, "the application has no such app role"));
    }
    let tenant = world.tenant_mut(tid).ok_or_else(|| trouble(404, "no such tenant"))?;
    let upn = body["userPrincipalName"].as_str().unwrap_or("");
    let user = tenant.person(upn).map(|u| u.id.clone()).ok_or_else(|| trouble(404, "no such person"))?;
    let sp = tenant
        .service_principal_mut(app)
        .ok_or_else(|| trouble(409, "the application is not in this tenant: consent first"))?;
    let entry = (user, role);
    sp.people.retain(|p| *p != entry);
    if body["remove"] != true {
        sp.people.push(entry);
    }
    Ok(Answer::ok(json!({"appId": app, "people": sp.people})))
}

/// Consent without a browser; `grant: false` deletes the enterprise application; `enabled` switches it.
pub fn consent(shared: &Shared, call: &Call, tid: &str, body: &Value) -> Outcome {
    let app_id = body["appId"].as_str().unwrap_or("");
    let mut world = shared.world();
    let app = world.application(app_id).cloned().ok_or_else(|| trouble(404, "no such application"))?;
    let tenant = world.tenant_mut(tid).ok_or_else(|| trouble(404, "no such tenant"))?;
    match (body["grant"].as_bool(), body["enabled"].as_bool()) {
        (Some(true), _) => consent::grant(tenant, &app, call.now),
        (Some(false), _) => consent::delete(tenant, &app.app_id, call.now),
        (None, Some(on)) => {
            let sp =
                tenant.service_principal_mut(app_id).ok_or_else(|| trouble(404, "not in this tenant"))?;
            sp.enabled = on;
        }
        _ => return Err(trouble(400, "say grant or enabled")),
    }
    let held = tenant.service_principal(app_id).map(|s| s.permissions());
    Ok(Answer::ok(json!({"appId": app.app_id, "tenant": tenant.id, "permissions": held})))
}
