//! Delivery: the guest is made if absent, groups are joined, the assignment begins; or it ends.

use chrono::{DateTime, TimeDelta, Utc};

use super::give::{Given, extend, give};
use super::{lapse, trail};
use crate::world::late::Delay;
use crate::world::{Assignment, Request, Tenant, User, World, new_id};

/// Begins the delivery of a request that is approved or needs no approval; later, when it is wanted later.
pub fn start(world: &mut World, at: usize, id: &str, now: DateTime<Utc>) {
    let wait = i64::try_from(world.switches.number("em.delivery-seconds")).unwrap_or(0);
    let delay = world.switches.delay("consistency.assignments", now);
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
            delay,
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
    let unseen = world.switches.delay("consistency.users", now);
    let barred = invites_matter && there.authorization_policy["allowInvitesFrom"] == "none";
    if !removing {
        let known = request.requestor.object_id.clone().filter(|o| there.user(o).is_some());
        request.requestor.object_id = match known {
            Some(object) => Some(object),
            None if fails || barred => None,
            None => Some(invite(there, &request, now, unseen)),
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
        "userRemove" | "adminRemove" | "systemRemove" | "approverRemove" => {
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

/// A guest, invited by his address but without a mail to him; entitlement management governs his life here.
fn invite(there: &mut Tenant, request: &Request, now: DateTime<Utc>, delay: Delay) -> String {
    let who = &request.requestor;
    let invited = User::invited(there.initial_domain(), &who.mail, &who.display_name, now);
    let user = User { home: who.home.clone(), governed: true, delay, ..invited };
    let id = user.id.clone();
    trail::of_user(there, &user, ("Invited Users", "Invite external user"), now);
    there.users.push(user);
    id
}
