//! People as entitlement management shows them: `accessPackageSubject` (contract §8.1).

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::graph::scene::Scene;
use crate::odata::Expand;
use crate::world::entitlement::Requestor;

/// Whether what is expanded inside a requestor or target is taken: his connected organization (example 026), where
/// the service takes an expansion inside another at all.
pub fn may_expand(scene: &Scene<'_>, expands: &[Expand]) -> Result<(), Answer> {
    let refused = scene.switches().on("em.nested-expand-refused");
    let mut inside =
        expands.iter().filter(|e| ["requestor", "target"].contains(&e.name.as_str())).flat_map(|e| &e.inner);
    match inside.find(|e| refused || e.name != "connectedOrganization") {
        None => Ok(()),
        Some(e) => Err(Answer::error(
            400,
            "BadRequest",
            &format!("Parsing OData Select and Expand failed: '{}' cannot be expanded here.", e.name),
        )),
    }
}

/// A requestor or target. His object id is null until he is in the directory. His connected organization is a
/// relationship: there only where it is expanded too.
pub fn shown(scene: &Scene<'_>, who: &Requestor, expand: &Expand) -> Value {
    let withheld = scene.switches().on("em.requestor-organization-withheld");
    let all = &scene.tenant().connected_organizations;
    let of = all.iter().find(|o| Some(&o.id) == who.connected_organization.as_ref()).filter(|_| !withheld);
    let mut shown = json!({
        "id": who.id, "objectId": who.object_id, "displayName": who.display_name, "email": who.mail,
        "principalName": who.principal_name, "onPremisesSecurityIdentifier": null, "subjectType": "user",
    });
    if expand.inner.iter().any(|e| e.name == "connectedOrganization") {
        shown["connectedOrganization"] =
            of.map(|o| json!({"id": o.id, "displayName": o.display_name})).into();
    }
    shown
}
