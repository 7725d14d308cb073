//! A customer on his way: what people and time do, as short words for the tests.

use std::time::Duration;

use chrono::{DateTime, Utc};
use mssp_portal::kit::ids::{CustomerId, EntraTenantId};
use mssp_portal::onboarding::blueprint::{Blueprint, DefenderMode};
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
        Self::on(app, cloud, name).await
    }

    pub async fn on(app: TestApp, cloud: TestCloud, name: &str) -> Self {
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

    /// The same where Microsoft shows whatever is made only so many seconds later, and the portal makes the Defender
    /// roles too: every kind of create there is.
    pub async fn late(seconds: u32) -> Self {
        let stage = Self::new("Woodgrove Bank").await;
        stage.automatic().await;
        stage.seen_after(seconds).await;
        stage
    }

    /// A blueprint whose Defender roles the portal makes.
    pub async fn automatic(&self) {
        let mut blueprint = Blueprint::default();
        blueprint.defender.mode = DefenderMode::Automatic;
        sqlx::query!(
            "insert into blueprint (provider_id, version, document, made_at)
             select provider_id, 1, $2, '2026-01-01' from provider where provider_id = $1",
            self.provider.id.0,
            serde_json::to_value(blueprint).unwrap()
        )
        .execute(&self.app.owner)
        .await
        .unwrap();
    }

    /// From now on Microsoft shows what is made only so many seconds later.
    pub async fn seen_after(&self, seconds: u32) {
        let switches: serde_json::Map<String, Value> = [
            "groups",
            "organizations",
            "catalogs",
            "catalog-resources",
            "packages",
            "role-scopes",
            "policies",
            "defender",
        ]
        .into_iter()
        .map(|kind| (format!("consistency.{kind}"), json!(format!("{seconds}000ms"))))
        .collect();
        self.cloud.control("POST", "/switches", Value::Object(switches)).await;
    }

    /// Read, answered, approved; the operator's consent is all that is wanted before something is written.
    pub async fn approved(&self) {
        self.minutes(1).await;
        self.administrator().await;
        if self.page("").await.contains("step-defender-role.tier1") {
            self.declare("rbac").await;
        }
        self.approve().await;
    }

    /// Consent for writing is there, and nothing but the run is due: nobody else reads or writes meanwhile.
    pub async fn only_the_run_is_due(&self) {
        sqlx::query!("update work set leased_until = '2100-01-01' where kind = 'run'")
            .execute(&self.app.owner)
            .await
            .unwrap();
        self.consent(AppKind::Operator, true).await;
        self.minutes(1).await;
        sqlx::query!(
            "update work set leased_until = null, due_at = case when kind = 'run' then $1::timestamptz end,
                    rank_at = case when kind = 'run' then $1::timestamptz end",
            self.app.clock.clock().now()
        )
        .execute(&self.app.owner)
        .await
        .unwrap();
    }

    /// One call is hit by a fault, the first of its kind.
    pub async fn hit(&self, method: &str, path: &str, fault: &str, position: &str) {
        let hit = json!({ "method": method, "path": path, "fault": fault, "position": position });
        self.cloud.control("POST", "/faults", hit).await;
    }

    /// Id of the run that the page shows.
    pub async fn run(&self) -> String {
        let page = self.page("").await;
        page.split("name=\"run\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
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
        let calls = self.calls().await.into_iter();
        // A batch of the portal's only reads.
        let sent = calls.filter(|call| call.0 != "GET" && !call.1.ends_with("/$batch"));
        let writes = sent.map(|call| format!("{} {}", call.0, call.1));
        writes.filter(|call| call.contains("/v1.0/") || call.contains("/beta/")).collect()
    }

    /// Calls at Graph so far: method, path and what was answered.
    pub async fn calls(&self) -> Vec<(String, String, Value)> {
        let journal = self.cloud.control("GET", "/journal", Value::Null).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let calls = journal.as_array().unwrap().iter();
        calls.map(|call| (text(&call["method"]), text(&call["path"]), call["status"].clone())).collect()
    }

    /// How many calls at Graph were met by a fault.
    pub async fn struck(&self) -> usize {
        let struck = |status: &Value| status == "lost-answer" || matches!(status.as_u64(), Some(429 | 500..));
        self.calls().await.iter().filter(|(_, path, status)| path.starts_with('/') && struck(status)).count()
    }

    /// Whatever is due is done, and time passes, until such a call was made.
    pub async fn until_called(&self, method: &str, path: &str) {
        for _ in 0..120 {
            work::workers(&self.app.app).run_due().await.unwrap();
            if self.called(method, path).await > 0 {
                return;
            }
            self.app.clock.advance(Duration::from_secs(2));
        }
        panic!("{method} {path} was never called");
    }

    /// How often this was called.
    pub async fn called(&self, method: &str, path: &str) -> usize {
        self.calls().await.iter().filter(|call| call.0 == method && call.1 == path).count()
    }

    /// Waits until somebody else has made this call.
    pub async fn until_seen(&self, method: &str, path: &str) {
        while self.called(method, path).await == 0 {
            tokio::task::yield_now().await;
        }
    }

    /// Paths of calls that got no answer and wait for one.
    pub async fn hanging(&self) -> Vec<String> {
        self.calls().await.into_iter().filter(|call| call.2 == "timeout").map(|call| call.1).collect()
    }

    /// Whatever is due is done, and time passes, until this step of the run is done.
    pub async fn until_done(&self, step: &str) {
        for _ in 0..360 {
            work::workers(&self.app.app).run_due().await.unwrap();
            if self.is_done(step).await {
                return;
            }
            self.app.clock.advance(Duration::from_secs(10));
        }
        panic!("{step} is not done in an hour:\n{}", self.journal().await);
    }

    /// No run has this step still to do.
    pub async fn is_done(&self, step: &str) -> bool {
        let open = sqlx::query_scalar!(
            r#"select count(*) as "open!" from run_step where step = $1 and state not in ('done', 'skipped')"#,
            step
        )
        .fetch_one(&self.app.owner)
        .await
        .unwrap();
        open == 0
    }

    /// The first half of an onboarding, the approvers' seats, the second half.
    pub async fn to_the_end(&self) {
        self.until_done("link.approvers").await;
        self.seat_approvers().await;
        for step in ["link.tier1", "link.tier2", "defender-role.tier1", "defender-role.tier2"] {
            self.until_done(step).await;
        }
    }

    /// The run's journal, and where its steps stand.
    pub async fn journal(&self) -> String {
        let lines = sqlx::query!("select at, step, message, arguments from run_log order by seq")
            .fetch_all(&self.app.owner)
            .await
            .unwrap();
        let lines =
            lines.iter().map(|one| format!("{} {} {} {}", one.at, one.step, one.message, one.arguments));
        let steps =
            sqlx::query!("select step, state, attempts, sent, problem from run_step order by ordinal")
                .fetch_all(&self.app.owner)
                .await
                .unwrap();
        let steps = steps
            .iter()
            .map(|one| format!("{} {} {} {} {:?}", one.step, one.state, one.attempts, one.sent, one.problem));
        lines.chain(steps).collect::<Vec<_>>().join("\n")
    }

    /// Until when the run's work is leased, if it is.
    pub async fn leased_until(&self) -> Option<DateTime<Utc>> {
        sqlx::query_scalar!("select leased_until from work where kind = 'run'")
            .fetch_optional(&self.app.owner)
            .await
            .unwrap()
            .flatten()
    }

    /// Step x of n, as the list of customers shows it.
    pub async fn progress(&self) -> (i32, i32) {
        let row =
            sqlx::query!("select steps_done, steps_total from customer").fetch_one(&self.app.owner).await;
        row.map(|row| (row.steps_done, row.steps_total)).unwrap()
    }

    /// What the audit log says of such acts, as one text.
    pub async fn audited(&self, action: &str) -> String {
        let bodies =
            sqlx::query_scalar!("select body from audit_event where action = $1 order by seq", action)
                .fetch_all(&self.app.owner)
                .await
                .unwrap();
        bodies.iter().map(|body| String::from_utf8_lossy(body).into_owned()).collect::<Vec<_>>().join("\n")
    }
}
