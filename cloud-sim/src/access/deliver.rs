//! Delivery: the guest is made if absent, groups are joined, the assignment begins; or it ends.

use chrono::{DateTime, TimeDelta, Utc};

use super::{lapse, trail};
use crate::world::{Assignment, Package, Policy, Request, Tenant, User, World, new_id};

/// Begins the delivery of a request that is approved or needs no approval.
pub fn start(world: &mut World, at: usize, id: &str, now: DateTime<Utc>) {
    let wait = i64::try_from(world.switches.number("em.delivery-seconds")).unwrap_or(0);
    let there = &mut world.tenants[at];
    let Some(request) = there.requests.iter_mut().find(|r| r.id == *id) else { return };
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
    let there = &mut world.tenants[at];
    match request.request_type.as_str() {
        "userRemove" | "adminRemove" => {
            let assignment = request.assignment.clone().unwrap_or_default();
            lapse::end(there, &assignment, now);
        }
        "userUpdate" => extend(there, &request),
        _ => give(there, &request, now),
    }
    request.state = "delivered".to_owned();
    request.status = "Delivered".to_owned();
    request.completed = Some(now);
    keep(there, &request);
    trail::row(there, &request, "Fulfill access package assignment request", now);
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
    let initial = there.domains.iter().find(|d| d.is_initial).map_or("", |d| d.name.as_str());
    let user = User {
        id: new_id(),
        user_principal_name: format!("{}#EXT#@{initial}", who.principal_name.replace('@', "_")),
        display_name: who.display_name.clone(),
        mail: Some(who.mail.clone()),
        guest: true,
        enabled: true,
        external_state: Some("PendingAcceptance".to_owned()),
        created: Some(now),
        home: who.home.clone(),
        governed: true,
        ..User::default()
    };
    let id = user.id.clone();
    there.users.push(user);
    id
}

/// When an assignment that begins now ends by its policy.
fn end_of(policy: Option<&Policy>, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let expiration = &policy?.body["expiration"];
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

fn give(there: &mut Tenant, request: &Request, now: DateTime<Utc>) {
    let ends = end_of(there.policy(&request.policy), now);
    let Some(object) = request.requestor.object_id.clone() else { return };
    if let Some(package) = there.package(&request.package).cloned() {
        join(there, &package, &object);
    }
    let found = there.assignments.iter_mut().find(|a| Some(&a.id) == request.assignment.as_ref());
    if let Some(assignment) = found {
        assignment.state = "delivered".to_owned();
        assignment.status = "Delivered".to_owned();
        assignment.starts = Some(now);
        assignment.ends = ends;
    }
}

fn join(there: &mut Tenant, package: &Package, object: &str) {
    let roles: Vec<_> = there.role_scopes.iter().filter(|r| r.package == package.id).cloned().collect();
    for role in roles {
        let resource = there.resources.iter().find(|r| r.id == role.resource).map(|r| r.group.clone());
        let Some(group) = resource.and_then(|id| there.group_mut(&id)) else { continue };
        let list = if role.role == "Owner" { &mut group.owners } else { &mut group.members };
        if !list.iter().any(|o| o == object) {
            list.push(object.to_owned());
        }
    }
}

/// The new end is one more policy length after the old one (INFERRED).
fn extend(there: &mut Tenant, request: &Request) {
    let found = there.assignments.iter().position(|a| Some(&a.id) == request.assignment.as_ref());
    let Some(place) = found else { return };
    let from = there.assignments[place].ends;
    let ends = from.and_then(|from| end_of(there.policy(&request.policy), from));
    there.assignments[place].ends = ends;
    there.assignments[place].status = "Delivered".to_owned();
}
