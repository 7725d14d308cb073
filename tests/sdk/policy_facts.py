"""A policy brought to the values that the procedure speaks of: as read, and as wanted."""

import datetime

from msgraph.generated.models.access_package_assignment_policy import AccessPackageAssignmentPolicy
from msgraph.generated.models.access_review_expiration_behavior import AccessReviewExpirationBehavior
from msgraph.generated.models.allowed_target_scope import AllowedTargetScope
from msgraph.generated.models.connected_organization_members import ConnectedOrganizationMembers
from msgraph.generated.models.expiration_pattern_type import ExpirationPatternType
from msgraph.generated.models.group_members import GroupMembers
from msgraph.generated.models.recurrence_pattern_type import RecurrencePatternType
from msgraph.generated.models.recurrence_range_type import RecurrenceRangeType
from msgraph.generated.models.single_user import SingleUser

from place import PROCEDURE


def who(subjects) -> list[str]:
    """Ids of a set of people, by the type that the SDK made of them."""

    def one(subject) -> str:
        match subject:
            case ConnectedOrganizationMembers():
                return f"organization {subject.connected_organization_id}"
            case GroupMembers():
                return subject.group_id
            case SingleUser():
                return subject.user_id
        return type(subject).__name__

    return [one(subject) for subject in subjects or []]


def of(policy: AccessPackageAssignmentPolicy) -> dict:
    asks, approval = policy.requestor_settings, policy.request_approval_settings
    review = policy.review_settings
    pattern, span = review.schedule.recurrence.pattern, review.schedule.recurrence.range
    stage = approval.stages[0]
    return {
        "who may ask": policy.allowed_target_scope,
        "whose people": who(policy.specific_allowed_targets),
        "expiration": policy.expiration.type,
        "lasts": policy.expiration.duration,
        "may ask": asks.enable_targets_to_self_add_access,
        "may extend": asks.enable_targets_to_self_update_access,
        "may give back": asks.enable_targets_to_self_remove_access,
        "on behalf": asks.enable_on_behalf_requestors_to_add_access,
        "approval": approval.is_approval_required_for_add,
        "approval of an extension": approval.is_approval_required_for_update,
        "requestor says why": approval.is_requestor_justification_required,
        "stages": len(approval.stages),
        "decided within": stage.duration_before_automatic_denial,
        "approver says why": stage.is_approver_justification_required,
        "escalation": stage.is_escalation_enabled,
        "approvers": who(stage.primary_approvers),
        "review": review.is_enabled,
        "reviewers": who(review.primary_reviewers),
        "review of oneself": review.is_self_review,
        "no response": review.expiration_behavior,
        "review is open": review.schedule.expiration.duration,
        "review comes": (pattern.type, pattern.interval),
        "review goes on": span.type,
    }


def wanted(organization: str, decides: str, reviewers: str) -> dict:
    days = lambda name: datetime.timedelta(days=PROCEDURE[name])
    return {
        "who may ask": AllowedTargetScope.SpecificConnectedOrganizationUsers,
        "whose people": [f"organization {organization}"],
        "expiration": ExpirationPatternType.AfterDuration,
        "lasts": days("accessDays"),
        "may ask": True,
        "may extend": True,
        "may give back": True,
        "on behalf": False,
        "approval": True,
        "approval of an extension": True,
        "requestor says why": True,
        "stages": 1,
        "decided within": days("decideDays"),
        "approver says why": True,
        "escalation": False,
        "approvers": [decides],
        "review": True,
        "reviewers": [reviewers],
        "review of oneself": False,
        "no response": AccessReviewExpirationBehavior.RemoveAccess,
        "review is open": days("reviewDays"),
        "review comes": (RecurrencePatternType.AbsoluteMonthly, PROCEDURE["reviewMonths"]),
        "review goes on": RecurrenceRangeType.NoEnd,
    }
