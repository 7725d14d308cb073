//! The review settings of a policy (contract §7): absent, off, or complete.

use serde_json::{Value, json};

use super::model::{flag, invalid, list, need_text, need_word, only};
use super::{policy_rules, subject_sets};
use crate::answer::Answer;
use crate::graph::scene::Scene;

const FLAGS: &[&str] =
    &["isEnabled", "isRecommendationEnabled", "isReviewerJustificationRequired", "isSelfReview"];
const BEHAVIOURS: &[&str] = &["keepAccess", "removeAccess", "acceptAccessRecommendation"];
const REVIEWERS: &[&str] = &["singleUser", "groupMembers", "requestorManager", "targetManager"];
/// Access reviews know no other type (contract §7); a year is every 12 months.
const PATTERNS: &[&str] = &["weekly", "absoluteMonthly"];

pub fn checked(scene: &Scene<'_>, value: &Value) -> Result<Value, Answer> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    let others = ["expirationBehavior", "schedule", "primaryReviewers", "fallbackReviewers"];
    let known: Vec<&str> = FLAGS.iter().copied().chain(others).collect();
    only(value, "accessPackageAssignmentReviewSettings", &known)?;
    let mut shown = json!({});
    for name in FLAGS {
        shown[*name] = json!(flag(value, name)?);
    }
    for name in ["primaryReviewers", "fallbackReviewers"] {
        shown[name] = subject_sets::checked(scene, value, name, REVIEWERS)?;
    }
    if shown["isEnabled"] == false {
        shown["expirationBehavior"] = value["expirationBehavior"].clone();
        shown["schedule"] = value["schedule"].clone();
        return Ok(shown);
    }
    shown["expirationBehavior"] = json!(need_word(value, "expirationBehavior", BEHAVIOURS)?);
    if shown["isSelfReview"] == false && list(value, "primaryReviewers")?.is_empty() {
        return Err(invalid("primaryReviewers", "A review needs a reviewer."));
    }
    shown["schedule"] = schedule(&value["schedule"])?;
    annual(scene, &shown["schedule"]["recurrence"]["pattern"])?;
    Ok(shown)
}

/// Every page shows reviews up to quarterly ones; whether a year needs ID Governance nobody tells (INFERRED).
fn annual(scene: &Scene<'_>, pattern: &Value) -> Result<(), Answer> {
    let rare = pattern["type"] == "absoluteMonthly" && pattern["interval"].as_i64() >= Some(12);
    let governed = scene.tenant().has_plan("Entra_Identity_Governance");
    if rare && !governed && scene.switches().on("reviews.annual-needs-governance") {
        return Err(invalid("interval", "The recurrence is not supported by the licence of this directory."));
    }
    Ok(())
}

fn schedule(value: &Value) -> Result<Value, Answer> {
    only(value, "entitlementManagementSchedule", &["startDateTime", "expiration", "recurrence"])?;
    let start = need_text(value, "startDateTime")?;
    if chrono::DateTime::parse_from_rfc3339(&start).is_err() {
        return Err(invalid("startDateTime", "The start is not an instant."));
    }
    let open = policy_rules::expiration(value, "expiration")?;
    if open["type"] != "afterDuration" {
        return Err(invalid("expiration", "A review is open for a duration."));
    }
    let recurrence = &value["recurrence"];
    only(recurrence, "patternedRecurrence", &["pattern", "range"])?;
    let (pattern, range) = (&recurrence["pattern"], &recurrence["range"]);
    let parts = ["type", "interval", "month", "dayOfMonth", "daysOfWeek", "firstDayOfWeek", "index"];
    only(pattern, "recurrencePattern", &parts)?;
    let kind = need_word(pattern, "type", PATTERNS)?;
    if pattern["interval"].as_i64().is_none_or(|n| n < 1) {
        return Err(invalid("interval", "The interval must be at least 1."));
    }
    let parts = ["type", "startDate", "endDate", "numberOfOccurrences", "recurrenceTimeZone"];
    only(range, "recurrenceRange", &parts)?;
    let ends = need_word(range, "type", &["endDate", "noEnd", "numbered"])?;
    if ends == "numbered" && range["numberOfOccurrences"].as_i64().is_none_or(|n| n < 1) {
        return Err(invalid("numberOfOccurrences", "The number of occurrences must be at least 1."));
    }
    if ends == "endDate" {
        need_text(range, "endDate")?;
    }
    let (mut pattern, mut range) = (pattern.clone(), range.clone());
    pattern["type"] = json!(kind);
    range["type"] = json!(ends);
    Ok(json!({
        "startDateTime": start, "expiration": open, "recurrence": {"pattern": pattern, "range": range},
    }))
}
