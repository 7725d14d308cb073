//! The policy that says what is wanted, as Microsoft takes it.

use chrono::{DateTime, SecondsFormat, Utc};

use super::{DAY, PolicyFacts, ReviewFacts, Stage, Subject};
use crate::graph::policies::{
    ApprovalSettings, ApprovalStage, AssignmentPolicy, Expiration, IsoDuration, PackageReference, Recurrence,
    RequestorSettings, ReviewExpiry, ReviewSchedule, ReviewSettings, TargetScope,
};
use crate::graph::subjects::SubjectSet;
use crate::graph::{ConnectedOrganizationId, PackageId};

impl PolicyFacts {
    /// The policy that says this, to be written for a package. `starts`: first day of reviews.
    pub fn policy(
        &self,
        named: (&str, &str),
        package: &PackageId,
        starts: DateTime<Utc>,
    ) -> AssignmentPolicy {
        AssignmentPolicy {
            id: None,
            display_name: named.0.to_owned(),
            description: named.1.to_owned(),
            allowed_target_scope: Some(TargetScope::of(&self.scope)),
            specific_allowed_targets: sets(&self.targets),
            expiration: self.ends_after.map(after),
            requestor_settings: Some(RequestorSettings {
                enable_targets_to_self_add_access: self.new_requests,
                enable_targets_to_self_update_access: self.extension,
                enable_targets_to_self_remove_access: true,
                ..RequestorSettings::default()
            }),
            request_approval_settings: Some(ApprovalSettings {
                is_approval_required_for_add: self.approval,
                is_approval_required_for_update: self.extension_needs_approval,
                is_requestor_justification_required: self.requestor_justification,
                stages: self.stages.iter().map(stage).collect(),
                ..ApprovalSettings::default()
            }),
            review_settings: self.review.as_ref().map(|review| review_settings(review, starts)),
            access_package: Some(PackageReference { id: package.clone() }),
            rest: serde_json::Map::new(),
        }
    }
}

pub(super) fn after(seconds: u64) -> Expiration {
    Expiration::after_days(u32::try_from(seconds / DAY).unwrap_or(u32::MAX))
}

pub(super) fn stage(stage: &Stage) -> ApprovalStage {
    ApprovalStage {
        duration_before_automatic_denial: stage.decide_within.and_then(|s| after(s).duration),
        is_approver_justification_required: stage.justification,
        is_escalation_enabled: false,
        duration_before_escalation: Some(IsoDuration("PT0S".to_owned())),
        primary_approvers: sets(&stage.approvers),
        ..ApprovalStage::default()
    }
}

pub(super) fn review_settings(review: &ReviewFacts, starts: DateTime<Utc>) -> ReviewSettings {
    ReviewSettings {
        is_enabled: true,
        expiration_behavior: Some(ReviewExpiry::of(&review.no_response)),
        is_recommendation_enabled: true,
        is_reviewer_justification_required: true,
        is_self_review: review.themselves,
        schedule: Some(ReviewSchedule {
            start_date_time: Some(starts.to_rfc3339_opts(SecondsFormat::Secs, true)),
            expiration: review.open_for.map(after),
            recurrence: Some(Recurrence::every_months(review.every_months)),
            ..ReviewSchedule::default()
        }),
        primary_reviewers: sets(&review.reviewers),
        ..ReviewSettings::default()
    }
}

pub(super) fn sets(subjects: &[Subject]) -> Vec<SubjectSet> {
    let set = |subject: &Subject| {
        let (kind, id) = subject.split_once(':')?;
        Some(match kind {
            "group" => SubjectSet::GroupMembers { group: id.parse().ok()?, description: None },
            "user" => SubjectSet::SingleUser { user: id.parse().ok()?, description: None },
            "organization" => SubjectSet::ConnectedOrganizationMembers {
                organization: ConnectedOrganizationId::new(id),
                description: None,
            },
            _ => return None,
        })
    };
    subjects.iter().filter_map(set).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Escalation;
    use super::*;
    use crate::onboarding::blueprint::{Blueprint, Reviewers};

    #[test]
    fn a_policy_that_was_written_reads_back_as_wanted() {
        for reviewers in Reviewers::ALL {
            let mut blueprint = Blueprint::default();
            blueprint.review.reviewers = *reviewers;
            let group = "group:11111111-2222-3333-4444-555555555555".to_owned();
            let user = "user:99999999-2222-3333-4444-555555555555".to_owned();
            let organization = "77777777-2222-3333-4444-555555555555";
            let organization = format!("organization:{organization}");
            let wanted = PolicyFacts::wanted(&blueprint, organization, user, group);
            let starts = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
            let policy = wanted.policy(("a", "b"), &PackageId::new("p"), starts);
            let written = serde_json::to_value(&policy).unwrap();
            let read: AssignmentPolicy = serde_json::from_value(written).unwrap();
            assert_eq!(PolicyFacts::of(&read), wanted);
        }
    }

    #[test]
    fn what_somebody_added_by_hand_is_read() {
        let user = serde_json::json!([{"@odata.type": "#microsoft.graph.singleUser", "userId": "11111111-2222-3333-4444-555555555555"}]);
        let policy = serde_json::json!({
            "displayName": "a", "allowedTargetScope": "specificConnectedOrganizationUsers",
            "requestorSettings": {"enableOnBehalfRequestorsToAddAccess": true, "onBehalfRequestors": user},
            "requestApprovalSettings": {"isApprovalRequiredForAdd": true, "stages": [
                {"primaryApprovers": user, "fallbackPrimaryApprovers": user, "isEscalationEnabled": true,
                 "durationBeforeEscalation": "P2D", "escalationApprovers": user},
                {"primaryApprovers": user}]},
            "reviewSettings": {"isEnabled": true, "fallbackReviewers": user, "schedule": {"recurrence": {
                "pattern": {"type": "absoluteMonthly", "interval": 12},
                "range": {"type": "endDate", "endDate": "2027-05-01"}}}},
        });
        let read = PolicyFacts::of(&serde_json::from_value(policy).unwrap());
        let who = vec!["user:11111111-2222-3333-4444-555555555555".to_owned()];
        assert!(!read.new_requests && read.on_behalf && read.on_behalf_requestors == who);
        let escalation = Escalation { after: Some(2 * DAY), approvers: who.clone() };
        assert_eq!((read.stages.len(), &read.stages[0].fallback), (2, &who));
        assert_eq!(read.stages[0].escalation, Some(escalation));
        let review = read.review.unwrap();
        assert_eq!((review.fallback, review.stops.as_str()), (who, "2027-05-01"));
    }
}
