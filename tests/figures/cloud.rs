//! The simulated cloud in a process of its own, with as many customers' directories as are wanted.

use std::process::Stdio;

use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

pub const READER: &str = "aaaaaaaa-0000-4000-8000-000000000001";
pub const SECRET: &str = "the-secret-of-the-reader";
const ANALYSTS: &str = "analysts.example";
const EM: &str = "/identityGovernance/entitlementManagement";
const PERMISSIONS: [&str; 7] = [
    "EntitlementManagement.Read.All",
    "GroupMember.Read.All",
    "Organization.Read.All",
    "User.Read.All",
    "AccessReview.Read.All",
    "AuditLog.Read.All",
    "SecurityAlert.Read.All",
];

pub struct Cloud {
    pub base: String,
    http: reqwest::Client,
    _process: Child,
}

/// A customer's directory with one package of ours.
#[derive(Clone, Debug)]
pub struct Tenant {
    pub id: String,
    pub package: String,
}

impl Cloud {
    /// The program that `CLOUD_SIM` names.
    pub async fn start() -> Self {
        let program =
            std::env::var("CLOUD_SIM").expect("scripts/figures names the simulated cloud's program");
        let mut process = Command::new(program)
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let said = lines.next_line().await.unwrap().unwrap();
        let base = said.trim_start_matches("simulated cloud: ").to_owned();
        let http = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
        Self { base, http, _process: process }
    }

    pub async fn control(&self, method: &str, path: &str, body: Value) -> Value {
        let url = format!("{}/sim{path}", self.base);
        let request = self.http.request(method.parse().unwrap(), url);
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// The provider's two directories, and so many customers' who consented to reading.
    pub async fn populate(&self, many: usize) -> Vec<Tenant> {
        let application = json!({ "appId": READER, "displayName": "Reader", "secret": SECRET,
            "signInAudience": "AzureADMultipleOrgs", "requiredPermissions": { "application": PERMISSIONS } });
        let users = json!([{ "userPrincipalName": format!("ada@{ANALYSTS}"), "displayName": "Ada Analyst" }]);
        let home =
            json!({ "displayName": "Home", "domains": ["home.example"], "applications": [application] });
        let analysts = json!({ "displayName": "Analysts", "domains": [ANALYSTS], "users": users });
        self.control("POST", "/world", json!({ "tenants": [home, analysts] })).await;
        self.control("POST", "/switches", json!({ "consistency.groups": 0 })).await;
        let mut tenants = Vec::with_capacity(many);
        for some in (0..many).collect::<Vec<_>>().chunks(20) {
            let declared: Vec<Value> = some.iter().map(|number| declared(*number)).collect();
            let world = self.control("POST", "/world", json!({ "tenants": declared })).await;
            let ids: Vec<String> = world["tenants"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["id"].as_str().unwrap().to_owned())
                .collect();
            let made = stream::iter(ids).map(|id| self.furnish(id)).buffer_unordered(8).collect::<Vec<_>>();
            tenants.extend(made.await);
        }
        self.control("DELETE", "/journal", Value::Null).await;
        tenants
    }

    async fn furnish(&self, id: String) -> Tenant {
        let made = async |path: &str, body: Value| {
            let call = json!({ "method": "POST", "path": path, "body": body });
            let made = self.control("POST", &format!("/tenants/{id}/graph"), call).await;
            made["id"].as_str().unwrap_or_else(|| panic!("{path}: {made}")).to_owned()
        };
        let group = json!({ "displayName": "Approvers", "mailEnabled": false, "mailNickname": "Approvers",
            "securityEnabled": true });
        let group = made("/groups", group).await;
        let source = json!({ "@odata.type": "#microsoft.graph.domainIdentitySource", "domainName": ANALYSTS,
            "displayName": "MSSP" });
        let organization = json!({ "displayName": "MSSP", "description": "", "state": "configured",
            "identitySources": [source] });
        let organization = made(&format!("{EM}/connectedOrganizations"), organization).await;
        let catalog = json!({ "displayName": "MSSP", "description": "", "state": "published",
            "isExternallyVisible": true });
        let catalog = made(&format!("{EM}/catalogs"), catalog).await;
        let package = json!({ "displayName": "Tier 1", "description": "", "isHidden": true,
            "catalog": { "id": catalog } });
        let package = made(&format!("{EM}/accessPackages"), package).await;
        made(&format!("{EM}/assignmentPolicies"), policy(&package, &organization, &group)).await;
        let consent = json!({ "appId": READER, "grant": true });
        self.control("POST", &format!("/tenants/{id}/consent"), consent).await;
        Tenant { id, package }
    }

    /// Somebody asks for the package.
    pub async fn ask(&self, tenant: &Tenant) -> String {
        let body = json!({ "package": tenant.package, "homeTenant": ANALYSTS,
            "userPrincipalName": format!("ada@{ANALYSTS}"), "justification": "On duty" });
        let asked = self.control("POST", &format!("/tenants/{}/ask", tenant.id), body).await;
        asked["id"].as_str().unwrap().to_owned()
    }

    /// Every batch is answered so much later.
    pub async fn slow(&self, milliseconds: u64) {
        let fault =
            json!({ "path": "/v1.0/$batch", "fault": "slow", "holdMs": milliseconds, "times": u32::MAX });
        self.control("POST", "/faults", fault).await;
    }

    /// The number of the last call.
    pub async fn last_call(&self) -> u64 {
        let last = self.control("GET", "/journal?last=1", Value::Null).await;
        last[0]["seq"].as_u64().unwrap_or(0)
    }

    /// Calls since that one.
    pub async fn calls_since(&self, seq: u64) -> Vec<Value> {
        let found = self.control("GET", &format!("/journal?since={seq}"), Value::Null).await;
        found.as_array().unwrap().clone()
    }
}

fn declared(number: usize) -> Value {
    let domain = format!("c{number}.example");
    json!({
        "displayName": format!("Customer {number}"), "domains": [domain], "licences": ["AAD_PREMIUM_P2", "WINDEFATP"],
        "users": [{ "userPrincipalName": format!("admin@{domain}"), "displayName": "Admin",
            "roles": ["Global Administrator"] }],
    })
}

fn policy(package: &str, organization: &str, approvers: &str) -> Value {
    json!({
        "displayName": "MSSP analysts", "description": "", "accessPackage": { "id": package },
        "allowedTargetScope": "specificConnectedOrganizationUsers",
        "specificAllowedTargets": [{ "@odata.type": "#microsoft.graph.connectedOrganizationMembers",
            "connectedOrganizationId": organization, "description": "MSSP" }],
        "expiration": { "type": "afterDuration", "duration": "P365D" },
        "requestorSettings": { "enableTargetsToSelfAddAccess": true, "enableTargetsToSelfUpdateAccess": true,
            "enableTargetsToSelfRemoveAccess": true, "allowCustomAssignmentSchedule": false,
            "enableOnBehalfRequestorsToAddAccess": false, "enableOnBehalfRequestorsToUpdateAccess": false,
            "enableOnBehalfRequestorsToRemoveAccess": false, "onBehalfRequestors": [] },
        "requestApprovalSettings": { "isApprovalRequiredForAdd": true, "isApprovalRequiredForUpdate": true,
            "isRequestorJustificationRequired": true, "stages": [{
                "durationBeforeAutomaticDenial": "P14D", "isApproverJustificationRequired": true,
                "isEscalationEnabled": false, "durationBeforeEscalation": "PT0S",
                "primaryApprovers": [{ "@odata.type": "#microsoft.graph.groupMembers", "groupId": approvers,
                    "description": "Approvers" }],
                "fallbackPrimaryApprovers": [], "escalationApprovers": [], "fallbackEscalationApprovers": [] }] },
    })
}
