//! A customer's tenant without what differs from run to run: what two ways to the same end are compared by.

use std::collections::BTreeMap;

use serde_json::Value;

use super::stage::Stage;

const KINDS: [&str; 9] = [
    "groups",
    "connectedOrganizations",
    "catalogs",
    "resources",
    "packages",
    "roleScopes",
    "policies",
    "defenderRoles",
    "defenderAssignments",
];
/// Moments, and how late something is seen.
const PASSING: [&str; 8] = [
    "created",
    "modified",
    "createdDateTime",
    "modifiedDateTime",
    "delay",
    "_delay",
    "startDateTime",
    "internal",
];

impl Stage {
    /// Every object with its values, ids as the names of what they stand for, in order. An object that is there twice
    /// stands there twice.
    pub async fn shape(&self) -> Vec<String> {
        let tenant = self.tenant_world().await;
        let mut names: BTreeMap<String, String> = BTreeMap::from([
            (self.tenant.to_string(), "<customer>".to_owned()),
            (self.provider.analysts.clone(), "<analysts>".to_owned()),
            (self.provider.id.0.simple().to_string(), "<provider>".to_owned()),
        ]);
        for kind in ["users"].iter().chain(&KINDS) {
            for object in tenant[kind].as_array().into_iter().flatten() {
                let name = name(object);
                for key in ["id", "memberRole", "ownerRole", "rootScope"] {
                    if let Some(id) = object[key].as_str().filter(|id| uuid::Uuid::parse_str(id).is_ok()) {
                        names.insert(id.to_owned(), format!("<{kind} {name} {key}>"));
                    }
                }
            }
        }
        let mut shape = Vec::new();
        for kind in KINDS {
            for object in tenant[kind].as_array().into_iter().flatten() {
                let mut text = object.to_string();
                for (id, name) in &names {
                    text = text.replace(id, name);
                }
                let named: Value = serde_json::from_str(&without_references(&text)).unwrap();
                shape.push(format!("{kind} {}", lasting(named)));
            }
        }
        shape.sort();
        shape
    }
}

/// What only one of two shapes holds.
pub fn difference(one: &[String], other: &[String]) -> Vec<String> {
    let lacks = |of: &[String], in_: &[String], sign: &str| {
        let mut rest = in_.to_vec();
        let mut lacking = Vec::new();
        for line in of {
            match rest.iter().position(|other| other == line) {
                Some(at) => drop(rest.swap_remove(at)),
                None => lacking.push(format!("{sign} {line}")),
            }
        }
        lacking
    };
    [lacks(one, other, "+"), lacks(other, one, "-")].concat()
}

fn name(object: &Value) -> String {
    let own = ["displayName", "userPrincipalName"].iter().find_map(|key| object[key].as_str());
    own.or_else(|| object["body"]["displayName"].as_str()).unwrap_or_default().to_owned()
}

fn lasting(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().filter(|(key, _)| !PASSING.contains(&key.as_str()));
            Value::Object(kept.map(|(key, value)| (key, lasting(value))).collect())
        }
        Value::Array(list) => {
            let mut list: Vec<Value> = list.into_iter().map(lasting).collect();
            list.sort_by_key(ToString::to_string);
            Value::Array(list)
        }
        other => other,
    }
}

/// `[ref 0123456789abcdef]` tells provider and customer, whose ids are new in every test.
fn without_references(text: &str) -> String {
    let mut parts = text.split("[ref ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("[ref]");
        out.push_str(part.split_once(']').map_or("", |(_, rest)| rest));
    }
    out
}
