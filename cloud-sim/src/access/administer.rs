//! What an administrator, an app or the service itself does with the access of others.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::ask::{Schedule, begin, conflict, fresh, held, open, requestor};
use super::{Refused, deliver, place, scope, trail};
use crate::pages::account::Account;
use crate::world::{Request, World};

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
