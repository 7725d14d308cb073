//! Defender's Unified RBAC: `/beta/roleManagement/defender` (contract §9). Beta only; v1.0 answers 400.

mod actions;
mod assignments;
mod roles;

use serde_json::{Value, json};

use super::scene::{Scene, plain_key};
use crate::answer::{Answer, Outcome};
use crate::odata;
use crate::world::late::Delay;

/// Answers a call; `rest` is the path below `defender`.
pub fn answer(scene: &mut Scene<'_>, rest: &[&str]) -> Outcome {
    if scene.call.path.starts_with("/v1.0") {
        let status = u16::try_from(scene.switches().number("defender.v1-status")).unwrap_or(400);
        let code = if status == 404 { "NotFound" } else { "BadRequest" };
        return Err(Answer::error(status, code, "The provider 'defender' is not supported in this version."));
    }
    active(scene)?;
    match rest {
        ["resourceNamespaces", ..] if scene.switches().on("defender.actions-missing") => {
            Err(not_found("resourceNamespaces"))
        }
        ["roleDefinitions", rest @ ..] => roles::answer(scene, rest),
        ["roleAssignments", rest @ ..] => assignments::answer(scene, rest),
        ["resourceNamespaces"] => {
            let items = vec![json!({"id": "microsoft.xdr", "name": "microsoft.xdr"})];
            scene.list(items)
        }
        ["resourceNamespaces", "microsoft.xdr", "resourceActions"] => actions::list(scene),
        ["resourceNamespaces", id, "resourceActions"] => Err(not_found(id)),
        ["customAppScopes"] => scene.list(Vec::new()),
        _ => Err(Answer::unknown()),
    }
}

pub fn bad(message: &str) -> Answer {
    Answer::error(400, "BadRequest", message)
}

fn not_found(id: &str) -> Answer {
    Answer::error(404, "NotFound", &format!("The resource '{id}' was not found."))
}

/// Where Unified RBAC is not active nothing is answered, or lists are empty (switch; INFERRED, no source tells).
fn active(scene: &Scene<'_>) -> Result<(), Answer> {
    let status = u16::try_from(scene.switches().number("defender.inactive-status")).unwrap_or(400);
    if scene.tenant().rbac == "unified" || (status == 200 && scene.call.method == "GET") {
        return Ok(());
    }
    let status = if status == 200 { 400 } else { status };
    Err(Answer::error(
        status,
        if status == 403 { "Forbidden" } else { "BadRequest" },
        "Unified role-based access control is not activated for this tenant.",
    ))
}

/// Sending the type is refused (FIELD).
fn untyped(scene: &Scene<'_>, body: &Value, name: &str) -> Result<(), Answer> {
    let typed = body.to_string().contains("\"@odata.type\"");
    if typed && scene.switches().on("defender.odata-type-refused") {
        return Err(bad(&format!("The {name} field is required.")));
    }
    Ok(())
}

/// A POST that worked is answered with a redirect to http (FIELD), or as documented.
fn made(scene: &Scene<'_>, what: &str, object: &Value) -> Answer {
    if !scene.switches().on("defender.redirect-after-post") {
        return Answer::created(shown(object));
    }
    let host = scene.call.base.split_once("://").map_or("", |(_, host)| host);
    let id = object["id"].as_str().unwrap_or("");
    Answer::empty(302).header("location", &format!("http://{host}/beta/roleManagement/defender/{what}/{id}"))
}

/// A list, or the one of it with this key.
fn read(scene: &Scene<'_>, items: Vec<Value>, key: Option<&str>) -> Outcome {
    let Some(key) = key else { return scene.list(items) };
    let id = plain_key(key);
    let found = items.into_iter().find(|one| one["id"] == id);
    Ok(odata::single(scene.call, found.ok_or_else(|| not_found(&id))?, &[]))
}

const DELAY: &str = "_delay";

/// Marks an object as unseen for a while.
fn delayed(scene: &Scene<'_>, object: &mut Value) {
    object[DELAY] = json!(scene.switches().delay("consistency.defender", scene.now()));
}

/// One read of an object: true when it shows itself.
fn seen(object: &mut Value, now: chrono::DateTime<chrono::Utc>) -> bool {
    let mut delay: Delay = serde_json::from_value(object[DELAY].take()).unwrap_or_default();
    let seen = delay.seen(now);
    object[DELAY] = json!(delay);
    seen
}

fn shown(object: &Value) -> Value {
    let mut object = object.clone();
    object.as_object_mut().map(|o| o.remove(DELAY));
    object
}
