//! What happens by itself: everything that fell due up to an instant, in the order in which it fell due.

use chrono::{DateTime, Utc};

use super::{approve, deliver, give, lapse, review, trail};
use crate::world::entitlement::Decision;
use crate::world::{Tenant, World};

enum Due {
    Start(String),
    Delivery(String),
    Denial(String),
    Expiry(String),
    Deletion(String),
    Change,
    Review(String, DateTime<Utc>),
    ReviewEnd(String),
    ReviewApply(String),
}

/// Brings the world to an instant. Answers whether anything happened.
pub fn advance(world: &mut World, now: DateTime<Utc>) -> bool {
    let mut happened = false;
    while let Some((when, at, due)) = next(world, now) {
        happened = true;
        match due {
            Due::Start(id) => deliver::start(world, at, &id, when),
            Due::Delivery(id) => {
                deliver::finish(world, at, &id, when);
                patience(world, at, &id);
            }
            Due::Denial(id) => {
                let nobody =
                    Decision { approved: false, by: None, justification: String::new(), at: Some(when) };
                approve::settle(world, at, &id, nobody);
            }
            Due::Expiry(id) => {
                lapse::end(&mut world.tenants[at], &id, when);
                trail::expired(&mut world.tenants[at], &id, when);
            }
            Due::Deletion(id) => lapse::delete_guest(&mut world.tenants[at], &id, when),
            Due::Change => give::change(&mut world.tenants[at], when),
            Due::Review(policy, starts) => review::begin(world, at, &policy, starts, when),
            Due::ReviewEnd(id) => review::close(world, at, &id, when),
            Due::ReviewApply(id) => review::apply(world, at, &id, when),
        }
    }
    happened
}

/// A delivery that waits for its guest is looked at again once he has accepted.
fn patience(world: &mut World, at: usize, id: &str) {
    let request = world.tenants[at].requests.iter_mut().find(|r| r.id == *id);
    if let Some(request) = request.filter(|r| r.state == "delivering") {
        request.waits_for_guest = true;
    }
}

fn next(world: &World, now: DateTime<Utc>) -> Option<(DateTime<Utc>, usize, Due)> {
    let mut all = Vec::new();
    for (at, there) in world.tenants.iter().enumerate() {
        let due = due(world, there, now).into_iter().chain(reviews(there));
        all.extend(due.map(|(when, due)| (when, at, due)));
    }
    all.into_iter().filter(|(when, _, _)| *when <= now).min_by_key(|(when, _, _)| *when)
}

fn due(world: &World, there: &Tenant, now: DateTime<Utc>) -> Vec<(DateTime<Utc>, Due)> {
    let mut all = Vec::new();
    for request in &there.requests {
        match request.state.as_str() {
            "scheduled" => all.extend(request.starts.map(|when| (when, Due::Start(request.id.clone())))),
            "delivering" => {
                // Who waits for a guest goes on at the moment that is found out.
                let when = if request.waits_for_guest {
                    (!deliver::waits(world, there, request)).then_some(now)
                } else {
                    request.deliver_at
                };
                all.extend(when.map(|when| (when, Due::Delivery(request.id.clone()))));
            }
            "pendingApproval" => {
                let end = request.stage().and_then(|s| s.after("durationBeforeAutomaticDenial"));
                all.extend(end.map(|when| (when, Due::Denial(request.id.clone()))));
            }
            _ => {}
        }
    }
    let ending = there.assignments.iter().filter(|a| a.is_active());
    all.extend(ending.filter_map(|a| Some((a.ends?, Due::Expiry(a.id.clone())))));
    all.extend(there.users.iter().filter_map(|u| Some((u.delete_at?, Due::Deletion(u.id.clone())))));
    all.extend(there.package_changes.iter().map(|c| (c.due, Due::Change)));
    all
}

/// A review begins by its policy, which may have been made while it is open already.
fn reviews(there: &Tenant) -> Vec<(DateTime<Utc>, Due)> {
    let begin = there.policies.iter().filter_map(|p| {
        let starts = review::next(there, p)?;
        Some((starts.max(p.created?), Due::Review(p.id.clone(), starts)))
    });
    let open = there.review_instances.iter().filter_map(|r| match (r.apply_at, r.applied) {
        (None, _) => Some((r.ends, Due::ReviewEnd(r.id.clone()))),
        (Some(when), None) => Some((when, Due::ReviewApply(r.id.clone()))),
        _ => None,
    });
    begin.chain(open).collect()
}
