//! Delivery: the guest is made if absent, groups are joined, the assignment begins; or it ends.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::{Refused, lapse, place, trail};
use crate::world::{Assignment, Package, PackageChange, Request, RoleScope, Tenant, User, World, new_id};

/// Begins the delivery of a request that is approved or needs no approval; later, when it is wanted later.
pub fn start(world: &mut World, at: usize, id: &str, now: DateTime<Utc>) {
    let wait = i64::try_from(world.switches.number("em.delivery-seconds")).unwrap_or(0);
    let there = &mut world.tenants[at];
    let Some(request) = there.requests.iter_mut().find(|r| r.id == *id) else { return };
    if request.starts.is_some_and(|starts| starts > now) {
        request.state = "scheduled".to_owned();
        request.status = "Scheduled".to_owned();
        let request = request.clone();
        return trail::row(there, &request, "Schedule a future access package assignment", now);
    }
    request.state = "delivering".to_owned();
    request.status = "Delivering".to_owned();
    request.completed = None;
    request.deliver_at = Some(now + TimeDelta::seconds(wait));
    if request.assignment.is_none() {
        let assignment = Assignment {
            id: new_id(),
            package: request.package.clone(),
            policy: request.policy.clone(),
            state: "delivering".to_owned(),
            status: "Delivering".to_owned(),
            target: request.requestor.clone(),
            ..Assignment::default()
        };
        request.assignment = Some(assignment.id.clone());
        there.assignments.push(assignment);
    }
    let request = request.clone();
    trail::row(there, &request, "Ready to fulfill access package assignment request", now);
}

/// Whether a delivery waits for the guest to accept his invitation.
pub fn waits(world: &World, there: &Tenant, request: &Request) -> bool {
    world.switches.on("em.guest-waits-for-redemption")
        && request
            .requestor
            .object_id
            .as_deref()
            .and_then(|id| there.user(id))
            .is_some_and(|u| u.guest && u.external_state.as_deref() == Some("PendingAcceptance"))
}

/// Delivers a request whose time has come.
pub fn finish(world: &mut World, at: usize, id: &str, now: DateTime<Utc>) {
    let fails = world.switches.on("em.delivery-fails");
    let invites_matter = world.switches.on("em.no-invites-fail-delivery");
    let there = &mut world.tenants[at];
    let Some(mut request) = there.requests.iter().find(|r| r.id == *id).cloned() else { return };
    let removing = request.request_type.ends_with("Remove");
    let barred = invites_matter && there.authorization_policy["allowInvitesFrom"] == "none";
    if !removing {
        let known = request.requestor.object_id.clone().filter(|o| there.user(o).is_some());
        request.requestor.object_id = match known {
            Some(object) => Some(object),
            None if fails || barred => None,
            None => Some(invite(there, &request, now)),
        };
        keep(there, &request);
        if request.requestor.object_id.is_none() || fails {
            return failed(there, request, now);
        }
        if waits(world, &world.tenants[at], &request) {
            return;
        }
    }
    let from_now = world.switches.on("em.extension-from-now");
    let there = &mut world.tenants[at];
    let given = match request.request_type.as_str() {
        "userRemove" | "adminRemove" | "systemRemove" => {
            let assignment = request.assignment.clone().unwrap_or_default();
            lapse::end(there, &assignment, now);
            Given::Whole
        }
        "userUpdate" | "adminUpdate" => {
            extend(there, &request, now, from_now);
            trail::row(there, &request, "Extend access package assignment", now);
            Given::Whole
        }
        _ => give(there, &request, now),
    };
    let (state, status, activity) = match given {
        Given::Whole => ("delivered", "Delivered", "Fulfill access package assignment request"),
        Given::Part => (
            "partiallyDelivered",
            "PartiallyDelivered",
            "Partially fulfill access package assignment request",
        ),
        Given::Nothing => return failed(there, request, now),
    };
    state.clone_into(&mut request.state);
    status.clone_into(&mut request.status);
    request.completed = Some(now);
    keep(there, &request);
    trail::row(there, &request, activity, now);
}

/// What of a package reached somebody: a group that was deleted meanwhile gives nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Given {
    Whole,
    Part,
    Nothing,
}

fn keep(there: &mut Tenant, request: &Request) {
    let person = &request.requestor;
    for other in there.requests.iter_mut().filter(|r| r.requestor.is(person)) {
        other.requestor.object_id.clone_from(&person.object_id);
    }
    for assignment in there.assignments.iter_mut().filter(|a| a.target.is(person)) {
        assignment.target.object_id.clone_from(&person.object_id);
    }
    if let Some(slot) = there.requests.iter_mut().find(|r| r.id == request.id) {
        slot.clone_from(request);
    }
}

fn failed(there: &mut Tenant, mut request: Request, now: DateTime<Utc>) {
    request.state = "deliveryFailed".to_owned();
    request.status = "DeliveryFailed".to_owned();
    request.completed = Some(now);
    let assignment = there.assignments.iter_mut().find(|a| Some(&a.id) == request.assignment.as_ref());
    if let Some(assignment) = assignment.filter(|a| a.state == "delivering") {
        assignment.state = "deliveryFailed".to_owned();
        assignment.status = "DeliveryFailed".to_owned();
    }
    keep(there, &request);
    trail::row(there, &request, "Failed access package assignment request", now);
}

/// A guest, invited without a mail; entitlement management governs his life here.
fn invite(there: &mut Tenant, request: &Request, now: DateTime<Utc>) -> String {
    let who = &request.requestor;
    let invited = User::invited(there.initial_domain(), &who.principal_name, &who.display_name, now);
    let user = User { mail: Some(who.mail.clone()), home: who.home.clone(), governed: true, ..invited };
    let id = user.id.clone();
    trail::of_user(there, &user, ("Invited Users", "Invite external user"), now);
    there.users.push(user);
    id
}

/// When an assignment that begins now ends: as was asked for, or else by its policy.
fn end_of(there: &Tenant, request: &Request, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let own = &request.expiration;
    let policy = there.policy(&request.policy).map(|p| &p.body["expiration"]);
    let by_policy = policy.and_then(|expiration| end(expiration, from));
    if own.is_null() || own["type"] == "notSpecified" {
        return by_policy;
    }
    // An end of one's own cannot be later than the policy's.
    match (end(own, from), by_policy) {
        (Some(own), Some(policy)) => Some(own.min(policy)),
        (own, policy) => own.or(policy),
    }
}

fn end(expiration: &Value, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match expiration["type"].as_str()? {
        "afterDuration" => {
            let length = crate::graph::duration(expiration["duration"].as_str()?)?;
            Some(from + TimeDelta::seconds(length))
        }
        "afterDateTime" => {
            let end = chrono::DateTime::parse_from_rfc3339(expiration["endDateTime"].as_str()?).ok()?;
            Some(end.to_utc())
        }
        _ => None,
    }
}

fn give(there: &mut Tenant, request: &Request, now: DateTime<Utc>) -> Given {
    let ends = end_of(there, request, now);
    let Some(object) = request.requestor.object_id.clone() else { return Given::Nothing };
    let package = there.package(&request.package).cloned();
    let given = package.map_or(Given::Nothing, |package| join(there, &package, &object, now));
    let (state, status) = match given {
        Given::Whole => ("delivered", "Delivered"),
        Given::Part => ("partiallyDelivered", "PartiallyDelivered"),
        Given::Nothing => return given,
    };
    let found = there.assignments.iter_mut().find(|a| Some(&a.id) == request.assignment.as_ref());
    if let Some(assignment) = found {
        state.clone_into(&mut assignment.state);
        status.clone_into(&mut assignment.status);
        assignment.starts = assignment.starts.or(Some(now));
        assignment.ends = assignment.ends.or(ends);
    }
    given
}

/// Joins every group of a package.
fn join(there: &mut Tenant, package: &Package, object: &str, now: DateTime<Utc>) -> Given {
    let roles: Vec<_> = there.role_scopes.iter().filter(|r| r.package == package.id).cloned().collect();
    let joined = roles.iter().filter(|role| join_one(there, role, object, now)).count();
    match joined {
        joined if joined == roles.len() => Given::Whole,
        0 => Given::Nothing,
        _ => Given::Part,
    }
}

fn join_one(there: &mut Tenant, role: &RoleScope, object: &str, now: DateTime<Utc>) -> bool {
    let resource = there.resources.iter().find(|r| r.id == role.resource).map(|r| r.group.clone());
    let Some(group) = resource.and_then(|id| there.group_mut(&id)) else { return false };
    let list = if role.role == "Owner" { &mut group.owners } else { &mut group.members };
    if !list.iter().any(|o| o == object) {
        list.push(object.to_owned());
        let group = group.id.clone();
        trail::resource(there, role, &group, object, ("Fulfill access package resource assignment", now));
    }
    true
}

/// The new end is one more policy length after the old one, or counted from now (INFERRED: a switch), or as was
/// asked for.
fn extend(there: &mut Tenant, request: &Request, now: DateTime<Utc>, from_now: bool) {
    let found = there.assignments.iter().position(|a| Some(&a.id) == request.assignment.as_ref());
    let Some(place) = found else { return };
    let from = if from_now { Some(now) } else { there.assignments[place].ends };
    let ends = if request.expiration.is_null() {
        from.and_then(|from| end_of(there, request, from))
    } else {
        end(&request.expiration, now)
    };
    there.assignments[place].ends = ends;
}

/// Remembers that a package gives more or less from now on: it reaches those who hold it some time later.
pub fn package_changes(
    world: &mut World,
    at: usize,
    package: &str,
    now: DateTime<Utc>,
    lost: Option<RoleScope>,
) {
    let later = i64::try_from(world.switches.number("em.package-change-seconds")).unwrap_or(0);
    let there = &mut world.tenants[at];
    if there.assignments.iter().any(|a| a.package == *package && a.is_active()) {
        let due = now + TimeDelta::seconds(later);
        there.package_changes.push(PackageChange { package: package.to_owned(), due, lost });
    }
}

/// Carries the changes that are due to everybody who holds the package.
pub fn change(there: &mut Tenant, now: DateTime<Utc>) {
    let (due, later): (Vec<_>, Vec<_>) =
        std::mem::take(&mut there.package_changes).into_iter().partition(|c| c.due <= now);
    there.package_changes = later;
    for change in due {
        let holds = |a: &&Assignment| a.package == change.package && a.is_active() && a.starts.is_some();
        let holders: Vec<String> =
            there.assignments.iter().filter(holds).filter_map(|a| a.target.object_id.clone()).collect();
        let package = there.package(&change.package).cloned();
        for object in holders {
            if let Some(lost) = &change.lost {
                lapse::lose(there, vec![lost.clone()], &object, now);
            }
            if let Some(package) = &package {
                join(there, package, &object, now);
            }
        }
    }
}

/// Carries an assignment out once more (`reprocess`).
pub fn again(world: &mut World, now: DateTime<Utc>, tenant: &str, assignment: &str) -> Result<(), Refused> {
    let at = place(world, tenant)?;
    let there = &mut world.tenants[at];
    let found = there.assignments.iter().find(|a| a.id.eq_ignore_ascii_case(assignment)).cloned();
    let held = found.ok_or_else(Refused::missing)?;
    let package = there.package(&held.package).cloned();
    let (true, Some(package), Some(object)) = (held.is_active(), package, &held.target.object_id) else {
        return Err(Refused::new(400, "AssignmentNotReprocessable", "The assignment cannot be reprocessed."));
    };
    let whole = join(there, &package, object, now) == Given::Whole;
    if let Some(held) = there.assignments.iter_mut().find(|a| a.id == held.id).filter(|_| whole) {
        (held.state, held.status) = ("delivered".to_owned(), "Delivered".to_owned());
    }
    Ok(())
}
