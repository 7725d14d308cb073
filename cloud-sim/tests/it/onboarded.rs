//! Adatum with everything Microsoft's procedure asks for, made over Graph as the portal makes it.

use reqwest::Method;
use serde_json::{Value, json};

use super::authorize;
use super::browser::Browser;
use super::kit::{ADATUM, OPERATOR, World};

pub const EM: &str = "/v1.0/identityGovernance/entitlementManagement";

/// The ids of what was made.
pub struct Onboarded {
    pub world: World,
    pub organization: String,
    pub catalog: String,
    pub approvers: String,
    pub tier1: String,
    pub package: String,
    pub policy: String,
}

pub fn id(body: &Value) -> String {
    body["id"].as_str().unwrap_or_else(|| panic!("no id in {body}")).to_owned()
}

impl World {
    /// A write of the operator that must succeed.
    pub async fn make(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.post(&format!("{EM}/{path}"), body).await;
        assert_eq!(status, 201, "{path}: {answer}");
        answer
    }

    pub async fn em(&self, path: &str) -> (u16, Value) {
        self.get(&format!("{EM}/{path}")).await
    }

    /// A write with the operator's token below entitlement management.
    pub async fn em_write(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let body = (!body.is_null()).then_some(body);
        self.call(OPERATOR, method, &format!("{EM}/{path}"), body).await
    }

    pub async fn group(&self, name: &str) -> String {
        let nickname = name.replace(' ', "");
        let body = json!({"displayName": name, "mailEnabled": false, "mailNickname": nickname, "securityEnabled": true});
        id(&self.post("/v1.0/groups", body).await.1)
    }

    pub async fn connect(&self, domain: &str) -> Value {
        let source = json!({"@odata.type": "#microsoft.graph.domainIdentitySource", "domainName": domain,
            "displayName": domain});
        let body = json!({"displayName": "MSSP", "description": "", "state": "configured",
            "identitySources": [source]});
        self.make("connectedOrganizations", body).await
    }

    pub async fn catalog(&self) -> String {
        let body = json!({"displayName": "MSSP Accesses", "description": "", "state": "published",
            "isExternallyVisible": true});
        id(&self.make("catalogs", body).await)
    }

    pub async fn add_resource(&self, catalog: &str, group: &str) -> (u16, Value) {
        let resource = json!({"displayName": "x", "originId": group, "originSystem": "AadGroup"});
        let body = json!({"requestType": "adminAdd", "resource": resource, "catalog": {"id": catalog}});
        self.em_write(Method::POST, "resourceRequests", body).await
    }

    /// The resource of a group with roles and scopes, once it shows itself.
    pub async fn resource(&self, catalog: &str, group: &str) -> Option<Value> {
        let path = format!("catalogs/{catalog}/resources?$filter=originId eq '{group}'&$expand=roles,scopes");
        self.em(&path).await.1["value"].as_array().unwrap().first().cloned()
    }

    pub async fn package(&self, catalog: &str, name: &str) -> String {
        let body =
            json!({"displayName": name, "description": "", "isHidden": true, "catalog": {"id": catalog}});
        id(&self.make("accessPackages", body).await)
    }

    pub async fn user_id(&self, name: &str) -> String {
        id(&self.get(&format!("/v1.0/users/{name}")).await.1)
    }
}

/// The body that lets a package give membership of a group.
pub fn member_role(resource: &Value) -> Value {
    let role = &resource["roles"][0];
    let scope = &resource["scopes"][0];
    json!({
        "role": {"id": role["id"], "displayName": role["displayName"], "originSystem": "AadGroup",
            "originId": role["originId"],
            "resource": {"id": resource["id"], "originId": resource["originId"], "originSystem": "AadGroup"}},
        "scope": {"id": scope["id"], "originId": scope["originId"], "originSystem": "AadGroup",
            "isRootScope": true},
    })
}

/// The contract's policy (§7) for a package, decided by members of a group.
pub fn policy(package: &str, organization: &str, approvers: &str) -> Value {
    json!({
        "displayName": "MSSP analysts", "description": "", "accessPackage": {"id": package},
        "allowedTargetScope": "specificConnectedOrganizationUsers",
        "specificAllowedTargets": [{"@odata.type": "#microsoft.graph.connectedOrganizationMembers",
            "connectedOrganizationId": organization, "description": "MSSP"}],
        "expiration": {"type": "afterDuration", "duration": "P365D"},
        "requestorSettings": {"enableTargetsToSelfAddAccess": true, "enableTargetsToSelfUpdateAccess": true,
            "enableTargetsToSelfRemoveAccess": true, "allowCustomAssignmentSchedule": false,
            "enableOnBehalfRequestorsToAddAccess": false, "enableOnBehalfRequestorsToUpdateAccess": false,
            "enableOnBehalfRequestorsToRemoveAccess": false, "onBehalfRequestors": []},
        "requestApprovalSettings": {"isApprovalRequiredForAdd": true, "isApprovalRequiredForUpdate": true,
            "isRequestorJustificationRequired": true, "stages": [{
                "durationBeforeAutomaticDenial": "P14D", "isApproverJustificationRequired": true,
                "isEscalationEnabled": false, "durationBeforeEscalation": "PT0S",
                "primaryApprovers": [{"@odata.type": "#microsoft.graph.groupMembers", "groupId": approvers,
                    "description": "MSSP Analyst Approvers"}],
                "fallbackPrimaryApprovers": [], "escalationApprovers": [], "fallbackEscalationApprovers": []}]},
        "reviewSettings": {"isEnabled": true, "expirationBehavior": "removeAccess",
            "isRecommendationEnabled": true, "isReviewerJustificationRequired": true, "isSelfReview": false,
            "schedule": {"startDateTime": "2027-01-01T00:00:00Z",
                "expiration": {"type": "afterDuration", "duration": "P14D"},
                "recurrence": {"pattern": {"type": "absoluteMonthly", "interval": 12, "month": 0,
                    "dayOfMonth": 0, "daysOfWeek": []}, "range": {"type": "noEnd", "numberOfOccurrences": 0}}},
            "primaryReviewers": [{"@odata.type": "#microsoft.graph.groupMembers", "groupId": approvers}],
            "fallbackReviewers": []},
    })
}

impl World {
    /// A Graph call with a person's own token, signed in to Adatum.
    pub async fn as_person(
        &self,
        address: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let graph = self.url("/EntitlementManagement.ReadWrite.All");
        let page =
            authorize::address(ADATUM, &[("scope", &format!("openid profile {graph}")), ("prompt", "")]);
        let mut browser = Browser::new(self.simulation.base_url());
        let back = browser.post(&page, &[("address", address)]).await;
        let code = url::Url::parse(&back.location).unwrap();
        let code = code.query_pairs().find(|(n, _)| n == "code").map(|(_, v)| v.into_owned());
        let code = code.unwrap_or_else(|| panic!("{address} is not let in: {}", back.location));
        let (_, tokens) = authorize::redeem(self, ADATUM, &code, authorize::VERIFIER).await;
        let token = tokens["access_token"].as_str().unwrap();
        let mut request = self.client.request(method, self.url(path)).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let sent = request.send().await.unwrap();
        (sent.status().as_u16(), serde_json::from_str(&sent.text().await.unwrap()).unwrap_or(Value::Null))
    }
}

impl Onboarded {
    /// Delays are switched off; the approvers group holds Adatum's administrator.
    pub async fn new() -> Self {
        Self::in_world(World::with_consent().await).await
    }

    pub async fn in_world(world: World) -> Self {
        let off = json!({"consistency.groups": 0, "consistency.catalog-resources": 0});
        world.sim("switches", off).await;
        let (approvers, tier1) =
            (world.group("MSSP Analyst Approvers").await, world.group("Tier 1 Analyst").await);
        let gail = world.user_id("gail@adatum.example").await;
        let member =
            json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{gail}")});
        assert_eq!(world.post(&format!("/v1.0/groups/{approvers}/members/$ref"), member).await.0, 204);
        let organization = id(&world.connect("contoso-soc.example").await);
        let catalog = world.catalog().await;
        assert_eq!(world.add_resource(&catalog, &tier1).await.0, 201);
        let package = world.package(&catalog, "Tier 1 Analyst").await;
        let resource = world.resource(&catalog, &tier1).await.unwrap();
        world.make(&format!("accessPackages/{package}/resourceRoleScopes"), member_role(&resource)).await;
        let policy = id(&world.make("assignmentPolicies", policy(&package, &organization, &approvers)).await);
        Self { world, organization, catalog, approvers, tier1, package, policy }
    }
}
