//! `/accessPackageAssignmentApprovals`: deciding, signed in only (contract §8.2). An approval has its request's id.

use serde_json::{Value, json};

use super::model::{need_word, only, text};
use super::requests::{account, find};
use crate::access::{self, Verdict};
use crate::answer::{Answer, Outcome};
use crate::call::bracket_key;
use crate::graph::scene::{Scene, stamp};
use crate::odata;
use crate::world::Request;
use crate::world::entitlement::Stage;

pub fn answer(scene: &mut Scene<'_>, rest: &[&str]) -> Outcome {
    match (scene.call.method.as_str(), rest) {
        ("GET", ["filterByCurrentUser", on]) => mine(scene, on),
        ("GET", [id]) => {
            let expands = scene.expands();
            let request = readable(scene, id)?;
            let mut value = json!({"id": request.id});
            if !expands.is_empty() || scene.switches().on("em.approval-stages-inlined") {
                value["stages"] = stages(scene, request).into();
            }
            Ok(odata::single(scene.call, value, &[]))
        }
        ("GET", [id, "stages"]) => {
            let items = stages(scene, readable(scene, id)?);
            scene.list(items)
        }
        ("GET", [id, "stages", stage]) => {
            let found = stages(scene, readable(scene, id)?).into_iter().find(|s| s["id"] == *stage);
            Ok(odata::single(scene.call, found.ok_or_else(Answer::em_not_found)?, &[]))
        }
        ("PATCH", [id, "stages", stage]) => decide(scene, id, stage),
        _ => Err(Answer::unknown()),
    }
}

/// Requests that wait for the signed-in person. There is no plain list.
fn mine(scene: &Scene<'_>, on: &str) -> Outcome {
    if bracket_key(on) != Some(("on".to_owned(), "approver".to_owned())) {
        return Err(super::model::invalid("on", "The value is not supported."));
    }
    let me = account(scene)?;
    let ids = access::waiting_for(scene.world, scene.now(), &scene.tenant().id, &me);
    let items = ids.into_iter().map(|id| json!({"id": id})).collect();
    scene.list(items)
}

/// Those who may decide, who decided, who asked, and administrators (INFERRED).
fn readable<'a>(scene: &'a Scene<'_>, key: &str) -> Result<&'a Request, Answer> {
    let request = find(scene, key).ok().filter(|r| !r.stages.is_empty()).ok_or_else(Answer::em_not_found)?;
    let me = account(scene)?;
    let mine = request.requestor.home == Some((me.tenant.clone(), me.user.clone()));
    let decided =
        request.stages.iter().any(|s| s.decision.as_ref().is_some_and(|d| d.by == scene.caller.user));
    let may = access::approves(scene.world, scene.now(), scene.tenant(), request, &me);
    if mine || decided || may { Ok(request) } else { super::administrator(scene).map(|()| request) }
}

fn stages(scene: &Scene<'_>, request: &Request) -> Vec<Value> {
    request.stages.iter().map(|s| shown(scene, request, s)).collect()
}

fn shown(scene: &Scene<'_>, request: &Request, stage: &Stage) -> Value {
    let open = request.state == "pendingApproval" && stage.started.is_some();
    let past = scene.switches().on("em.approval-words-past-tense");
    let (approve, deny) = if past { ("Approved", "Denied") } else { ("Approve", "Deny") };
    let (status, result) = match &stage.decision {
        Some(d) if d.by.is_none() => ("Expired", "NotReviewed"),
        Some(d) => ("Completed", if d.approved { approve } else { deny }),
        None if open => ("InProgress", "NotReviewed"),
        None => ("Initializing", "NotReviewed"),
    };
    let me = account(scene).ok();
    let current = request.stage().is_some_and(|s| s.id == stage.id);
    let assigned = me.is_some_and(|me| {
        current && access::approves(scene.world, scene.now(), scene.tenant(), request, &me)
    });
    let by = stage.decision.as_ref().and_then(|d| d.by.as_deref()).and_then(|id| scene.tenant().user(id));
    json!({
        "id": stage.id, "displayName": null, "status": status, "reviewResult": result,
        "assignedToMe": assigned, "reviewedDateTime": stamp(stage.decision.as_ref().and_then(|d| d.at)),
        "justification": stage.decision.as_ref().map_or("", |d| d.justification.as_str()),
        "reviewedBy": by.map(|u| json!({"@odata.type": "#microsoft.graph.userIdentity", "id": u.id,
            "displayName": u.display_name, "userPrincipalName": u.user_principal_name})),
    })
}

/// 204; 403 not his, 404 no such stage, 409 decided already.
fn decide(scene: &mut Scene<'_>, key: &str, stage: &str) -> Outcome {
    let body = scene.body()?;
    only(&body, "approvalStage", &["reviewResult", "justification"])?;
    let approve = need_word(&body, "reviewResult", &["Approve", "Deny"])? == "Approve";
    let justification = text(&body, "justification")?.unwrap_or_default();
    let me = account(scene)?;
    let request = find(scene, key)?;
    let id = request.id.clone();
    let asked = request.stages.iter().find(|s| s.id.eq_ignore_ascii_case(stage));
    if asked.ok_or_else(Answer::em_not_found)?.decision.is_some() {
        return Err(Answer::error(409, "ApprovalAlreadyCompleted", "The stage has been decided already."));
    }
    if request.stage().is_none_or(|s| !s.id.eq_ignore_ascii_case(stage)) {
        return Err(Answer::forbidden("The stage is not open yet."));
    }
    let (tenant, now) = (scene.tenant().id.clone(), scene.now());
    let verdict = Verdict { approve, by: &me, justification: &justification };
    access::decide(scene.world, now, &tenant, &id, &verdict)?;
    Ok(Answer::empty(204))
}
