//! Reading requests from a customer's directory, against the simulated cloud.

use std::time::Duration;

use mssp_portal::kit::ids::{CustomerId, EntraTenantId};
use mssp_portal::kit::right::Role;
use mssp_portal::providers::AppKind;
use mssp_portal::work;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::cloud::{ReadyProvider, TestCloud};

pub const EM: &str = "/identityGovernance/entitlementManagement";

/// A customer who consented to reading and whose directory has one package of ours.
pub struct There {
    pub app: TestApp,
    pub cloud: TestCloud,
    pub contoso: ReadyProvider,
    pub customer: CustomerId,
    pub tenant: EntraTenantId,
    pub package: String,
    /// The group whose members decide.
    pub approvers: String,
}

impl There {
    pub async fn new() -> Self {
        let (app, cloud) = TestCloud::with_portal().await;
        let contoso = cloud.provider(&app, "contoso").await;
        let customer = cloud.add_customer(&app, &contoso, "Woodgrove Bank").await;
        let tenant =
            sqlx::query_scalar!("select entra_tenant_id from customer where customer_id = $1", customer.0)
                .fetch_one(&app.owner)
                .await
                .unwrap();
        let mut there = Self {
            app,
            cloud,
            contoso,
            customer,
            tenant: EntraTenantId(tenant),
            package: String::new(),
            approvers: String::new(),
        };
        there.cloud.control("POST", "/switches", json!({ "consistency.groups": 0 })).await;
        (there.package, there.approvers) = there.make_package().await;
        there.consent(true).await;
        there
    }

    pub async fn by_hand(&self, method: &str, path: &str, body: Value) -> Value {
        let call = json!({ "method": method, "path": path, "body": body });
        self.cloud.control("POST", &format!("/tenants/{}/graph", self.tenant), call).await
    }

    async fn made(&self, path: &str, body: Value) -> String {
        let made = self.by_hand("POST", path, body).await;
        made["id"].as_str().unwrap_or_else(|| panic!("{path}: {made}")).to_owned()
    }

    async fn make_package(&self) -> (String, String) {
        let group = json!({ "displayName": "Approvers", "mailEnabled": false, "mailNickname": "Approvers",
            "securityEnabled": true });
        let group = self.made("/groups", group).await;
        let source = json!({ "@odata.type": "#microsoft.graph.domainIdentitySource",
            "domainName": self.contoso.analyst_domain, "displayName": "MSSP" });
        let organization = json!({ "displayName": "MSSP", "description": "", "state": "configured",
            "identitySources": [source] });
        let organization = self.made(&format!("{EM}/connectedOrganizations"), organization).await;
        let catalog = json!({ "displayName": "MSSP Accesses", "description": "", "state": "published",
            "isExternallyVisible": true });
        let catalog = self.made(&format!("{EM}/catalogs"), catalog).await;
        let package = json!({ "displayName": "Tier 1 Analyst Access", "description": "", "isHidden": true,
            "catalog": { "id": catalog } });
        let package = self.made(&format!("{EM}/accessPackages"), package).await;
        let policy = policy(&package, &organization, &group);
        self.made(&format!("{EM}/assignmentPolicies"), policy).await;
        let admin = self.by_hand("GET", "/users/admin@woodgrove-bank.example", Value::Null).await;
        let id = admin["id"].as_str().unwrap();
        let member =
            json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}") });
        self.by_hand("POST", &format!("/groups/{group}/members/$ref"), member).await;
        (package, group)
    }

    pub async fn consent(&self, grant: bool) {
        self.cloud.consent(self.tenant, self.contoso.client_id(AppKind::Reader), grant).await;
    }

    /// What the engine keeps once it knows the package.
    pub async fn know_package(&self) {
        sqlx::query!(
            "insert into link (provider_id, customer_id, package, package_id, name, url, made_at, decide_within)
             values ($1, $2, 'tier1', $3, 'Tier 1 Analyst Access', 'http://x', $4, 1209600)",
            self.contoso.id.0,
            self.customer.0,
            self.package,
            self.app.app.clock.now()
        )
        .execute(&self.app.owner)
        .await
        .unwrap();
    }

    pub async fn ask(&self, who: &str) -> String {
        let body = json!({ "package": self.package, "homeTenant": self.contoso.analysts,
            "userPrincipalName": format!("{who}@{}", self.contoso.analyst_domain), "justification": "On duty" });
        let asked = self.cloud.control("POST", &format!("/tenants/{}/ask", self.tenant), body).await;
        asked["id"].as_str().unwrap().to_owned()
    }

    /// Somebody at the customer decides, in his own My Access.
    pub async fn decide_there(&self, id: &str, approve: bool, why: &str) {
        let verdict =
            json!({ "approve": approve, "by": "admin@woodgrove-bank.example", "justification": why });
        let path = format!("/tenants/{}/requests/{id}/decide", self.tenant);
        self.cloud.control("POST", &path, verdict).await;
    }

    /// As long as a turn of the reading may take, then whatever is due.
    pub async fn later(&self) {
        self.app.clock.advance(Duration::from_secs(50));
        self.run().await;
    }

    pub async fn run(&self) {
        work::workers(&self.app.app).run_due().await.unwrap();
    }

    pub async fn page(&self, path: &str) -> String {
        self.app.get(Some(&self.contoso.everyone), path).await.body
    }

    async fn row(&self) -> (Option<chrono::DateTime<chrono::Utc>>, String, String) {
        let row = sqlx::query!(
            r#"select due_at, outcome, coalesce(problem ->> 'cause', '') as "cause!" from work where kind = 'requests'"#
        )
        .fetch_one(&self.app.owner)
        .await
        .unwrap();
        (row.due_at, row.outcome, row.cause)
    }
}

pub fn policy(package: &str, organization: &str, approvers: &str) -> Value {
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

#[tokio::test]
async fn a_request_made_at_the_customer_stands_in_the_list_until_it_is_decided_there() {
    let there = There::new().await;
    there.know_package().await;
    there.run().await;
    there.later().await;
    assert!(there.page("/requests").await.contains("Nothing waits for a decision"));
    let id = there.ask("ada").await;
    there.later().await;
    let page = there.page("/requests").await;
    for words in ["Ada Analyst", "On duty", "Tier 1 Analyst Access", "14 days left", "New access"] {
        assert!(page.contains(words), "no {words} in {page}");
    }
    assert!(page.contains("/myaccess/@woodgrove-bank.example#/"));
    let verdict = json!({ "approve": false, "by": "admin@woodgrove-bank.example", "justification": "No" });
    let path = format!("/tenants/{}/requests/{id}/decide", there.tenant);
    there.cloud.control("POST", &path, verdict).await;
    there.later().await;
    assert!(there.page("/requests").await.contains("Nothing waits for a decision"));
    let page = there.page(&format!("/customers/{}/requests", there.customer)).await;
    assert!(page.contains("Denied") && page.contains("Ada Analyst"), "{page}");
    there.cloud.end().await;
}

#[tokio::test]
async fn while_microsoft_does_not_answer_the_list_stays_and_health_tells_why() {
    let there = There::new().await;
    there.know_package().await;
    there.run().await;
    there.ask("ada").await;
    there.later().await;
    let fault = json!({ "path": "/v1.0/identityGovernance/entitlementManagement/assignmentRequests",
        "fault": "503", "times": 1000 });
    there.cloud.control("POST", "/faults", fault).await;
    for _ in 0..8 {
        there.later().await;
    }
    assert!(there.row().await.2 == "unavailable", "{:?}", there.row().await);
    let page = there.page("/requests").await;
    assert!(page.contains("Ada Analyst") && page.contains("Not up to date for Woodgrove Bank"), "{page}");
    let health = there.page("/health").await;
    assert!(health.contains("Microsoft did not answer") && health.contains("Woodgrove Bank"), "{health}");
    there.cloud.control("DELETE", "/faults", Value::Null).await;
    there.app.clock.advance(Duration::from_secs(900 * 2));
    there.run().await;
    assert!(!there.page("/requests").await.contains("Not up to date"));
    there.cloud.end().await;
}

#[tokio::test]
async fn without_consent_and_while_paused_nothing_is_read_until_somebody_wakes_it() {
    let there = There::new().await;
    there.know_package().await;
    there.run().await;
    there.ask("ada").await;
    there.later().await;
    there.consent(false).await;
    // As long as the last token lives, and then the turns that find the consent gone.
    there.app.clock.advance(Duration::from_secs(3600 * 2));
    for _ in 0..4 {
        there.later().await;
    }
    let (due, ..) = there.row().await;
    assert_eq!(due, None, "asleep");
    let person = async |name: &str| there.app.person(there.contoso.id, name, &Role::ALL, true).await;
    let page = there.app.get(Some(&person("Later").await), "/requests").await.body;
    assert!(page.contains("Ada Analyst") && page.contains("Not up to date"), "nothing vanishes: {page}");
    there.consent(true).await;
    there.app.clock.advance(Duration::from_secs(3700));
    there.run().await;
    there.later().await;
    assert!(there.row().await.0.is_some(), "fresh consent wakes it");
    let again = person("Still later").await;
    let form = format!("customer={}&reason=Talks", there.customer);
    let path = format!("/customers/{}", there.customer);
    assert_eq!(there.app.post(Some(&again), &format!("{path}/pause"), &form).await.status, 303);
    there.later().await;
    assert_eq!(there.row().await.0, None, "a paused customer is left alone");
    let form = format!("customer={}", there.customer);
    assert_eq!(there.app.post(Some(&again), &format!("{path}/resume"), &form).await.status, 303);
    there.run().await;
    assert!(there.row().await.0.is_some());
    there.cloud.end().await;
}

/// How many requests the portal holds, in any state.
async fn held(there: &There) -> i64 {
    sqlx::query_scalar!(r#"select count(*) as "n!" from access_request"#)
        .fetch_one(&there.app.owner)
        .await
        .unwrap()
}

#[tokio::test]
async fn of_a_package_that_is_not_ours_nothing_is_kept_and_one_that_becomes_ours_is_followed() {
    let there = There::new().await;
    there.run().await;
    let id = there.ask("ada").await;
    there.later().await;
    assert_eq!(held(&there).await, 0, "no name, no reason, no request of somebody else's package");
    assert!(there.page("/requests").await.contains("Nothing waits for a decision"));
    // The engine made it or took it over; its link comes later.
    sqlx::query!(
        "insert into owned_object (provider_id, customer_id, object, graph_id, since)
         values ($1, $2, 'package.tier1', $3, $4)",
        there.contoso.id.0,
        there.customer.0,
        there.package,
        there.app.app.clock.now()
    )
    .execute(&there.app.owner)
    .await
    .unwrap();
    there.later().await;
    let page = there.page("/requests").await;
    assert!(page.contains("Ada Analyst") && page.contains("end not known"), "{page}");
    // It is ours no longer: what waited there is nobody's business here, and the figure follows.
    sqlx::query!("update owned_object set graph_id = 'another'").execute(&there.app.owner).await.unwrap();
    there.later().await;
    assert_eq!(held(&there).await, 0);
    let open = sqlx::query_scalar!("select open_requests from customer").fetch_one(&there.app.owner).await;
    assert_eq!(open.unwrap(), 0);
    let state = there.by_hand("GET", &format!("{EM}/assignmentRequests/{id}"), Value::Null).await;
    assert_eq!(state["state"], "pendingApproval", "it still waits at the customer");
    there.cloud.end().await;
}

#[tokio::test]
async fn an_extension_is_told_from_a_new_request() {
    let there = There::new().await;
    there.know_package().await;
    there.run().await;
    let id = there.ask("ada").await;
    let verdict = json!({ "approve": true, "by": "admin@woodgrove-bank.example", "justification": "Yes" });
    there.cloud.control("POST", &format!("/tenants/{}/requests/{id}/decide", there.tenant), verdict).await;
    there.app.clock.advance(Duration::from_secs(600));
    let more = json!({ "package": there.package, "homeTenant": there.contoso.analysts, "wish": "extend",
        "userPrincipalName": format!("ada@{}", there.contoso.analyst_domain), "justification": "Another year" });
    there.cloud.control("POST", &format!("/tenants/{}/ask", there.tenant), more).await;
    there.later().await;
    for path in ["/requests", "/", &format!("/customers/{}/requests", there.customer)] {
        let page = there.page(path).await;
        assert!(page.contains("Extension") && !page.contains("New access"), "{path}: {page}");
    }
    there.cloud.end().await;
}

#[tokio::test]
async fn when_the_end_of_a_request_becomes_known_what_tells_of_it_is_woken() {
    let there = There::new().await;
    there.know_package().await;
    let within = async |seconds: Option<i64>| {
        let set = sqlx::query!("update link set decide_within = $1", seconds);
        set.execute(&there.app.owner).await.unwrap();
    };
    there.run().await;
    within(None).await;
    there.ask("ada").await;
    there.later().await;
    let ends = async || {
        let ends = sqlx::query_scalar!("select denied_at from access_request");
        ends.fetch_one(&there.app.owner).await.unwrap()
    };
    assert_eq!(ends().await, None);
    within(Some(7200)).await;
    there.later().await;
    let end = ends().await.unwrap();
    let due = sqlx::query_scalar!("select due_at from work where kind = 'notices'");
    let due = due.fetch_one(&there.app.owner).await.unwrap().unwrap();
    assert!(due <= end - chrono::TimeDelta::minutes(50), "half the time, not in six hours: {due}");
    there.cloud.end().await;
}

#[tokio::test]
async fn a_request_of_a_kind_that_came_later_is_told_by_its_name_and_is_no_extension() {
    let there = There::new().await;
    there.know_package().await;
    there.run().await;
    let asked = there.ask("ada").await;
    there.decide_there(&asked, true, "Yes").await;
    there.later().await;
    let body = json!({ "package": there.package, "homeTenant": there.contoso.analysts, "wish": "revoke",
        "userPrincipalName": format!("ada@{}", there.contoso.analyst_domain) });
    there.cloud.control("POST", &format!("/tenants/{}/ask", there.tenant), body).await;
    there.later().await;
    let kinds =
        sqlx::query_scalar!("select request_type from access_request order by created_at, request_id");
    let kinds = kinds.fetch_all(&there.app.owner).await.unwrap();
    assert!(kinds.iter().any(|kind| kind == "approverRemove"), "{kinds:?}");
    sqlx::query!(
        "update access_request set request_type = 'unknownFutureValue', state = 'pendingApproval'
                   where request_type = 'approverRemove'"
    )
    .execute(&there.app.owner)
    .await
    .unwrap();
    let page = there.page("/requests").await;
    assert!(page.contains("Of a kind that is not told"), "{page}");
    assert!(!page.contains("move-customer\">Of a kind"), "no extension: {page}");
    there.cloud.end().await;
}
