//! Assignment policies: who may ask for a package, who decides, for how long, who reviews (contract §7).
//!
//! A policy is changed by writing it whole, so what this version does not know is kept in `rest` and sent back.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::graph::ids::{PackageId, PolicyId};
use crate::graph::lenient::{self, words};
use crate::graph::subjects::SubjectSet;

words! {
    /// Who may ask at all.
    TargetScope {
        NotSpecified = "notSpecified", SpecificDirectoryUsers = "specificDirectoryUsers",
        SpecificConnectedOrganizationUsers = "specificConnectedOrganizationUsers",
        SpecificDirectoryServicePrincipals = "specificDirectoryServicePrincipals",
        AllMemberUsers = "allMemberUsers", AllDirectoryUsers = "allDirectoryUsers",
        AllDirectoryServicePrincipals = "allDirectoryServicePrincipals",
        AllConfiguredConnectedOrganizationUsers = "allConfiguredConnectedOrganizationUsers",
        AllExternalUsers = "allExternalUsers", AllDirectoryAgentIdentities = "allDirectoryAgentIdentities",
    }
}

words! {
    /// How an end is told.
    ExpirationType {
        NotSpecified = "notSpecified", NoExpiration = "noExpiration", AfterDateTime = "afterDateTime",
        AfterDuration = "afterDuration",
    }
}

words! {
    /// What a review does when its reviewer says nothing.
    ReviewExpiry {
        KeepAccess = "keepAccess", RemoveAccess = "removeAccess",
        AcceptAccessRecommendation = "acceptAccessRecommendation",
    }
}

/// A length of time as Microsoft writes it: ISO 8601 of days and time (`P365D`, `PT0S`), never months or years.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IsoDuration(pub String);

impl IsoDuration {
    pub fn days(days: u32) -> Self {
        Self(format!("P{days}D"))
    }

    /// Whole seconds, so that `P14D` equals `PT336H`; None for text that is not such a duration.
    pub fn seconds(&self) -> Option<u64> {
        let rest = self.0.strip_prefix('P')?;
        let (days, time) = rest.split_once('T').unwrap_or((rest, ""));
        let mut total = part(&mut { days }, 'D', 86_400)?;
        let mut time = time;
        for (unit, seconds) in [('H', 3600), ('M', 60), ('S', 1)] {
            total = total.checked_add(part(&mut time, unit, seconds)?)?;
        }
        let days_used = days.is_empty() || (days.ends_with('D') && days.matches('D').count() == 1);
        (time.is_empty() && days_used && !matches!(rest, "" | "T")).then_some(total)
    }
}

/// Takes `12H` from the front of the text, if it is there, as seconds. Fractions of a second are dropped.
fn part(text: &mut &str, unit: char, seconds: u64) -> Option<u64> {
    let Some((number, rest)) = text.split_once(unit) else { return Some(0) };
    let whole = number.split_once('.').map_or(number, |(whole, _)| whole);
    let value: u64 = whole.parse().ok()?;
    *text = rest;
    value.checked_mul(seconds)
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssignmentPolicy {
    /// None before it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<PolicyId>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub display_name: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_target_scope: Option<TargetScope>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub specific_allowed_targets: Vec<SubjectSet>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration: Option<Expiration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requestor_settings: Option<RequestorSettings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_approval_settings: Option<ApprovalSettings>,
    /// None: no review.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review_settings: Option<ReviewSettings>,
    /// Only where the call expands it; needed for writing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_package: Option<PackageReference>,
    /// Properties this version does not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl AssignmentPolicy {
    /// Only where the call expands the package.
    pub fn is_of(&self, package: &PackageId) -> bool {
        self.access_package.as_ref().is_some_and(|of| of.id == *package)
    }
}

/// Which package a policy belongs to. Only the id is ever written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageReference {
    pub id: PackageId,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Expiration {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<ExpirationType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<IsoDuration>,
    /// Must be absent with `afterDuration`. Kept as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_date_time: Option<String>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Expiration {
    pub fn after_days(days: u32) -> Self {
        Self {
            kind: Some(ExpirationType::AfterDuration),
            duration: Some(IsoDuration::days(days)),
            ..Self::default()
        }
    }
}

/// What a person may do for himself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestorSettings {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub enable_targets_to_self_add_access: bool,
    /// Asking for an extension (contract §7: v1.0 has no `canExtend`).
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub enable_targets_to_self_update_access: bool,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub enable_targets_to_self_remove_access: bool,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub allow_custom_assignment_schedule: bool,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub enable_on_behalf_requestors_to_add_access: bool,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub enable_on_behalf_requestors_to_update_access: bool,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub enable_on_behalf_requestors_to_remove_access: bool,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub on_behalf_requestors: Vec<SubjectSet>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalSettings {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub is_approval_required_for_add: bool,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub is_approval_required_for_update: bool,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub is_requestor_justification_required: bool,
    /// One to three; empty when no approval is asked.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub stages: Vec<ApprovalStage>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalStage {
    /// A request nobody decides is denied after this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_before_automatic_denial: Option<IsoDuration>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub is_approver_justification_required: bool,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub is_escalation_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_before_escalation: Option<IsoDuration>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub primary_approvers: Vec<SubjectSet>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub fallback_primary_approvers: Vec<SubjectSet>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub escalation_approvers: Vec<SubjectSet>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub fallback_escalation_approvers: Vec<SubjectSet>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewSettings {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub is_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_behavior: Option<ReviewExpiry>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub is_recommendation_enabled: bool,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub is_reviewer_justification_required: bool,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub is_self_review: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ReviewSchedule>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub primary_reviewers: Vec<SubjectSet>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub fallback_reviewers: Vec<SubjectSet>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// When reviews begin, how long each is open, how often they come back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewSchedule {
    /// Kept as written; the moment is no part of any comparison.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_date_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration: Option<Expiration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recurrence: Option<Recurrence>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recurrence {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<RecurrencePattern>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<RecurrenceRange>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecurrencePattern {
    /// `weekly` or `absoluteMonthly`; yearly is `absoluteMonthly` every 12 (INFERRED).
    #[serde(rename = "type")]
    pub kind: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub interval: i64,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecurrenceRange {
    /// `endDate`, `noEnd` or `numbered`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Recurrence {
    /// Every so many months without end, as the contract's policy writes it.
    pub fn every_months(months: i64) -> Self {
        let pattern = [("month", 0.into()), ("dayOfMonth", 0.into()), ("daysOfWeek", Value::Array(vec![]))];
        let range = [("numberOfOccurrences", Value::from(0))];
        let rest = |pairs: &[(&str, Value)]| -> Map<String, Value> {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
        };
        Self {
            pattern: Some(RecurrencePattern {
                kind: Some("absoluteMonthly".into()),
                interval: months,
                rest: rest(&pattern),
            }),
            range: Some(RecurrenceRange { kind: Some("noEnd".into()), rest: rest(&range) }),
            rest: Map::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_compared_by_length() {
        let seconds = |text: &str| IsoDuration(text.into()).seconds();
        assert_eq!(seconds("P14D"), seconds("PT336H"));
        assert_eq!(seconds("P365D"), Some(365 * 86_400));
        assert_eq!(seconds("P1DT2H3M4.5S"), Some(86_400 + 2 * 3600 + 3 * 60 + 4));
        assert_eq!(seconds("PT0S"), Some(0));
        for wrong in ["P1Y", "P1M", "14D", "P", "PT", "PT5", "P5", "soon", ""] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
