//! `/servicePrincipals`: applications as this tenant knows them (contract §23), read and deleted.

use serde_json::{Value, json};

use super::grants;
use super::scene::{Scene, plain_key, stamp};
use crate::answer::{Answer, Outcome};
use crate::call::bracket_key;
use crate::entra::consent;
use crate::odata;
use crate::world::ServicePrincipal;

/// Properties shown without `$select`.
const DEFAULT: &[&str] =
    &["id", "appId", "displayName", "accountEnabled", "appOwnerOrganizationId", "servicePrincipalType"];

pub fn answer(scene: &mut Scene<'_>, rest: &[&str]) -> Outcome {
    match (scene.call.method.as_str(), rest) {
        ("GET", []) => {
            let own = scene.tenant().service_principals.iter().map(shown);
            let items = own.chain([shown(&grants::microsoft_graph())]).collect();
            odata::page(scene.call, items, scene.page(), DEFAULT)
        }
        ("GET", [key]) => Ok(odata::single(scene.call, shown(&find(scene, key)?), DEFAULT)),
        (
            _,
            [key, list @ ("appRoleAssignments" | "appRoleAssignedTo" | "oauth2PermissionGrants"), rest @ ..],
        ) => grants::answer(scene, key, list, rest),
        ("DELETE", [key]) => {
            let found = find(scene, key)?;
            owned(scene, &found)?;
            let (app, now) = (found.app_id, scene.now());
            consent::delete(scene.tenant_mut(), &app, now);
            Ok(Answer::empty(204))
        }
        _ => Err(Answer::unknown()),
    }
}

/// Application.ReadWrite.OwnedBy reaches what the app owns; one made by consent has no owner (INFERRED).
pub fn owned(scene: &Scene<'_>, sp: &ServicePrincipal) -> Result<(), Answer> {
    const MORE: &[&str] = &[
        "Application.ReadWrite.All",
        "Directory.ReadWrite.All",
        "AppRoleAssignment.ReadWrite.All",
        "DelegatedPermissionGrant.ReadWrite.All",
    ];
    let itself = sp.app_id.eq_ignore_ascii_case(&scene.caller.app_id)
        && scene.switches().on("applications.owned-by-reaches-itself");
    if itself || MORE.iter().any(|p| scene.caller.holds(p)) {
        return Ok(());
    }
    Err(Answer::forbidden("Insufficient privileges to complete the operation."))
}

fn shown(sp: &ServicePrincipal) -> Value {
    json!({
        "id": sp.id, "appId": sp.app_id, "displayName": sp.display_name, "accountEnabled": sp.enabled,
        "appOwnerOrganizationId": sp.owner_tenant, "createdDateTime": stamp(sp.created),
        "servicePrincipalType": "Application",
    })
}

/// The service principal a path names: by id or by `(appId='x')`; Microsoft Graph's own is in every tenant.
pub fn find(scene: &Scene<'_>, key: &str) -> Result<ServicePrincipal, Answer> {
    let by_app = bracket_key(key).filter(|(name, _)| name == "appId").map(|(_, value)| value);
    let id = plain_key(key);
    let fits = |s: &ServicePrincipal| match &by_app {
        Some(app) => s.app_id.eq_ignore_ascii_case(app),
        None => s.id.eq_ignore_ascii_case(&id),
    };
    let own = scene.tenant().service_principals.iter().find(|s| fits(s)).cloned();
    let graph = Some(grants::microsoft_graph()).filter(fits);
    own.or(graph).ok_or_else(|| Answer::not_found(&id))
}
