//! Who may ask and decide, and what happens as time goes by.

use reqwest::Method;
use serde_json::{Value, json};

use super::kit::{ADATUM, CONTOSO};
use super::onboarded::{Onboarded, policy};

const ADA: &str = "ana@contoso-soc.example";
const GAIL: &str = "gail@adatum.example";
const DAY: i64 = 86_400;

impl Onboarded {
    /// A control call in Adatum's tenant: status and body, whatever it is.
    pub async fn control(&self, what: &str, body: Value) -> (u16, Value) {
        let url = self.world.url(&format!("/sim/tenants/{ADATUM}/{what}"));
        let sent = self.world.client.post(url).json(&body).send().await.unwrap();
        (sent.status().as_u16(), sent.json().await.unwrap_or(Value::Null))
    }

    pub async fn asked(&self, who: &str) -> (u16, Value) {
        self.control(
            "ask",
            json!({"package": self.package, "userPrincipalName": who, "homeTenant": CONTOSO,
            "justification": "On duty"}),
        )
        .await
    }

    pub async fn decided(&self, request: &Value, by: &str, approve: bool) -> (u16, Value) {
        let path = format!("requests/{}/decide", request["id"].as_str().unwrap());
        self.control(&path, json!({"approve": approve, "by": by, "justification": "Known to us"})).await
    }

    pub async fn days(&self, days: i64) {
        self.world.sim("clock", json!({"advanceSeconds": days * DAY})).await;
    }

    /// The policy goes on without reviews, so that nothing ends but by time.
    pub async fn without_reviews(&self) {
        let mut body = policy(&self.package, &self.organization, &self.approvers);
        body["reviewSettings"] = Value::Null;
        let path = format!("assignmentPolicies/{}", self.policy);
        assert_eq!(self.world.em_write(Method::PUT, &path, body).await.0, 200);
    }

    /// Adatum as the simulation keeps it.
    pub async fn kept(&self) -> Value {
        let url = self.world.url("/sim/world");
        let all: Value = self.world.client.get(url).send().await.unwrap().json().await.unwrap();
        all["tenants"].as_array().unwrap().iter().find(|t| t["id"] == ADATUM).unwrap().clone()
    }

    pub async fn members(&self) -> Value {
        let kept = self.kept().await;
        let groups = kept["groups"].as_array().unwrap();
        groups.iter().find(|g| g["id"] == self.tier1.as_str()).unwrap()["members"].clone()
    }

    /// Ana's request, approved and delivered.
    pub async fn with_ana() -> (Self, Value) {
        let there = Self::new().await;
        let request = there.let_ana_in().await;
        (there, request)
    }

    pub async fn let_ana_in(&self) -> Value {
        let request = self.asked(ADA).await.1;
        assert_eq!(self.decided(&request, GAIL, true).await.0, 200);
        request
    }
}

#[tokio::test]
async fn an_analyst_asks_an_approver_decides_and_the_guest_is_made() {
    let there = Onboarded::new().await;
    let (status, request) = there.asked(ADA).await;
    assert_eq!((status, &request["state"]), (200, &json!("pendingApproval")), "{request}");
    assert_eq!(there.asked(ADA).await.0, 400, "a second request");
    assert_eq!(there.decided(&request, GAIL, true).await.1["state"], "delivering");
    let kept = there.kept().await;
    let guest = kept["users"].as_array().unwrap().iter().find(|u| u["guest"] == true).unwrap().clone();
    assert_eq!(guest["userPrincipalName"], "ana_contoso-soc.example#EXT#@adatum.onmicrosoft.com");
    assert_eq!(guest["externalState"], "PendingAcceptance");
    assert_eq!(there.members().await, json!([guest["id"]]));
    assert_eq!(kept["assignments"][0]["state"], "delivered");
    assert_eq!(there.decided(&request, GAIL, true).await.0, 409, "decided already");
    assert_eq!(there.asked(ADA).await.0, 400, "he has it");
}

#[tokio::test]
async fn only_people_of_the_connected_organization_may_ask() {
    let there = Onboarded::new().await;
    let fabrikam = json!({"tenants": [{"displayName": "Fabrikam", "domains": ["fabrikam.example"],
        "users": [{"userPrincipalName": "eve@fabrikam.example", "displayName": "Eve Other"}]}]});
    there.world.sim("world", fabrikam).await;
    let body = json!({"package": "Tier 1 Analyst", "userPrincipalName": "eve@fabrikam.example", "justification": "x"});
    assert_eq!(there.control("ask", body.clone()).await.0, 403);
    let mut silent = body.clone();
    silent["userPrincipalName"] = json!(ADA);
    silent["justification"] = json!("");
    assert_eq!(there.control("ask", silent.clone()).await.0, 400, "a justification is required");
    silent["justification"] = json!("On duty");
    assert_eq!(there.control("ask", silent).await.0, 200, "found by the package's name");
    let mut insider = body;
    insider["userPrincipalName"] = json!(GAIL);
    assert_eq!(there.control("ask", insider).await.0, 403);
}

#[tokio::test]
async fn nobody_decides_about_himself_and_only_approvers_decide() {
    let (there, _) = Onboarded::with_ana().await;
    let request = there.asked("bo@contoso-soc.example").await.1;
    assert_eq!(there.decided(&request, ADA, true).await.0, 403, "an analyst is no approver");
    let group = format!("/v1.0/groups/{}/members/$ref", there.approvers);
    let kept = there.kept().await;
    let ana = kept["users"].as_array().unwrap().iter().find(|u| u["guest"] == true).unwrap()["id"].clone();
    let member = json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{}", ana.as_str().unwrap())});
    assert_eq!(there.world.post(&group, member).await.0, 204);
    assert_eq!(there.decided(&request, ADA, false).await.1["state"], "denied", "now she is one");
    let extension =
        json!({"package": there.package, "userPrincipalName": ADA, "wish": "extend", "justification": "x"});
    let own = there.control("ask", extension).await.1;
    assert_eq!(there.decided(&own, ADA, true).await.0, 403);
}

#[tokio::test]
async fn a_request_nobody_decides_is_denied_when_its_time_is_over() {
    let there = Onboarded::new().await;
    let request = there.asked(ADA).await.1;
    there.days(13).await;
    assert_eq!(there.kept().await["requests"][0]["state"], "pendingApproval");
    there.days(1).await;
    assert_eq!(there.kept().await["requests"][0]["state"], "denied");
    assert_eq!(there.decided(&request, GAIL, true).await.0, 409);
    assert_eq!(there.asked(ADA).await.0, 200, "it may be asked again");
}

#[tokio::test]
async fn access_ends_after_365_days_and_the_guest_30_days_later() {
    let (there, _) = Onboarded::with_ana().await;
    there.without_reviews().await;
    there.days(364).await;
    assert_eq!(there.members().await.as_array().unwrap().len(), 1);
    there.days(1).await;
    let kept = there.kept().await;
    assert_eq!(kept["assignments"][0]["state"], "expired");
    assert_eq!(there.members().await, json!([]));
    let guest = kept["users"].as_array().unwrap().iter().find(|u| u["guest"] == true).unwrap().clone();
    assert_eq!(guest["enabled"], false);
    assert_eq!(there.asked(ADA).await.0, 403, "a blocked guest cannot ask");
    there.days(30).await;
    let kept = there.kept().await;
    assert!(kept["users"].as_array().unwrap().iter().all(|u| u["guest"] == false));
    assert_eq!(there.asked(ADA).await.0, 200);
}

#[tokio::test]
async fn everything_that_fell_due_happens_in_its_order() {
    let (there, _) = Onboarded::with_ana().await;
    there.asked("bo@contoso-soc.example").await;
    there.days(800).await;
    let kept = there.kept().await;
    assert_eq!(kept["requests"][1]["state"], "denied");
    assert_eq!(kept["assignments"][0]["state"], "expired");
    assert!(kept["users"].as_array().unwrap().iter().all(|u| u["guest"] == false));
}

#[tokio::test]
async fn an_extension_moves_the_end_and_leaving_is_at_once() {
    let (there, _) = Onboarded::with_ana().await;
    let first = there.kept().await["assignments"][0]["ends"].clone();
    let wish = |wish: &str| json!({"package": there.package, "userPrincipalName": ADA, "wish": wish, "justification": "x"});
    let request = there.control("ask", wish("extend")).await.1;
    there.decided(&request, GAIL, true).await;
    let later = there.kept().await["assignments"][0]["ends"].clone();
    assert!(later.as_str().unwrap() > first.as_str().unwrap());
    assert_eq!(there.control("ask", wish("remove")).await.1["state"], "delivering");
    assert_eq!(there.members().await, json!([]));
}

#[tokio::test]
async fn delivery_takes_its_time_waits_for_the_guest_or_fails() {
    let there = Onboarded::new().await;
    there
        .world
        .sim("switches", json!({"em.delivery-seconds": 600, "em.guest-waits-for-redemption": true}))
        .await;
    let request = there.asked(ADA).await.1;
    there.decided(&request, GAIL, true).await;
    assert!(there.kept().await["users"].as_array().unwrap().iter().all(|u| u["guest"] == false));
    there.days(1).await;
    assert_eq!(there.kept().await["requests"][0]["state"], "delivering");
    let users = json!({"users": [{"userPrincipalName": ADA, "externalUserState": "Accepted"}]});
    assert_eq!(there.control("set", users).await.0, 200);
    assert_eq!(there.kept().await["requests"][0]["state"], "delivered");
    there.control("set", json!({"authorizationPolicy": {"allowInvitesFrom": "none"}})).await;
    let request = there.asked("bo@contoso-soc.example").await.1;
    there.decided(&request, GAIL, true).await;
    there.days(1).await;
    assert_eq!(there.kept().await["requests"][1]["state"], "deliveryFailed");
}
