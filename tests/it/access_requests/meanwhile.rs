//! What goes on while Microsoft takes its time: somebody leaves the page, clicks twice, or loses his rights.

use std::time::Duration;

use mssp_portal::kit::clock::Clock;
use mssp_portal::providers::AppKind;
use serde_json::{Value, json};

use super::live::There;

const REQUESTS: &str = "/v1.0/identityGovernance/entitlementManagement/assignmentRequests/*";
const STAGES: &str = "/v1.0/identityGovernance/entitlementManagement/accessPackageAssignmentApprovals/*";

impl There {
    /// A request whose delivery failed, at a customer who lets us write.
    async fn failed_delivery(&self) -> String {
        let id = self.waiting("ada").await;
        self.cloud.control("POST", "/switches", json!({ "em.delivery-fails": true })).await;
        self.decide_there(&id, true, "So be it").await;
        self.app.clock.advance(Duration::from_secs(600));
        self.later().await;
        self.cloud.consent(self.tenant, self.contoso.client_id(AppKind::Operator), true).await;
        let check = format!("/customers/{}/check", self.customer);
        let form = format!("customer={}", self.customer);
        assert_eq!(self.app.post(Some(&self.contoso.everyone), &check, &form).await.status, 303);
        self.run().await;
        self.cloud.control("POST", "/switches", json!({ "em.delivery-fails": false })).await;
        id
    }

    async fn about_requests(&self) -> Vec<String> {
        sqlx::query_scalar!("select action from audit_event where action like 'request.%' order by seq")
            .fetch_all(&self.app.owner)
            .await
            .unwrap()
    }

    /// How often the simulated cloud was called so, up to now or once it was.
    async fn calls_of(&self, method: &str, part: &str) -> usize {
        let calls = self.cloud.control("GET", "/journal", Value::Null).await;
        let fits = |call: &&Value| {
            call["method"] == method && call["path"].as_str().is_some_and(|path| path.contains(part))
        };
        calls.as_array().unwrap().iter().filter(fits).count()
    }

    async fn until_called(&self, method: &str, part: &str) {
        for _ in 0..500 {
            if self.calls_of(method, part).await > 0 {
                return;
            }
            Clock::system().sleep(Duration::from_millis(10)).await;
        }
        panic!("{method} {part} was never called");
    }
}

#[tokio::test]
async fn who_leaves_while_microsoft_is_asked_to_deliver_again_leaves_no_asking_without_its_outcome() {
    let there = There::ready().await;
    let id = there.failed_delivery().await;
    there.fault("POST", REQUESTS, "slow", json!({ "holdMs": 500 })).await;
    let path = format!("/requests/{}/{id}/reprocess", there.customer);
    let form = format!("customer={}", there.customer);
    tokio::select! {
        answer = there.app.post(Some(&there.contoso.everyone), &path, &form) => panic!("{}", answer.status),
        () = there.until_called("POST", "/reprocess") => {}
    }
    for _ in 0..500 {
        if there.about_requests().await.len() > 1 {
            break;
        }
        Clock::system().sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(there.about_requests().await, ["request.redelivery-asked", "request.redelivery-taken"]);
    there.cloud.end().await;
}

#[tokio::test]
async fn two_clicks_ask_microsoft_once_to_deliver_again() {
    let there = There::ready().await;
    let id = there.failed_delivery().await;
    there.fault("POST", REQUESTS, "slow", json!({ "holdMs": 500 })).await;
    let path = format!("/requests/{}/{id}/reprocess", there.customer);
    let form = format!("customer={}", there.customer);
    let click = || there.app.post(Some(&there.contoso.everyone), &path, &form);
    let (one, two) = tokio::join!(click(), click());
    let mut ends = [one.status.as_u16(), two.status.as_u16()];
    ends.sort_unstable();
    assert_eq!(ends, [303, 409]);
    let refused = if one.status == 409 { one } else { two };
    assert!(refused.body.contains("Microsoft is being asked already"), "{}", refused.body);
    assert_eq!(there.calls_of("POST", "/reprocess").await, 1);
    assert_eq!(there.about_requests().await, ["request.redelivery-asked", "request.redelivery-taken"]);
    there.cloud.end().await;
}

#[tokio::test]
async fn what_microsoft_refused_to_deliver_again_may_be_asked_again() {
    let there = There::ready().await;
    let id = there.failed_delivery().await;
    there.fault("POST", REQUESTS, "403", Value::Null).await;
    let path = format!("/requests/{}/{id}/reprocess", there.customer);
    let form = format!("customer={}", there.customer);
    for wanted in [409, 303] {
        let answer = there.app.post(Some(&there.contoso.everyone), &path, &form).await;
        assert_eq!(answer.status, wanted, "{}", answer.body);
        there.cloud.control("DELETE", "/faults", Value::Null).await;
    }
    there.cloud.end().await;
}

#[tokio::test]
async fn who_loses_his_rights_while_his_decisions_are_carried_out_decides_on_no_more() {
    for lost in
        ["update person set sees_all = false", "update person set roles = '{auditor}'", "delete from session"]
    {
        let there = There::ready().await;
        let ben = there.connected("ben").await;
        let mut which = String::new();
        for who in ["ada", "ben", "cleo"] {
            which.push_str(&format!("&which={}%2F{}", there.customer, there.ask(who).await));
        }
        there.later().await;
        there.fault("PATCH", STAGES, "slow", json!({ "holdMs": 500 })).await;
        let form = format!("batch={}{which}&verdict=deny&reason=Not+now", uuid::Uuid::from_u128(79));
        let narrowed = async {
            there.until_called("PATCH", "/stages/").await;
            sqlx::raw_sql(lost).execute(&there.app.owner).await.unwrap();
        };
        let (answer, ()) =
            tokio::join!(there.app.post(Some(&ben.person), "/requests/decide", &form), narrowed);
        assert_eq!(answer.status, 303, "{lost}: {}", answer.body);
        let mut ends = there.decisions().await;
        ends.sort();
        let end = |state: &str, outcome: &str| (state.to_owned(), outcome.to_owned());
        let wanted = [end("accepted", ""), end("refused", "no-more"), end("refused", "no-more")];
        assert_eq!(ends, wanted, "{lost}");
        assert_eq!(there.decisions_sent().await, 1, "{lost}");
        there.cloud.end().await;
    }
}
