//! Sponsors of a connected organization (contract §4): people of this directory, internal or external ones.

use serde_json::{Value, json};

use super::connected_organizations::find;
use super::model::invalid;
use crate::answer::{Answer, Outcome};
use crate::graph::scene::{Scene, bound_id, plain_key};
use crate::graph::users;
use crate::world::ConnectedOrganization;

/// The list a path names; external sponsors are guests, internal ones are members.
fn list_of<'a>(org: &'a mut ConnectedOrganization, side: &str) -> &'a mut Vec<String> {
    if side == "externalSponsors" { &mut org.external_sponsors } else { &mut org.internal_sponsors }
}

/// The sponsors of a side as Graph shows them.
pub fn shown(scene: &Scene<'_>, org: &ConnectedOrganization, side: &str) -> Vec<Value> {
    let ids = if side == "externalSponsors" { &org.external_sponsors } else { &org.internal_sponsors };
    let people = ids.iter().filter_map(|id| scene.tenant().user(id));
    people
        .map(|user| {
            let mut value = users::shown(scene.tenant(), user);
            value["@odata.type"] = json!("#microsoft.graph.user");
            value
        })
        .collect()
}

pub fn answer(scene: &mut Scene<'_>, key: &str, side: &str, rest: &[&str]) -> Outcome {
    let org = find(scene, key)?;
    match (scene.call.method.as_str(), rest) {
        ("GET", []) => scene.list(shown(scene, &org, side)),
        ("POST", []) => Err(Answer::error(
            405,
            "Request_BadRequest",
            "Specified HTTP method is not allowed for the request target.",
        )),
        ("POST", ["$ref"]) => {
            let body = scene.body()?;
            let id =
                bound_id(&body["@odata.id"]).ok_or_else(|| invalid("@odata.id", "The value is required."))?;
            let external = side == "externalSponsors";
            let user = scene.tenant().user(&id).ok_or_else(Answer::em_not_found)?;
            if user.guest != external {
                return Err(invalid(side, "External sponsors are guests, internal sponsors are members."));
            }
            change(scene, &org.id, side, |list| {
                if !list.contains(&id) {
                    list.push(id);
                }
            })
        }
        ("DELETE", [id, "$ref"]) => {
            let id = plain_key(id);
            let named = shown(scene, &org, side).iter().any(|u| u["id"] == id);
            if !named {
                return Err(Answer::em_not_found());
            }
            change(scene, &org.id, side, |list| list.retain(|one| *one != id))
        }
        _ => Err(Answer::unknown()),
    }
}

fn change(scene: &mut Scene<'_>, org: &str, side: &str, how: impl FnOnce(&mut Vec<String>)) -> Outcome {
    let found = scene.tenant_mut().connected_organizations.iter_mut().find(|o| o.id == org);
    how(list_of(found.ok_or_else(Answer::em_not_found)?, side));
    Ok(Answer::empty(204))
}
