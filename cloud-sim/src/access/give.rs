//! What a package gives: its groups joined, the time it lasts, and its later changes.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::{Refused, lapse, place, trail};
use crate::world::{Assignment, Package, PackageChange, Request, RoleScope, Tenant, World};

/// What of a package reached somebody: a group that was deleted meanwhile gives nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Given {
    Whole,
    Part,
    Nothing,
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

pub fn give(there: &mut Tenant, request: &Request, now: DateTime<Utc>) -> Given {
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
pub fn extend(there: &mut Tenant, request: &Request, now: DateTime<Utc>, from_now: bool) {
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
