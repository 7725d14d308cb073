//! `/assignmentPolicies` (contract §7): made, read, replaced whole, deleted.

use serde_json::{Value, json};

use super::model::{invalid, need_reference, text};
use super::{catalogs, packages, policy_rules};
use crate::answer::{Answer, Outcome};
use crate::graph::scene::{Scene, plain_key, stamp};
use crate::odata::{self, Expand};
use crate::world::{Policy, late, new_id};

pub fn answer(scene: &mut Scene<'_>, rest: &[&str]) -> Outcome {
    may_expand(scene)?;
    match (scene.call.method.as_str(), rest) {
        ("GET", []) => page(scene, |_| true),
        ("POST", []) => create(scene),
        ("GET", [id]) => {
            let expands = scene.expands();
            let policy = find(scene, id)?;
            Ok(odata::single(scene.call, expanded(scene, &policy, &expands), &[]))
        }
        ("PUT", [id]) => replace(scene, id),
        ("DELETE", [id]) => delete(scene, id),
        _ => Err(Answer::unknown()),
    }
}

/// Inside an expansion only a stage's custom extension can be expanded, where the service takes that at all.
fn may_expand(scene: &Scene<'_>) -> Result<(), Answer> {
    let refused = scene.switches().on("em.nested-expand-refused");
    for expand in scene.expands() {
        let takes = expand.name == "customExtensionStageSettings" && !refused;
        if expand.inner.iter().any(|e| !takes || e.name != "customExtension") {
            let why =
                format!("Parsing OData Select and Expand failed: '{}' cannot be expanded so.", expand.name);
            return Err(Answer::error(400, "BadRequest", &why));
        }
    }
    Ok(())
}

/// `GET /accessPackages/{id}/assignmentPolicies`.
pub fn of_package(scene: &mut Scene<'_>, key: &str) -> Outcome {
    if scene.call.method != "GET" {
        return Err(Answer::unknown());
    }
    let package = packages::find(scene, key)?.id;
    page(scene, |p| p.package == package)
}

pub fn shown(policy: &Policy) -> Value {
    let mut value = policy.body.clone();
    for name in RELATIONS {
        value.as_object_mut().map(|body| body.remove(name));
    }
    value["id"] = json!(policy.id);
    value["createdDateTime"] = stamp(policy.created);
    value["modifiedDateTime"] = stamp(policy.modified);
    value
}

/// Relationships of a policy that it holds itself, shown only where they are expanded.
const RELATIONS: [&str; 2] = ["questions", "customExtensionStageSettings"];

/// The custom extension of a stage is a relationship in its turn.
fn related(policy: &Policy, expand: &Expand) -> Value {
    let mut all = policy.body[&expand.name].as_array().cloned().unwrap_or_default();
    if !expand.inner.iter().any(|e| e.name == "customExtension") {
        for one in &mut all {
            one.as_object_mut().map(|one| one.remove("customExtension"));
        }
    }
    Value::Array(all)
}

/// The package and its catalog are seen with `$expand` only, as are questions and custom extensions.
fn expanded(scene: &Scene<'_>, policy: &Policy, expands: &[Expand]) -> Value {
    let mut value = shown(policy);
    let package = scene.tenant().package(&policy.package);
    for expand in expands {
        value[&expand.name] = match expand.name.as_str() {
            "accessPackage" => package.map(packages::shown).into(),
            "catalog" => {
                let all = &scene.tenant().catalogs;
                let here = all.iter().find(|c| package.is_some_and(|p| p.catalog == c.id));
                here.map(catalogs::shown).into()
            }
            _ => related(policy, expand),
        };
    }
    value
}

/// The policy a path names. Counts as a read.
fn find(scene: &mut Scene<'_>, key: &str) -> Result<Policy, Answer> {
    let (id, now) = (plain_key(key), scene.now());
    late::seen_one(&mut scene.tenant_mut().policies, &id, now).ok_or_else(Answer::em_not_found)
}

/// Those that show themselves; one read.
fn page(scene: &mut Scene<'_>, wanted: impl Fn(&Policy) -> bool) -> Outcome {
    let (expands, now) = (scene.expands(), scene.now());
    let here = scene.tenant_mut().policies.iter_mut().filter(|p| wanted(p));
    let seen = late::seen(here, now);
    let items = seen.iter().map(|p| expanded(scene, p, &expands)).collect();
    scene.list(items)
}

/// The id of the package a body names.
fn package_of(scene: &mut Scene<'_>, body: &Value) -> Result<String, Answer> {
    Ok(packages::find(scene, &need_reference(body, "accessPackage")?)?.id)
}

fn create(scene: &mut Scene<'_>) -> Outcome {
    let body = scene.body()?;
    if text(&body, "id")?.is_some() {
        return Err(invalid("id", "The id is given by the service."));
    }
    let mut fresh = policy_rules::checked(scene, &body)?;
    if scene.switches().on("em.policy-created-disabled") {
        policy_rules::disable(&mut fresh);
    }
    let policy = Policy {
        id: new_id(),
        package: package_of(scene, &body)?,
        body: fresh,
        review_definition: None,
        created: Some(scene.now()),
        modified: Some(scene.now()),
        delay: scene.switches().delay("consistency.policies", scene.now()),
    };
    let answer = Answer::created(shown(&policy));
    scene.tenant_mut().policies.push(policy);
    Ok(answer)
}

/// `PUT`: what the body leaves out is reset, not kept.
fn replace(scene: &mut Scene<'_>, key: &str) -> Outcome {
    let body = scene.body()?;
    let (id, package) = find(scene, key).map(|p| (p.id, p.package))?;
    if text(&body, "id")?.is_some_and(|given| !given.eq_ignore_ascii_case(&id)) {
        return Err(invalid("id", "The id of the body is another one than that of the address."));
    }
    if package_of(scene, &body)? != package {
        return Err(invalid("accessPackage", "A policy cannot be moved to another access package."));
    }
    let (fresh, now) = (policy_rules::checked(scene, &body)?, scene.now());
    let found = scene.tenant_mut().policies.iter_mut().find(|p| p.id == id);
    let policy = found.ok_or_else(Answer::em_not_found)?;
    policy.body = fresh;
    policy.modified = Some(now);
    Ok(Answer::ok(shown(policy)))
}

/// Refused with active assignments.
fn delete(scene: &mut Scene<'_>, key: &str) -> Outcome {
    let id = find(scene, key)?.id;
    if scene.tenant().assignments.iter().any(|a| a.policy == id && a.state != "expired") {
        return Err(Answer::error(
            400,
            "PolicyHasAssignments",
            "The policy cannot be deleted while it has active assignments.",
        ));
    }
    let tenant = scene.tenant_mut();
    tenant.policies.retain(|p| p.id != id);
    tenant.review_instances.retain(|r| r.policy != id);
    Ok(Answer::empty(204))
}
