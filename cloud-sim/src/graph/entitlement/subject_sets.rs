//! Sets of people a policy names: Microsoft's `subjectSet` (contract §7).

use serde_json::{Value, json};

use super::model::{invalid, need_text, only};
use crate::answer::Answer;
use crate::graph::scene::Scene;

/// Kind, its properties, and the property that names an object.
const KINDS: &[(&str, &[&str], Option<&str>)] = &[
    (
        "connectedOrganizationMembers",
        &["connectedOrganizationId", "description"],
        Some("connectedOrganizationId"),
    ),
    ("groupMembers", &["groupId", "description"], Some("groupId")),
    ("singleUser", &["userId", "description"], Some("userId")),
    ("singleServicePrincipal", &["servicePrincipalId", "description"], Some("servicePrincipalId")),
    ("requestorManager", &["managerLevel"], None),
    ("targetManager", &["managerLevel"], None),
    ("internalSponsors", &[], None),
    ("externalSponsors", &[], None),
    ("attributeRuleMembers", &["membershipRule", "description"], None),
    ("targetUserSponsors", &[], None),
    ("targetApplicationOwners", &[], None),
    ("targetAgentIdentitySponsorsOrOwners", &[], None),
];

/// Checks the sets of a property and answers them as Graph shows them.
pub fn checked(scene: &Scene<'_>, value: &Value, name: &str, allowed: &[&str]) -> Result<Value, Answer> {
    let mut out = Vec::new();
    for set in super::model::list(value, name)? {
        out.push(one(scene, set, name, allowed)?);
    }
    Ok(Value::Array(out))
}

fn one(scene: &Scene<'_>, set: &Value, name: &str, allowed: &[&str]) -> Result<Value, Answer> {
    let given = set["@odata.type"].as_str().unwrap_or("");
    let short = given.trim_start_matches('#').trim_start_matches("microsoft.graph.");
    let found = KINDS.iter().find(|(kind, _, _)| kind.eq_ignore_ascii_case(short));
    let Some((kind, properties, key)) = found else {
        return Err(invalid(name, "The type of a subject set is missing or not known."));
    };
    if !allowed.contains(kind) {
        return Err(invalid(name, &format!("{kind} is not allowed here.")));
    }
    only(set, kind, properties)?;
    let mut shown = set.clone();
    shown["@odata.type"] = json!(format!("#microsoft.graph.{kind}"));
    if let Some(key) = key {
        let id = need_text(set, key)?;
        if !exists(scene, kind, &id) {
            return Err(Answer::error(
                400,
                "SubjectNotFound",
                &format!("The {key} '{id}' of '{name}' was not found in the directory."),
            ));
        }
        shown[*key] = json!(id.to_lowercase());
        if shown.get("description").is_none() && properties.contains(&"description") {
            shown["description"] = Value::Null;
        }
    }
    Ok(shown)
}

fn exists(scene: &Scene<'_>, kind: &str, id: &str) -> bool {
    let tenant = scene.tenant();
    match kind {
        "groupMembers" => tenant.group(id).is_some_and(|g| g.delay.passed(scene.now())),
        "singleUser" => tenant.users.iter().any(|u| u.id.eq_ignore_ascii_case(id)),
        "connectedOrganizationMembers" => {
            let mut all = tenant.connected_organizations.iter();
            all.any(|o| o.id.eq_ignore_ascii_case(id) && o.delay.passed(scene.now()))
        }
        _ => tenant.service_principals.iter().any(|s| s.id.eq_ignore_ascii_case(id)),
    }
}
