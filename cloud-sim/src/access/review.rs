//! Access reviews: begun by a policy's schedule, decided by its reviewers, carried out when they are over.

use chrono::{DateTime, Months, NaiveDate, TimeDelta, Utc};
use serde_json::Value;

use super::{Refused, administer, object_of, place, scope, trail};
use crate::graph::duration;
use crate::pages::account::Account;
use crate::world::{Assignment, Policy, Review, Reviewed, Tenant, User, World, new_id};

/// When the reviews of a policy begin, and how long each is open.
struct Schedule {
    start: DateTime<Utc>,
    open: TimeDelta,
    /// So many weeks or months.
    step: u32,
    weekly: bool,
    count: Option<u64>,
    last: Option<NaiveDate>,
}

impl Schedule {
    fn of(policy: &Policy) -> Option<Self> {
        let settings = &policy.body["reviewSettings"];
        if settings["isEnabled"] != true {
            return None;
        }
        let schedule = &settings["schedule"];
        let (pattern, range) = (&schedule["recurrence"]["pattern"], &schedule["recurrence"]["range"]);
        let open = schedule["expiration"]["duration"].as_str().and_then(duration).unwrap_or(14 * 86_400);
        let last = range["endDate"].as_str().filter(|_| range["type"] == "endDate");
        Some(Self {
            start: DateTime::parse_from_rfc3339(schedule["startDateTime"].as_str()?).ok()?.to_utc(),
            open: TimeDelta::seconds(open),
            step: pattern["interval"].as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or(12),
            weekly: pattern["type"] == "weekly",
            count: range["numberOfOccurrences"].as_u64().filter(|_| range["type"] == "numbered"),
            last: last.and_then(|day| day.get(..10)?.parse().ok()),
        })
    }

    /// The beginning of a review, counted from 0; none after the last.
    fn nth(&self, n: u32) -> Option<DateTime<Utc>> {
        if self.count.is_some_and(|count| u64::from(n) >= count) {
            return None;
        }
        let at = if self.weekly {
            self.start.checked_add_signed(TimeDelta::weeks(i64::from(self.step) * i64::from(n)))?
        } else {
            self.start.checked_add_months(Months::new(self.step.checked_mul(n)?))?
        };
        self.last.is_none_or(|day| at.date_naive() <= day).then_some(at)
    }
}

/// The next review of a policy: the first that is not over when the policy is made, then each that follows.
pub fn next(there: &Tenant, policy: &Policy) -> Option<DateTime<Utc>> {
    let schedule = Schedule::of(policy)?;
    let begun = there.review_instances.iter().filter(|r| r.policy == policy.id).map(|r| r.starts).max();
    let made = policy.created.unwrap_or_default();
    let wanted = |at: &DateTime<Utc>| begun.map_or(*at + schedule.open > made, |last| *at > last);
    (0..10_000).map_while(|n| schedule.nth(n)).find(wanted)
}

/// Begins a review: what is held by the policy at that moment is asked about.
pub fn begin(world: &mut World, at: usize, policy: &str, starts: DateTime<Utc>, now: DateTime<Utc>) {
    let late = i64::try_from(world.switches.number("reviews.mail-seconds")).unwrap_or(0);
    let there = &mut world.tenants[at];
    let Some(policy) = there.policy(policy).cloned() else { return };
    let Some(Schedule { open, .. }) = Schedule::of(&policy) else { return };
    let settings = policy.body["reviewSettings"].clone();
    let held = |a: &&Assignment| a.policy == policy.id && a.is_active() && a.state != "delivering";
    let people = there.assignments.iter().filter(held).map(|a| Reviewed {
        id: new_id(),
        assignment: a.id.clone(),
        target: a.target.clone(),
        decision: "NotReviewed".to_owned(),
        recommendation: recommendation(there, a, &settings).to_owned(),
        result: "New".to_owned(),
        ..Reviewed::default()
    });
    let review = Review {
        id: new_id(),
        policy: policy.id.clone(),
        starts,
        ends: starts + open,
        mailed: now + TimeDelta::seconds(late),
        reviewers: reviewers(there, &settings),
        people: people.collect(),
        settings,
        ..Review::default()
    };
    trail::review(there, &review, "Create access review", now);
    there.review_instances.push(review);
}

/// Who can still sign in should keep his access; nothing else is known of his use of it.
fn recommendation(there: &Tenant, held: &Assignment, settings: &Value) -> &'static str {
    if settings["isRecommendationEnabled"] != true {
        return "NoInfoAvailable";
    }
    let user = held.target.object_id.as_deref().and_then(|id| there.user(id));
    let uses = |u: &User| u.enabled && u.external_state.as_deref().is_none_or(|s| s == "Accepted");
    if user.is_some_and(uses) { "Approve" } else { "Deny" }
}

/// The people in the sets of reviewers; the stand-ins where the sets hold nobody.
fn reviewers(there: &Tenant, settings: &Value) -> Vec<String> {
    if settings["isSelfReview"] == true {
        return Vec::new();
    }
    let named = |list: &str| -> Vec<String> {
        let sets: Vec<&Value> = settings[list].as_array().into_iter().flatten().collect();
        let is = |u: &&User| sets.iter().any(|set| scope::names(there, set, &u.id));
        there.users.iter().filter(is).map(|u| u.id.clone()).collect()
    };
    let first = named("primaryReviewers");
    if first.is_empty() { named("fallbackReviewers") } else { first }
}

/// Whether somebody of this directory is asked about a person under review.
pub fn reviews(review: &Review, person: &Reviewed, me: &str) -> bool {
    if review.settings["isSelfReview"] == true {
        return person.target.object_id.as_deref() == Some(me);
    }
    review.reviewers.iter().any(|r| r == me)
}

/// What a reviewer says about one person.
pub struct Opinion<'a> {
    pub decision: &'a str,
    pub justification: &'a str,
    pub by: &'a Account,
}

/// Writes a decision. 404 no such review or person, 403 not his to decide, 400 over or without a reason.
pub fn decide(
    world: &mut World,
    now: DateTime<Utc>,
    tenant: &str,
    place_of: (&str, &str),
    said: &Opinion<'_>,
) -> Result<(), Refused> {
    let at = place(world, tenant)?;
    let me = object_of(world, &world.tenants[at].id, said.by).unwrap_or_default();
    let (review, person) = place_of;
    let there = &mut world.tenants[at];
    let found = there.review_instances.iter_mut().find(|r| r.id.eq_ignore_ascii_case(review));
    let review = found.ok_or_else(Refused::missing)?;
    let which = review.people.iter().position(|p| p.id.eq_ignore_ascii_case(person));
    let which = which.ok_or_else(Refused::missing)?;
    if !reviews(review, &review.people[which], &me) {
        let text = "Insufficient privileges to complete the operation.";
        return Err(Refused::new(403, "Authorization_RequestDenied", text));
    }
    if !review.is_open(now) {
        return Err(Refused::new(400, "ReviewNotInProgress", "The access review is not in progress."));
    }
    let reason = review.settings["isReviewerJustificationRequired"] == true && said.decision == "Approve";
    if reason && said.justification.trim().is_empty() {
        return Err(Refused::new(400, "JustificationRequired", "A justification is required."));
    }
    let person = &mut review.people[which];
    said.decision.clone_into(&mut person.decision);
    said.justification.clone_into(&mut person.justification);
    (person.by, person.at) = (Some(me.clone()), Some(now));
    let review = review.clone();
    let activity = match said.decision {
        "Approve" => "Approve decision",
        "Deny" => "Deny decision",
        "DontKnow" => "Don't know decision",
        _ => "Reset decision",
    };
    trail::review_decided(there, &review, which, activity, &me, now);
    Ok(())
}

/// Closes a review: whoever nobody spoke about gets what the policy says for that case.
pub fn close(world: &mut World, at: usize, id: &str, now: DateTime<Utc>) {
    let later = i64::try_from(world.switches.number("reviews.apply-seconds")).unwrap_or(0);
    let there = &mut world.tenants[at];
    let Some(review) = there.review_instances.iter_mut().find(|r| r.id == *id) else { return };
    let behaviour = review.settings["expirationBehavior"].as_str().unwrap_or("").to_owned();
    for person in
        review.people.iter_mut().filter(|p| ["NotReviewed", "DontKnow"].contains(&p.decision.as_str()))
    {
        person.decision = match behaviour.as_str() {
            "removeAccess" => "Deny".to_owned(),
            "acceptAccessRecommendation" if person.recommendation != "NoInfoAvailable" => {
                person.recommendation.clone()
            }
            _ => continue,
        };
    }
    review.ends = now;
    review.apply_at = Some(now + TimeDelta::seconds(later));
    let review = review.clone();
    trail::review(there, &review, "Access review ended", now);
}

/// Carries out what was decided: whoever was denied loses his assignment.
pub fn apply(world: &mut World, at: usize, id: &str, now: DateTime<Utc>) {
    let there = &mut world.tenants[at];
    let Some(review) = there.review_instances.iter_mut().find(|r| r.id == *id) else { return };
    review.applied = Some(now);
    let denied: Vec<String> =
        review.people.iter().filter(|p| p.decision == "Deny").map(|p| p.assignment.clone()).collect();
    for person in &mut review.people {
        person.applied = Some(now);
        "AppliedSuccessfully".clone_into(&mut person.result);
    }
    let review = review.clone();
    trail::review(there, &review, "Apply review", now);
    let tenant = there.id.clone();
    for assignment in denied {
        // Somebody else may have ended it meanwhile.
        let _ = administer::take(world, now, &tenant, &assignment);
    }
}
