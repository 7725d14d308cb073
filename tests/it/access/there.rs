//! Customers in the simulated cloud, each with a package of ours that our analysts can ask for.

use std::time::Duration;

use mssp_portal::access::reading::{assignments, reviews};
use mssp_portal::kit::ids::{CustomerId, EntraTenantId};
use mssp_portal::kit::reading::{self, Kept};
use mssp_portal::kit::scope::Scope;
use mssp_portal::providers::{AppKind, store as providers};
use mssp_portal::work;
use serde_json::{Value, json};

use crate::support::app::{Person, TestApp};
use crate::support::cloud::{ReadyProvider, TestCloud};

const EM: &str = "/identityGovernance/entitlementManagement";

/// A customer's directory with one package.
pub struct Place {
    pub customer: CustomerId,
    pub tenant: EntraTenantId,
    pub package: String,
    domain: String,
}

pub struct There {
    pub app: TestApp,
    pub cloud: TestCloud,
    pub contoso: ReadyProvider,
    pub staff: Person,
    pub places: Vec<Place>,
}

impl There {
    pub async fn new(names: &[&str], review: Value) -> Self {
        let (app, cloud) = TestCloud::with_portal().await;
        let contoso = cloud.provider(&app, "contoso").await;
        cloud.control("POST", "/switches", json!({ "consistency.groups": 0 })).await;
        let staff = contoso.everyone.clone();
        let mut there = Self { app, cloud, contoso, staff, places: Vec::new() };
        for name in names {
            let place = there.place(name, &review).await;
            there.places.push(place);
        }
        there
    }

    pub async fn by_hand(&self, tenant: EntraTenantId, method: &str, path: &str, body: Value) -> Value {
        let call = json!({ "method": method, "path": path, "body": body });
        self.cloud.control("POST", &format!("/tenants/{tenant}/graph"), call).await
    }

    async fn made(&self, tenant: EntraTenantId, path: &str, body: Value) -> String {
        let made = self.by_hand(tenant, "POST", path, body).await;
        made["id"].as_str().unwrap_or_else(|| panic!("{path}: {made}")).to_owned()
    }

    async fn place(&self, name: &str, review: &Value) -> Place {
        let customer = self.cloud.add_customer(&self.app, &self.contoso, name).await;
        let tenant =
            sqlx::query_scalar!("select entra_tenant_id from customer where customer_id = $1", customer.0)
                .fetch_one(&self.app.owner)
                .await
                .unwrap();
        let tenant = EntraTenantId(tenant);
        let group = json!({ "displayName": "Approvers", "mailEnabled": false, "mailNickname": "Approvers",
            "securityEnabled": true });
        let group = self.made(tenant, "/groups", group).await;
        let source = json!({ "@odata.type": "#microsoft.graph.domainIdentitySource",
            "domainName": self.contoso.analyst_domain, "displayName": "MSSP" });
        let organization = json!({ "displayName": "MSSP", "description": "", "state": "configured",
            "identitySources": [source] });
        let organization = self.made(tenant, &format!("{EM}/connectedOrganizations"), organization).await;
        sqlx::query!(
            "insert into owned_object (provider_id, customer_id, object, graph_id, since)
             values ($1, $2, 'connected-organization', $3, $4)",
            self.contoso.id.0,
            customer.0,
            organization,
            self.app.app.clock.now()
        )
        .execute(&self.app.owner)
        .await
        .unwrap();
        let catalog = json!({ "displayName": "MSSP Accesses", "description": "", "state": "published",
            "isExternallyVisible": true });
        let catalog = self.made(tenant, &format!("{EM}/catalogs"), catalog).await;
        let package = json!({ "displayName": "Tier 1 Analyst Access", "description": "", "isHidden": true,
            "catalog": { "id": catalog } });
        let package = self.made(tenant, &format!("{EM}/accessPackages"), package).await;
        let mut policy = crate::access_requests::live::policy(&package, &organization, &group);
        if !review.is_null() {
            policy["reviewSettings"] = review.clone();
            policy["reviewSettings"]["primaryReviewers"] = json!([{ "@odata.type": "#microsoft.graph.groupMembers", "groupId": group, "description": "A" }]);
        }
        self.made(tenant, &format!("{EM}/assignmentPolicies"), policy).await;
        let domain = format!("{}.example", name.to_lowercase().replace(' ', "-"));
        let admin = self.by_hand(tenant, "GET", &format!("/users/admin@{domain}"), Value::Null).await;
        let member = json!({ "@odata.id":
            format!("https://graph.microsoft.com/v1.0/directoryObjects/{}", admin["id"].as_str().unwrap()) });
        self.by_hand(tenant, "POST", &format!("/groups/{group}/members/$ref"), member).await;
        self.cloud.consent(tenant, self.contoso.client_id(AppKind::Reader), true).await;
        sqlx::query!(
            "insert into link (provider_id, customer_id, package, package_id, name, url, made_at)
             values ($1, $2, 'tier1', $3, 'Tier 1 Analyst Access', 'http://x', $4)",
            self.contoso.id.0,
            customer.0,
            package,
            self.app.app.clock.now()
        )
        .execute(&self.app.owner)
        .await
        .unwrap();
        Place { customer, tenant, package, domain }
    }

    /// An analyst asks and the customer's administrator approves.
    pub async fn give(&self, place: &Place, who: &str) {
        let body = json!({ "package": place.package, "homeTenant": self.contoso.analysts,
            "userPrincipalName": self.address(who), "justification": "On duty" });
        let asked = self.cloud.control("POST", &format!("/tenants/{}/ask", place.tenant), body).await;
        let verdict =
            json!({ "approve": true, "by": format!("admin@{}", place.domain), "justification": "Yes" });
        let path = format!("/tenants/{}/requests/{}/decide", place.tenant, asked["id"].as_str().unwrap());
        self.cloud.control("POST", &path, verdict).await;
        self.later(600).await;
    }

    pub fn address(&self, who: &str) -> String {
        format!("{who}@{}", self.contoso.analyst_domain)
    }

    /// What the customer's administrator does about one assignment of this person.
    pub async fn end_by_hand(&self, place: &Place, who: &str) {
        let held = self.held(place).await;
        let mail = self.address(who);
        let one =
            held.iter().find(|one| one["target"]["email"] == mail && one["state"] == "delivered").unwrap();
        let body = json!({ "requestType": "adminRemove", "assignment": { "id": one["id"] } });
        self.by_hand(place.tenant, "POST", &format!("{EM}/assignmentRequests"), body).await;
    }

    /// What the directory itself says is held.
    pub async fn held(&self, place: &Place) -> Vec<Value> {
        let path = format!("{EM}/assignments?$expand=target");
        self.by_hand(place.tenant, "GET", &path, Value::Null).await["value"].as_array().unwrap().clone()
    }

    /// Requests of the directory of this type.
    pub async fn requests(&self, place: &Place, kind: &str) -> usize {
        let all = self.by_hand(place.tenant, "GET", &format!("{EM}/assignmentRequests"), Value::Null).await;
        all["value"].as_array().unwrap().iter().filter(|one| one["requestType"] == kind).count()
    }

    pub async fn later(&self, seconds: u64) {
        self.app.clock.advance(Duration::from_secs(seconds));
    }

    pub async fn work(&self) {
        work::workers(&self.app.app).run_due().await.unwrap();
    }

    /// The customer's turn, as far as this room has a part in it.
    pub async fn turn(&self, place: &Place) -> (Option<Kept>, Option<Kept>) {
        let (app, customer) = (&self.app.app, place.customer);
        let scope = Scope::of_command_line(self.contoso.id);
        let mut tx = scope.begin(&app.db).await.unwrap();
        let now = app.clock.now();
        let first = assignments::wanted(&mut tx, customer, now).await.unwrap();
        let second = reviews::wanted(&mut tx, customer, now).await.unwrap();
        let credential = providers::credential(&mut tx, &app.seal, AppKind::Reader).await.unwrap().unwrap();
        drop(tx);
        let mut batch = app.graph.app(place.tenant, &credential).batch();
        let first = first.map(|wanted| wanted.put(&mut batch));
        let second = second.map(|wanted| wanted.put(&mut batch));
        let mut answers = batch.send().await.unwrap();
        let (mut one, mut two) = (None, None);
        let mut tx = scope.begin(&app.db).await.unwrap();
        if let Some(asked) = first {
            let due = asked.due().clone();
            let read = assignments::read(asked, &mut answers).await.unwrap();
            let kept = assignments::keep(&mut tx, customer, read, now).await.unwrap();
            let done =
                reading::done(&mut tx, &app.chance, customer, reading::ASSIGNMENTS, (&due, &kept), now);
            done.await.unwrap();
            one = Some(kept);
        }
        if let Some(asked) = second {
            let due = asked.due().clone();
            let read = reviews::read(asked, &mut answers).await.unwrap();
            let kept = reviews::keep(&mut tx, customer, read, now).await.unwrap();
            let done = reading::done(&mut tx, &app.chance, customer, reading::REVIEWS, (&due, &kept), now);
            done.await.unwrap();
            two = Some(kept);
        }
        tx.commit_bookkeeping("test").await.unwrap();
        (one, two)
    }

    /// As `turn`, when everything is due again.
    pub async fn turn_after(&self, place: &Place, seconds: u64) -> (Option<Kept>, Option<Kept>) {
        self.later(seconds).await;
        self.turn(place).await
    }

    pub async fn page(&self, path: &str) -> String {
        let staff = self.app.session(self.contoso.id, self.staff.id).await;
        let answer = self.app.get(Some(&staff), path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    /// What was told, by kind and identity.
    pub async fn told(&self, kind: &str) -> Vec<(String, Value)> {
        let rows =
            sqlx::query!("select about, facts from happening where kind = $1 order by at, about", kind);
        let rows = rows.fetch_all(&self.app.owner).await.unwrap();
        rows.into_iter().map(|row| (row.about, row.facts)).collect()
    }
}
