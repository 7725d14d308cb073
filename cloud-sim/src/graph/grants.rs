//! What applications were granted: app roles and delegated permissions (contract §23), read and taken away.

use serde_json::{Value, json};
use uuid::Uuid;

use super::scene::{Scene, plain_key, stamp};
use super::service_principals::{find, owned};
use crate::answer::{Answer, Outcome};
use crate::world::{ServicePrincipal, Tenant};

/// Microsoft Graph's own service principal; its id here is that of its application.
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

pub fn microsoft_graph() -> ServicePrincipal {
    ServicePrincipal {
        id: GRAPH.to_owned(),
        app_id: GRAPH.to_owned(),
        display_name: "Microsoft Graph".to_owned(),
        owner_tenant: "f8cdef31-a31e-4b4a-93e4-5f571e91255a".to_owned(),
        enabled: true,
        ..ServicePrincipal::default()
    }
}

/// Below `/servicePrincipals/{id}`.
pub fn answer(scene: &mut Scene<'_>, key: &str, list: &str, rest: &[&str]) -> Outcome {
    let sp = find(scene, key)?;
    match (scene.call.method.as_str(), list, rest) {
        ("GET", "appRoleAssignments", []) => scene.list(app_roles(&sp)),
        ("GET", "appRoleAssignedTo", []) => scene.list(assigned_to(scene.tenant(), &sp)),
        ("GET", "oauth2PermissionGrants", []) => scene.list(delegated(&sp).into_iter().collect()),
        ("DELETE", "appRoleAssignments" | "appRoleAssignedTo", [id]) => take(scene, &sp, &plain_key(id)),
        _ => Err(Answer::unknown()),
    }
}

fn app_roles(sp: &ServicePrincipal) -> Vec<Value> {
    let one = |(id, permission): (&str, &str)| {
        json!({"id": id, "appRoleId": permission_id(permission), "principalId": sp.id,
            "principalDisplayName": sp.display_name, "principalType": "ServicePrincipal",
            "resourceId": GRAPH, "resourceDisplayName": "Microsoft Graph", "createdDateTime": stamp(sp.created)})
    };
    sp.granted.iter().map(|g| one((&g.id, &g.permission))).collect()
}

/// The same grants as the resource sees them; the apps themselves are assigned to people.
fn assigned_to(tenant: &Tenant, resource: &ServicePrincipal) -> Vec<Value> {
    if resource.id == GRAPH {
        return tenant.service_principals.iter().flat_map(app_roles).collect();
    }
    let people = resource.people.iter().filter_map(|(user, role)| Some((tenant.user(user)?, role)));
    let one = |(user, role): (&crate::world::User, &String)| {
        json!({"id": made_id(&format!("{}{}{role}", resource.id, user.id)),
            "appRoleId": made_id(&format!("{}{role}", resource.app_id)), "principalId": user.id,
            "principalDisplayName": user.display_name, "principalType": "User", "resourceId": resource.id,
            "resourceDisplayName": resource.display_name, "createdDateTime": stamp(resource.created)})
    };
    people.map(one).collect()
}

fn made_id(of: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, of.as_bytes()).to_string()
}

/// Takes a grant away: named below the app that holds it, or below the resource.
fn take(scene: &mut Scene<'_>, sp: &ServicePrincipal, id: &str) -> Outcome {
    let fits = |s: &ServicePrincipal| {
        (sp.id == GRAPH || s.id == sp.id) && s.granted.iter().any(|g| g.id.eq_ignore_ascii_case(id))
    };
    let holder = scene.tenant().service_principals.iter().find(|s| fits(s)).cloned();
    let holder = holder.ok_or_else(|| Answer::not_found(id))?;
    owned(scene, &holder)?;
    if let Some(there) = scene.tenant_mut().service_principal_mut(&holder.app_id) {
        there.granted.retain(|g| !g.id.eq_ignore_ascii_case(id));
    }
    Ok(Answer::empty(204))
}

/// Delegated permissions are one grant for everybody.
fn delegated(sp: &ServicePrincipal) -> Option<Value> {
    (!sp.delegated.is_empty()).then(|| {
        json!({"id": delegated_grant(sp), "clientId": sp.id, "consentType": "AllPrincipals", "principalId": null,
            "resourceId": GRAPH, "scope": sp.delegated.join(" ")})
    })
}

fn delegated_grant(sp: &ServicePrincipal) -> String {
    sp.delegated_grant.clone().unwrap_or_else(|| made_id(&sp.id))
}

/// `/oauth2PermissionGrants`.
pub fn of_people(scene: &mut Scene<'_>, rest: &[&str]) -> Outcome {
    match (scene.call.method.as_str(), rest) {
        ("GET", []) => {
            let items = scene.tenant().service_principals.iter().filter_map(delegated).collect();
            scene.list(items)
        }
        ("DELETE", [id]) => {
            let id = plain_key(id);
            let mut all = scene.tenant_mut().service_principals.iter_mut();
            let found = all.find(|s| !s.delegated.is_empty() && delegated_grant(s).eq_ignore_ascii_case(&id));
            found.ok_or_else(|| Answer::not_found(&id))?.delegated.clear();
            Ok(Answer::empty(204))
        }
        _ => Err(Answer::unknown()),
    }
}

/// Microsoft's ids of the permissions the portal's applications ask for (contract §28).
const PERMISSIONS: &[(&str, &str)] = &[
    ("EntitlementManagement.Read.All", "c74fd47d-ed3c-45c3-9a9e-b8676de685d2"),
    ("EntitlementManagement.ReadWrite.All", "9acd699f-1e81-4958-b001-93b1d2506e19"),
    ("GroupMember.Read.All", "98830695-27a2-44f7-8c18-0c3ebc9698f6"),
    ("Group.Read.All", "5b567255-7703-4780-807c-7be8301ae99b"),
    ("Group.ReadWrite.All", "62a82d76-70ea-41e2-9197-370581804d09"),
    ("Organization.Read.All", "498476ce-e0fe-48b0-b801-37ba7e2685c6"),
    ("User.Read.All", "df021288-bdef-4463-88db-98f22de89214"),
    ("User.ReadBasic.All", "97235f07-e226-4f63-ace3-39588e11d3a1"),
    ("AccessReview.Read.All", "d07a8cc0-3d51-4b77-b3b0-32704d1f69fa"),
    ("AuditLog.Read.All", "b0afded3-3588-46d8-8b3d-9842eff778da"),
    ("SecurityAlert.Read.All", "472e4a4d-bb4a-4026-98d1-0b0d74cb74a5"),
    ("SecurityIncident.Read.All", "45cc0394-e837-488b-a098-1918f48d186c"),
    ("RoleManagement.Read.Defender", "4d6e30d1-e64e-4ae7-bf9d-c706cc928cef"),
    ("RoleManagement.ReadWrite.Defender", "8b7e8c0a-7e9d-4049-97ec-04b5e1bcaf05"),
    ("CrossTenantInformation.ReadBasic.All", "cac88765-0581-4025-9725-5ebc13f729ee"),
    ("Policy.Read.All", "246dd0d5-5bd0-4def-940b-0421030a5b68"),
    ("Application.Read.All", "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30"),
];

/// One this simulation was not told is made from the name.
fn permission_id(name: &str) -> String {
    PERMISSIONS.iter().find(|p| p.0 == name).map_or_else(|| made_id(name), |p| p.1.to_owned())
}
