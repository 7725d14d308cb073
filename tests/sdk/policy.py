"""The assignment policy of the procedure, as Microsoft's SDK says it: the example of the page, value for value."""

import datetime

from msgraph.generated.models.access_package import AccessPackage
from msgraph.generated.models.access_package_approval_stage import AccessPackageApprovalStage
from msgraph.generated.models.access_package_assignment_approval_settings import (
    AccessPackageAssignmentApprovalSettings,
)
from msgraph.generated.models.access_package_assignment_policy import AccessPackageAssignmentPolicy
from msgraph.generated.models.access_package_assignment_requestor_settings import (
    AccessPackageAssignmentRequestorSettings,
)
from msgraph.generated.models.access_package_assignment_review_settings import (
    AccessPackageAssignmentReviewSettings,
)
from msgraph.generated.models.access_review_expiration_behavior import AccessReviewExpirationBehavior
from msgraph.generated.models.allowed_target_scope import AllowedTargetScope
from msgraph.generated.models.connected_organization_members import ConnectedOrganizationMembers
from msgraph.generated.models.entitlement_management_schedule import EntitlementManagementSchedule
from msgraph.generated.models.expiration_pattern import ExpirationPattern
from msgraph.generated.models.expiration_pattern_type import ExpirationPatternType
from msgraph.generated.models.group_members import GroupMembers
from msgraph.generated.models.patterned_recurrence import PatternedRecurrence
from msgraph.generated.models.recurrence_pattern import RecurrencePattern
from msgraph.generated.models.recurrence_pattern_type import RecurrencePatternType
from msgraph.generated.models.recurrence_range import RecurrenceRange
from msgraph.generated.models.recurrence_range_type import RecurrenceRangeType
from msgraph.generated.models.single_user import SingleUser

from place import PROCEDURE


def days(number: int) -> str:
    """The SDK writes a timedelta as `365 days, 0:00:00`, which Graph refuses (msgraph-sdk-python #1262); a text goes
    out as it is."""
    return f"P{number}D"


def after(number: int) -> ExpirationPattern:
    return ExpirationPattern(type=ExpirationPatternType.AfterDuration, duration=days(number))


def annual_review(reviewers: str, starts: datetime.datetime) -> AccessPackageAssignmentReviewSettings:
    return AccessPackageAssignmentReviewSettings(
        is_enabled=True,
        expiration_behavior=AccessReviewExpirationBehavior.RemoveAccess,
        is_recommendation_enabled=True,
        is_reviewer_justification_required=True,
        is_self_review=False,
        schedule=EntitlementManagementSchedule(
            start_date_time=starts,
            expiration=after(PROCEDURE["reviewDays"]),
            recurrence=PatternedRecurrence(
                pattern=RecurrencePattern(
                    type=RecurrencePatternType.AbsoluteMonthly,
                    interval=PROCEDURE["reviewMonths"],
                    month=0,
                    day_of_month=0,
                    days_of_week=[],
                ),
                range=RecurrenceRange(type=RecurrenceRangeType.NoEnd, number_of_occurrences=0),
            ),
        ),
        primary_reviewers=[GroupMembers(group_id=reviewers)],
        fallback_reviewers=[],
    )


def approval(approver) -> AccessPackageAssignmentApprovalSettings:
    return AccessPackageAssignmentApprovalSettings(
        is_approval_required_for_add=True,
        is_approval_required_for_update=True,
        is_requestor_justification_required=True,
        stages=[
            AccessPackageApprovalStage(
                duration_before_automatic_denial=days(PROCEDURE["decideDays"]),
                is_approver_justification_required=True,
                is_escalation_enabled=False,
                duration_before_escalation="PT0S",
                primary_approvers=[approver],
                fallback_primary_approvers=[],
                escalation_approvers=[],
                fallback_escalation_approvers=[],
            )
        ],
    )


def wanted(key: str, package: str, organization: str, approvers: str, administrator: str):
    """The policy of one package. The customer's administrator decides on the first approvers."""
    name = PROCEDURE["names"][key]
    decides = (
        SingleUser(user_id=administrator) if key == "approvers" else GroupMembers(group_id=approvers)
    )
    today = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    return AccessPackageAssignmentPolicy(
        display_name=name,
        description=f"Analysts ask for {name}.",
        allowed_target_scope=AllowedTargetScope.SpecificConnectedOrganizationUsers,
        specific_allowed_targets=[
            ConnectedOrganizationMembers(connected_organization_id=organization, description="MSSP")
        ],
        expiration=after(PROCEDURE["accessDays"]),
        requestor_settings=AccessPackageAssignmentRequestorSettings(
            enable_targets_to_self_add_access=True,
            enable_targets_to_self_update_access=True,
            enable_targets_to_self_remove_access=True,
            allow_custom_assignment_schedule=False,
            enable_on_behalf_requestors_to_add_access=False,
            enable_on_behalf_requestors_to_update_access=False,
            enable_on_behalf_requestors_to_remove_access=False,
            on_behalf_requestors=[],
        ),
        request_approval_settings=approval(decides),
        review_settings=annual_review(approvers, today),
        access_package=AccessPackage(id=package),
    )
