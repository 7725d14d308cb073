//! What somebody left behind in a customer's tenant, with Microsoft's example names: groups, a catalog, a package with
//! a policy that lets people in without approval, and one of them in it.

use serde_json::{Value, json};

use super::stage::Stage;

const EM: &str = "/identityGovernance/entitlementManagement";

pub struct Left {
    pub tier1: String,
    pub approvers: String,
    pub catalog: String,
    pub package: String,
    /// The policy as the simulated cloud holds it.
    pub policy: Value,
}

impl Left {
    /// Another provider, of whom Mallory still has access.
    pub async fn by_fabrikam(stage: &Stage) -> Self {
        let fabrikam = json!({
            "displayName": "Fabrikam Defense", "domains": ["fabrikam.example"],
            "users": [{ "userPrincipalName": "mallory@fabrikam.example", "displayName": "Mallory" }],
        });
        let tenant = stage.cloud.tenant(fabrikam).await["id"].as_str().unwrap().to_owned();
        Self::of(stage, (&tenant, "fabrikam.example"), "mallory", "configured").await
    }

    /// People of one directory; `who` of them holds the package.
    pub async fn of(stage: &Stage, (home, domain): (&str, &str), who: &str, state: &str) -> Self {
        let tier1 = stage.group_by_hand("Tier 1 Analyst").await;
        let approvers = stage.group_by_hand("MSSP Analyst Approvers").await;
        let at_once = json!({ "consistency.catalog-resources": 0 });
        stage.cloud.control("POST", "/switches", at_once).await;
        let post = async |path: &str, body: Value| {
            let made = stage.by_hand("POST", &format!("{EM}{path}"), body).await;
            made["id"].as_str().unwrap_or_default().to_owned()
        };
        let source = json!({
            "@odata.type": "#microsoft.graph.domainIdentitySource", "domainName": domain, "displayName": domain,
        });
        let name = if domain.starts_with("fabrikam") { "Fabrikam Defense" } else { "Our analysts" };
        let organization = json!({
            "displayName": name, "description": "d", "state": state, "identitySources": [source],
        });
        let organization = post("/connectedOrganizations", organization).await;
        let catalog = json!({
            "displayName": "MSSP Accesses", "description": "made by hand", "state": "published",
            "isExternallyVisible": true,
        });
        let catalog = post("/catalogs", catalog).await;
        let resource =
            json!({ "displayName": "Tier 1 Analyst", "originId": tier1, "originSystem": "AadGroup" });
        let add = json!({ "requestType": "adminAdd", "resource": resource, "catalog": { "id": catalog } });
        post("/resourceRequests", add).await;
        let resources = format!("{EM}/catalogs/{catalog}/resources?$expand=roles,scopes");
        let resource = stage.by_hand("GET", &resources, Value::Null).await["value"][0].clone();
        let package = json!({
            "displayName": "Tier 1 Analyst", "description": "made by hand", "isHidden": false,
            "catalog": { "id": catalog },
        });
        let package = post("/accessPackages", package).await;
        let roles = resource["roles"].as_array().unwrap();
        let mut role = roles.iter().find(|role| role["displayName"] == "Member").unwrap().clone();
        role["resource"] =
            json!({ "id": resource["id"], "originId": resource["originId"], "originSystem": "AadGroup" });
        let given = json!({ "role": role, "scope": resource["scopes"][0] });
        post(&format!("/accessPackages/{package}/resourceRoleScopes"), given).await;
        let target = json!({
            "@odata.type": "#microsoft.graph.connectedOrganizationMembers", "connectedOrganizationId": organization,
        });
        let policy = json!({
            "displayName": "Initial policy", "description": "made by hand",
            "allowedTargetScope": "specificConnectedOrganizationUsers", "specificAllowedTargets": [target],
            "requestorSettings": { "enableTargetsToSelfAddAccess": true },
            "accessPackage": { "id": package },
        });
        let policy = post("/assignmentPolicies", policy).await;
        let ask = json!({
            "package": package, "homeTenant": home, "userPrincipalName": format!("{who}@{domain}"),
            "justification": "as ever",
        });
        stage.cloud.control("POST", &format!("/tenants/{}/ask", stage.tenant), ask).await;
        stage.cloud.control("POST", "/switches", json!({ "consistency.catalog-resources": 1 })).await;
        let tenant = stage.tenant_world().await;
        let policies = tenant["policies"].as_array().unwrap();
        let policy = policies.iter().find(|one| one["id"] == policy.as_str()).unwrap().clone();
        Self { tier1, approvers, catalog, package, policy }
    }
}
