//! Members and owners of a group (contract §3, §22).

use serde_json::{Value, json};

use super::groups::{exists, find};
use super::scene::Scene;
use super::{groups, users};
use crate::answer::{Answer, Outcome};
use crate::world::Tenant;
use crate::world::late::Delay;

/// Which list of a group.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Members,
    Owners,
}

impl Side {
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "members" => Some(Self::Members),
            "owners" => Some(Self::Owners),
            _ => None,
        }
    }
}

impl Side {
    fn name(self) -> &'static str {
        if self == Self::Members { "members" } else { "owners" }
    }
}

/// A directory object with its type, as lists of mixed kinds show it.
pub fn object(tenant: &Tenant, id: &str) -> Option<Value> {
    let typed = |mut value: Value, kind: &str| {
        value["@odata.type"] = json!(format!("#microsoft.graph.{kind}"));
        value
    };
    if let Some(user) = tenant.user(id) {
        return Some(typed(users::shown(tenant, user), "user"));
    }
    if let Some(group) = tenant.group(id) {
        return Some(typed(groups::shown(group, true), "group"));
    }
    let sp = tenant.service_principals.iter().find(|s| s.id == id)?;
    Some(typed(json!({"id": sp.id, "appId": sp.app_id, "displayName": sp.display_name}), "servicePrincipal"))
}

pub fn list(scene: &mut Scene<'_>, key: &str, side: Side, cast: Option<&str>) -> Outcome {
    let (id, now) = (find(scene, key)?, scene.now());
    if let Some(group) = scene.tenant_mut().group_mut(&id) {
        group.late.retain(|_, delay| !delay.seen(now));
        group.lingering.retain(|who, delay| !who.starts_with(side.name()) || !delay.seen(now));
    }
    let tenant = scene.tenant();
    let group = tenant.group(&id).ok_or_else(|| Answer::not_found(&id))?;
    let ids = if side == Side::Members { &group.members } else { &group.owners };
    let wanted = cast.map(|c| format!("#{c}"));
    // Owners that are service principals may be left out (contract §22: a staged rollout).
    let hidden = side == Side::Owners && !scene.switches().on("groups.service-principal-owners-listed");
    let lingering = group.lingering.keys().filter_map(|who| who.strip_prefix(side.name()));
    let lingering: Vec<String> = lingering.map(|who| who.trim_start_matches('/').to_owned()).collect();
    let items = ids
        .iter()
        .chain(&lingering)
        .filter(|i| !group.late.contains_key(*i))
        .filter(|i| !hidden || !tenant.service_principals.iter().any(|s| s.id == **i))
        .filter_map(|i| object(tenant, i))
        .filter(|o| wanted.as_deref().is_none_or(|w| o["@odata.type"] == w))
        .collect();
    scene.list(items)
}

pub fn add(scene: &mut Scene<'_>, key: &str, side: Side) -> Outcome {
    let id = find(scene, key)?;
    let body = scene.body()?;
    let object = exists(scene, &body["@odata.id"])?;
    let delay = scene.switches().delay("consistency.members", scene.now());
    let group = scene.tenant_mut().group_mut(&id).ok_or_else(|| Answer::not_found(&id))?;
    let list = if side == Side::Members { &mut group.members } else { &mut group.owners };
    if list.contains(&object) {
        return Err(Answer::bad_request(
            "One or more added object references already exist for the following modified properties: 'members'.",
        ));
    }
    list.push(object.clone());
    group.lingering.remove(&format!("{}/{object}", side.name()));
    if delay != Delay::default() {
        group.late.insert(object, delay);
    }
    Ok(Answer::empty(204))
}

pub fn remove(scene: &mut Scene<'_>, key: &str, side: Side, object: &str) -> Outcome {
    let id = find(scene, key)?;
    let delay = scene.switches().delay("consistency.deletions", scene.now());
    let group = scene.tenant_mut().group_mut(&id).ok_or_else(|| Answer::not_found(&id))?;
    let list = if side == Side::Members { &mut group.members } else { &mut group.owners };
    let before = list.len();
    list.retain(|o| !o.eq_ignore_ascii_case(object));
    if list.len() == before {
        return Err(Answer::not_found(object));
    }
    if delay != Delay::default() {
        group.lingering.insert(format!("{}/{}", side.name(), object.to_lowercase()), delay);
    }
    Ok(Answer::empty(204))
}
