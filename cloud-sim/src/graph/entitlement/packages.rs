//! `/accessPackages` (contract §6).

use serde_json::{Value, json};

use super::model::{flag, need_reference, need_text, only, text};
use super::{catalogs, policies, role_scopes};
use crate::access;
use crate::answer::{Answer, Outcome};
use crate::call::bracket_key;
use crate::graph::scene::{Scene, plain_key, stamp};
use crate::odata::{self, Expand};
use crate::world::{Package, Policy, Tenant, late, new_id};

const KIND: &str = "accessPackage";

pub fn answer(scene: &mut Scene<'_>, rest: &[&str]) -> Outcome {
    match (scene.call.method.as_str(), rest) {
        ("GET", []) => {
            let ids = seen(scene, |_| true);
            page(scene, ids)
        }
        ("POST", []) => create(scene),
        ("GET", ["filterByCurrentUser", on]) => requestable(scene, on),
        ("GET", [id]) => {
            let expands = scene.expands();
            let id = find(scene, id)?.id;
            let value = expanded(scene, &id, &expands)?;
            Ok(odata::single(scene.call, value, &[]))
        }
        ("PATCH", [id]) => update(scene, id),
        ("DELETE", [id]) => delete(scene, id),
        _ => Err(Answer::unknown()),
    }
}

pub fn shown(package: &Package) -> Value {
    json!({
        "id": package.id, "displayName": package.display_name, "description": package.description,
        "isHidden": package.hidden, "createdDateTime": stamp(package.created),
        "modifiedDateTime": stamp(package.modified),
    })
}

/// The package a path or a body names. Counts as a read.
pub fn find(scene: &mut Scene<'_>, key: &str) -> Result<Package, Answer> {
    let (id, now) = (plain_key(key), scene.now());
    late::seen_one(&mut scene.tenant_mut().packages, &id, now).ok_or_else(Answer::em_not_found)
}

/// Ids of those that show themselves; one read.
fn seen(scene: &mut Scene<'_>, wanted: impl Fn(&Package) -> bool) -> Vec<String> {
    let now = scene.now();
    let all = scene.tenant_mut().packages.iter_mut().filter(|p| wanted(p));
    all.filter_map(|p| p.delay.seen(now).then(|| p.id.clone())).collect()
}

fn expanded(scene: &mut Scene<'_>, id: &str, expands: &[Expand]) -> Result<Value, Answer> {
    let package = scene.tenant().package(id).ok_or_else(Answer::em_not_found)?;
    let (mut value, catalog) = (shown(package), package.catalog.clone());
    for expand in expands {
        value[&expand.name] = match expand.name.as_str() {
            "catalog" => scene.tenant().catalogs.iter().find(|c| c.id == catalog).map(catalogs::shown).into(),
            "resourceRoleScopes" => role_scopes::of(scene, id, &expand.inner)?.into(),
            _ => {
                let seen = |p: &&Policy| p.package == id && p.delay.passed(scene.now());
                let here = scene.tenant().policies.iter().filter(seen);
                here.map(policies::shown).collect()
            }
        };
    }
    Ok(value)
}

fn page(scene: &mut Scene<'_>, ids: Vec<String>) -> Outcome {
    let expands = scene.expands();
    let items: Result<Vec<Value>, Answer> = ids.iter().map(|id| expanded(scene, id, &expands)).collect();
    scene.list(items?)
}

/// Packages the signed-in person may ask for, as he finds them himself: without the hidden ones.
fn requestable(scene: &mut Scene<'_>, on: &str) -> Outcome {
    if bracket_key(on) != Some(("on".to_owned(), "allowedRequestor".to_owned())) {
        return Err(super::model::invalid("on", "The value is not supported."));
    }
    let me = super::requests::account(scene)?;
    let open = access::offers(scene.world, &scene.tenant().id, &me);
    let shown = |id: &String| scene.tenant().package(id).is_some_and(|p| !p.hidden);
    let ids = open.into_iter().map(|(package, _)| package).filter(shown).collect();
    page(scene, ids)
}

/// `GET /catalogs/{id}/accessPackages`.
pub fn of_catalog(scene: &mut Scene<'_>, key: &str) -> Outcome {
    if scene.call.method != "GET" {
        return Err(Answer::unknown());
    }
    let catalog = catalogs::find(scene, key)?.id;
    let ids = seen(scene, |p| p.catalog == catalog);
    page(scene, ids)
}

fn create(scene: &mut Scene<'_>) -> Outcome {
    let body = scene.body()?;
    only(&body, KIND, &["displayName", "description", "isHidden", "catalog"])?;
    let package = Package {
        id: new_id(),
        display_name: need_text(&body, "displayName")?,
        description: text(&body, "description")?,
        hidden: flag(&body, "isHidden")?,
        catalog: catalogs::find(scene, &need_reference(&body, "catalog")?)?.id,
        created: Some(scene.now()),
        modified: Some(scene.now()),
        delay: scene.switches().delay("consistency.packages", scene.now()),
    };
    let answer = Answer::created(shown(&package));
    scene.tenant_mut().packages.push(package);
    Ok(answer)
}

fn update(scene: &mut Scene<'_>, key: &str) -> Outcome {
    let body = scene.body()?;
    only(&body, KIND, &["displayName", "description", "isHidden"])?;
    let (name, description) = (text(&body, "displayName")?, text(&body, "description")?);
    let hidden = flag(&body, "isHidden")?;
    let (id, now) = (find(scene, key)?.id, scene.now());
    let found = scene.tenant_mut().packages.iter_mut().find(|p| p.id == id);
    let package = found.ok_or_else(Answer::em_not_found)?;
    if let Some(name) = name {
        package.display_name = name;
    }
    if body.get("description").is_some() {
        package.description = description;
    }
    if body.get("isHidden").is_some() {
        package.hidden = hidden;
    }
    package.modified = Some(now);
    Ok(Answer::empty(204))
}

/// "You cannot delete an access package if it has any accessPackageAssignment."
fn delete(scene: &mut Scene<'_>, key: &str) -> Outcome {
    let id = find(scene, key)?.id;
    let held = scene.tenant().assignments.iter().any(|a| a.package == id && a.state != "expired");
    if held {
        return Err(Answer::error(
            400,
            "AccessPackageHasAssignments",
            "The access package cannot be deleted while it has assignments.",
        ));
    }
    forget(scene.tenant_mut(), &id);
    Ok(Answer::empty(204))
}

/// A package goes with its roles and policies.
pub fn forget(tenant: &mut Tenant, id: &str) {
    tenant.packages.retain(|p| p.id != *id);
    tenant.role_scopes.retain(|r| r.package != *id);
    tenant.policies.retain(|p| p.package != *id);
}
