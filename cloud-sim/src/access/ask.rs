//! Asking: for a package, for more time, to give it back.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Refused, deliver, licensed, object_of, place, scope, trail};
use crate::pages::account::Account;
use crate::world::entitlement::{Requestor, Stage};
use crate::world::{Assignment, Policy, Request, World, new_id};

/// What somebody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Add,
    /// More time: Graph's `userUpdate`.
    Extend,
    Remove,
    /// An approver takes it back: Graph's `approverRemove`.
    Revoke,
}

/// A person's own request.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// The tenant that has the package: id or domain.
    pub tenant: &'a str,
    pub package: &'a str,
    /// Who asks; he need not be in that tenant yet.
    pub account: &'a Account,
    pub wish: Wish,
    pub justification: &'a str,
    pub schedule: Schedule,
}

/// When access is wanted: from an instant on, and until an end of one's own (an `expirationPattern`, or null).
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    pub starts: Option<DateTime<Utc>>,
    pub expiration: Value,
}

impl Schedule {
    fn is_own(&self) -> bool {
        self.starts.is_some() || !self.expiration.is_null()
    }
}

/// Asks; the answer is the id of the request.
pub fn ask(world: &mut World, now: DateTime<Utc>, ask: &Ask<'_>) -> Result<String, Refused> {
    let at = place(world, ask.tenant)?;
    licensed(world, &world.tenants[at])?;
    let there = &world.tenants[at];
    let package = there.package(ask.package).ok_or_else(Refused::missing)?.id.clone();
    if ask.account.in_tenant(world, &there.id).is_some_and(|u| !u.enabled) {
        return Err(Refused::new(
            403,
            "UserBlocked",
            "The user is blocked from signing in to this directory.",
        ));
    }
    let who = requestor(world, at, ask.account);
    let held = held(world, at, &package, &who);
    // That extension follows the flags named "update" is INFERRED (contract §7): a switch.
    let update = world.switches.on("em.extension-follows-update");
    let (policy, kind, flag) = match (ask.wish, held) {
        (Wish::Add, None) => {
            (scope::offer(world, ask.tenant, &package, ask.account)?, "userAdd", "isApprovalRequiredForAdd")
        }
        (Wish::Add, Some(_)) => {
            return Err(conflict("The user already has an assignment to this access package."));
        }
        (_, None) => return Err(conflict("The user has no assignment to this access package.")),
        (Wish::Extend, Some(a)) => {
            let flag = if update { "isApprovalRequiredForUpdate" } else { "isApprovalRequiredForAdd" };
            (a.policy.clone(), "userUpdate", flag)
        }
        (Wish::Remove, Some(a)) => (a.policy.clone(), "userRemove", ""),
        (Wish::Revoke, Some(a)) => (a.policy.clone(), "approverRemove", ""),
    };
    let assignment = held.map(|a| a.id.clone());
    if open(world, at, &package, &who) {
        return Err(conflict("The user already has a request for this access package."));
    }
    let policy = there.policy(&policy).ok_or_else(Refused::missing)?;
    allowed(policy, ask, update)?;
    let approvals = &policy.body["requestApprovalSettings"];
    let request = Request {
        policy: policy.id.clone(),
        justification: (!ask.justification.is_empty()).then(|| ask.justification.to_owned()),
        stages: if approvals[flag] == true { stages(approvals) } else { Vec::new() },
        assignment,
        starts: ask.schedule.starts,
        expiration: ask.schedule.expiration.clone(),
        ..fresh(kind, &package, who, now)
    };
    let id = request.id.clone();
    let there = &mut world.tenants[at];
    trail::asked(there, &request, now);
    if request.stages.is_empty() {
        trail::row(there, &request, "Auto approve access package assignment request", now);
    }
    begin(world, at, request, now);
    Ok(id)
}

pub(super) fn conflict(sentence: &str) -> Refused {
    Refused::new(400, "ExistingOpenRequestOrAssignment", sentence)
}

/// What the policy lets people do for themselves.
fn allowed(policy: &Policy, ask: &Ask<'_>, update: bool) -> Result<(), Refused> {
    let flag = match ask.wish {
        Wish::Extend if !update => "enableTargetsToSelfAddAccess",
        Wish::Add => "enableTargetsToSelfAddAccess",
        Wish::Extend => "enableTargetsToSelfUpdateAccess",
        Wish::Remove => "enableTargetsToSelfRemoveAccess",
        Wish::Revoke => return Ok(()),
    };
    if policy.body["requestorSettings"][flag] != true {
        return Err(Refused::new(403, "PolicyDoesNotAllow", "The policy does not allow this request."));
    }
    if ask.schedule.is_own() && policy.body["requestorSettings"]["allowCustomAssignmentSchedule"] != true {
        return Err(Refused::new(
            400,
            "CustomScheduleNotAllowed",
            "The policy does not allow a schedule of the requestor's own.",
        ));
    }
    let required = policy.body["requestApprovalSettings"]["isRequestorJustificationRequired"] == true;
    if required && ask.wish != Wish::Remove && ask.justification.trim().is_empty() {
        return Err(Refused::new(400, "JustificationRequired", "A justification is required."));
    }
    Ok(())
}

/// The stages as they are now: later changes of the policy do not touch what is pending.
fn stages(approvals: &Value) -> Vec<Stage> {
    let all = approvals["stages"].as_array().into_iter().flatten();
    all.map(|s| Stage { id: new_id(), settings: s.clone(), ..Stage::default() }).collect()
}

pub(super) fn fresh(kind: &str, package: &str, requestor: Requestor, now: DateTime<Utc>) -> Request {
    Request {
        id: new_id(),
        request_type: kind.to_owned(),
        state: "submitted".to_owned(),
        status: "Accepted".to_owned(),
        package: package.to_owned(),
        requestor,
        answers: json!([]),
        created: Some(now),
        correlation: new_id(),
        ..Request::default()
    }
}

/// Waits for approval, or is delivered.
pub(super) fn begin(world: &mut World, at: usize, mut request: Request, now: DateTime<Utc>) {
    let id = request.id.clone();
    request.delay = world.switches.delay("consistency.requests", now);
    let waits = !request.stages.is_empty();
    if let Some(first) = request.stages.first_mut() {
        first.started = Some(now);
        request.state = "pendingApproval".to_owned();
        request.status = "PendingApproval".to_owned();
    }
    if waits {
        trail::waits(&mut world.tenants[at], &request, now);
    }
    world.tenants[at].requests.push(request);
    if !waits {
        deliver::start(world, at, &id, now);
    }
}

/// The account as entitlement management knows it; the same subject for the same person.
pub(super) fn requestor(world: &World, at: usize, account: &Account) -> Requestor {
    let there = &world.tenants[at];
    let person = account.person(world).cloned().unwrap_or_default();
    let home = (account.tenant.clone(), account.user.clone());
    let known = there.requests.iter().map(|r| &r.requestor).find(|r| r.home.as_ref() == Some(&home));
    Requestor {
        id: known.map_or_else(new_id, |r| r.id.clone()),
        display_name: person.display_name,
        mail: person.mail.unwrap_or_else(|| person.user_principal_name.clone()),
        principal_name: person.user_principal_name,
        object_id: object_of(world, &there.id, account),
        home: Some(home),
        connected_organization: scope::organization_of(world, there, account),
    }
}

pub(super) fn held<'a>(
    world: &'a World,
    at: usize,
    package: &str,
    who: &Requestor,
) -> Option<&'a Assignment> {
    world.tenants[at].assignments.iter().find(|a| a.package == package && a.is_active() && a.target.is(who))
}

pub(super) fn open(world: &World, at: usize, package: &str, who: &Requestor) -> bool {
    world.tenants[at].requests.iter().any(|r| r.package == package && r.is_open() && r.requestor.is(who))
}
