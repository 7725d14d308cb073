//! The roles a package gives: `/accessPackages/{id}/resourceRoleScopes` (contract §6).

use serde_json::{Value, json};

use super::model::{invalid, need_text, only, text};
use super::{packages, resources};
use crate::access;
use crate::answer::{Answer, Outcome};
use crate::graph::scene::{Scene, plain_key, stamp};
use crate::odata::Expand;
use crate::world::{Resource, RoleScope, late};

const EXPANDS: &[&str] = &["role", "scope"];
const ROLE: &[&str] = &["id", "displayName", "description", "originSystem", "originId", "resource", "type"];
const SCOPE: &[&str] =
    &["id", "displayName", "description", "originSystem", "originId", "isRootScope", "resource"];
const RESOURCE: &[&str] = &["id", "displayName", "description", "originId", "originSystem"];

pub fn answer(scene: &mut Scene<'_>, package: &str, rest: &[&str]) -> Outcome {
    let package = packages::find(scene, package)?.id;
    match (scene.call.method.as_str(), rest) {
        ("GET", []) => {
            let expands = scene.expands();
            let items = of(scene, &package, &expands)?;
            scene.list(items)
        }
        ("POST", []) => add(scene, &package),
        ("DELETE", [id]) => remove(scene, &package, &plain_key(id)),
        _ => Err(Answer::unknown()),
    }
}

/// What a package gives, as far as it shows itself; one read.
pub fn of(scene: &mut Scene<'_>, package: &str, expands: &[Expand]) -> Result<Vec<Value>, Answer> {
    if let Some(bad) = expands.iter().find(|e| !EXPANDS.contains(&e.name.as_str())) {
        return Err(Answer::error(
            400,
            "BadRequest",
            &format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{}'.",
                bad.name
            ),
        ));
    }
    let now = scene.now();
    let here = scene.tenant_mut().role_scopes.iter_mut().filter(|r| r.package == package);
    let seen = late::seen(here, now);
    Ok(seen.iter().map(|one| shown(scene, one, expands)).collect())
}

fn shown(scene: &Scene<'_>, one: &RoleScope, expands: &[Expand]) -> Value {
    let mut value = json!({"id": one.id, "createdDateTime": stamp(one.created)});
    let Some(resource) = scene.tenant().resources.iter().find(|r| r.id == one.resource) else { return value };
    for expand in expands {
        value[&expand.name] = match expand.name.as_str() {
            "role" => resources::role(resource, &one.role),
            _ => resources::root_scope(resource),
        };
    }
    value
}

fn add(scene: &mut Scene<'_>, package: &str) -> Outcome {
    let body = scene.body()?;
    only(&body, "accessPackageResourceRoleScope", EXPANDS)?;
    let (role, scope) = (&body["role"], &body["scope"]);
    only(role, "accessPackageResourceRole", ROLE)?;
    only(scope, "accessPackageResourceScope", SCOPE)?;
    only(&role["resource"], "accessPackageResource", RESOURCE)?;
    let resource = resource_of(scene, package, &need_text(&role["resource"], "id")?)?;
    let name = role_named(scene, &resource, role)?;
    let scope_fits = need_text(scope, "originId")?.eq_ignore_ascii_case(&resource.group)
        && text(scope, "id")?.is_none_or(|id| id.eq_ignore_ascii_case(&resource.root_scope));
    if !scope_fits {
        return Err(Answer::error(404, "ScopeNotFound", "The scope was not found."));
    }
    let role_id = if name == "Owner" { &resource.owner_role } else { &resource.member_role };
    let id = format!("{role_id}_{}", resource.root_scope);
    let there = scene.tenant().role_scopes.iter().find(|r| r.id == id && r.package == package);
    if let Some(there) = there {
        if !scene.switches().on("em.role-scope-twice-refused") {
            return Ok(Answer::created(json!({"id": id, "createdDateTime": stamp(there.created)})));
        }
        return Err(Answer::error(
            400,
            "ResourceRoleScopeAlreadyExists",
            "The access package has this resource role already.",
        ));
    }
    let (now, delay) = (scene.now(), scene.switches().delay("consistency.role-scopes", scene.now()));
    access::package_changes(scene.world, scene.at, package, now, None);
    scene.tenant_mut().role_scopes.push(RoleScope {
        id: id.clone(),
        package: package.to_owned(),
        resource: resource.id,
        role: name.to_owned(),
        created: Some(now),
        delay,
    });
    Ok(Answer::created(json!({"id": id, "createdDateTime": stamp(Some(now))})))
}

/// The resource by its id in the package's catalog; one not delivered yet is not found.
fn resource_of(scene: &Scene<'_>, package: &str, id: &str) -> Result<Resource, Answer> {
    let tenant = scene.tenant();
    let catalog = tenant.package(package).map(|p| p.catalog.as_str());
    let found = tenant.resources.iter().find(|r| {
        r.id.eq_ignore_ascii_case(id) && Some(r.catalog.as_str()) == catalog && r.delay.passed(scene.now())
    });
    found.cloned().ok_or_else(Answer::em_not_found)
}

fn role_named(scene: &Scene<'_>, resource: &Resource, role: &Value) -> Result<&'static str, Answer> {
    if !need_text(role, "originSystem")?.eq_ignore_ascii_case("AadGroup") {
        return Err(invalid("originSystem", "The role is of another origin system than its resource."));
    }
    let (origin, id) = (need_text(role, "originId")?, text(role, "id")?);
    for name in resources::role_names(scene) {
        let shown = resources::role(resource, name);
        let same =
            |field: &str, given: &str| shown[field].as_str().is_some_and(|s| s.eq_ignore_ascii_case(given));
        if same("originId", &origin) && id.as_deref().is_none_or(|id| same("id", id)) {
            return Ok(name);
        }
    }
    Err(Answer::error(404, "RoleNotFound", "The role was not found."))
}

fn remove(scene: &mut Scene<'_>, package: &str, id: &str) -> Outcome {
    let is = |r: &&RoleScope| r.package == package && r.id.eq_ignore_ascii_case(id);
    let lost = scene.tenant().role_scopes.iter().find(is).cloned().ok_or_else(Answer::em_not_found)?;
    scene.tenant_mut().role_scopes.retain(|r| !is(&r));
    let now = scene.now();
    access::package_changes(scene.world, scene.at, package, now, Some(lost));
    Ok(Answer::empty(204))
}
