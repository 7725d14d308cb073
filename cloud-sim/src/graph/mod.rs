//! Microsoft Graph: bearer, permission, then the resource.

mod audits;
mod batch;
pub mod bearer;
mod budgets;
mod defender;
mod entitlement;
mod ghosts;
mod grants;
mod group_people;
mod groups;
mod invitations;
mod organization;
mod permissions;
mod queries;
mod reviews;
pub mod scene;
mod security;
mod service_principals;
mod template;
mod tenant_policies;
mod trail;
mod users;

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::simulation::Shared;
use crate::world::World;
use bearer::Caller;
use group_people::Side;
use scene::Scene;

pub use budgets::Budgets;
pub use entitlement::duration;

/// Answers a call to `/v1.0` or `/beta`.
pub fn answer(shared: &Shared, call: &Call) -> Outcome {
    let caller = bearer::caller(shared, call)?;
    typed(call)?;
    if call.method == "POST"
        && call.segments.get(1).is_some_and(|s| s == "$batch")
        && call.segments.len() == 2
    {
        return batch::answer(shared, call, &caller);
    }
    as_caller(shared, call, &caller)
}

/// A body says what it is: JSON (contract §1).
fn typed(call: &Call) -> Result<(), Answer> {
    let kind = call.header("content-type").map(|kind| kind.split(';').next().unwrap_or("").trim());
    match kind {
        _ if call.body.is_empty() => Ok(()),
        None => Err(Answer::error(
            400,
            "BadRequest",
            "Write requests (excluding DELETE) must contain the Content-Type header declaration.",
        )),
        Some(kind) if kind.eq_ignore_ascii_case("application/json") => Ok(()),
        Some(kind) => Err(Answer::error(
            415,
            "UnsupportedMediaType",
            &format!("The content type '{kind}' is not supported."),
        )),
    }
}

/// The same with a caller already known: for parts of a batch and the control interface.
pub fn as_caller(shared: &Shared, call: &Call, caller: &Caller) -> Outcome {
    let mut world = shared.world();
    let toll = budgets::take(&mut world, call, caller)?;
    Ok(toll.on(allowed(&mut world, call, caller).unwrap_or_else(|refusal| refusal)))
}

fn allowed(world: &mut World, call: &Call, caller: &Caller) -> Outcome {
    let lenient = !world.switches.on("odata.undocumented-refused");
    let ghost = ghosts::of(world, call, caller);
    ghosts::look(world, call, caller);
    let mut scene = Scene::open(world, call, caller)?;
    let pieces: Vec<&str> = call.segments.iter().skip(1).map(String::as_str).collect();
    permissions::check(call, caller).or_else(|refusal| match &pieces[..] {
        ["identityGovernance", "entitlementManagement", rest @ ..]
            if refusal.status == 403 && entitlement::opens(&scene, rest) =>
        {
            Ok(())
        }
        _ => Err(refusal),
    })?;
    queries::check(call, lenient)?;
    let about = trail::About::of(&scene, &pieces);
    let outcome = directory(&mut scene, &pieces);
    let answer = ghosts::instead(&scene, outcome)?;
    trail::write(&mut scene, &pieces, about, &answer);
    scene.world.ghosts.extend(ghost);
    Ok(answer)
}

fn directory(scene: &mut Scene<'_>, pieces: &[&str]) -> Outcome {
    match (scene.call.method.as_str(), pieces) {
        ("GET", ["organization"]) => organization::list(scene),
        ("GET", ["subscribedSkus"]) => organization::skus(scene),
        ("GET", ["subscribedSkus", id]) => organization::sku(scene, id),
        ("POST", ["invitations"]) => invitations::create(scene),
        (_, ["oauth2PermissionGrants", rest @ ..]) => grants::of_people(scene, rest),
        (_, ["roleManagement", "entitlementManagement", "roleAssignments"]) => entitlement::roles(scene),
        ("GET", ["tenantRelationships", function, argument]) => organization::find(scene, function, argument),
        ("GET", ["users"]) => users::list(scene),
        ("GET", ["users", id]) => users::get(scene, id),
        ("GET", ["users", id, "memberOf", ..]) => users::member_of(scene, id),
        ("POST", ["users", id, "checkMemberGroups"]) => users::check_member_groups(scene, id),
        ("GET", ["me"]) => users::get_me(scene),
        ("GET", ["me", "memberOf", ..]) => users::member_of(scene, &users::me(scene)?),
        ("POST", ["me", "checkMemberGroups"]) => users::check_member_groups(scene, &users::me(scene)?),
        (_, ["groups", rest @ ..]) => group_calls(scene, rest),
        (_, ["identityGovernance", "entitlementManagement", rest @ ..]) => entitlement::answer(scene, rest),
        (_, ["roleManagement", "defender", rest @ ..]) => defender::answer(scene, rest),
        (_, ["identityGovernance", "accessReviews", "definitions", rest @ ..]) => {
            reviews::answer(scene, rest)
        }
        (_, ["servicePrincipals", rest @ ..]) => service_principals::answer(scene, rest),
        ("PATCH", ["users", id]) => users::update(scene, id),
        ("DELETE", ["users", id]) => users::delete(scene, id),
        (_, ["auditLogs", "directoryAudits", rest @ ..]) => audits::answer(scene, rest),
        (_, ["security", rest @ ..]) => security::answer(scene, rest),
        (_, ["policies", rest @ ..]) => tenant_policies::answer(scene, rest),
        ("GET", ["identity", "conditionalAccess", "policies"]) => tenant_policies::conditional_access(scene),
        _ => Err(Answer::unknown()),
    }
}

fn group_calls(scene: &mut Scene<'_>, rest: &[&str]) -> Outcome {
    match (scene.call.method.as_str(), rest) {
        ("GET", []) => groups::list(scene),
        ("POST", []) => groups::create(scene),
        (_, ["delta", ..]) => Err(Answer::unknown()),
        ("GET", [id]) => groups::get(scene, id),
        ("PATCH", [id]) => groups::update(scene, id),
        ("DELETE", [id]) => groups::delete(scene, id),
        (method, [id, side, more @ ..]) => {
            let side = Side::of(side).ok_or_else(Answer::unknown)?;
            match (method, more) {
                ("GET", []) => group_people::list(scene, id, side, None),
                ("GET", [cast]) => group_people::list(scene, id, side, Some(cast)),
                ("POST", ["$ref"]) => group_people::add(scene, id, side),
                ("DELETE", [object, "$ref"]) => group_people::remove(scene, id, side, object),
                _ => Err(Answer::unknown()),
            }
        }
        _ => Err(Answer::unknown()),
    }
}
