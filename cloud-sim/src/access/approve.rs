//! Deciding: who may, and what a decision does. Nobody decides about himself.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::{Refused, deliver, licensed, object_of, place, scope, trail};
use crate::pages::account::Account;
use crate::world::entitlement::{Decision, Stage};
use crate::world::{Request, Tenant, World};

/// A decision on the stage a request waits in.
#[derive(Clone, Debug)]
pub struct Verdict<'a> {
    pub approve: bool,
    pub by: &'a Account,
    pub justification: &'a str,
}

/// Whether an account may decide on a request as it stands now.
pub fn approves(world: &World, now: DateTime<Utc>, tenant: &Tenant, request: &Request, by: &Account) -> bool {
    let Some(me) = object_of(world, &tenant.id, by) else { return false };
    let home = (by.tenant.clone(), by.user.clone());
    let himself =
        request.requestor.home.as_ref() == Some(&home) || request.requestor.object_id.as_ref() == Some(&me);
    let waits = request.state == "pendingApproval" && !himself;
    waits && request.stage().is_some_and(|stage| may(tenant, stage, &me, now))
}

/// Primary approvers; their stand-ins when the policy's sets hold nobody; after a while those it escalates to.
fn may(tenant: &Tenant, stage: &Stage, me: &str, now: DateTime<Utc>) -> bool {
    let named = |list: &str| {
        let sets = stage.settings[list].as_array();
        sets.into_iter().flatten().any(|set| scope::names(tenant, set, me))
    };
    // Managers and sponsors do not exist in this simulation: such a set holds nobody.
    let someone = |set: &Value| match set["@odata.type"].as_str().unwrap_or("") {
        "#microsoft.graph.groupMembers" => {
            tenant.group(set["groupId"].as_str().unwrap_or("")).is_some_and(|g| !g.members.is_empty())
        }
        kind => kind == "#microsoft.graph.singleUser",
    };
    let primaries = stage.settings["primaryApprovers"].as_array().into_iter().flatten().any(someone);
    let escalated = stage.settings["isEscalationEnabled"] == true
        && stage.after("durationBeforeEscalation").is_some_and(|at| at <= now);
    named("primaryApprovers")
        || (!primaries && named("fallbackPrimaryApprovers"))
        || (escalated && (named("escalationApprovers") || named("fallbackEscalationApprovers")))
}

/// Ids of the requests of a tenant that wait for this account, the oldest first.
pub fn waiting_for(world: &World, now: DateTime<Utc>, tenant: &str, by: &Account) -> Vec<String> {
    let Some(there) = world.tenant(tenant) else { return Vec::new() };
    let mine = there.requests.iter().filter(|r| approves(world, now, there, r, by));
    mine.map(|r| r.id.clone()).collect()
}

/// Decides. 404 no such request, 409 decided already, 403 not his to decide.
pub fn decide(
    world: &mut World,
    now: DateTime<Utc>,
    tenant: &str,
    request: &str,
    verdict: &Verdict<'_>,
) -> Result<(), Refused> {
    let at = place(world, tenant)?;
    let there = &world.tenants[at];
    let found = there.requests.iter().find(|r| r.id.eq_ignore_ascii_case(request));
    let request = found.ok_or_else(Refused::missing)?;
    if request.state != "pendingApproval" {
        return Err(Refused::new(409, "ApprovalAlreadyCompleted", "The stage has been decided already."));
    }
    licensed(world, there)?;
    if !approves(world, now, there, request, verdict.by) {
        return Err(Refused::new(
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        ));
    }
    let required = request.stage().is_some_and(|s| s.settings["isApproverJustificationRequired"] == true);
    if required && verdict.justification.trim().is_empty() {
        return Err(Refused::new(400, "JustificationRequired", "A justification is required."));
    }
    let (id, by) = (request.id.clone(), object_of(world, &world.tenants[at].id, verdict.by));
    let decision = Decision {
        approved: verdict.approve,
        by,
        justification: verdict.justification.to_owned(),
        at: Some(now),
    };
    settle(world, at, &id, decision);
    Ok(())
}

/// Writes a decision: the next stage opens, or the request ends, or it is delivered.
pub fn settle(world: &mut World, at: usize, id: &str, decision: Decision) {
    let told = trail::Told {
        twice: world.switches.on("audit.decision-told-twice"),
        same_correlation: world.switches.on("audit.correlation-kept"),
    };
    let there = &mut world.tenants[at];
    let now = decision.at.unwrap_or_default();
    let Some(request) = there.requests.iter_mut().find(|r| r.id == *id) else { return };
    let Some(open) = request.stages.iter().position(|s| s.decision.is_none()) else { return };
    request.stages[open].decision = Some(decision.clone());
    let next = open + 1 < request.stages.len();
    if !decision.approved {
        request.state = "denied".to_owned();
        request.status = "Denied".to_owned();
        request.completed = Some(now);
    } else if next {
        request.stages[open + 1].started = Some(now);
    }
    let request = request.clone();
    trail::decided(there, &request, &decision, next, &told);
    if decision.approved && !next {
        deliver::start(world, at, id, now);
    }
}

/// The requestor takes back what is not decided yet.
pub fn cancel(
    world: &mut World,
    now: DateTime<Utc>,
    tenant: &str,
    request: &str,
    by: &Account,
) -> Result<(), Refused> {
    let at = place(world, tenant)?;
    let home = (by.tenant.clone(), by.user.clone());
    let found = world.tenants[at].requests.iter_mut().find(|r| r.id.eq_ignore_ascii_case(request));
    let request = found.filter(|r| r.requestor.home.as_ref() == Some(&home)).ok_or_else(Refused::missing)?;
    if request.state != "pendingApproval" {
        return Err(Refused::new(400, "RequestNotCancelable", "The request cannot be canceled any more."));
    }
    request.state = "canceled".to_owned();
    request.status = "Canceled".to_owned();
    request.completed = Some(now);
    let request = request.clone();
    trail::canceled(&mut world.tenants[at], &request, now);
    Ok(())
}

impl Stage {
    /// The instant so long after the stage opened.
    pub fn after(&self, name: &str) -> Option<DateTime<Utc>> {
        let length = crate::graph::duration(self.settings[name].as_str()?)?;
        Some(self.started? + TimeDelta::seconds(length))
    }
}
