//! Role assignments: a role for groups or people, over data sources.

use serde_json::{Value, json};

use super::{bad, delayed, made, not_found, read, roles, seen, shown, untyped};
use crate::answer::{Answer, Outcome};
use crate::graph::scene::{Scene, only, plain_key, text};
use crate::world::new_id;

const KNOWN: &[&str] = &[
    "displayName",
    "description",
    "roleDefinitionId",
    "principalIds",
    "directoryScopeIds",
    "appScopeIds",
    "condition",
];

pub fn answer(scene: &mut Scene<'_>, rest: &[&str]) -> Outcome {
    match (scene.call.method.as_str(), rest) {
        ("GET", [] | [_]) => {
            let items = all(scene);
            read(scene, items, rest.first().copied())
        }
        ("POST", []) => create(scene),
        ("PATCH", [id]) => update(scene, &plain_key(id)),
        ("DELETE", [id]) => {
            let id = plain_key(id);
            let list = &mut scene.tenant_mut().defender_assignments;
            let before = list.len();
            list.retain(|a| a["id"] != id);
            if list.len() == before { Err(not_found(&id)) } else { Ok(Answer::empty(204)) }
        }
        _ => Err(Answer::unknown()),
    }
}

fn all(scene: &mut Scene<'_>) -> Vec<Value> {
    let now = scene.now();
    let own = scene.tenant_mut().defender_assignments.iter_mut();
    own.filter_map(|a| seen(a, now).then(|| shown(a))).collect()
}

fn texts(body: &Value, name: &str) -> Result<Vec<String>, Answer> {
    match &body[name] {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            Ok(items.iter().filter_map(|i| i.as_str().map(str::to_owned)).collect())
        }
        _ => Err(bad(&format!("The {name} field is not a list of strings."))),
    }
}

/// Nothing keeps a second one like it away (FIELD: a blind second POST makes a duplicate), unless a switch does.
fn create(scene: &mut Scene<'_>) -> Outcome {
    let body = scene.body()?;
    untyped(scene, &body, "roleAssignment")?;
    only(&body, KNOWN)?;
    let name = text(&body, "displayName")?.filter(|n| !n.trim().is_empty());
    let name = name.ok_or_else(|| bad("The displayName field is required."))?;
    let role = text(&body, "roleDefinitionId")?.unwrap_or_default();
    if !roles::exists(scene, &role) {
        return Err(bad("The roleDefinitionId field does not name a role."));
    }
    let principals = texts(&body, "principalIds")?;
    people(scene, &principals)?;
    let (directory, app) = (texts(&body, "directoryScopeIds")?, texts(&body, "appScopeIds")?);
    if directory.is_empty() && app.is_empty() {
        return Err(bad("Providing either directoryScopeIds or appScopeIds is required."));
    }
    let same = |a: &Value| a["roleDefinitionId"] == *role && a["principalIds"] == json!(principals);
    if scene.tenant().defender_assignments.iter().any(same)
        && !scene.switches().on("defender.duplicates-made")
    {
        return Err(Answer::error(409, "Conflict", "The role is assigned to these principals already."));
    }
    let mut made_now = json!({
        "id": new_id(), "displayName": name, "description": text(&body, "description")?,
        "roleDefinitionId": role, "principalIds": principals, "directoryScopeIds": directory,
        "appScopeIds": app, "condition": null,
    });
    delayed(scene, &mut made_now);
    let answer = made(scene, "roleAssignments", &made_now);
    scene.tenant_mut().defender_assignments.push(made_now);
    Ok(answer)
}

fn people(scene: &Scene<'_>, principals: &[String]) -> Result<(), Answer> {
    let tenant = scene.tenant();
    let there = |id: &String| tenant.group(id).is_some() || tenant.users.iter().any(|u| u.id == *id);
    if principals.is_empty() || !principals.iter().all(there) {
        return Err(bad("The principalIds field does not name groups or users of this directory."));
    }
    Ok(())
}

fn update(scene: &mut Scene<'_>, id: &str) -> Outcome {
    let body = scene.body()?;
    untyped(scene, &body, "roleAssignment")?;
    only(&body, KNOWN)?;
    if body.get("principalIds").is_some() {
        people(scene, &texts(&body, "principalIds")?)?;
    }
    if body.get("displayName").is_some() && text(&body, "displayName")?.is_none_or(|n| n.trim().is_empty()) {
        return Err(bad("The displayName field is required."));
    }
    text(&body, "description")?;
    if let Some(role) = body.get("roleDefinitionId")
        && !role.as_str().is_some_and(|role| roles::exists(scene, role))
    {
        return Err(bad("The roleDefinitionId field does not name a role."));
    }
    for scopes in ["directoryScopeIds", "appScopeIds"] {
        texts(&body, scopes)?;
    }
    let found = scene.tenant_mut().defender_assignments.iter_mut().find(|a| a["id"] == id);
    let there = found.ok_or_else(|| not_found(id))?;
    for (name, value) in body.as_object().into_iter().flatten() {
        there[name] = value.clone();
    }
    Ok(Answer::empty(204))
}
