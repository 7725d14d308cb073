//! `/servicePrincipals`: applications as this tenant knows them (contract §23), read and deleted.

use serde_json::{Value, json};

use super::scene::{Scene, plain_key, stamp};
use crate::answer::{Answer, Outcome};
use crate::call::bracket_key;
use crate::entra::consent;
use crate::odata::{self, Allowed};
use crate::world::ServicePrincipal;

/// Microsoft Graph's own service principal; its id here is that of its application.
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

pub fn answer(scene: &mut Scene<'_>, rest: &[&str]) -> Outcome {
    match (scene.call.method.as_str(), rest) {
        ("GET", []) => {
            let items = scene.tenant().service_principals.iter().map(shown).collect();
            page(scene, items, &["id", "appId", "displayName", "accountEnabled"])
        }
        ("GET", [key]) => Ok(odata::single(scene.call, shown(find(scene, key)?), &[])),
        ("GET", [key, "appRoleAssignments"]) => {
            let sp = find(scene, key)?;
            let items = sp.granted.iter().map(|g| {
                json!({"id": g.id, "appRoleId": permission_id(&g.permission), "principalId": sp.id,
                    "principalDisplayName": sp.display_name, "principalType": "ServicePrincipal",
                    "resourceId": GRAPH, "resourceDisplayName": "Microsoft Graph",
                    "createdDateTime": stamp(sp.created)})
            });
            page(scene, items.collect(), &[])
        }
        ("DELETE", [key]) => {
            let app = find(scene, key)?.app_id.clone();
            consent::delete(scene.tenant_mut(), &app);
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
    let made = || uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, name.as_bytes()).to_string();
    PERMISSIONS.iter().find(|p| p.0 == name).map_or_else(made, |p| p.1.to_owned())
}

fn shown(sp: &ServicePrincipal) -> Value {
    json!({
        "id": sp.id, "appId": sp.app_id, "displayName": sp.display_name, "accountEnabled": sp.enabled,
        "appOwnerOrganizationId": sp.owner_tenant, "createdDateTime": stamp(sp.created),
        "servicePrincipalType": "Application",
    })
}

fn find<'a>(scene: &'a Scene<'_>, key: &str) -> Result<&'a ServicePrincipal, Answer> {
    let by_app = bracket_key(key).filter(|(name, _)| name == "appId").map(|(_, value)| value);
    let id = plain_key(key);
    let fits = |s: &&ServicePrincipal| match &by_app {
        Some(app) => s.app_id.eq_ignore_ascii_case(app),
        None => s.id.eq_ignore_ascii_case(&id),
    };
    scene.tenant().service_principals.iter().find(fits).ok_or_else(|| Answer::not_found(&id))
}

fn page(scene: &Scene<'_>, items: Vec<Value>, filter: &[&str]) -> Outcome {
    odata::page(scene.call, items, &Allowed { filter, page: scene.page(), default: &[] })
}
