//! `/catalogs` (contract §5).

use serde_json::{Value, json};

use super::model::{flag, need_text, only, text, word};
use super::packages;
use crate::answer::{Answer, Outcome};
use crate::graph::scene::{Scene, plain_key, stamp};
use crate::odata;
use crate::world::{Catalog, Package, late, new_id};

const KIND: &str = "accessPackageCatalog";
const STATES: &[&str] = &["published", "unpublished"];
const KNOWN: &[&str] = &["displayName", "description", "state", "isExternallyVisible"];

pub fn answer(scene: &mut Scene<'_>, rest: &[&str]) -> Outcome {
    match (scene.call.method.as_str(), rest) {
        ("GET", []) => list(scene),
        ("POST", []) => create(scene),
        ("GET", [id]) => {
            let expands = scene.expands();
            let catalog = find(scene, id)?;
            Ok(odata::single(scene.call, expanded(scene, &catalog, &expands), &[]))
        }
        ("PATCH", [id]) => update(scene, id),
        ("DELETE", [id]) => delete(scene, id),
        _ => Err(Answer::unknown()),
    }
}

pub fn shown(catalog: &Catalog) -> Value {
    json!({
        "id": catalog.id, "displayName": catalog.display_name, "description": catalog.description,
        "catalogType": if catalog.built_in { "serviceDefault" } else { "userManaged" },
        "state": catalog.state, "isExternallyVisible": catalog.externally_visible,
        "createdDateTime": stamp(catalog.created), "modifiedDateTime": stamp(catalog.modified),
    })
}

fn expanded(scene: &Scene<'_>, catalog: &Catalog, expands: &[odata::Expand]) -> Value {
    let mut value = shown(catalog);
    if !expands.is_empty() {
        let seen = |p: &&Package| p.catalog == catalog.id && p.delay.passed(scene.now());
        let inside = scene.tenant().packages.iter().filter(seen);
        value["accessPackages"] = inside.map(packages::shown).collect();
    }
    value
}

/// The catalog a path or a body names. Counts as a read.
pub fn find(scene: &mut Scene<'_>, key: &str) -> Result<Catalog, Answer> {
    let (id, now) = (plain_key(key), scene.now());
    late::seen_one(&mut scene.tenant_mut().catalogs, &id, now).ok_or_else(Answer::em_not_found)
}

fn list(scene: &mut Scene<'_>) -> Outcome {
    let (expands, now) = (scene.expands(), scene.now());
    let seen = late::seen(&mut scene.tenant_mut().catalogs, now);
    let items = seen.iter().map(|c| expanded(scene, c, &expands)).collect();
    scene.list(items)
}

fn create(scene: &mut Scene<'_>) -> Outcome {
    let body = scene.body()?;
    only(&body, KIND, KNOWN)?;
    let catalog = Catalog {
        id: new_id(),
        display_name: need_text(&body, "displayName")?,
        description: text(&body, "description")?,
        state: word(&body, "state", STATES)?.unwrap_or("published").to_owned(),
        externally_visible: flag(&body, "isExternallyVisible")?,
        built_in: false,
        created: Some(scene.now()),
        modified: Some(scene.now()),
        delay: scene.switches().delay("consistency.catalogs", scene.now()),
    };
    let answer = Answer::created(shown(&catalog));
    scene.tenant_mut().catalogs.push(catalog);
    Ok(answer)
}

fn update(scene: &mut Scene<'_>, key: &str) -> Outcome {
    let body = scene.body()?;
    only(&body, KIND, KNOWN)?;
    let (name, description) = (text(&body, "displayName")?, text(&body, "description")?);
    let (state, visible) = (word(&body, "state", STATES)?, flag(&body, "isExternallyVisible")?);
    let (id, now) = (find(scene, key)?.id, scene.now());
    let found = scene.tenant_mut().catalogs.iter_mut().find(|c| c.id == id);
    let catalog = found.ok_or_else(Answer::em_not_found)?;
    if let Some(name) = name {
        catalog.display_name = name;
    }
    if body.get("description").is_some() {
        catalog.description = description;
    }
    if let Some(state) = state {
        state.clone_into(&mut catalog.state);
    }
    if body.get("isExternallyVisible").is_some() {
        catalog.externally_visible = visible;
    }
    catalog.modified = Some(now);
    Ok(Answer::empty(204))
}

/// A catalog with packages cannot be deleted (INFERRED).
fn delete(scene: &mut Scene<'_>, key: &str) -> Outcome {
    let catalog = find(scene, key)?;
    let id = catalog.id;
    let filled = scene.tenant().packages.iter().any(|p| p.catalog == id);
    if catalog.built_in || (filled && scene.switches().on("em.catalog-with-packages-kept")) {
        return Err(Answer::error(400, "CatalogNotEmpty", "The catalog cannot be deleted."));
    }
    let tenant = scene.tenant_mut();
    let gone: Vec<String> =
        tenant.packages.iter().filter(|p| p.catalog == id).map(|p| p.id.clone()).collect();
    for package in gone {
        packages::forget(tenant, &package);
    }
    tenant.catalogs.retain(|c| c.id != id);
    tenant.resources.retain(|r| r.catalog != id);
    Ok(Answer::empty(204))
}
