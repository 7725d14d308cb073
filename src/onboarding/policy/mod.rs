//! An assignment policy brought to what matters: compared field by field, whatever way Microsoft writes it.

mod merged;
mod told;
mod written;

use serde::{Deserialize, Serialize};

use crate::graph::policies::{
    ApprovalStage, AssignmentPolicy, ExpirationType, IsoDuration, RecurrenceRange, RequestorSettings,
    ReviewSettings,
};
use crate::graph::subjects::SubjectSet;
use crate::onboarding::blueprint::{Blueprint, NoResponse, Reviewers};

/// A set of people by id, as text that sorts and compares: `group:…`, `user:…`, `organization:…`.
pub type Subject = String;

/// What a policy that we make says besides its facts. One that is there keeps what it says of these.
pub const FORCED: [&str; 3] = ["self-removal", "review-recommendation", "reviewer-justification"];

/// Nobody may ask by himself under a policy of this scope.
pub const NOBODY: &str = "notSpecified";

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyFacts {
    pub scope: String,
    pub targets: Vec<Subject>,
    /// Whoever is in the scope may ask. An older reading did not hold it.
    #[serde(default = "yes")]
    pub new_requests: bool,
    /// Some may ask for others.
    #[serde(default)]
    pub on_behalf: bool,
    #[serde(default)]
    pub on_behalf_requestors: Vec<Subject>,
    /// Requestors choose begin and end themselves.
    #[serde(default)]
    pub own_schedule: bool,
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
    /// Who decides where the approvers cannot be found.
    #[serde(default)]
    pub fallback: Vec<Subject>,
    #[serde(default)]
    pub escalation: Option<Escalation>,
}

/// Others who may decide too, after a while.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalation {
    pub after: Option<u64>,
    pub approvers: Vec<Subject>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewFacts {
    pub every_months: i64,
    pub open_for: Option<u64>,
    pub themselves: bool,
    pub reviewers: Vec<Subject>,
    #[serde(default)]
    pub fallback: Vec<Subject>,
    pub no_response: String,
    /// After which day or how many rounds reviews stop; empty: never.
    #[serde(default)]
    pub stops: String,
}

const DAY: u64 = 86_400;

const fn yes() -> bool {
    true
}

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

fn subjects<'a>(sets: impl IntoIterator<Item = &'a SubjectSet>) -> Vec<Subject> {
    let mut all: Vec<Subject> = sets.into_iter().map(subject).collect();
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
            new_requests: asks.enable_targets_to_self_add_access,
            on_behalf: on_behalf(&asks),
            on_behalf_requestors: subjects(&asks.on_behalf_requestors),
            own_schedule: asks.allow_custom_assignment_schedule,
            ends_after: lasts.and_then(|one| seconds(one.duration.as_ref())),
            extension: asks.enable_targets_to_self_update_access,
            extension_needs_approval: approval.is_approval_required_for_update,
            approval: approval.is_approval_required_for_add,
            requestor_justification: approval.is_requestor_justification_required,
            stages: approval.stages.iter().map(stage_facts).collect(),
            review: policy.review_settings.as_ref().filter(|review| review.is_enabled).map(review_facts),
        }
    }

    /// The wanted policy, once it is known whom it names.
    pub fn wanted(
        blueprint: &Blueprint,
        organization: Subject,
        approver: Subject,
        approvers: Subject,
    ) -> Self {
        let (access, review) = (&blueprint.access, &blueprint.review);
        let reviewers = match review.reviewers {
            Reviewers::Approvers => vec![approvers],
            Reviewers::Administrator => vec![approver.clone()],
            Reviewers::Themselves => Vec::new(),
        };
        Self {
            scope: "specificConnectedOrganizationUsers".to_owned(),
            targets: vec![organization],
            new_requests: true,
            on_behalf: false,
            on_behalf_requestors: Vec::new(),
            own_schedule: false,
            ends_after: Some(u64::from(access.days) * DAY),
            extension: access.extension,
            extension_needs_approval: access.extension && access.extension_needs_approval,
            approval: true,
            requestor_justification: access.requestor_justification,
            stages: vec![Stage {
                decide_within: Some(u64::from(access.decide_days) * DAY),
                justification: access.approver_justification,
                approvers: vec![approver],
                fallback: Vec::new(),
                escalation: None,
            }],
            review: Some(ReviewFacts {
                every_months: review.every.months(),
                open_for: Some(u64::from(review.open_days) * DAY),
                themselves: review.reviewers == Reviewers::Themselves,
                reviewers,
                fallback: Vec::new(),
                no_response: match review.no_response {
                    NoResponse::Keep => "keepAccess",
                    NoResponse::Remove => "removeAccess",
                    NoResponse::Recommendation => "acceptAccessRecommendation",
                }
                .to_owned(),
                stops: String::new(),
            }),
        }
    }

    /// Somebody can get the package by asking under this policy.
    pub fn lets_ask(&self) -> bool {
        self.scope != NOBODY && !self.scope.is_empty() && (self.new_requests || self.on_behalf)
    }
}

fn on_behalf(asks: &RequestorSettings) -> bool {
    asks.enable_on_behalf_requestors_to_add_access
        || asks.enable_on_behalf_requestors_to_update_access
        || asks.enable_on_behalf_requestors_to_remove_access
}

fn stage_facts(stage: &ApprovalStage) -> Stage {
    let others = || stage.escalation_approvers.iter().chain(&stage.fallback_escalation_approvers);
    Stage {
        decide_within: seconds(stage.duration_before_automatic_denial.as_ref()),
        justification: stage.is_approver_justification_required,
        approvers: subjects(&stage.primary_approvers),
        fallback: subjects(&stage.fallback_primary_approvers),
        escalation: stage.is_escalation_enabled.then(|| Escalation {
            after: seconds(stage.duration_before_escalation.as_ref()),
            approvers: subjects(others()),
        }),
    }
}

fn review_facts(review: &ReviewSettings) -> ReviewFacts {
    let schedule = review.schedule.as_ref();
    let recurrence = schedule.and_then(|one| one.recurrence.as_ref());
    let pattern = recurrence.and_then(|one| one.pattern.as_ref());
    ReviewFacts {
        every_months: pattern
            .filter(|pattern| pattern.kind.as_deref() == Some("absoluteMonthly"))
            .map_or(0, |pattern| pattern.interval),
        open_for: schedule
            .and_then(|one| one.expiration.as_ref())
            .and_then(|one| seconds(one.duration.as_ref())),
        themselves: review.is_self_review,
        reviewers: if review.is_self_review { Vec::new() } else { subjects(&review.primary_reviewers) },
        fallback: if review.is_self_review { Vec::new() } else { subjects(&review.fallback_reviewers) },
        no_response: review
            .expiration_behavior
            .as_ref()
            .map(|one| one.as_str().to_owned())
            .unwrap_or_default(),
        stops: recurrence.and_then(|one| one.range.as_ref()).map(stops).unwrap_or_default(),
    }
}

/// `endDate` and `numbered` ranges say when reviews stop.
fn stops(range: &RecurrenceRange) -> String {
    let text = |name: &str| match range.rest.get(name) {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => "?".to_owned(),
    };
    match range.kind.as_deref() {
        Some("endDate") => text("endDate"),
        Some("numbered") => format!("{}×", text("numberOfOccurrences")),
        _ => String::new(),
    }
}
