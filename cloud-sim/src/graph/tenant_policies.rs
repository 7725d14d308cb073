//! Policies that may keep guests out, read only (contract §24). The control interface sets them.

use serde_json::Value;

use super::scene::{Scene, plain_key};
use crate::answer::{Answer, Outcome};
use crate::odata::{self, Allowed};

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
            page(scene, tenant.partners.iter().map(partner).collect(), &["tenantId"])
        }
        ("GET", ["crossTenantAccessPolicy", "partners", id]) => {
            let id = plain_key(id);
            let is = |p: &&Value| p["tenantId"].as_str().is_some_and(|t| t.eq_ignore_ascii_case(&id));
            let found = tenant.partners.iter().find(is).ok_or_else(|| Answer::not_found(&id))?;
            Ok(odata::single(scene.call, partner(found), &[]))
        }
        _ => Err(Answer::unknown()),
    }
}

/// `/identity/conditionalAccess/policies`.
pub fn conditional_access(scene: &Scene<'_>) -> Outcome {
    page(scene, scene.tenant().conditional_access.clone(), &["id", "displayName", "state"])
}

/// A section that was not set is null: it inherits the default.
fn partner(declared: &Value) -> Value {
    let mut value = declared.clone();
    for section in [
        "inboundTrust",
        "b2bCollaborationInbound",
        "b2bCollaborationOutbound",
        "b2bDirectConnectInbound",
        "b2bDirectConnectOutbound",
    ] {
        if value.get(section).is_none() {
            value[section] = Value::Null;
        }
    }
    value
}

fn page(scene: &Scene<'_>, items: Vec<Value>, filter: &[&str]) -> Outcome {
    odata::page(scene.call, items, &Allowed { filter, page: scene.page(), default: &[] })
}
