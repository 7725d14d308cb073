//! `/identityGovernance/accessReviews/definitions` (contract §10, §25): those that follow from the policies, and those
//! the control interface declares. Reviewers decide; an app may stop a review and have its decisions applied.

mod shown;

use serde_json::Value;

use super::entitlement::requests::account;
use super::scene::{Scene, only, plain_key, text};
use crate::access::review::{self, Opinion};
use crate::answer::{Answer, Outcome};
use crate::call::bracket_key;
use crate::odata;
use crate::world::Review;

/// Parts of a definition that have addresses of their own.
const PARTS: &[&str] = &["instances", "decisions", "contactedReviewers"];
const DECISIONS: &[&str] = &["Approve", "Deny", "DontKnow", "NotReviewed"];

pub fn answer(scene: &mut Scene<'_>, rest: &[&str]) -> Outcome {
    match (scene.call.method.as_str(), rest) {
        ("GET", ["filterByCurrentUser", on]) => mine(scene, on),
        ("GET", rest) => read(scene, rest),
        ("PATCH", [definition, "instances", instance, "decisions", decision]) => {
            decide(scene, definition, instance, decision)
        }
        ("POST", [definition, "instances", instance, act @ ("stop" | "applyDecisions")]) => {
            let (id, at, now) = (begun(scene, definition, instance)?.id, scene.at, scene.now());
            if *act == "stop" {
                review::close(scene.world, at, &id, now);
            } else if begun(scene, definition, instance)?.apply_at.is_none() {
                return Err(Answer::error(
                    400,
                    "ReviewInProgress",
                    "The access review is still in progress.",
                ));
            } else {
                review::apply(scene.world, at, &id, now);
            }
            Ok(Answer::empty(204))
        }
        _ => Err(Answer::unknown()),
    }
}

/// A path such as `{id}/instances/{id}/decisions`, followed from the list of definitions downwards.
fn read(scene: &Scene<'_>, rest: &[&str]) -> Outcome {
    let mut list = shown::definitions(scene);
    let mut names: Vec<&str> = Vec::new();
    for (depth, piece) in rest.iter().enumerate() {
        if depth % 2 == 1 {
            names.push(piece);
            let below = list.first_mut().map(|one| one[*piece].take());
            list = below.and_then(|v| v.as_array().cloned()).unwrap_or_default();
            continue;
        }
        let id = plain_key(piece);
        list.retain(|one| one["id"] == id);
        if list.is_empty() {
            return Err(Answer::not_found(&id));
        }
    }
    let known =
        matches!(names.as_slice(), [] | ["instances"] | ["instances", "decisions" | "contactedReviewers"]);
    if !known {
        return Err(Answer::unknown());
    }
    let mut items: Vec<Value> = list.into_iter().map(bare).collect();
    match (rest.len() % 2 == 1, items.pop()) {
        (true, Some(one)) => Ok(odata::single(scene.call, one, &[])),
        (_, last) => {
            items.extend(last);
            scene.list(items)
        }
    }
}

fn bare(mut value: Value) -> Value {
    if let Some(object) = value.as_object_mut() {
        object.retain(|name, _| !PARTS.contains(&name.as_str()));
    }
    value
}

/// The review a path names, when it came of a policy.
fn begun(scene: &Scene<'_>, definition: &str, instance: &str) -> Result<Review, Answer> {
    let id = plain_key(instance);
    let found = scene.tenant().review_instances.iter().find(|r| r.id.eq_ignore_ascii_case(&id));
    let of = |r: &&Review| {
        let policy = scene.tenant().policies.iter().find(|p| p.id == r.policy);
        policy.is_some_and(|p| shown::definition_of(p).eq_ignore_ascii_case(&plain_key(definition)))
    };
    found.filter(of).cloned().ok_or_else(|| Answer::not_found(&id))
}

/// Definitions with a review that waits for the signed-in person.
fn mine(scene: &Scene<'_>, on: &str) -> Outcome {
    if bracket_key(on) != Some(("on".to_owned(), "reviewer".to_owned())) {
        return Err(Answer::bad_request("Invalid value specified for parameter 'on'."));
    }
    let me = scene.caller.user.clone().unwrap_or_default();
    let asked = |r: &&Review| r.is_open(scene.now()) && r.people.iter().any(|p| review::reviews(r, p, &me));
    let open = scene.tenant().review_instances.iter().filter(asked);
    let policies: Vec<&str> = open.map(|r| r.policy.as_str()).collect();
    let asking = scene.tenant().policies.iter().filter(|p| policies.contains(&p.id.as_str()));
    let ids: Vec<String> = asking.map(shown::definition_of).collect();
    let all = shown::definitions(scene).into_iter();
    let found = all.filter(|d| ids.iter().any(|id| d["id"] == **id)).map(bare);
    scene.list(found.collect())
}

/// 204; what cannot be decided is refused as `access::review` says.
fn decide(scene: &mut Scene<'_>, definition: &str, instance: &str, decision: &str) -> Outcome {
    let body = scene.body()?;
    only(&body, &["decision", "justification"])?;
    let word = text(&body, "decision")?
        .ok_or_else(|| Answer::bad_request("A value is required for property 'decision' of resource."))?;
    let word = DECISIONS
        .iter()
        .find(|known| **known == word)
        .ok_or_else(|| Answer::bad_request("Invalid value specified for property 'decision' of resource."))?;
    let reason = text(&body, "justification")?.unwrap_or_default();
    let by = account(scene)?;
    let review = begun(scene, definition, instance)?.id;
    let (tenant, now, person) = (scene.tenant().id.clone(), scene.now(), plain_key(decision));
    let said = Opinion { decision: word, justification: &reason, by: &by };
    review::decide(scene.world, now, &tenant, (&review, &person), &said)?;
    Ok(Answer::empty(204))
}
