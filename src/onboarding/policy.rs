//! An assignment policy brought to what matters: compared field by field, whatever way Microsoft writes it.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::graph::policies::{
    ApprovalSettings, ApprovalStage, AssignmentPolicy, Expiration, ExpirationType, IsoDuration,
    PackageReference, Recurrence, RequestorSettings, ReviewExpiry, ReviewSchedule, ReviewSettings,
    TargetScope,
};
use crate::graph::subjects::SubjectSet;
use crate::graph::{ConnectedOrganizationId, PackageId};
use crate::onboarding::blueprint::{Blueprint, NoResponse, Reviewers};

/// A set of people by id, as text that sorts and compares: `group:…`, `user:…`, `organization:…`.
pub type Subject = String;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyFacts {
    pub scope: String,
    pub targets: Vec<Subject>,
    /// Seconds until access ends; none: never, or at a date.
    pub ends_after: Option<u64>,
    pub extension: bool,
    pub extension_needs_approval: bool,
    pub approval: bool,
    pub requestor_justification: bool,
    pub stages: Vec<Stage>,
    pub review: Option<ReviewFacts>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Seconds until Microsoft denies by itself.
    pub decide_within: Option<u64>,
    pub justification: bool,
    pub approvers: Vec<Subject>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewFacts {
    pub every_months: i64,
    pub open_for: Option<u64>,
    pub themselves: bool,
    pub reviewers: Vec<Subject>,
    pub no_response: String,
}

const DAY: u64 = 86_400;

fn subject(set: &SubjectSet) -> Subject {
    match set {
        SubjectSet::GroupMembers { group, .. } => format!("group:{group}"),
        SubjectSet::SingleUser { user, .. } => format!("user:{user}"),
        SubjectSet::ConnectedOrganizationMembers { organization, .. } => {
            format!("organization:{organization}")
        }
        SubjectSet::RequestorManager { level } => format!("manager:{level}"),
        SubjectSet::Other(map) => format!("other:{}", serde_json::Value::Object(map.clone())),
    }
    .to_lowercase()
}

fn subjects(sets: &[SubjectSet]) -> Vec<Subject> {
    let mut all: Vec<Subject> = sets.iter().map(subject).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn seconds(duration: Option<&IsoDuration>) -> Option<u64> {
    duration.and_then(IsoDuration::seconds)
}

impl PolicyFacts {
    /// What a read policy says. The first day of reviews is no part of it: it lies in the past sooner or later.
    pub fn of(policy: &AssignmentPolicy) -> Self {
        let asks = policy.requestor_settings.clone().unwrap_or_default();
        let approval = policy.request_approval_settings.clone().unwrap_or_default();
        let expiration = policy.expiration.as_ref();
        let lasts = expiration.filter(|one| one.kind == Some(ExpirationType::AfterDuration));
        Self {
            scope: policy
                .allowed_target_scope
                .as_ref()
                .map(|scope| scope.as_str().to_owned())
                .unwrap_or_default(),
            targets: subjects(&policy.specific_allowed_targets),
            ends_after: lasts.and_then(|one| seconds(one.duration.as_ref())),
            extension: asks.enable_targets_to_self_update_access,
            extension_needs_approval: approval.is_approval_required_for_update,
            approval: approval.is_approval_required_for_add,
            requestor_justification: approval.is_requestor_justification_required,
            stages: approval
                .stages
                .iter()
                .map(|stage| Stage {
                    decide_within: seconds(stage.duration_before_automatic_denial.as_ref()),
                    justification: stage.is_approver_justification_required,
                    approvers: subjects(&stage.primary_approvers),
                })
                .collect(),
            review: policy.review_settings.as_ref().filter(|review| review.is_enabled).map(review_facts),
        }
    }

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
                enable_targets_to_self_add_access: true,
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

    /// The wanted policy, once the ids that it names are known.
    pub fn wanted(blueprint: &Blueprint, organization: &str, approver: Subject, approvers: Subject) -> Self {
        let (access, review) = (&blueprint.access, &blueprint.review);
        let reviewers = match review.reviewers {
            Reviewers::Approvers => vec![approvers],
            Reviewers::Administrator => vec![approver.clone()],
            Reviewers::Themselves => Vec::new(),
        };
        Self {
            scope: "specificConnectedOrganizationUsers".to_owned(),
            targets: vec![format!("organization:{organization}").to_lowercase()],
            ends_after: Some(u64::from(access.days) * DAY),
            extension: access.extension,
            extension_needs_approval: access.extension && access.extension_needs_approval,
            approval: true,
            requestor_justification: access.requestor_justification,
            stages: vec![Stage {
                decide_within: Some(u64::from(access.decide_days) * DAY),
                justification: access.approver_justification,
                approvers: vec![approver],
            }],
            review: Some(ReviewFacts {
                every_months: review.every.months(),
                open_for: Some(u64::from(review.open_days) * DAY),
                themselves: review.reviewers == Reviewers::Themselves,
                reviewers,
                no_response: match review.no_response {
                    NoResponse::Keep => "keepAccess",
                    NoResponse::Remove => "removeAccess",
                    NoResponse::Recommendation => "acceptAccessRecommendation",
                }
                .to_owned(),
            }),
        }
    }

    /// Names of the values in which two policies differ: keys of the catalogue, `onboarding-value-…`.
    pub fn differences(&self, wanted: &Self) -> Vec<(&'static str, String, String)> {
        let text = |value: &dyn std::fmt::Debug| format!("{value:?}");
        let days = |value: Option<u64>| value.map_or_else(|| "–".to_owned(), |s| format!("{}", s / DAY));
        let stage = |facts: &Self| facts.stages.first().cloned().unwrap_or_default();
        let review = |facts: &Self| facts.review.clone().unwrap_or_default();
        let (was, is) = (stage(self), stage(wanted));
        let (reviewed, reviews) = (review(self), review(wanted));
        let pairs = [
            ("scope", self.scope.clone(), wanted.scope.clone()),
            ("targets", self.targets.join(" "), wanted.targets.join(" ")),
            ("days", days(self.ends_after), days(wanted.ends_after)),
            ("extension", text(&self.extension), text(&wanted.extension)),
            (
                "extension-approval",
                text(&self.extension_needs_approval),
                text(&wanted.extension_needs_approval),
            ),
            ("approval", text(&self.approval), text(&wanted.approval)),
            (
                "requestor-justification",
                text(&self.requestor_justification),
                text(&wanted.requestor_justification),
            ),
            ("stages", self.stages.len().to_string(), wanted.stages.len().to_string()),
            ("decide-days", days(was.decide_within), days(is.decide_within)),
            ("approver-justification", text(&was.justification), text(&is.justification)),
            ("approvers", was.approvers.join(" "), is.approvers.join(" ")),
            ("review-months", reviewed.every_months.to_string(), reviews.every_months.to_string()),
            ("review-days", days(reviewed.open_for), days(reviews.open_for)),
            ("reviewers", reviewed.reviewers.join(" "), reviews.reviewers.join(" ")),
            ("review-self", text(&reviewed.themselves), text(&reviews.themselves)),
            ("no-response", reviewed.no_response, reviews.no_response),
        ];
        pairs.into_iter().filter(|(_, was, is)| was != is).collect()
    }
}

fn review_facts(review: &ReviewSettings) -> ReviewFacts {
    let schedule = review.schedule.as_ref();
    let pattern = schedule.and_then(|one| one.recurrence.as_ref()).and_then(|one| one.pattern.as_ref());
    ReviewFacts {
        every_months: pattern
            .filter(|pattern| pattern.kind.as_deref() == Some("absoluteMonthly"))
            .map_or(0, |pattern| pattern.interval),
        open_for: schedule
            .and_then(|one| one.expiration.as_ref())
            .and_then(|one| seconds(one.duration.as_ref())),
        themselves: review.is_self_review,
        reviewers: if review.is_self_review { Vec::new() } else { subjects(&review.primary_reviewers) },
        no_response: review
            .expiration_behavior
            .as_ref()
            .map(|one| one.as_str().to_owned())
            .unwrap_or_default(),
    }
}

fn after(seconds: u64) -> Expiration {
    Expiration::after_days(u32::try_from(seconds / DAY).unwrap_or(u32::MAX))
}

fn stage(stage: &Stage) -> ApprovalStage {
    ApprovalStage {
        duration_before_automatic_denial: stage.decide_within.and_then(|s| after(s).duration),
        is_approver_justification_required: stage.justification,
        is_escalation_enabled: false,
        duration_before_escalation: Some(IsoDuration("PT0S".to_owned())),
        primary_approvers: sets(&stage.approvers),
        ..ApprovalStage::default()
    }
}

fn review_settings(review: &ReviewFacts, starts: DateTime<Utc>) -> ReviewSettings {
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

fn sets(subjects: &[Subject]) -> Vec<SubjectSet> {
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
    use super::*;

    #[test]
    fn a_policy_that_was_written_reads_back_as_wanted() {
        for reviewers in Reviewers::ALL {
            let mut blueprint = Blueprint::default();
            blueprint.review.reviewers = *reviewers;
            let group = "group:11111111-2222-3333-4444-555555555555".to_owned();
            let user = "user:99999999-2222-3333-4444-555555555555".to_owned();
            let organization = "77777777-2222-3333-4444-555555555555";
            let wanted = PolicyFacts::wanted(&blueprint, organization, user, group);
            let starts = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
            let policy = wanted.policy(("a", "b"), &PackageId::new("p"), starts);
            let written = serde_json::to_value(&policy).unwrap();
            let read: AssignmentPolicy = serde_json::from_value(written).unwrap();
            assert_eq!(PolicyFacts::of(&read), wanted);
            assert_eq!(PolicyFacts::of(&read).differences(&wanted), []);
        }
    }
}
