//! `/assignmentRequests` (contract §8.1): listed, made, taken back, delivered again.

use serde_json::{Value, json};

use super::model::{invalid, need_reference, need_text, need_word, only, text};
use super::{assignments, packages, subjects};
use crate::access::{self, Administered, Ask, Wish};
use crate::answer::{Answer, Outcome};
use crate::call::bracket_key;
use crate::graph::scene::{Scene, plain_key, stamp};
use crate::odata::{self, Allowed, Expand};
use crate::pages::account::Account;
use crate::world::Request;

const EXPANDS: &[&str] = &["requestor", "accessPackage", "assignment"];
const FILTERS: &[&str] = &["id", "state", "createdDateTime", "accessPackage/id"];
const TYPES: &[&str] = &["userAdd", "userUpdate", "userRemove", "adminAdd", "adminUpdate", "adminRemove"];
const KNOWN: &[&str] = &[
    "requestType",
    "assignment",
    "accessPackageAssignment",
    "justification",
    "answers",
    "schedule",
    "parameters",
];
const ASSIGNMENT: &[&str] = &[
    "id",
    "targetId",
    "target",
    "assignmentPolicyId",
    "accessPackageId",
    "accessPackage",
    "assignmentPolicy",
];

pub fn answer(scene: &mut Scene<'_>, rest: &[&str]) -> Outcome {
    match (scene.call.method.as_str(), rest) {
        ("GET", []) => page(scene, |_| true),
        ("POST", []) => create(scene),
        ("GET", ["filterByCurrentUser", on]) => mine(scene, on),
        ("GET", [id]) => {
            let expands = odata::expands_of(scene.call, EXPANDS)?;
            let request = find(scene, id)?;
            Ok(odata::single(scene.call, expanded(scene, request, &expands), &[]))
        }
        ("DELETE", [id]) => delete(scene, id),
        ("POST", [id, "cancel"]) => {
            let (id, me) = (find(scene, id)?.id.clone(), account(scene)?);
            let (tenant, now) = (scene.tenant().id.clone(), scene.now());
            access::cancel(scene.world, now, &tenant, &id, &me)?;
            Ok(Answer::empty(204))
        }
        ("POST", [id, "reprocess"]) => {
            let (id, tenant, now) = (find(scene, id)?.id.clone(), scene.tenant().id.clone(), scene.now());
            access::reprocess(scene.world, now, &tenant, &id)?;
            Ok(Answer::empty(202))
        }
        _ => Err(Answer::unknown()),
    }
}

/// The account of the signed-in person; an app alone is none.
pub fn account(scene: &Scene<'_>) -> Result<Account, Answer> {
    let user = scene.caller.user.as_deref().and_then(|id| scene.tenant().user(id));
    let denied = || Answer::forbidden("Insufficient privileges to complete the operation.");
    Ok(Account::behind(scene.world, scene.tenant(), user.ok_or_else(denied)?))
}

fn shown(request: &Request) -> Value {
    json!({
        "id": request.id, "requestType": request.request_type, "state": request.state,
        "status": request.status, "createdDateTime": stamp(request.created),
        "completedDateTime": stamp(request.completed), "justification": request.justification,
        "answers": request.answers, "customExtensionCalloutInstances": [],
        "schedule": {"startDateTime": null, "recurrence": null,
            "expiration": {"endDateTime": null, "duration": null, "type": "notSpecified"}},
    })
}

fn expanded(scene: &Scene<'_>, request: &Request, expands: &[Expand]) -> Value {
    let mut value = shown(request);
    for expand in expands {
        value[&expand.name] = match expand.name.as_str() {
            "requestor" => subjects::shown(scene, &request.requestor),
            "accessPackage" => scene.tenant().package(&request.package).map(packages::shown).into(),
            _ => {
                let all = &scene.tenant().assignments;
                let of = all.iter().find(|a| Some(&a.id) == request.assignment.as_ref());
                of.map(|a| assignments::shown(scene, a)).into()
            }
        };
    }
    value
}

/// The request a path names.
pub fn find<'a>(scene: &'a Scene<'_>, key: &str) -> Result<&'a Request, Answer> {
    let id = plain_key(key);
    scene.tenant().requests.iter().find(|r| r.id.eq_ignore_ascii_case(&id)).ok_or_else(Answer::em_not_found)
}

fn page(scene: &Scene<'_>, wanted: impl Fn(&Request) -> bool) -> Outcome {
    let expands = odata::expands_of(scene.call, EXPANDS)?;
    let here = scene.tenant().requests.iter().filter(|r| wanted(r));
    let items = here.map(|r| expanded(scene, r, &expands)).collect();
    // A filter on the package needs the package expanded, as the documentation has it.
    let mut filters = FILTERS.to_vec();
    filters.retain(|f| !f.contains('/') || expands.iter().any(|e| f.starts_with(&e.name)));
    let allowed = Allowed { filter: &filters, page: scene.page(), default: &[] };
    odata::page(scene.call, items, &allowed)
}

fn mine(scene: &Scene<'_>, on: &str) -> Outcome {
    let me = account(scene)?;
    let home = Some((me.tenant.clone(), me.user.clone()));
    match bracket_key(on).filter(|(name, _)| name == "on").map(|(_, value)| value).as_deref() {
        Some("target" | "createdBy") => page(scene, |r| r.requestor.home == home),
        Some("approver") => {
            page(scene, |r| access::approves(scene.world, scene.now(), scene.tenant(), r, &me))
        }
        _ => Err(invalid("on", "The value is not supported.")),
    }
}

fn create(scene: &mut Scene<'_>) -> Outcome {
    let body = scene.body()?;
    only(&body, "accessPackageAssignmentRequest", KNOWN)?;
    let kind = need_word(&body, "requestType", TYPES)?;
    // Microsoft's own example for people outside the directory uses the beta name.
    let name = if body["assignment"].is_null() { "accessPackageAssignment" } else { "assignment" };
    only(&body[name], "accessPackageAssignment", ASSIGNMENT)?;
    let justification = text(&body, "justification")?.unwrap_or_default();
    let (tenant, now) = (scene.tenant().id.clone(), scene.now());
    let id = match kind {
        "adminAdd" => {
            super::administrator(scene)?;
            let target = target(scene, &body[name])?;
            let package = need_text(&body[name], "accessPackageId")?;
            let policy = need_text(&body[name], "assignmentPolicyId")?;
            let given = Administered {
                tenant: &tenant,
                package: &package,
                policy: &policy,
                target: &target,
                justification: &justification,
                app: &scene.caller.app_id,
            };
            access::assign(scene.world, now, &given)?
        }
        "adminRemove" => {
            super::administrator(scene)?;
            let assignment = need_reference(&body, name)?;
            access::remove(scene.world, now, &tenant, &assignment, &scene.caller.app_id)?
        }
        "adminUpdate" => return Err(Answer::unknown()),
        _ => {
            let me = account(scene)?;
            let (wish, package) = own(scene, kind, &body[name])?;
            let ask =
                Ask { tenant: &tenant, package: &package, account: &me, wish, justification: &justification };
            access::ask(scene.world, now, &ask)?
        }
    };
    let mut answer = shown(find(scene, &id)?);
    answer["state"] = json!("submitted");
    answer["status"] = json!("Accepted");
    Ok(Answer::created(answer))
}

/// A person's own wish: a new assignment names its package, a change names the assignment.
fn own(scene: &Scene<'_>, kind: &str, assignment: &Value) -> Result<(Wish, String), Answer> {
    if kind == "userAdd" {
        return Ok((Wish::Add, need_text(assignment, "accessPackageId")?));
    }
    let id = need_text(assignment, "id")?;
    let held = scene.tenant().assignments.iter().find(|a| a.id.eq_ignore_ascii_case(&id));
    let package = held.ok_or_else(Answer::em_not_found)?.package.clone();
    Ok((if kind == "userUpdate" { Wish::Extend } else { Wish::Remove }, package))
}

/// The target of `adminAdd`: an object of this directory, or a mail address of a connected organization.
fn target(scene: &Scene<'_>, assignment: &Value) -> Result<Account, Answer> {
    let object = text(assignment, "targetId")?.or(text(&assignment["target"], "objectId")?);
    if let Some(object) = object {
        let user = scene.tenant().users.iter().find(|u| u.id.eq_ignore_ascii_case(&object));
        return Ok(Account::behind(scene.world, scene.tenant(), user.ok_or_else(Answer::em_not_found)?));
    }
    let mail =
        text(&assignment["target"], "email")?.ok_or_else(|| invalid("target", "A target is required."))?;
    Account::of_address(scene.world, &mail).ok_or_else(|| {
        Answer::error(400, "ConnectedOrganizationNotFound", "Connected organization not found.")
    })
}

/// Only requests that have ended (INFERRED which states that is).
fn delete(scene: &mut Scene<'_>, key: &str) -> Outcome {
    let request = find(scene, key)?;
    if request.is_open() {
        return Err(Answer::error(400, "RequestNotFinished", "The request cannot be deleted in its state."));
    }
    let id = request.id.clone();
    scene.tenant_mut().requests.retain(|r| r.id != id);
    Ok(Answer::empty(204))
}
