//! Role definitions: built-in ones, and those of the tenant.

use serde_json::{Value, json};

use super::{actions, bad, delayed, made, not_found, read, seen, shown, untyped};
use crate::answer::{Answer, Outcome};
use crate::graph::scene::{Scene, only, plain_key, text};
use crate::world::new_id;

const KNOWN: &[&str] = &[
    "displayName",
    "description",
    "isEnabled",
    "rolePermissions",
    "resourceScopes",
    "templateId",
    "version",
];

/// Two built-in roles share a name (FIELD); the names here are of this simulation.
fn built_in() -> Vec<Value> {
    let one = |number: u8, name: &str, action: &str| {
        json!({
            "id": format!("00000000-0000-4000-8000-00000000000{number}"), "displayName": name,
            "description": "Built-in role.", "isBuiltIn": true, "isEnabled": true,
            "rolePermissions": [{"allowedResourceActions": [action], "condition": null}],
        })
    };
    vec![
        one(1, "Security Administrator", "microsoft.xdr/configuration/*/manage"),
        one(2, "Security Reader", "microsoft.xdr/secops/securitydata/*/read"),
        one(3, "Security Reader", "microsoft.xdr/securityposture/*/read"),
    ]
}

pub fn answer(scene: &mut Scene<'_>, rest: &[&str]) -> Outcome {
    match (scene.call.method.as_str(), rest) {
        ("GET", [] | [_]) => {
            let items = all(scene);
            read(scene, items, rest.first().copied())
        }
        ("POST", []) => create(scene),
        ("PATCH", [id]) => update(scene, &plain_key(id)),
        ("DELETE", [id]) => delete(scene, &plain_key(id)),
        _ => Err(Answer::unknown()),
    }
}

/// Every role that shows itself; one read.
fn all(scene: &mut Scene<'_>) -> Vec<Value> {
    let now = scene.now();
    let own = scene.tenant_mut().defender_roles.iter_mut();
    let own: Vec<Value> = own.filter_map(|r| seen(r, now).then(|| shown(r))).collect();
    built_in().into_iter().chain(own).collect()
}

/// Whether a role can be given, shown yet or not.
pub fn exists(scene: &Scene<'_>, id: &str) -> bool {
    built_in().iter().chain(&scene.tenant().defender_roles).any(|r| r["id"] == id)
}

fn create(scene: &mut Scene<'_>) -> Outcome {
    let body = scene.body()?;
    untyped(scene, &body, "roleDefinition")?;
    only(&body, KNOWN)?;
    let name = text(&body, "displayName")?.filter(|n| !n.trim().is_empty());
    let name = name.ok_or_else(|| bad("The displayName field is required."))?;
    let enabled = body["isEnabled"].as_bool().ok_or_else(|| bad("The isEnabled field is required."))?;
    let there = scene.tenant().defender_roles.iter().any(|r| r["displayName"] == *name);
    if there && !scene.switches().on("defender.duplicates-made") {
        return Err(Answer::error(409, "Conflict", "A role with this name exists already."));
    }
    let mut role = json!({
        "id": new_id(), "displayName": name, "description": text(&body, "description")?,
        "isBuiltIn": false, "isEnabled": enabled,
        "rolePermissions": actions::stored(scene, &body["rolePermissions"])?,
    });
    delayed(scene, &mut role);
    let answer = made(scene, "roleDefinitions", &role);
    scene.tenant_mut().defender_roles.push(role);
    Ok(answer)
}

fn update(scene: &mut Scene<'_>, id: &str) -> Outcome {
    let body = scene.body()?;
    untyped(scene, &body, "roleDefinition")?;
    only(&body, KNOWN)?;
    custom(scene, id)?;
    if body.get("displayName").is_some() && text(&body, "displayName")?.is_none_or(|n| n.trim().is_empty()) {
        return Err(bad("The displayName field is required."));
    }
    text(&body, "description")?;
    if body.get("isEnabled").is_some_and(|on| !on.is_boolean()) {
        return Err(bad("The isEnabled field is not a boolean."));
    }
    let mut changes = body.clone();
    if body.get("rolePermissions").is_some() {
        changes["rolePermissions"] = actions::stored(scene, &body["rolePermissions"])?;
    }
    let found = scene.tenant_mut().defender_roles.iter_mut().find(|r| r["id"] == id);
    let role = found.ok_or_else(|| not_found(id))?;
    for (name, value) in changes.as_object().into_iter().flatten() {
        role[name] = value.clone();
    }
    Ok(Answer::empty(204))
}

fn custom(scene: &Scene<'_>, id: &str) -> Result<(), Answer> {
    if built_in().iter().any(|r| r["id"] == id) {
        return Err(bad("Built-in roles cannot be changed."));
    }
    if exists(scene, id) { Ok(()) } else { Err(not_found(id)) }
}

/// A role goes with its assignments, or stays because of them (INFERRED).
fn delete(scene: &mut Scene<'_>, id: &str) -> Outcome {
    custom(scene, id)?;
    let given = scene.tenant().defender_assignments.iter().any(|a| a["roleDefinitionId"] == *id);
    if given && scene.switches().on("defender.role-in-use-kept") {
        return Err(bad("The role is assigned and cannot be deleted."));
    }
    let tenant = scene.tenant_mut();
    tenant.defender_roles.retain(|r| r["id"] != id);
    tenant.defender_assignments.retain(|a| a["roleDefinitionId"] != id);
    Ok(Answer::empty(204))
}
