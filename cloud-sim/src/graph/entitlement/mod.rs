//! Entitlement management under `/identityGovernance/entitlementManagement` (contract §4 to §8).

mod approvals;
mod assignments;
mod catalogs;
mod connected_organizations;
mod model;
mod packages;
mod policies;
mod policy_rules;
pub mod requests;
mod resources;
mod review_rules;
mod role_scopes;
mod roles;
mod settings;
mod sponsors;
mod subject_sets;
mod subjects;

use super::scene::Scene;
use crate::answer::{Answer, Outcome};

pub use model::seconds as duration;
pub use roles::{answer as roles, opens};

/// Answers a call; `rest` is the path below `entitlementManagement`.
pub fn answer(scene: &mut Scene<'_>, rest: &[&str]) -> Outcome {
    licensed(scene)?;
    if !scene.switches().on("em.enum-case-ignored") {
        model::exact_words(&scene.call.json().unwrap_or_default())?;
    }
    if !personal(scene, rest) {
        administrator(scene)?;
    }
    match rest {
        ["assignmentRequests", rest @ ..] => requests::answer(scene, rest),
        ["assignments", rest @ ..] => assignments::answer(scene, rest),
        ["connectedOrganizations", id, side @ ("externalSponsors" | "internalSponsors"), rest @ ..] => {
            sponsors::answer(scene, id, side, rest)
        }
        ["connectedOrganizations", rest @ ..] => connected_organizations::answer(scene, rest),
        ["catalogs", id, "resources"] => resources::list(scene, id),
        ["catalogs", id, "resourceRoles"] => resources::roles(scene, id),
        ["catalogs", id, "accessPackages"] => packages::of_catalog(scene, id),
        ["catalogs", rest @ ..] => catalogs::answer(scene, rest),
        ["resourceRequests", rest @ ..] => resources::requests(scene, rest),
        ["accessPackages", id, "resourceRoleScopes", rest @ ..] => role_scopes::answer(scene, id, rest),
        ["accessPackages", id, "assignmentPolicies"] => policies::of_package(scene, id),
        ["accessPackages", rest @ ..] => packages::answer(scene, rest),
        ["assignmentPolicies", rest @ ..] => policies::answer(scene, rest),
        ["accessPackageAssignmentApprovals", rest @ ..] => approvals::answer(scene, rest),
        ["settings"] => settings::answer(scene),
        _ => Err(Answer::unknown()),
    }
}

/// Without Entra ID P2 or ID Governance an administrator is denied (contract §0); the words are INFERRED.
fn licensed(scene: &Scene<'_>) -> Result<(), Answer> {
    let tenant = scene.tenant();
    let held = tenant.is_governed(scene.switches().on("em.suspended-licence-counts"));
    if held || !scene.switches().on("em.licence-required") {
        return Ok(());
    }
    if !scene.switches().on("em.licence-refusal-told") {
        return Err(Answer::forbidden("Insufficient privileges to complete the operation."));
    }
    Err(Answer::error(
        403,
        "AccessDenied",
        "The tenant does not have a license for entitlement management (Microsoft Entra ID P2 or ID Governance).",
    ))
}

/// What people do about themselves needs no role.
fn personal(scene: &Scene<'_>, rest: &[&str]) -> bool {
    match rest {
        ["assignmentRequests"] => scene.call.method == "POST",
        ["assignmentRequests", _, "cancel"] | ["accessPackageAssignmentApprovals", ..] => true,
        [_, on, _] => *on == "filterByCurrentUser",
        _ => false,
    }
}

/// A signed-in person has what the token says and what he may do himself (INFERRED: contract §28).
fn administrator(scene: &Scene<'_>) -> Result<(), Answer> {
    const ROLES: &[&str] = &["Global Administrator", "Identity Governance Administrator"];
    let user = scene.caller.user.as_deref().and_then(|id| scene.tenant().user(id));
    let may = user.is_some_and(|u| u.roles.iter().any(|r| ROLES.contains(&r.as_str())));
    if scene.caller.user.is_none() || may || !scene.switches().on("em.delegated-needs-a-role") {
        return Ok(());
    }
    Err(Answer::forbidden("Insufficient privileges to complete the operation."))
}
