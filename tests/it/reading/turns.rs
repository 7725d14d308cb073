//! A turn: one request, nothing written that did not change, and nobody kept waiting by another.

use std::collections::BTreeMap;
use std::time::Duration;

use mssp_portal::kit::clock::Clock;
use mssp_portal::kit::ids::CustomerId;
use mssp_portal::kit::right::Role;
use mssp_portal::providers::AppKind;
use mssp_portal::work;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Row, raw_sql};

use crate::access_requests::live::There;
use crate::walls::world::walled;

/// Every row of every provider's table with the transaction that wrote it, but for the work's own.
async fn rows(there: &There) -> BTreeMap<String, String> {
    let mut connection = there.app.owner.acquire().await.unwrap();
    let mut found = BTreeMap::new();
    for table in walled(&mut connection).await.into_iter().filter(|table| table != "work") {
        let sql = format!(
            "select coalesce(md5(string_agg(t.xmin::text || t.ctid::text, ',' order by t.ctid)), '') from {table} t"
        );
        let row = raw_sql(AssertSqlSafe(sql)).fetch_one(&mut *connection).await.unwrap();
        found.insert(table, row.get::<String, _>(0));
    }
    found
}

#[tokio::test]
async fn a_turn_of_an_unchanged_customer_is_one_request_and_writes_nothing_but_its_lease() {
    let there = There::new().await;
    there.know_package().await;
    there.run().await;
    let empty = rows_after_a_turn(&there).await;
    assert_eq!(empty, 3, "the batch and its two lists");
    there.ask("ada").await;
    let done = there.ask("ben").await;
    there.decide_there(&done, true, "Yes").await;
    for _ in 0..4 {
        there.later().await;
    }
    assert_eq!(there.held(&done).await.unwrap().from, "log");
    let busy = rows_after_a_turn(&there).await;
    assert_eq!(busy, 3, "one that waits and one that is over cost no more");
    there.cloud.end().await;
}

/// Two quiet turns: nothing but the work's row is written. How many calls the second made, a batch with its parts.
async fn rows_after_a_turn(there: &There) -> usize {
    there.later().await;
    let (before, calls) = (rows(there).await, there.calls("/v1.0").await);
    there.later().await;
    assert_eq!(rows(there).await, before);
    let made = there.calls("/v1.0").await - calls;
    let batches = there.calls("/v1.0/$batch").await;
    assert!(batches > 0);
    made
}

#[tokio::test]
async fn a_throttled_part_leaves_the_other_parts_read_and_backs_off_by_itself() {
    let there = There::new().await;
    there.know_package().await;
    there.run().await;
    let decided = there.ask("ada").await;
    there.decide_there(&decided, true, "Yes").await;
    let fault = json!({ "path": "/v1.0/auditLogs", "fault": "429", "retryAfter": 300, "times": 99 });
    there.cloud.control("POST", "/faults", fault).await;
    there.later().await;
    there.later().await;
    let row = async || {
        sqlx::query!(r#"select failures, problem ->> 'cause' as "cause?" from reading where part = 'audit'"#)
            .fetch_one(&there.app.owner)
            .await
            .unwrap()
    };
    assert_eq!((row().await.failures, row().await.cause.as_deref()), (1, Some("throttled")));
    let asked = there.calls("/v1.0/auditLogs").await;
    let fresh = there.ask("ben").await;
    there.later().await;
    assert!(there.page("/requests").await.contains("Ben Approver"), "read all the same");
    assert_eq!(there.held(&fresh).await.unwrap().state, "pendingApproval");
    assert_eq!(there.calls("/v1.0/auditLogs").await, asked, "left in peace");
    for path in ["/health/sync?only=throttled".to_owned(), format!("/customers/{}/reading", there.customer)] {
        let page = there.page(&path).await;
        for words in ["Who decided", "Microsoft asks", "Requests"] {
            assert!(page.contains(words), "no {words} on {path}: {page}");
        }
    }
    assert!(there.page("/health/sync").await.contains("Woodgrove Bank"));
    assert!(there.page("/health/sync?only=asleep").await.contains("No customer is so"));
    there.cloud.control("DELETE", "/faults", Value::Null).await;
    there.app.clock.advance(Duration::from_secs(400));
    there.run().await;
    assert_eq!((row().await.failures, row().await.cause), (0, None));
    assert_eq!(there.held(&decided).await.unwrap().from, "log");
    assert!(there.page("/health/sync?only=throttled").await.contains("No customer is so"));
    there.cloud.end().await;
}

#[tokio::test]
async fn a_tenant_that_does_not_answer_and_one_that_fails_delay_no_other() {
    let there = There::new().await;
    there.know_package().await;
    let mut others = Vec::new();
    for name in ["Tailspin Toys", "Fabrikam Bank"] {
        others.push(another(&there, name).await);
    }
    there.run().await;
    there.app.clock.advance(Duration::from_secs(60));
    // His headers come late, and a second one's answers are none.
    let slow =
        json!({ "tenant": there.tenant, "path": "/v1.0", "fault": "slow", "holdMs": 4000, "times": 99 });
    there.cloud.control("POST", "/faults", slow).await;
    let broken = json!({ "tenant": others[0].1, "path": "/v1.0", "fault": "html", "times": 99 });
    there.cloud.control("POST", "/faults", broken).await;
    let begun = Clock::system().now();
    let workers = std::sync::Arc::new(work::workers(&there.app.app));
    let claimed = workers.claim(32).await.unwrap();
    let turns: Vec<_> = claimed
        .into_iter()
        .map(|one| {
            let workers = workers.clone();
            tokio::spawn(async move { workers.run_one(one).await })
        })
        .collect();
    let read = async |customer: CustomerId| {
        let now = there.app.app.clock.now();
        sqlx::query_scalar!(
            r#"select coalesce(done_at = $2, false) as "read!" from work where customer_id = $1 and kind = 'requests'"#,
            customer.0,
            now
        )
        .fetch_one(&there.app.owner)
        .await
        .unwrap()
    };
    while !read(others[1].0).await {
        let waited = Clock::system().now() - begun;
        assert!(waited < chrono::TimeDelta::seconds(3), "the third waits for the first");
        Clock::system().sleep(Duration::from_millis(20)).await;
    }
    assert!(!read(there.customer).await, "the first is still being read");
    for turn in turns {
        turn.await.unwrap();
    }
    assert!(read(there.customer).await, "late, and read all the same");
    let cause = sqlx::query_scalar!(
        r#"select problem ->> 'cause' as "cause?" from work where customer_id = $1 and kind = 'requests'"#,
        others[0].0.0
    );
    assert_eq!(cause.fetch_one(&there.app.owner).await.unwrap().as_deref(), Some("not-understood"));
    there.cloud.end().await;
}

/// One more customer who consented, with the same package to ask for.
async fn another(there: &There, name: &str) -> (CustomerId, String) {
    let customer = there.cloud.add_customer(&there.app, &there.contoso, name).await;
    let row = sqlx::query!("select entra_tenant_id from customer where customer_id = $1", customer.0)
        .fetch_one(&there.app.owner)
        .await
        .unwrap();
    let tenant = row.entra_tenant_id.to_string();
    let id = tenant.parse().unwrap();
    there.cloud.consent(id, there.contoso.client_id(AppKind::Reader), true).await;
    sqlx::query!(
        "insert into link (provider_id, customer_id, package, package_id, name, url, made_at)
         select provider_id, $1, package, package_id, name, url, made_at from link where customer_id = $2",
        customer.0,
        there.customer.0
    )
    .execute(&there.app.owner)
    .await
    .unwrap();
    (customer, tenant)
}

#[tokio::test]
async fn consent_is_probed_every_hour_and_its_loss_is_a_state_since_when_and_told_once() {
    let there = There::new().await;
    there.know_package().await;
    there.run().await;
    there.consent(false).await;
    let state = async || {
        sqlx::query!("select state, since from consent where app = 'reader'")
            .fetch_one(&there.app.owner)
            .await
            .unwrap()
    };
    assert_eq!(state().await.state, "granted");
    let told = async || {
        sqlx::query_scalar!(r#"select count(*) as "n!" from happening where kind = 'consent-lost'"#)
            .fetch_one(&there.app.owner)
            .await
            .unwrap()
    };
    // Nothing but the clock moves: no reading, no person.
    there.app.clock.advance(Duration::from_secs(3660));
    there.run().await;
    let lost = state().await;
    assert_eq!((lost.state.as_str(), told().await), ("lost", 1));
    for _ in 0..3 {
        there.app.clock.advance(Duration::from_secs(3660));
        there.run().await;
    }
    let still = state().await;
    assert_eq!((still.state.as_str(), still.since, told().await), ("lost", lost.since, 1));
    // Whoever was signed in has gone idle meanwhile.
    let later = there.app.person(there.contoso.id, "Later", &Role::ALL, true).await;
    let page = there.app.get(Some(&later), "/customers").await.body;
    assert!(page.contains("Woodgrove Bank"), "he never leaves a list");
    let page = there.app.get(Some(&later), "/health/sync?only=asleep").await.body;
    assert!(page.contains("Woodgrove Bank") && page.contains("was withdrawn 3 h ago"), "{page}");
    there.consent(true).await;
    there.app.clock.advance(Duration::from_secs(3660));
    there.run().await;
    assert_eq!((state().await.state.as_str(), told().await), ("granted", 1));
    there.cloud.end().await;
}
