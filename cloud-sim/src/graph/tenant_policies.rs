//! Policies that may keep guests out, read only (contract §24). The control interface sets them.

use serde_json::Value;

use super::scene::{Scene, plain_key};
use crate::answer::{Answer, Outcome};
use crate::odata;

/// `/policies/…`.
pub fn answer(scene: &Scene<'_>, rest: &[&str]) -> Outcome {
    let tenant = scene.tenant();
    match (scene.call.method.as_str(), rest) {
        ("GET", ["authorizationPolicy"]) => {
            Ok(odata::single(scene.call, tenant.authorization_policy.clone(), &[]))
        }
        ("GET", ["crossTenantAccessPolicy", "default"]) => {
            Ok(odata::single(scene.call, tenant.cross_tenant_default.clone(), &[]))
        }
        ("GET", ["crossTenantAccessPolicy", "partners"]) => {
            scene.list(tenant.partners.iter().map(|p| partner(scene, p)).collect())
        }
        ("GET", ["crossTenantAccessPolicy", "partners", id]) => {
            let id = plain_key(id);
            let is = |p: &&Value| p["tenantId"].as_str().is_some_and(|t| t.eq_ignore_ascii_case(&id));
            let found = tenant.partners.iter().find(is).ok_or_else(|| Answer::not_found(&id))?;
            Ok(odata::single(scene.call, partner(scene, found), &[]))
        }
        _ => Err(Answer::unknown()),
    }
}

/// `/identity/conditionalAccess/policies`.
pub fn conditional_access(scene: &Scene<'_>) -> Outcome {
    scene.list(scene.tenant().conditional_access.clone())
}

/// A section that was not set is null: it inherits the default. Or the default is shown in its place (INFERRED).
fn partner(scene: &Scene<'_>, declared: &Value) -> Value {
    let null = scene.switches().on("policies.partner-sections-null");
    let mut value = declared.clone();
    for section in [
        "inboundTrust",
        "b2bCollaborationInbound",
        "b2bCollaborationOutbound",
        "b2bDirectConnectInbound",
        "b2bDirectConnectOutbound",
    ] {
        if value.get(section).is_none() {
            let default = &scene.tenant().cross_tenant_default[section];
            value[section] = if null { Value::Null } else { default.clone() };
        }
    }
    value
}
