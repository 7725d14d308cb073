//! Entitlement management under `/identityGovernance/entitlementManagement` (contract §4 to §8).

mod catalogs;
mod connected_organizations;
mod model;
mod packages;
mod policies;
mod policy_rules;
mod resources;
mod review_rules;
mod role_scopes;
mod settings;
mod subject_sets;

use super::scene::Scene;
use crate::answer::{Answer, Outcome};

pub use model::seconds as duration;

/// Answers a call; `rest` is the path below `entitlementManagement`.
pub fn answer(scene: &mut Scene<'_>, rest: &[&str]) -> Outcome {
    licensed(scene)?;
    match rest {
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
        ["settings"] => settings::answer(scene),
        _ => Err(Answer::unknown()),
    }
}

/// Without Entra ID P2 or ID Governance an administrator is denied (contract §0); the words are INFERRED.
fn licensed(scene: &Scene<'_>) -> Result<(), Answer> {
    let tenant = scene.tenant();
    let held = ["AAD_PREMIUM_P2", "Entra_Identity_Governance"].iter().any(|plan| tenant.has_plan(plan));
    if held || !scene.switches().on("em.licence-required") {
        return Ok(());
    }
    Err(Answer::error(
        403,
        "AccessDenied",
        "The tenant does not have a license for entitlement management (Microsoft Entra ID P2 or ID Governance).",
    ))
}
