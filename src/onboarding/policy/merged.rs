//! A policy that is there, brought to what is wanted: Microsoft takes it whole, so everything that does not differ, and
//! everything that is no part of [`PolicyFacts`], goes back as it came.

use chrono::{DateTime, Utc};

use super::written::{after, review_settings, sets, stage};
use super::{PolicyFacts, ReviewFacts, Stage, Subject, review_facts, stage_facts, subject};
use crate::graph::PackageId;
use crate::graph::policies::{
    ApprovalSettings, ApprovalStage, AssignmentPolicy, Expiration, IsoDuration, PackageReference, Recurrence,
    RecurrencePattern, RequestorSettings, ReviewExpiry, ReviewSchedule, ReviewSettings, TargetScope,
};
use crate::graph::subjects::SubjectSet;

impl PolicyFacts {
    /// The policy that says this, made of the one that is there. `starts`: first day of reviews where there were none.
    pub fn onto(
        &self,
        old: &AssignmentPolicy,
        package: &PackageId,
        starts: DateTime<Utc>,
    ) -> AssignmentPolicy {
        let (is, mut new) = (Self::of(old), old.clone());
        new.access_package = Some(PackageReference { id: package.clone() });
        if is.scope != self.scope {
            new.allowed_target_scope = Some(TargetScope::of(&self.scope));
        }
        people(&mut new.specific_allowed_targets, &self.targets);
        if is.ends_after != self.ends_after {
            new.expiration = lasts(self.ends_after, new.expiration.take());
        }
        self.onto_asking(&is, new.requestor_settings.get_or_insert_default());
        self.onto_approval(&is, new.request_approval_settings.get_or_insert_default());
        match (&self.review, &mut new.review_settings) {
            (Some(review), Some(there)) => onto_review(review, there, starts),
            (Some(review), there @ None) => *there = Some(review_settings(review, starts)),
            (None, Some(there)) => there.is_enabled = false,
            (None, None) => {}
        }
        new
    }

    fn onto_asking(&self, is: &Self, asks: &mut RequestorSettings) {
        asks.enable_targets_to_self_add_access = self.new_requests;
        asks.enable_targets_to_self_update_access = self.extension;
        asks.allow_custom_assignment_schedule = self.own_schedule;
        if is.on_behalf != self.on_behalf {
            asks.enable_on_behalf_requestors_to_add_access = self.on_behalf;
            asks.enable_on_behalf_requestors_to_update_access = self.on_behalf;
            asks.enable_on_behalf_requestors_to_remove_access = self.on_behalf;
        }
        people(&mut asks.on_behalf_requestors, &self.on_behalf_requestors);
    }

    fn onto_approval(&self, is: &Self, approval: &mut ApprovalSettings) {
        approval.is_approval_required_for_add = self.approval;
        approval.is_approval_required_for_update = self.extension_needs_approval;
        approval.is_requestor_justification_required = self.requestor_justification;
        if is.stages == self.stages {
            return;
        }
        approval.stages.truncate(self.stages.len());
        for (at, wanted) in self.stages.iter().enumerate() {
            match approval.stages.get_mut(at) {
                Some(there) => onto_stage(wanted, there),
                None => approval.stages.push(stage(wanted)),
            }
        }
    }
}

fn onto_stage(wanted: &Stage, there: &mut ApprovalStage) {
    let is = stage_facts(there);
    if is.decide_within != wanted.decide_within {
        there.duration_before_automatic_denial = wanted.decide_within.and_then(|s| after(s).duration);
    }
    there.is_approver_justification_required = wanted.justification;
    people(&mut there.primary_approvers, &wanted.approvers);
    people(&mut there.fallback_primary_approvers, &wanted.fallback);
    // Nothing that we want is ever passed on; that, and to whom, was told.
    if is.escalation.is_some() && wanted.escalation.is_none() {
        there.is_escalation_enabled = false;
        there.duration_before_escalation = Some(IsoDuration("PT0S".to_owned()));
        there.escalation_approvers.clear();
        there.fallback_escalation_approvers.clear();
    }
}

fn onto_review(wanted: &ReviewFacts, there: &mut ReviewSettings, starts: DateTime<Utc>) {
    let is = review_facts(there);
    there.is_enabled = true;
    there.is_self_review = wanted.themselves;
    if is.no_response != wanted.no_response {
        there.expiration_behavior = Some(ReviewExpiry::of(&wanted.no_response));
    }
    if is.reviewers != wanted.reviewers || is.fallback != wanted.fallback {
        people(&mut there.primary_reviewers, &wanted.reviewers);
        people(&mut there.fallback_reviewers, &wanted.fallback);
    }
    let Some(fresh) = review_settings(wanted, starts).schedule else { return };
    match &mut there.schedule {
        None => there.schedule = Some(fresh),
        Some(schedule) => onto_schedule((&is, wanted), schedule, fresh),
    }
}

/// The first day stays.
fn onto_schedule(
    (is, wanted): (&ReviewFacts, &ReviewFacts),
    there: &mut ReviewSchedule,
    fresh: ReviewSchedule,
) {
    if there.start_date_time.is_none() {
        there.start_date_time = fresh.start_date_time;
    }
    if is.open_for != wanted.open_for {
        there.expiration = lasts(wanted.open_for, there.expiration.take());
    }
    let Some(Recurrence { pattern, range, .. }) = fresh.recurrence else { return };
    let recurrence = there.recurrence.get_or_insert_with(|| Recurrence {
        pattern: None,
        range: None,
        rest: serde_json::Map::new(),
    });
    if is.every_months != wanted.every_months || recurrence.pattern.is_none() {
        recurrence.pattern = pattern.map(|new| monthly(new, recurrence.pattern.take()));
    }
    if is.stops != wanted.stops || recurrence.range.is_none() {
        recurrence.range = range;
    }
}

/// The day of the month stays where it was one of months already.
fn monthly(mut new: RecurrencePattern, old: Option<RecurrencePattern>) -> RecurrencePattern {
    if let Some(old) = old.filter(|old| old.kind == new.kind) {
        new.rest = old.rest;
    }
    new
}

fn lasts(seconds: Option<u64>, old: Option<Expiration>) -> Option<Expiration> {
    let rest = old.map(|old| old.rest).unwrap_or_default();
    seconds.map(|seconds| Expiration { rest, ..after(seconds) })
}

/// Those who are wanted; whoever is there already stays as he is written.
fn people(there: &mut Vec<SubjectSet>, wanted: &[Subject]) {
    if super::subjects(there.iter()) == wanted {
        return;
    }
    let mut left = std::mem::take(there);
    for one in wanted {
        match left.iter().position(|set| subject(set) == *one) {
            Some(at) => there.push(left.swap_remove(at)),
            None => there.extend(sets(std::slice::from_ref(one))),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::onboarding::blueprint::Blueprint;

    const GROUP: &str = "11111111-2222-3333-4444-555555555555";
    const USER: &str = "99999999-2222-3333-4444-555555555555";
    const OTHER: &str = "88888888-2222-3333-4444-555555555555";

    fn wanted() -> PolicyFacts {
        let organization = format!("organization:{GROUP}");
        PolicyFacts::wanted(
            &Blueprint::default(),
            organization,
            format!("user:{USER}"),
            format!("group:{GROUP}"),
        )
    }

    fn starts() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    /// As we make it, with something in every place that this version knows nothing of.
    fn there() -> Value {
        let made = wanted().policy(("a", "b"), &PackageId::new("p"), starts());
        let mut made = serde_json::to_value(&made).unwrap();
        let places = [
            "",
            "/expiration",
            "/requestorSettings",
            "/requestApprovalSettings",
            "/requestApprovalSettings/stages/0",
            "/reviewSettings",
            "/reviewSettings/schedule",
            "/reviewSettings/schedule/expiration",
            "/reviewSettings/schedule/recurrence",
            "/reviewSettings/schedule/recurrence/pattern",
            "/reviewSettings/schedule/recurrence/range",
        ];
        for place in places {
            made.pointer_mut(place).unwrap()["ofTomorrow"] = json!({ "is": place });
        }
        made["id"] = json!("theirs");
        made
    }

    fn mended(there: &Value) -> Value {
        let old: AssignmentPolicy = serde_json::from_value(there.clone()).unwrap();
        let new = wanted().onto(&old, &PackageId::new("p"), starts());
        assert_eq!(PolicyFacts::of(&new), wanted());
        serde_json::to_value(new).unwrap()
    }

    /// Each value by itself: where it stands, and what somebody made of it.
    #[test]
    fn only_what_differs_is_written_back_and_everything_unknown_stays() {
        let review = "/reviewSettings/schedule";
        let stage = "/requestApprovalSettings/stages/0";
        for (place, by_hand) in [
            ("/allowedTargetScope".to_owned(), json!("allExternalUsers")),
            ("/requestorSettings/enableTargetsToSelfAddAccess".to_owned(), json!(false)),
            ("/requestorSettings/allowCustomAssignmentSchedule".to_owned(), json!(true)),
            ("/requestorSettings/enableOnBehalfRequestorsToAddAccess".to_owned(), json!(true)),
            ("/requestApprovalSettings/isApprovalRequiredForAdd".to_owned(), json!(false)),
            (format!("{stage}/durationBeforeAutomaticDenial"), json!("P1D")),
            (format!("{stage}/isApproverJustificationRequired"), json!(false)),
            ("/reviewSettings/isEnabled".to_owned(), json!(false)),
            ("/reviewSettings/expirationBehavior".to_owned(), json!("keepAccess")),
            (format!("{review}/recurrence/pattern/interval"), json!(3)),
        ] {
            let mut changed = there();
            *changed.pointer_mut(&place).unwrap() = by_hand;
            assert_eq!(mended(&changed), there(), "{place}");
        }
    }

    #[test]
    fn what_is_no_part_of_the_comparison_stays_as_somebody_made_it() {
        let mut changed = there();
        changed["displayName"] = json!("Renamed by hand");
        changed["requestorSettings"]["enableTargetsToSelfRemoveAccess"] = json!(false);
        changed["reviewSettings"]["isRecommendationEnabled"] = json!(false);
        changed["reviewSettings"]["isReviewerJustificationRequired"] = json!(false);
        changed["reviewSettings"]["schedule"]["startDateTime"] = json!("2020-01-01T00:00:00Z");
        changed["requestApprovalSettings"]["stages"][0]["primaryApprovers"][0]["description"] =
            json!("She decides");
        let expected = changed.clone();
        changed["expiration"]["duration"] = json!("P30D");
        changed["reviewSettings"]["schedule"]["expiration"]["duration"] = json!("P1D");
        assert_eq!(mended(&changed), expected);
    }

    #[test]
    fn whoever_was_added_is_taken_out_and_whoever_stays_is_not_written_anew() {
        let mut changed = there();
        let approvers = &mut changed["requestApprovalSettings"]["stages"][0]["primaryApprovers"];
        approvers[0]["description"] = json!("She decides");
        let kept = approvers[0].clone();
        let other = json!({ "@odata.type": "#microsoft.graph.singleUser", "userId": OTHER });
        *approvers = json!([other, kept]);
        let stage = &mut changed["requestApprovalSettings"]["stages"][0];
        stage["isEscalationEnabled"] = json!(true);
        stage["escalationApprovers"] = json!([other]);
        let mended = mended(&changed);
        let stage = &mended["requestApprovalSettings"]["stages"][0];
        assert_eq!(stage["primaryApprovers"], json!([kept]));
        assert_eq!(
            (&stage["isEscalationEnabled"], &stage["escalationApprovers"]),
            (&json!(false), &json!([]))
        );
        assert_eq!(stage["ofTomorrow"]["is"], json!("/requestApprovalSettings/stages/0"));
    }

    #[test]
    fn a_second_stage_is_taken_away_and_a_review_that_was_missing_is_made() {
        let mut changed = there();
        let stages = changed["requestApprovalSettings"]["stages"].as_array_mut().unwrap();
        stages.push(stages[0].clone());
        changed.as_object_mut().unwrap().remove("reviewSettings");
        let mended = mended(&changed);
        assert_eq!(mended["requestApprovalSettings"]["stages"].as_array().unwrap().len(), 1);
        assert_eq!(mended["reviewSettings"]["isRecommendationEnabled"], json!(true));
    }
}
