//! "Read now": within five seconds it is said what came of it.

use std::time::Duration;

use mssp_portal::kit::clock::Clock;
use serde_json::{Value, json};

use crate::access_requests::live::There;

impl There {
    async fn refresh(&self) -> (String, String) {
        let form = format!("customer={}", self.customer);
        let path = format!("/customers/{}/refresh", self.customer);
        let answer = self.app.post(Some(&self.contoso.everyone), &path, &form).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        let page = self.page(answer.location()).await;
        (answer.location().split("done=").nth(1).unwrap().to_owned(), page)
    }
}

#[tokio::test]
async fn who_asks_for_a_reading_sees_at_once_what_came_of_it_or_why_nothing_did() {
    let there = There::new().await;
    there.know_package().await;
    there.run().await;
    there.later().await;
    there.ask("ada").await;
    assert!(!there.page("/requests").await.contains("Ada Analyst"));
    let (done, page) = there.refresh().await;
    assert_eq!(done, "refreshed");
    assert!(page.contains("Read just now") && page.contains("on time"), "{page}");
    assert!(there.page("/requests").await.contains("Ada Analyst"));

    there.app.clock.advance(Duration::from_secs(31));
    let fault = json!({ "path": "/v1.0/$batch", "fault": "429", "retryAfter": 600, "times": 9 });
    there.cloud.control("POST", "/faults", fault).await;
    let (done, page) = there.refresh().await;
    assert_eq!(done, "refreshed");
    assert!(page.contains("Microsoft asks"), "why not: {page}");
    there.cloud.control("DELETE", "/faults", Value::Null).await;

    there.app.clock.advance(Duration::from_secs(700));
    let fault = json!({ "path": "/v1.0/$batch", "fault": "slow", "holdMs": 6000 });
    there.cloud.control("POST", "/faults", fault).await;
    let begun = Clock::system().now();
    let (done, _) = there.refresh().await;
    let took = Clock::system().now() - begun;
    assert_eq!(done, "refresh-late");
    assert!(took < chrono::TimeDelta::seconds(5), "{took}");
    assert_eq!(there.refresh().await.0, "refresh-elsewhere", "it is under way");
    there.cloud.end().await;
}

#[tokio::test]
async fn two_clicks_read_a_customer_once_and_half_a_minute_later_he_may_be_read_again() {
    let there = There::new().await;
    there.know_package().await;
    there.run().await;
    there.later().await;
    let told = async || {
        sqlx::query_scalar!(r#"select count(*) as "n!" from audit_event where action = 'customer.refreshed'"#)
            .fetch_one(&there.app.owner)
            .await
            .unwrap()
    };
    let batches = async || there.calls("/v1.0/$batch").await;
    let before = batches().await;
    assert_eq!(there.refresh().await.0, "refreshed");
    let once = batches().await;
    assert_eq!(once, before + 1);
    for wait in [0, 29] {
        there.app.clock.advance(Duration::from_secs(wait));
        let (done, page) = there.refresh().await;
        assert_eq!(done, "refresh-before");
        assert!(page.contains("Read a moment ago"), "{page}");
    }
    assert_eq!((batches().await, told().await), (once, 1));
    there.app.clock.advance(Duration::from_secs(2));
    assert_eq!(there.refresh().await.0, "refreshed");
    assert_eq!((batches().await, told().await), (once + 1, 2));
    there.cloud.end().await;
}

#[tokio::test]
async fn what_may_not_be_read_is_not_read_and_the_page_tells_why() {
    let there = There::new().await;
    there.know_package().await;
    there.run().await;
    let form = format!("customer={}&reason=Talks", there.customer);
    let path = format!("/customers/{}/pause", there.customer);
    assert_eq!(there.app.post(Some(&there.contoso.everyone), &path, &form).await.status, 303);
    let calls = there.calls("/v1.0").await;
    let (done, page) = there.refresh().await;
    assert_eq!(done, "refresh-elsewhere");
    assert!(page.contains("Paused: nothing is read"), "{page}");
    assert_eq!(there.calls("/v1.0").await, calls);
    there.cloud.end().await;
}
