//! Asking: for a package, for more time, to give it back; and what an administrator asks for others.

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

fn conflict(sentence: &str) -> Refused {
    Refused::new(400, "ExistingOpenRequestOrAssignment", sentence)
}

/// What the policy lets people do for themselves.
fn allowed(policy: &Policy, ask: &Ask<'_>, update: bool) -> Result<(), Refused> {
    let flag = match ask.wish {
        Wish::Extend if !update => "enableTargetsToSelfAddAccess",
        Wish::Add => "enableTargetsToSelfAddAccess",
        Wish::Extend => "enableTargetsToSelfUpdateAccess",
        Wish::Remove => "enableTargetsToSelfRemoveAccess",
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

fn fresh(kind: &str, package: &str, requestor: Requestor, now: DateTime<Utc>) -> Request {
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
fn begin(world: &mut World, at: usize, mut request: Request, now: DateTime<Utc>) {
    let id = request.id.clone();
    let waits = !request.stages.is_empty();
    if let Some(first) = request.stages.first_mut() {
        first.started = Some(now);
        request.state = "pendingApproval".to_owned();
        request.status = "PendingApproval".to_owned();
    }
    world.tenants[at].requests.push(request);
    if !waits {
        deliver::start(world, at, &id, now);
    }
}

/// The account as entitlement management knows it; the same subject for the same person.
fn requestor(world: &World, at: usize, account: &Account) -> Requestor {
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

fn held<'a>(world: &'a World, at: usize, package: &str, who: &Requestor) -> Option<&'a Assignment> {
    world.tenants[at].assignments.iter().find(|a| a.package == package && a.is_active() && a.target.is(who))
}

fn open(world: &World, at: usize, package: &str, who: &Requestor) -> bool {
    world.tenants[at].requests.iter().any(|r| r.package == package && r.is_open() && r.requestor.is(who))
}

/// What an administrator (or an app) gives to somebody.
#[derive(Clone, Debug)]
pub struct Administered<'a> {
    pub tenant: &'a str,
    pub package: &'a str,
    pub policy: &'a str,
    pub target: &'a Account,
    pub justification: &'a str,
    /// Client id of the app that gives it; empty when an administrator does.
    pub app: &'a str,
    pub schedule: Schedule,
}

/// `adminAdd`: without approval, by a policy that admits the target or by a direct one.
pub fn assign(world: &mut World, now: DateTime<Utc>, given: &Administered<'_>) -> Result<String, Refused> {
    let at = place(world, given.tenant)?;
    let there = &world.tenants[at];
    let package = there.package(given.package).ok_or_else(Refused::missing)?.id.clone();
    let policy = there.policy(given.policy).filter(|p| p.package == package).ok_or_else(Refused::missing)?;
    let there_already = given.target.in_tenant(world, &there.id);
    let direct = policy.body["allowedTargetScope"] == "notSpecified" && there_already.is_some();
    if !direct && !scope::admits(world, there, policy, given.target) {
        return Err(Refused::new(400, "TargetNotAllowed", "The policy does not admit the target."));
    }
    if there_already.is_some_and(|u| !u.enabled) {
        return Err(Refused::new(400, "UserBlocked", "The target is blocked from signing in."));
    }
    let who = requestor(world, at, given.target);
    if held(world, at, &package, &who).is_some() || open(world, at, &package, &who) {
        return Err(conflict("The target already has an assignment or a request for this access package."));
    }
    let request = Request {
        policy: policy.id.clone(),
        justification: (!given.justification.is_empty()).then(|| given.justification.to_owned()),
        starts: given.schedule.starts,
        expiration: given.schedule.expiration.clone(),
        ..fresh("adminAdd", &package, who, now)
    };
    let id = request.id.clone();
    trail::administered(&mut world.tenants[at], &request, given.app, now);
    begin(world, at, request, now);
    Ok(id)
}

/// `adminRemove`: ends an assignment.
pub fn remove(
    world: &mut World,
    now: DateTime<Utc>,
    tenant: &str,
    assignment: &str,
    app: &str,
) -> Result<String, Refused> {
    on_assignment(world, now, (tenant, assignment), ("adminRemove", app), Value::Null)
}

/// `adminUpdate`: gives an assignment another end.
pub fn alter(
    world: &mut World,
    now: DateTime<Utc>,
    of: (&str, &str),
    app: &str,
    expiration: Value,
) -> Result<String, Refused> {
    on_assignment(world, now, of, ("adminUpdate", app), expiration)
}

/// The service itself takes an assignment away: an access review said so.
pub fn take(
    world: &mut World,
    now: DateTime<Utc>,
    tenant: &str,
    assignment: &str,
) -> Result<String, Refused> {
    on_assignment(world, now, (tenant, assignment), ("systemRemove", ""), Value::Null)
}

fn on_assignment(
    world: &mut World,
    now: DateTime<Utc>,
    (tenant, assignment): (&str, &str),
    (kind, app): (&str, &str),
    expiration: Value,
) -> Result<String, Refused> {
    let at = place(world, tenant)?;
    let found = world.tenants[at].assignments.iter().find(|a| a.id.eq_ignore_ascii_case(assignment));
    let held = found.ok_or_else(Refused::missing)?.clone();
    if !held.is_active() {
        return Err(Refused::new(400, "AssignmentNotActive", "The assignment has ended already."));
    }
    let open = |r: &&Request| r.is_open() && r.assignment.as_ref() == Some(&held.id);
    if world.tenants[at].requests.iter().find(open).is_some() {
        return Err(conflict("There is an open request for this assignment."));
    }
    let request = Request {
        policy: held.policy,
        assignment: Some(held.id),
        expiration,
        ..fresh(kind, &held.package, held.target, now)
    };
    let id = request.id.clone();
    trail::administered(&mut world.tenants[at], &request, app, now);
    begin(world, at, request, now);
    Ok(id)
}

/// Delivers once more what failed, whole or in part, within a week.
pub fn reprocess(world: &mut World, now: DateTime<Utc>, tenant: &str, request: &str) -> Result<(), Refused> {
    let at = place(world, tenant)?;
    let found = world.tenants[at].requests.iter().find(|r| r.id.eq_ignore_ascii_case(request));
    let request = found.ok_or_else(Refused::missing)?;
    let recent = request.completed.is_some_and(|c| now - c < chrono::TimeDelta::days(7));
    if !["deliveryFailed", "partiallyDelivered"].contains(&request.state.as_str()) || !recent {
        return Err(Refused::new(400, "RequestNotReprocessable", "The request cannot be reprocessed."));
    }
    let id = request.id.clone();
    deliver::start(world, at, &id, now);
    Ok(())
}
