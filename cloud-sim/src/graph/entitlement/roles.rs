//! `/roleManagement/entitlementManagement/roleAssignments`: who may act in which catalog (contract §0).

use serde_json::{Value, json};

use super::model::{invalid, need_text, only};
use crate::answer::{Answer, Outcome};
use crate::graph::scene::Scene;
use crate::odata;
use crate::world::{Tenant, new_id};

/// The role *Catalog owner*: whoever holds it needs no permission for what is inside that catalog.
const CATALOG_OWNER: &str = "ae79f266-94d4-4dab-b730-feca7e132178";
const SCOPE: &str = "/AccessPackageCatalog/";

pub fn answer(scene: &mut Scene<'_>) -> Outcome {
    match scene.call.method.as_str() {
        "GET" => {
            let expands = scene.expands();
            let all = scene.tenant().em_roles.iter().map(|one| expanded(scene.tenant(), one, &expands));
            scene.list(all.collect())
        }
        "POST" => create(scene),
        _ => Err(Answer::unknown()),
    }
}

fn expanded(tenant: &Tenant, one: &Value, expands: &[odata::Expand]) -> Value {
    let mut value = one.clone();
    for expand in expands {
        value[&expand.name] = match expand.name.as_str() {
            "principal" => {
                let id = one["principalId"].as_str().unwrap_or("");
                let kind = if tenant.user(id).is_some() { "user" } else { "servicePrincipal" };
                json!({"@odata.type": format!("#microsoft.graph.{kind}"), "id": id})
            }
            _ => json!({"id": one["roleDefinitionId"], "displayName": "Catalog owner", "isBuiltIn": true}),
        };
    }
    value
}

fn create(scene: &mut Scene<'_>) -> Outcome {
    let body = scene.body()?;
    only(&body, "unifiedRoleAssignment", &["principalId", "roleDefinitionId", "appScopeId"])?;
    let (principal, role) = (need_text(&body, "principalId")?, need_text(&body, "roleDefinitionId")?);
    let scope = need_text(&body, "appScopeId")?;
    let tenant = scene.tenant();
    let known = tenant.user(&principal).is_some()
        || tenant.group(&principal).is_some()
        || tenant.service_principals.iter().any(|s| s.id.eq_ignore_ascii_case(&principal));
    if !known {
        return Err(Answer::error(400, "SubjectNotFound", "The principalId was not found in the directory."));
    }
    if !role.eq_ignore_ascii_case(CATALOG_OWNER) {
        return Err(invalid("roleDefinitionId", "Only the role Catalog owner exists in this simulation."));
    }
    let catalog = scope.strip_prefix(SCOPE).unwrap_or("");
    if !tenant.catalogs.iter().any(|c| c.id.eq_ignore_ascii_case(catalog)) {
        return Err(Answer::em_not_found());
    }
    let made = json!({"id": new_id(), "principalId": principal, "roleDefinitionId": CATALOG_OWNER,
        "appScopeId": scope});
    scene.tenant_mut().em_roles.push(made.clone());
    Ok(Answer::created(made))
}

/// Whether the calling app owns the catalog that a call is about, and so needs no permission for it.
pub fn opens(scene: &Scene<'_>, rest: &[&str]) -> bool {
    let tenant = scene.tenant();
    let Some(sp) = tenant.service_principal(&scene.caller.app_id) else { return false };
    let Some(catalog) = catalog_of(scene, rest) else { return false };
    let scope = format!("{SCOPE}{catalog}");
    tenant.em_roles.iter().any(|one| {
        one["principalId"] == sp.id
            && one["appScopeId"].as_str().is_some_and(|s| s.eq_ignore_ascii_case(&scope))
    })
}

/// The catalog of what a path or its body names.
fn catalog_of(scene: &Scene<'_>, rest: &[&str]) -> Option<String> {
    let tenant = scene.tenant();
    let body = scene.call.json().unwrap_or_default();
    let named = |value: &Value| value["id"].as_str().map(str::to_owned);
    let of_package = |id: &str| tenant.package(id).map(|p| p.catalog.clone());
    match rest {
        ["catalogs", id, ..] => Some((*id).to_owned()),
        ["resourceRequests"] | ["accessPackages"] => named(&body["catalog"]),
        ["accessPackages", id, ..] => of_package(id),
        ["assignmentPolicies"] => of_package(&named(&body["accessPackage"])?),
        ["assignmentPolicies", id] => of_package(&tenant.policy(id)?.package),
        ["assignmentRequests"] => of_package(body["assignment"]["accessPackageId"].as_str()?),
        _ => None,
    }
}
