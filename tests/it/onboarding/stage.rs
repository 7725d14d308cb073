//! A customer on his way: what people and time do, as short words for the tests.

use std::time::Duration;

use mssp_portal::kit::ids::{CustomerId, EntraTenantId};
use mssp_portal::providers::AppKind;
use mssp_portal::work;
use serde_json::{Value, json};

use crate::support::app::{Answer, TestApp};
use crate::support::cloud::{ReadyProvider, TestCloud};

pub struct Stage {
    pub app: TestApp,
    pub cloud: TestCloud,
    pub provider: ReadyProvider,
    pub customer: CustomerId,
    pub tenant: EntraTenantId,
}

impl Stage {
    /// A customer whose administrator has consented to reading; nothing was read yet.
    pub async fn new(name: &str) -> Self {
        let (app, cloud) = TestCloud::with_portal().await;
        let provider = cloud.provider(&app, "contoso").await;
        let customer = cloud.add_customer(&app, &provider, name).await;
        let tenant =
            sqlx::query_scalar!("select entra_tenant_id from customer where customer_id = $1", customer.0)
                .fetch_one(&app.owner)
                .await
                .unwrap();
        let stage = Self { app, cloud, provider, customer, tenant: EntraTenantId(tenant) };
        stage.consent(AppKind::Reader, true).await;
        stage
    }

    /// The customer's administrator gives or takes consent; the check learns of it when it is due.
    pub async fn consent(&self, kind: AppKind, grant: bool) {
        self.cloud.consent(self.tenant, self.provider.client_id(kind), grant).await;
        self.check().await;
    }

    /// Somebody presses "read now".
    pub async fn check(&self) {
        let answer = self.act(&format!("/customers/{}/check", self.customer), "").await;
        assert_eq!(answer.status, 303, "{}", answer.body);
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/customers/{}/onboarding{rest}", self.customer)
    }

    /// A form about this customer.
    pub async fn act(&self, path: &str, form: &str) -> Answer {
        let form = format!("customer={}&{form}", self.customer);
        self.app.post(Some(&self.provider.everyone), path, form.trim_end_matches('&')).await
    }

    /// The same, that must be taken.
    pub async fn done(&self, rest: &str, form: &str) {
        let answer = self.act(&self.path(rest), form).await;
        assert_eq!(answer.status, 303, "{rest} {form}: {}", answer.body);
    }

    pub async fn page(&self, rest: &str) -> String {
        let answer = self.app.get(Some(&self.provider.everyone), &self.path(rest)).await;
        assert_eq!(answer.status, 200, "{rest}: {}", answer.body);
        answer.body
    }

    /// Whatever is due is done; then some minutes pass, in small steps.
    pub async fn minutes(&self, minutes: u64) {
        for _ in 0..minutes * 6 {
            work::workers(&self.app.app).run_due().await.unwrap();
            self.app.clock.advance(Duration::from_secs(10));
        }
    }

    pub async fn state(&self) -> String {
        let row = sqlx::query!(
            "select state, whose_move, next_move from customer where customer_id = $1",
            self.customer.0
        )
        .fetch_one(&self.app.owner)
        .await
        .unwrap();
        format!("{} {}", row.state, row.whose_move)
    }

    pub async fn administrator(&self) {
        let name = self.admin();
        self.done("/administrator", &format!("principal_name={name}")).await;
    }

    /// User principal name of the customer's administrator.
    pub fn admin(&self) -> String {
        format!("admin@{}", self.domain())
    }

    pub fn domain(&self) -> &'static str {
        "woodgrove-bank.example"
    }

    /// The id of the plan that the page offers for approval.
    pub async fn offered(&self) -> Option<String> {
        let page = self.page("").await;
        let at = page.find("name=\"plan\" value=\"")? + 19;
        Some(page[at..].chars().take_while(|c| *c != '"').collect())
    }

    pub async fn approve(&self) {
        let plan = self.offered().await.expect("a plan to approve");
        self.done("/approve", &format!("plan={plan}")).await;
    }

    pub async fn declare(&self, step: &str) {
        let model = if step == "rbac" { "&rbac=unified" } else { "" };
        self.done(&format!("/steps/{step}/declare"), &format!("proof=seen+by+Anna{model}")).await;
    }

    /// Our approvers ask for their package, the customer's administrator approves.
    pub async fn seat_approvers(&self) {
        for name in ["ben", "cleo"] {
            self.ask("MSSP Analyst Approvers", name, &self.admin()).await;
        }
    }

    /// One of our people asks for a package and somebody approves.
    pub async fn ask(&self, package: &str, who: &str, by: &str) {
        self.ask_as(package, &format!("{who}@{}", self.provider.analyst_domain), by).await;
    }

    /// One of our approvers.
    pub fn approver(&self) -> String {
        format!("ben@{}", self.provider.analyst_domain)
    }

    /// The same by a whole name.
    pub async fn ask_as(&self, package: &str, name: &str, by: &str) {
        let tid = self.tenant;
        let asked = self
            .cloud
            .control(
                "POST",
                &format!("/tenants/{tid}/ask"),
                json!({
                    "package": package, "homeTenant": self.provider.analysts,
                    "userPrincipalName": name,
                    "justification": "I look after this customer",
                }),
            )
            .await;
        let id = asked["id"].as_str().unwrap();
        let path = format!("/tenants/{tid}/requests/{id}/decide");
        self.cloud
            .control("POST", &path, json!({ "approve": true, "by": by, "justification": "fine" }))
            .await;
    }

    /// Everything up to the state "onboarded".
    pub async fn onboard(&self) {
        self.minutes(1).await;
        self.administrator().await;
        self.approve().await;
        self.consent(AppKind::Operator, true).await;
        self.minutes(3).await;
        self.seat_approvers().await;
        self.minutes(4).await;
        for step in
            ["rbac", "defender-role.tier1", "defender-role.tier2", "device-groups", "live-response.tier2"]
        {
            self.declare(step).await;
        }
        self.declare("first-analyst").await;
        self.check().await;
        self.minutes(1).await;
    }

    /// The customer's administrator does something by hand in his own tenant; returns what Microsoft answered.
    pub async fn by_hand(&self, method: &str, path: &str, body: Value) -> Value {
        let call = json!({ "method": method, "path": path, "body": body });
        self.cloud.control("POST", &format!("/tenants/{}/graph", self.tenant), call).await
    }

    /// A security group made by hand.
    pub async fn group_by_hand(&self, name: &str) -> String {
        let nickname = name.replace(' ', "");
        let group = json!({
            "displayName": name, "mailNickname": nickname, "mailEnabled": false, "securityEnabled": true,
        });
        // Made long ago, so that everybody sees it.
        self.cloud.control("POST", "/switches", json!({ "consistency.groups": 0 })).await;
        let made = self.by_hand("POST", "/groups", group).await;
        self.cloud.control("POST", "/switches", json!({ "consistency.groups": 1 })).await;
        made["id"].as_str().unwrap().to_owned()
    }

    /// The customer's tenant as the simulated cloud holds it.
    pub async fn tenant_world(&self) -> Value {
        let world = self.cloud.control("GET", "/world", Value::Null).await;
        let tid = self.tenant.to_string();
        let tenants = world["tenants"].as_array().unwrap();
        tenants.iter().find(|tenant| tenant["id"] == tid).unwrap().clone()
    }

    /// How many objects of each kind the tenant holds: groups, organizations, catalogs, resources, packages, role
    /// scopes, policies.
    pub async fn counts(&self) -> Vec<usize> {
        let tenant = self.tenant_world().await;
        let mut counts = [
            "groups",
            "connectedOrganizations",
            "catalogs",
            "resources",
            "packages",
            "roleScopes",
            "policies",
        ]
        .map(|kind| tenant[kind].as_array().map_or(0, Vec::len));
        // Every tenant has Microsoft's own catalog "General".
        counts[2] -= 1;
        counts.to_vec()
    }

    /// The links that are kept, by package.
    pub async fn links(&self) -> Vec<(String, String)> {
        let rows = sqlx::query!(
            "select package, url from link where customer_id = $1 order by package",
            self.customer.0
        );
        let rows = rows.fetch_all(&self.app.owner).await.unwrap();
        rows.into_iter().map(|row| (row.package, row.url)).collect()
    }

    /// The portal knows neither what it made nor the links.
    pub async fn forget_what_was_made(&self) {
        for table in ["link", "owned_object"] {
            let sql = format!("delete from {table} where customer_id = '{}'", self.customer.0);
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&self.app.owner).await.unwrap();
        }
    }

    /// Writes of the engine at Graph so far: method and path.
    pub async fn writes(&self) -> Vec<String> {
        let journal = self.cloud.control("GET", "/journal", Value::Null).await;
        let calls = journal.as_array().cloned().or_else(|| journal["calls"].as_array().cloned()).unwrap();
        calls
            .iter()
            .filter(|call| call["method"] != "GET")
            .map(|call| format!("{} {}", call["method"].as_str().unwrap(), call["path"].as_str().unwrap()))
            .filter(|call| call.contains("/v1.0/") || call.contains("/beta/"))
            .collect()
    }
}
