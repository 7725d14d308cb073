//! Groups as resources of a catalog: `/catalogs/{id}/resources` and `/resourceRequests` (contract §5).

use serde_json::{Value, json};

use super::catalogs;
use super::model::{invalid, need_reference, need_text, need_word, only, text};
use crate::answer::{Answer, Body, Outcome};
use crate::graph::scene::{Scene, plain_key, stamp};
use crate::odata::{self, Expand};
use crate::world::{Resource, new_id};

const TYPES: &[&str] = &["adminAdd", "adminUpdate", "adminRemove"];
const SYSTEMS: &[&str] = &["AadGroup", "AadApplication", "SharePointOnline"];

/// The two roles of a group: role id, name, `originId`.
fn roles_of(resource: &Resource) -> [(&str, &'static str, String); 2] {
    [
        (&resource.member_role, "Member", format!("Member_{}", resource.group)),
        (&resource.owner_role, "Owner", format!("Owner_{}", resource.group)),
    ]
}

/// A role as Graph shows it; `name` is `Member` or `Owner`.
pub fn role(resource: &Resource, name: &str) -> Value {
    let [member, owner] = roles_of(resource);
    let (id, name, origin) = if name == "Owner" { owner } else { member };
    json!({"id": id, "displayName": name, "description": null, "originSystem": "AadGroup", "originId": origin})
}

pub fn root_scope(resource: &Resource) -> Value {
    json!({
        "id": resource.root_scope, "displayName": "Root", "description": "Root Scope",
        "originId": resource.group, "originSystem": "AadGroup", "isRootScope": true,
    })
}

/// The names of the roles that exist; that a group has an owner's role is INFERRED (contract §5).
pub fn role_names(scene: &Scene<'_>) -> &'static [&'static str] {
    if scene.switches().on("em.owner-role") { &["Member", "Owner"] } else { &["Member"] }
}

/// `roles` are those that show themselves by now; none, and there is no scope either.
fn shown(resource: &Resource, expands: &[Expand], roles: &[&str]) -> Value {
    let mut value = json!({
        "id": resource.id, "displayName": resource.display_name, "description": resource.description,
        "originId": resource.group, "originSystem": "AadGroup", "createdDateTime": stamp(resource.created),
        "modifiedDateTime": stamp(resource.created), "attributes": [],
    });
    for expand in expands {
        match expand.name.as_str() {
            // Of SharePoint sites only.
            "environment" => value["environment"] = Value::Null,
            "roles" => value["roles"] = roles.iter().map(|name| role(resource, name)).collect(),
            _ if roles.is_empty() => value["scopes"] = json!([]),
            _ => value["scopes"] = json!([root_scope(resource)]),
        }
    }
    value
}

/// `GET /catalogs/{id}/resources`: a resource shows itself some time after it was asked for.
pub fn list(scene: &mut Scene<'_>, key: &str) -> Outcome {
    let expands = scene.expands();
    let seen = visible(scene, key)?;
    let items = seen.iter().map(|(r, roles)| shown(r, &expands, roles)).collect();
    scene.list(items)
}

/// The resources that show themselves, each with the names of the roles it shows; one read.
fn visible(scene: &mut Scene<'_>, key: &str) -> Result<Vec<(Resource, &'static [&'static str])>, Answer> {
    if scene.call.method != "GET" {
        return Err(Answer::unknown());
    }
    let (catalog, now, names) = (catalogs::find(scene, key)?.id, scene.now(), role_names(scene));
    let here = scene.tenant_mut().resources.iter_mut().filter(|r| r.catalog == catalog);
    let seen = here.filter_map(|r| {
        let roles = if r.delay.seen(now) { Some(r.roles_delay.seen(now)) } else { None };
        roles.map(|roles| (r.clone(), if roles { names } else { &[] }))
    });
    Ok(seen.collect())
}

/// `GET /catalogs/{id}/resourceRoles`.
pub fn roles(scene: &mut Scene<'_>, key: &str) -> Outcome {
    let mut items = Vec::new();
    for (resource, names) in visible(scene, key)? {
        for name in names {
            let mut one = role(&resource, name);
            one["resource"] = shown(&resource, &[], &[]);
            items.push(one);
        }
    }
    filtered_by(scene, items, "resource")
}

/// A page whose filter may ask about what a thing belongs to, which is shown only where it is expanded.
fn filtered_by(scene: &Scene<'_>, items: Vec<Value>, name: &str) -> Outcome {
    let mut answer = scene.list(items)?;
    if let Body::Json(body) = &mut answer.body
        && !scene.expands().iter().any(|e| e.name == name)
    {
        for one in body["value"].as_array_mut().into_iter().flatten() {
            one.as_object_mut().map(|o| o.remove(name));
        }
    }
    Ok(answer)
}

pub fn requests(scene: &mut Scene<'_>, rest: &[&str]) -> Outcome {
    match (scene.call.method.as_str(), rest) {
        ("POST", []) => ask(scene),
        ("GET", []) => {
            let mut expands = scene.expands();
            if !expands.iter().any(|e| e.name == "catalog") {
                expands.extend(odata::expands("catalog"));
            }
            let items =
                scene.tenant().resource_requests.iter().map(|r| request(scene, r, &expands)).collect();
            filtered_by(scene, items, "catalog")
        }
        ("GET", [id]) => {
            let id = plain_key(id);
            let found = scene.tenant().resource_requests.iter().find(|r| r["id"] == id);
            let found = found.ok_or_else(Answer::em_not_found)?;
            Ok(odata::single(scene.call, request(scene, found, &scene.expands()), &[]))
        }
        _ => Err(Answer::unknown()),
    }
}

/// A request as Graph shows it: `delivering` until the resource shows itself, `deliveryFailed` when it never will.
fn request(scene: &Scene<'_>, kept: &Value, expands: &[Expand]) -> Value {
    let tenant = scene.tenant();
    let resource = tenant.resources.iter().find(|r| kept["resource"] == r.id);
    let pending = resource.is_some_and(|r| !r.delay.passed(scene.now()));
    let mut value = json!({
        "id": kept["id"], "requestType": kept["requestType"], "createdDateTime": kept["createdDateTime"],
        "state": match () {
            () if kept["resource"].is_null() => "deliveryFailed",
            () if pending => "delivering",
            () => "delivered",
        },
    });
    for expand in expands {
        value[&expand.name] = match expand.name.as_str() {
            "catalog" => tenant.catalogs.iter().find(|c| kept["catalog"] == c.id).map(catalogs::shown).into(),
            _ => resource.map_or_else(|| kept["sent"].clone(), |r| shown(r, &[], &[])),
        };
    }
    value
}

fn ask(scene: &mut Scene<'_>) -> Outcome {
    let body = scene.body()?;
    only(&body, "accessPackageResourceRequest", &["requestType", "resource", "catalog"])?;
    let kind = need_word(&body, "requestType", TYPES)?;
    let catalog = catalogs::find(scene, &need_reference(&body, "catalog")?)?.id;
    let resource = &body["resource"];
    let known = ["id", "displayName", "description", "originId", "originSystem", "attributes"];
    only(resource, "accessPackageResource", &known)?;
    if need_word(resource, "originSystem", SYSTEMS)? != "AadGroup" {
        return Err(invalid("originSystem", "Only groups exist in this simulation."));
    }
    // What is removed is named by its id in the catalog, anything else by its origin.
    let group = if kind == "adminRemove" {
        known_group(scene, resource, &catalog)?
    } else {
        need_text(resource, "originId")?
    };
    let mine = ["Group.ReadWrite.All", "Directory.ReadWrite.All"].iter().any(|p| scene.caller.holds(p));
    if !mine && !owns(scene, &group) && scene.switches().on("em.resource-owner-checked") {
        return Err(Answer::error(400, "CallerNotResourceOwner", "The caller is not the resource owner."));
    }
    // A request that comes to nothing has no resource.
    let id = match kind {
        "adminAdd" if scene.switches().on("em.resource-request-fails") => Value::Null,
        "adminAdd" => add(scene, resource, &group, &catalog)?.into(),
        "adminUpdate" => there(scene, &group, &catalog)?.into(),
        _ => remove(scene, &group, &catalog)?.into(),
    };
    let kept = json!({
        "id": new_id(), "requestType": kind, "createdDateTime": stamp(Some(scene.now())), "resource": id,
        "catalog": catalog, "sent": resource,
    });
    let mut answer = request(scene, &kept, &[]);
    if id.is_null() {
        answer["state"] = json!("submitted");
    } else if scene.switches().on("em.resource-request-answers-delivered") {
        answer["state"] = json!("delivered");
    }
    scene.tenant_mut().resource_requests.push(kept);
    Ok(Answer::created(answer))
}

fn known_group(scene: &Scene<'_>, resource: &Value, catalog: &str) -> Result<String, Answer> {
    let id = need_text(resource, "id")?;
    let is = |r: &&Resource| r.catalog == catalog && r.id.eq_ignore_ascii_case(&id);
    let found = scene.tenant().resources.iter().find(is);
    found.map(|r| r.group.clone()).ok_or_else(Answer::em_not_found)
}

/// Delegated: the signed-in person owns the group.
fn owns(scene: &Scene<'_>, group: &str) -> bool {
    let user = scene.caller.user.as_ref();
    user.is_some_and(|u| scene.tenant().group(group).is_some_and(|g| g.owners.contains(u)))
}

fn there(scene: &Scene<'_>, group: &str, catalog: &str) -> Result<String, Answer> {
    let all = &scene.tenant().resources;
    let found = all.iter().find(|r| r.catalog == catalog && r.group.eq_ignore_ascii_case(group));
    found.map(|r| r.id.clone()).ok_or_else(Answer::em_not_found)
}

/// FIELD: not 404 but 400, also while a group just made is replicated (contract §3).
fn not_in_directory() -> Answer {
    let message = "The resource was not found in the origin system.";
    Answer::error(400, "ResourceNotFoundInOriginSystem", message)
}

fn add(scene: &mut Scene<'_>, asked: &Value, group: &str, catalog: &str) -> Result<String, Answer> {
    let now = scene.now();
    let found = scene.tenant_mut().group_mut(group);
    let seen = found.and_then(|g| (g.delay.seen(now) && g.entitlement_delay.seen(now)).then(|| g.clone()));
    let group = seen.ok_or_else(not_in_directory)?;
    if group.on_premises_sync || group.mail_enabled {
        return Err(invalid(
            "resource",
            "Groups mastered on premises and mail-enabled groups cannot be added.",
        ));
    }
    if let Ok(id) = there(scene, &group.id, catalog) {
        if !scene.switches().on("em.resource-twice-refused") {
            return Ok(id);
        }
        return Err(Answer::error(
            400,
            "ResourceAlreadyOnboarded",
            "The resource is already in the catalog.",
        ));
    }
    let resource = Resource {
        id: new_id(),
        catalog: catalog.to_owned(),
        display_name: text(asked, "displayName")?.unwrap_or(group.display_name),
        description: text(asked, "description")?.or(group.description),
        group: group.id,
        member_role: new_id(),
        owner_role: new_id(),
        root_scope: new_id(),
        created: Some(now),
        delay: scene.switches().delay("consistency.catalog-resources", now),
        roles_delay: scene.switches().delay("consistency.resource-roles", now),
    };
    let id = resource.id.clone();
    scene.tenant_mut().resources.push(resource);
    Ok(id)
}

/// Refused while a package gives a role of it (INFERRED).
fn remove(scene: &mut Scene<'_>, group: &str, catalog: &str) -> Result<String, Answer> {
    let id = there(scene, group, catalog)?;
    let used = scene.tenant().role_scopes.iter().any(|r| r.resource == id);
    if used && scene.switches().on("em.resource-in-use-kept") {
        return Err(Answer::error(400, "ResourceInUse", "The resource is used by an access package."));
    }
    let tenant = scene.tenant_mut();
    tenant.resources.retain(|r| r.id != id);
    tenant.role_scopes.retain(|r| r.resource != id);
    Ok(id)
}
