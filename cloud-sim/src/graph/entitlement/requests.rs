//! `/assignmentRequests` (contract §8.1): listed, made, taken back, delivered again.

use serde_json::{Value, json};

use super::model::{invalid, need_reference, need_text, need_word, only, text};
use super::{assignments, packages, policy_rules, subjects};
use crate::access::{self, Administered, Ask, Schedule, Wish};
use crate::answer::{Answer, Outcome};
use crate::call::bracket_key;
use crate::graph::scene::{Scene, plain_key, stamp};
use crate::odata::{self, Expand};
use crate::pages::account::Account;
use crate::world::{Request, late};

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
    subjects::may_expand(scene, &scene.expands())?;
    match (scene.call.method.as_str(), rest) {
        ("GET", []) => page(scene, |_, _| true),
        ("POST", []) => create(scene),
        ("GET", ["filterByCurrentUser", on]) => mine(scene, on),
        ("GET", [id]) => {
            let (expands, id, now) = (scene.expands(), plain_key(id), scene.now());
            let found = late::seen_one(&mut scene.tenant_mut().requests, &id, now);
            let request = found.ok_or_else(Answer::em_not_found)?;
            Ok(odata::single(scene.call, expanded(scene, &request, &expands), &[]))
        }
        ("DELETE", [id]) => delete(scene, id),
        ("POST", [id, "cancel"]) => {
            let (id, me) = (find(scene, id)?.id.clone(), account(scene)?);
            let (tenant, now) = (scene.tenant().id.clone(), scene.now());
            access::cancel(scene.world, now, &tenant, &id, &me)?;
            // The page's text says 200, its example 204.
            let status = scene.switches().number("em.cancel-status");
            Ok(Answer::empty(if status == 200 { 200 } else { 204 }))
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
    let unlimited = json!({"endDateTime": null, "duration": null, "type": "notSpecified"});
    json!({
        "id": request.id, "requestType": request.request_type, "state": request.state,
        "status": request.status, "createdDateTime": stamp(request.created),
        "completedDateTime": stamp(request.completed), "justification": request.justification,
        "answers": request.answers, "customExtensionCalloutInstances": [],
        "schedule": {"startDateTime": stamp(request.starts), "recurrence": null,
            "expiration": if request.expiration.is_null() { unlimited } else { request.expiration.clone() }},
    })
}

/// Types added to the enumeration later are told to whoever says that he takes them (v1.0 schema).
fn told(scene: &Scene<'_>, request: &Request) -> Value {
    let mut value = shown(request);
    let takes = scene.call.header("prefer").is_some_and(|p| p.contains("include-unknown-enum-members"));
    if value["requestType"] == "approverRemove" && !takes {
        value["requestType"] = json!("unknownFutureValue");
    }
    value
}

fn expanded(scene: &Scene<'_>, request: &Request, expands: &[Expand]) -> Value {
    let mut value = told(scene, request);
    for expand in expands {
        value[&expand.name] = match expand.name.as_str() {
            "requestor" => subjects::shown(scene, &request.requestor, expand),
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

/// The request a path names; it does not count as a read.
pub fn find<'a>(scene: &'a Scene<'_>, key: &str) -> Result<&'a Request, Answer> {
    let (id, now) = (plain_key(key), scene.now());
    let found = scene.tenant().requests.iter().find(|r| r.id.eq_ignore_ascii_case(&id));
    found.filter(|r| r.delay.passed(now)).ok_or_else(Answer::em_not_found)
}

fn page(scene: &mut Scene<'_>, wanted: impl Fn(&Scene<'_>, &Request) -> bool) -> Outcome {
    let (expands, now) = (scene.expands(), scene.now());
    let seen = late::seen(&mut scene.tenant_mut().requests, now);
    let here = seen.iter().filter(|r| wanted(scene, r));
    let items = here.map(|r| expanded(scene, r, &expands)).collect();
    scene.list(items)
}

fn mine(scene: &mut Scene<'_>, on: &str) -> Outcome {
    let me = account(scene)?;
    let home = Some((me.tenant.clone(), me.user.clone()));
    match bracket_key(on).filter(|(name, _)| name == "on").map(|(_, value)| value).as_deref() {
        Some("target" | "createdBy") => page(scene, |_, r| r.requestor.home == home),
        Some("approver") => {
            page(scene, |scene, r| access::approves(scene.world, scene.now(), scene.tenant(), r, &me))
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
    let schedule = schedule(&body)?;
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
                schedule,
            };
            access::assign(scene.world, now, &given)?
        }
        "adminRemove" => {
            super::administrator(scene)?;
            let assignment = need_reference(&body, name)?;
            access::remove(scene.world, now, &tenant, &assignment, &scene.caller.app_id)?
        }
        "adminUpdate" => {
            super::administrator(scene)?;
            let assignment = need_reference(&body, name)?;
            if schedule.expiration.is_null() {
                return Err(invalid("schedule", "The value is required."));
            }
            let (of, app) = ((&*tenant, &*assignment), &scene.caller.app_id);
            access::alter(scene.world, now, of, app, schedule.expiration)?
        }
        _ => {
            let me = asking(scene, &body[name])?;
            let (wish, package) = own(scene, kind, &body[name])?;
            let ask = Ask {
                tenant: &tenant,
                package: &package,
                account: &me,
                wish,
                justification: &justification,
                schedule,
            };
            access::ask(scene.world, now, &ask)?
        }
    };
    let made = scene.tenant().requests.iter().find(|r| r.id == id).ok_or_else(Answer::em_not_found)?;
    let mut answer = shown(made);
    answer["state"] = json!("submitted");
    answer["status"] = json!("Accepted");
    if scene.switches().on("em.request-answer-old-names") {
        rename(&mut answer);
    }
    Ok(Answer::created(answer))
}

/// The names that the examples of the page still have (contract §1: a fault of the documentation).
fn rename(answer: &mut Value) {
    let pairs =
        [("state", "requestState"), ("status", "requestStatus"), ("completedDateTime", "completedDate")];
    for (name, old) in pairs {
        answer[old] = answer[name].take();
        answer.as_object_mut().map(|map| map.remove(name));
    }
}

fn schedule(body: &Value) -> Result<Schedule, Answer> {
    let value = &body["schedule"];
    if value.is_null() {
        return Ok(Schedule::default());
    }
    only(value, "entitlementManagementSchedule", &["startDateTime", "expiration", "recurrence"])?;
    let start = text(value, "startDateTime")?;
    let starts = start.as_deref().map(chrono::DateTime::parse_from_rfc3339).transpose();
    let starts = starts.map_err(|_| invalid("startDateTime", "The start is not an instant."))?;
    let expiration = match &value["expiration"] {
        Value::Null => Value::Null,
        _ => policy_rules::expiration(value, "expiration")?,
    };
    Ok(Schedule { starts: starts.map(|at| at.to_utc()), expiration })
}

/// Who asks for himself: the signed-in person. That an app alone cannot name him is INFERRED (contract §0).
fn asking(scene: &Scene<'_>, assignment: &Value) -> Result<Account, Answer> {
    let alone = scene.caller.user.is_none();
    if alone && !scene.switches().on("em.app-only-user-requests-refused") {
        return target(scene, assignment);
    }
    account(scene)
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
    let unknown = || Answer::error(400, "ConnectedOrganizationNotFound", "Connected organization not found.");
    let account = Account::of_address(scene.world, &mail).ok_or_else(unknown)?;
    // FIELD: PowerShell #2958.
    let connected = access::scope::organization_of(scene.world, scene.tenant(), &account).is_some();
    if !connected && scene.switches().on("em.unknown-domain-refused") {
        return Err(unknown());
    }
    Ok(account)
}

/// Only requests that have ended (INFERRED which states that is).
fn delete(scene: &mut Scene<'_>, key: &str) -> Outcome {
    let request = find(scene, key)?;
    if request.is_open() && !scene.switches().on("em.open-requests-deletable") {
        return Err(Answer::error(400, "RequestNotFinished", "The request cannot be deleted in its state."));
    }
    let id = request.id.clone();
    scene.tenant_mut().requests.retain(|r| r.id != id);
    Ok(Answer::empty(204))
}
