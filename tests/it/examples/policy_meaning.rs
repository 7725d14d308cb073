//! The same for assignment policies, which are written back whole.

use mssp_portal::graph::policies::{
    ApprovalSettings, ApprovalStage, AssignmentPolicy, Expiration, Recurrence, RequestorSettings,
    ReviewSchedule, ReviewSettings,
};
use mssp_portal::graph::subjects::SubjectSet;
use serde_json::{Value, json};

use super::meaning::list;

macro_rules! word {
    ($word:expr) => {
        json!($word.as_ref().map(|word| word.as_str()))
    };
}

pub fn policy(of: &AssignmentPolicy) -> Value {
    let AssignmentPolicy {
        id,
        display_name,
        description,
        allowed_target_scope,
        specific_allowed_targets,
        expiration: end,
        requestor_settings,
        request_approval_settings,
        review_settings,
        access_package,
        rest: _,
    } = of;
    json!({"id": id, "displayName": display_name, "description": description,
        "allowedTargetScope": word!(allowed_target_scope),
        "specificAllowedTargets": list(specific_allowed_targets, people),
        "expiration": end.as_ref().map(expiration),
        "requestorSettings": requestor_settings.as_ref().map(requestors),
        "requestApprovalSettings": request_approval_settings.as_ref().map(approvals),
        "reviewSettings": review_settings.as_ref().map(reviews),
        "accessPackage": access_package.as_ref().map(|of| json!({"id": of.id}))})
}

fn people(of: &SubjectSet) -> Value {
    let kind = |name: &str| format!("#microsoft.graph.{name}");
    match of {
        SubjectSet::GroupMembers { group, description } => {
            json!({"@odata.type": kind("groupMembers"), "groupId": group, "description": description})
        }
        SubjectSet::SingleUser { user, description } => {
            json!({"@odata.type": kind("singleUser"), "userId": user, "description": description})
        }
        SubjectSet::ConnectedOrganizationMembers { organization, description } => {
            json!({"@odata.type": kind("connectedOrganizationMembers"), "connectedOrganizationId": organization,
                "description": description})
        }
        SubjectSet::RequestorManager { level } => {
            json!({"@odata.type": kind("requestorManager"), "managerLevel": level})
        }
        SubjectSet::Other(object) => Value::Object(object.clone()),
    }
}

fn expiration(of: &Expiration) -> Value {
    let Expiration { kind, duration, end_date_time, rest: _ } = of;
    json!({"type": word!(kind), "duration": duration, "endDateTime": end_date_time})
}

fn requestors(of: &RequestorSettings) -> Value {
    let RequestorSettings {
        enable_targets_to_self_add_access,
        enable_targets_to_self_update_access,
        enable_targets_to_self_remove_access,
        allow_custom_assignment_schedule,
        enable_on_behalf_requestors_to_add_access,
        enable_on_behalf_requestors_to_update_access,
        enable_on_behalf_requestors_to_remove_access,
        on_behalf_requestors,
        rest: _,
    } = of;
    json!({"enableTargetsToSelfAddAccess": enable_targets_to_self_add_access,
        "enableTargetsToSelfUpdateAccess": enable_targets_to_self_update_access,
        "enableTargetsToSelfRemoveAccess": enable_targets_to_self_remove_access,
        "allowCustomAssignmentSchedule": allow_custom_assignment_schedule,
        "enableOnBehalfRequestorsToAddAccess": enable_on_behalf_requestors_to_add_access,
        "enableOnBehalfRequestorsToUpdateAccess": enable_on_behalf_requestors_to_update_access,
        "enableOnBehalfRequestorsToRemoveAccess": enable_on_behalf_requestors_to_remove_access,
        "onBehalfRequestors": list(on_behalf_requestors, people)})
}

fn approvals(of: &ApprovalSettings) -> Value {
    let ApprovalSettings {
        is_approval_required_for_add,
        is_approval_required_for_update,
        is_requestor_justification_required,
        stages,
        rest: _,
    } = of;
    json!({"isApprovalRequiredForAdd": is_approval_required_for_add,
        "isApprovalRequiredForUpdate": is_approval_required_for_update,
        "isRequestorJustificationRequired": is_requestor_justification_required, "stages": list(stages, stage)})
}

fn stage(of: &ApprovalStage) -> Value {
    let ApprovalStage {
        duration_before_automatic_denial,
        is_approver_justification_required,
        is_escalation_enabled,
        duration_before_escalation,
        primary_approvers,
        fallback_primary_approvers,
        escalation_approvers,
        fallback_escalation_approvers,
        rest: _,
    } = of;
    json!({"durationBeforeAutomaticDenial": duration_before_automatic_denial,
        "isApproverJustificationRequired": is_approver_justification_required,
        "isEscalationEnabled": is_escalation_enabled, "durationBeforeEscalation": duration_before_escalation,
        "primaryApprovers": list(primary_approvers, people),
        "fallbackPrimaryApprovers": list(fallback_primary_approvers, people),
        "escalationApprovers": list(escalation_approvers, people),
        "fallbackEscalationApprovers": list(fallback_escalation_approvers, people)})
}

fn reviews(of: &ReviewSettings) -> Value {
    let ReviewSettings {
        is_enabled,
        expiration_behavior,
        is_recommendation_enabled,
        is_reviewer_justification_required,
        is_self_review,
        schedule: when,
        primary_reviewers,
        fallback_reviewers,
        rest: _,
    } = of;
    json!({"isEnabled": is_enabled, "expirationBehavior": word!(expiration_behavior),
        "isRecommendationEnabled": is_recommendation_enabled,
        "isReviewerJustificationRequired": is_reviewer_justification_required, "isSelfReview": is_self_review,
        "schedule": when.as_ref().map(schedule), "primaryReviewers": list(primary_reviewers, people),
        "fallbackReviewers": list(fallback_reviewers, people)})
}

fn schedule(of: &ReviewSchedule) -> Value {
    let ReviewSchedule { start_date_time, expiration: end, recurrence: again, rest: _ } = of;
    json!({"startDateTime": start_date_time, "expiration": end.as_ref().map(expiration),
        "recurrence": again.as_ref().map(recurrence)})
}

fn recurrence(of: &Recurrence) -> Value {
    let Recurrence { pattern, range, rest: _ } = of;
    let pattern = pattern.as_ref().map(|of| json!({"type": of.kind, "interval": of.interval}));
    json!({"pattern": pattern, "range": range.as_ref().map(|of| json!({"type": of.kind}))})
}
