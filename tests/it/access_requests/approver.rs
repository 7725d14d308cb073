//! An approver of the provider, who is a guest and in the approvers' group at the customer, and his way to Microsoft and
//! back.

use std::sync::Mutex;

use mssp_portal::kit::ids::CustomerId;
use mssp_portal::kit::right::Role;
use mssp_portal::providers::AppKind;
use serde_json::{Value, json};
use url::Url;

use super::live::There;
use crate::support::app::{Answer, Person, TestApp};
use crate::support::cloud::plain;

/// What a browser sits at: its session here, and its cookie at the cloud.
pub struct Seat {
    pub person: Person,
    cloud: reqwest::Client,
    cookie: Mutex<String>,
}

impl Seat {
    pub fn of(person: Person) -> Self {
        let cloud = plain().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { person, cloud, cookie: Mutex::default() }
    }

    /// Leaves for the customer's sign-in: where the browser is sent to.
    pub async fn depart(&self, app: &TestApp, customer: CustomerId, more: &str) -> Url {
        let path = format!("/connections/{customer}/go?back=%2Frequests{more}");
        let answer = app.get(Some(&self.person), &path).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        answer.location().parse().unwrap()
    }

    async fn at_cloud(&self, request: reqwest::RequestBuilder) -> (Option<Url>, String) {
        let cookie = self.cookie.lock().unwrap().clone();
        let answer = request.header("cookie", cookie).send().await.unwrap();
        if let Some(set) = answer.headers().get("set-cookie") {
            let set = set.to_str().unwrap().split(';').next().unwrap().to_owned();
            *self.cookie.lock().unwrap() = set;
        }
        let to = answer.headers().get("location").map(|to| to.to_str().unwrap().parse().unwrap());
        (to, answer.text().await.unwrap())
    }

    /// Picks an account there: the address of the portal that the browser is sent back to, or the page that is shown.
    pub async fn pick(&self, authority: &Url, who: &str) -> Result<Url, String> {
        let (to, page) = self.at_cloud(self.cloud.post(authority.clone()).form(&[("address", who)])).await;
        to.ok_or(page)
    }

    /// Without a page: the way back that the authority gives at once.
    pub async fn silently(&self, authority: &Url) -> Url {
        let (to, page) = self.at_cloud(self.cloud.get(authority.clone())).await;
        to.unwrap_or_else(|| panic!("no way back: {page}"))
    }

    pub async fn back(&self, app: &TestApp, back: &Url) -> Answer {
        let path = format!("{}?{}", back.path(), back.query().unwrap_or_default());
        app.get(Some(&self.person), &path).await
    }

    /// The whole way.
    pub async fn connect(&self, there: &There, who: &str) -> Answer {
        let authority = self.depart(&there.app, there.customer, "").await;
        let back = self.pick(&authority, &there.address(who)).await.unwrap();
        self.back(&there.app, &back).await
    }
}

impl There {
    /// With a package that is known, and the approver app allowed.
    pub async fn ready() -> Self {
        let there = Self::new().await;
        there.know_package().await;
        there.allow(true).await;
        there.run().await;
        there
    }

    pub fn address(&self, who: &str) -> String {
        format!("{who}@{}", self.contoso.analyst_domain)
    }

    /// The customer's administrator consents to the approver app, or takes it back.
    pub async fn allow(&self, grant: bool) {
        self.cloud.consent(self.tenant, self.contoso.client_id(AppKind::Approver), grant).await;
    }

    /// Makes somebody of the analysts' directory a guest here; his object id.
    pub async fn invite(&self, who: &str) -> String {
        let body =
            json!({ "invitedUserEmailAddress": self.address(who), "inviteRedirectUrl": "https://x.example" });
        let made = self.by_hand("POST", "/invitations", body).await;
        made["invitedUser"]["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
    }

    /// A guest who is in the approvers' group.
    pub async fn let_decide(&self, who: &str) -> String {
        let id = self.invite(who).await;
        let member =
            json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}") });
        self.by_hand("POST", &format!("/groups/{}/members/$ref", self.approvers), member).await;
        id
    }

    /// A person of the provider with the role of an approver, at a browser.
    pub async fn seat(&self, name: &str) -> Seat {
        Seat::of(self.app.person(self.contoso.id, name, &[Role::Approver], true).await)
    }

    /// An approver who is connected.
    pub async fn connected(&self, who: &str) -> Seat {
        self.let_decide(who).await;
        let seat = self.seat(who).await;
        let answer = seat.connect(self, who).await;
        assert_eq!((answer.status.as_u16(), answer.location()), (303, "/requests"), "{}", answer.body);
        seat
    }

    /// A request that waits and was read.
    pub async fn waiting(&self, who: &str) -> String {
        let id = self.ask(who).await;
        self.later().await;
        id
    }

    /// Sends the form that decides on one request; what its page then says.
    pub async fn decide(&self, seat: &Seat, request: &str, verdict: &str) -> Answer {
        self.decide_as(seat, (request, verdict), uuid::Uuid::from_u128(rand())).await
    }

    pub async fn decide_as(
        &self,
        seat: &Seat,
        (request, verdict): (&str, &str),
        batch: uuid::Uuid,
    ) -> Answer {
        let path = format!("/requests/{}/{request}", self.customer);
        let form =
            format!("customer={}&batch={batch}&verdict={verdict}&reason=Known+and+expected", self.customer);
        let answer = self.app.post(Some(&seat.person), &format!("{path}/decide"), &form).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        self.app.get(Some(&seat.person), &path).await
    }

    /// Where the request stands at Microsoft.
    pub async fn state(&self, request: &str) -> String {
        let path = format!("/identityGovernance/entitlementManagement/assignmentRequests/{request}");
        let found = self.by_hand("GET", &path, Value::Null).await;
        found["state"].as_str().unwrap_or_else(|| panic!("{found}")).to_owned()
    }

    pub async fn fault(&self, method: &str, path: &str, kind: &str, more: Value) {
        let mut fault = json!({ "method": method, "path": path, "fault": kind });
        for (name, value) in more.as_object().into_iter().flatten() {
            fault[name] = value.clone();
        }
        self.cloud.control("POST", "/faults", fault).await;
    }

    /// How often the portal asked Microsoft to decide.
    pub async fn decisions_sent(&self) -> usize {
        let calls = self.cloud.control("GET", "/journal", Value::Null).await;
        let sent = |call: &&Value| {
            call["method"] == "PATCH" && call["path"].as_str().is_some_and(|path| path.contains("/stages/"))
        };
        calls.as_array().unwrap().iter().filter(sent).count()
    }

    /// State and outcome of every decision, the first first.
    pub async fn decisions(&self) -> Vec<(String, String)> {
        let rows =
            sqlx::query!("select state, outcome from decision order by intended_at, request_id, batch_id")
                .fetch_all(&self.app.owner)
                .await
                .unwrap();
        rows.into_iter().map(|row| (row.state, row.outcome)).collect()
    }

    /// What was done by people and by the portal about decisions, the first first.
    pub async fn told(&self) -> Vec<String> {
        sqlx::query_scalar!("select action from audit_event where action like 'decision.%' order by seq")
            .fetch_all(&self.app.owner)
            .await
            .unwrap()
    }
}

/// A number that no other form of this process has.
fn rand() -> u128 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static LAST: AtomicU64 = AtomicU64::new(1);
    (0x4000 << 64) | u128::from(LAST.fetch_add(1, Ordering::Relaxed))
}
