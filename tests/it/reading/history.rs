//! Requests are followed to their end and kept, with who decided them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::access_requests::live::There;

const EM: &str = "/identityGovernance/entitlementManagement";

async fn ready() -> There {
    let there = There::new().await;
    there.know_package().await;
    there.run().await;
    there.later().await;
    there
}

#[tokio::test]
async fn a_request_made_and_decided_between_two_readings_is_kept_with_its_decider() {
    let there = ready().await;
    let id = there.ask("ada").await;
    there.decide_there(&id, false, "Not now").await;
    there.later().await;
    let held = there.held(&id).await.unwrap();
    assert_eq!((held.state.as_str(), held.decision.as_str()), ("denied", "denied"));
    assert!(held.waited_until.is_some());
    there.later().await;
    let held = there.held(&id).await.unwrap();
    assert_eq!((held.from.as_str(), held.name.as_str()), ("log", "Woodgrove Bank Admin"), "{held:?}");
    assert_eq!((held.mail.as_str(), held.reason.as_str()), ("admin@woodgrove-bank.example", "Not now"));
    assert!(held.decided_at.is_some());
    let told: Vec<String> = sqlx::query_scalar!("select kind from happening where about = $1", id)
        .fetch_all(&there.app.owner)
        .await
        .unwrap();
    assert_eq!(told, ["request-decided"]);
    there.cloud.end().await;
}

#[tokio::test]
async fn until_the_log_tells_who_decided_it_is_not_known_and_then_it_is() {
    let there = ready().await;
    there.cloud.control("POST", "/switches", json!({ "audit.delay-seconds": 600 })).await;
    let id = there.ask("ada").await;
    there.later().await;
    there.decide_there(&id, true, "Known to us").await;
    there.later().await;
    there.later().await;
    let held = there.held(&id).await.unwrap();
    assert_eq!((held.decision.as_str(), held.from.as_str(), held.name.as_str()), ("approved", "", ""));
    for _ in 0..16 {
        there.later().await;
    }
    let held = there.held(&id).await.unwrap();
    assert_eq!((held.from.as_str(), held.mail.as_str()), ("log", "admin@woodgrove-bank.example"));
    // Nothing lacks a decider any more, so the log is left alone.
    let asked = there.calls("/v1.0/auditLogs").await;
    there.later().await;
    there.later().await;
    assert_eq!(there.calls("/v1.0/auditLogs").await, asked);
    there.cloud.end().await;
}

#[tokio::test]
async fn an_automatic_denial_was_decided_by_nobody() {
    let there = ready().await;
    let id = there.ask("ada").await;
    there.later().await;
    there.app.clock.advance(Duration::from_secs(15 * 86_400));
    there.run().await;
    there.later().await;
    there.later().await;
    let held = there.held(&id).await.unwrap();
    assert_eq!(
        (held.state.as_str(), held.decision.as_str(), held.from.as_str()),
        ("denied", "denied", "nobody")
    );
    assert_eq!((held.name.as_str(), held.mail.as_str()), ("", ""));
    there.cloud.end().await;
}

#[tokio::test]
async fn a_delivery_is_followed_until_it_is_delivered() {
    let there = ready().await;
    there.cloud.control("POST", "/switches", json!({ "em.delivery-seconds": 5400 })).await;
    let id = there.ask("ada").await;
    there.later().await;
    there.decide_there(&id, true, "Yes").await;
    there.later().await;
    let held = there.held(&id).await.unwrap();
    assert_eq!((held.state.as_str(), held.decision.as_str()), ("delivering", "approved"));
    let waited_until = held.waited_until;
    // Quiet for an hour: from then on it is looked at now and then, and yet found.
    for _ in 0..4 {
        there.app.clock.advance(Duration::from_secs(1800));
        there.run().await;
        there.later().await;
    }
    let held = there.held(&id).await.unwrap();
    assert_eq!(held.state, "delivered");
    assert_eq!(held.waited_until, waited_until, "set once");
    assert!(!held.assignment.is_empty(), "{held:?}");
    there.cloud.end().await;
}

#[tokio::test]
async fn a_delivery_that_ends_after_hours_is_seen_within_minutes_whatever_was_asked_since() {
    let there = ready().await;
    // The whole list was read, and nothing was on its way: the next one is due in a day.
    there.later().await;
    there.cloud.control("POST", "/switches", json!({ "em.delivery-seconds": 3 * 3600 })).await;
    let id = there.ask("ada").await;
    there.later().await;
    there.decide_there(&id, true, "Yes").await;
    there.later().await;
    assert_eq!(there.held(&id).await.unwrap().state, "delivering");
    // Another request moves the watermark past it.
    there.app.clock.advance(Duration::from_secs(1200));
    there.ask("ben").await;
    there.later().await;
    for _ in 0..8 {
        there.app.clock.advance(Duration::from_secs(1500));
        there.run().await;
        there.later().await;
    }
    assert_eq!(there.held(&id).await.unwrap().state, "delivered");
    there.cloud.end().await;
}

#[tokio::test]
async fn what_a_lagging_replica_denied_once_is_found_again_by_the_whole_list() {
    let there = ready().await;
    let id = there.ask("ada").await;
    there.decide_there(&id, true, "Yes").await;
    there.later().await;
    there.later().await;
    // A newer one moves the watermark past it.
    there.app.clock.advance(Duration::from_secs(1200));
    there.ask("ben").await;
    there.later().await;
    sqlx::query!(
        "update access_request set state = 'gone', decision = '', decision_from = '', gone_at = read_at
          where request_id = $1",
        id
    )
    .execute(&there.app.owner)
    .await
    .unwrap();
    there.later().await;
    assert_eq!(there.held(&id).await.unwrap().state, "gone");
    there.app.clock.advance(Duration::from_secs(27 * 3600));
    there.run().await;
    there.later().await;
    let held = there.held(&id).await.unwrap();
    assert_eq!((held.state.as_str(), held.gone_at), ("delivered", None));
    there.cloud.end().await;
}

#[tokio::test]
async fn a_log_that_no_request_needs_is_not_called_late() {
    let there = ready().await;
    there.later().await;
    there.app.clock.advance(Duration::from_secs(1200));
    there.run().await;
    let path = format!("/customers/{}/reading", there.customer);
    let page = there.page(&path).await;
    assert!(page.contains("Who decided") && !page.contains("Its turn is due"), "{page}");
    there.cloud.end().await;
}

#[tokio::test]
async fn what_microsoft_forgets_stays_and_is_marked() {
    let there = ready().await;
    let id = there.ask("ada").await;
    there.decide_there(&id, false, "No").await;
    there.later().await;
    there.later().await;
    there.by_hand("DELETE", &format!("{EM}/assignmentRequests/{id}"), Value::Null).await;
    there.later().await;
    assert_eq!(there.held(&id).await.unwrap().gone_at, None, "compared once a day");
    there.app.clock.advance(Duration::from_secs(27 * 3600));
    there.run().await;
    there.later().await;
    let held = there.held(&id).await.unwrap();
    assert!(held.gone_at.is_some());
    assert_eq!((held.state.as_str(), held.from.as_str()), ("denied", "log"), "what was known stays");
    // One that waits and vanishes is no open request any more, and stays too.
    there.cloud.control("POST", "/switches", json!({ "em.open-requests-deletable": true })).await;
    let open = there.ask("ben").await;
    there.later().await;
    there.by_hand("DELETE", &format!("{EM}/assignmentRequests/{open}"), Value::Null).await;
    there.later().await;
    assert_eq!(there.held(&open).await.unwrap().gone_at, None, "one answer may be of a replica that lags");
    there.later().await;
    let held = there.held(&open).await.unwrap();
    assert_eq!(held.state, "gone");
    assert!(held.gone_at.is_some() && held.waited_until.is_some());
    let count = sqlx::query_scalar!("select open_requests from customer").fetch_one(&there.app.owner).await;
    assert_eq!(count.unwrap(), 0);
    there.cloud.end().await;
}

#[tokio::test]
async fn requests_older_than_the_provider_keeps_them_are_forgotten_and_that_is_told() {
    let there = ready().await;
    let id = there.ask("ada").await;
    there.decide_there(&id, false, "No").await;
    there.later().await;
    for (request, days) in [("old", 3000), ("young", 2000)] {
        sqlx::query!(
            "insert into access_request (provider_id, customer_id, request_id, state, package, created_at,
                    first_seen_at, read_at, waited_until, gone_at)
             select provider_id, customer_id, $1, state, package, waited_until - make_interval(days => $2),
                    first_seen_at, read_at, waited_until - make_interval(days => $2), waited_until
               from access_request where request_id = $3",
            request,
            days,
            id
        )
        .execute(&there.app.owner)
        .await
        .unwrap();
    }
    there.app.clock.advance(Duration::from_secs(27 * 3600));
    there.run().await;
    there.later().await;
    assert!(there.held("old").await.is_none() && there.held("young").await.is_some());
    assert!(there.held(&id).await.is_some());
    let told = sqlx::query_scalar!(
        r#"select count(*) as "n!" from audit_event where action = 'requests.forgotten'"#
    );
    assert_eq!(told.fetch_one(&there.app.owner).await.unwrap(), 1);
    sqlx::query!("update provider set keep_requests_days = 365").execute(&there.app.owner).await.unwrap();
    there.app.clock.advance(Duration::from_secs(27 * 3600));
    there.run().await;
    assert!(there.held("young").await.is_none());
    there.cloud.end().await;
}

impl There {
    /// How often the simulated cloud was asked for this path in the customer's directory, by itself or in a batch.
    pub async fn calls(&self, path: &str) -> usize {
        let address = format!("/journal?tenant={}", self.tenant);
        let journal = self.cloud.control("GET", &address, Value::Null).await;
        let entries = journal.as_array().or(journal["entries"].as_array()).cloned().unwrap_or_default();
        assert!(!entries.is_empty(), "{journal}");
        entries.iter().filter(|entry| entry["path"].as_str().is_some_and(|one| one.starts_with(path))).count()
    }
}
