//! People as entitlement management shows them: `accessPackageSubject` (contract §8.1).

use serde_json::{Value, json};

use crate::graph::scene::Scene;
use crate::world::entitlement::Requestor;

/// A requestor or target. His object id is null until he is in the directory.
pub fn shown(scene: &Scene<'_>, who: &Requestor) -> Value {
    let withheld = scene.switches().on("em.requestor-organization-withheld");
    let all = &scene.tenant().connected_organizations;
    let of = all.iter().find(|o| Some(&o.id) == who.connected_organization.as_ref()).filter(|_| !withheld);
    json!({
        "id": who.id, "objectId": who.object_id, "displayName": who.display_name, "email": who.mail,
        "principalName": who.principal_name, "onPremisesSecurityIdentifier": null, "subjectType": "user",
        "connectedOrganization": of.map(|o| json!({"id": o.id, "displayName": o.display_name})),
    })
}
