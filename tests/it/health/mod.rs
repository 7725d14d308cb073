//! Health: work by kind, failures by cause in words, and starting stopped work again.

mod causes;

use mssp_portal::kit::ids::{CustomerId, ProviderId};
use mssp_portal::kit::right::Role;
use mssp_portal::kit::work::MAX_ATTEMPTS;

use crate::support::app::{Person, TestApp};

/// A row of work that failed for this cause.
async fn failed(
    app: &TestApp,
    provider: ProviderId,
    customer: CustomerId,
    kind: &str,
    cause: &str,
    attempts: i32,
) {
    let now = app.app.clock.now();
    sqlx::query!(
        "insert into work (provider_id, customer_id, kind, due_at, rank_at, attempts, failures, ended_at, outcome, problem)
         values ($1, $2, $3, $4, $4, $5, 3, $6, 'failed', jsonb_build_object('cause', $7::text, 'detail', 'AADSTS1: <i>x</i>'))",
        provider.0,
        customer.0,
        kind,
        now + chrono::TimeDelta::minutes(10),
        attempts,
        now - chrono::TimeDelta::minutes(5),
        cause,
    )
    .execute(&app.owner)
    .await
    .unwrap();
}

async fn due(app: &TestApp, customer: CustomerId) -> bool {
    let row = sqlx::query!("select due_at, attempts from work where customer_id = $1", customer.0)
        .fetch_one(&app.owner)
        .await
        .unwrap();
    row.due_at.is_some_and(|due| due <= app.app.clock.now()) && row.attempts == 0
}

async fn see(app: &TestApp, provider: ProviderId, person: &Person, customer: CustomerId) {
    sqlx::query!(
        "insert into person_customer (provider_id, person_id, customer_id) values ($1, $2, $3)",
        provider.0,
        person.id.0,
        customer.0
    )
    .execute(&app.owner)
    .await
    .unwrap();
}

#[tokio::test]
async fn failures_are_told_once_per_cause_with_whose_move_and_what_to_do() {
    let app = TestApp::offline().await;
    let (contoso, fabrikam) = (app.provider("contoso").await, app.provider("fabrikam").await);
    let anna = app.person(contoso, "Anna", &[Role::Onboarding], true).await;
    let empty = app.get(Some(&anna), "/health").await.body;
    assert!(empty.contains("Nothing fails") && empty.contains("no background work yet"), "{empty}");
    for number in 0..7 {
        let customer = app.customer(contoso, &format!("Customer {number}")).await;
        failed(&app, contoso, customer, "requests", "licence", 0).await;
    }
    let broken = app.customer(contoso, "Broken").await;
    failed(&app, contoso, broken, "observe", "crashed", MAX_ATTEMPTS).await;
    let foreign = app.customer(fabrikam, "Foreign").await;
    failed(&app, fabrikam, foreign, "requests", "throttled", 0).await;
    let page = app.get(Some(&anna), "/health").await.body;
    for words in [
        "7 customers</a>: The customer lacks a licence",
        "The customer must act",
        "Customer 0, Customer 1, Customer 2, Customer 3, Customer 4 and 2 more",
        "Reading requests",
        "One piece of work broke off several times",
        "5 min ago",
    ] {
        assert!(page.contains(words), "no {words} in {page}");
    }
    assert!(!page.contains("Foreign"));
    let rows = app.get(Some(&anna), "/health/rows?kind=requests&cause=licence").await.body;
    assert_eq!(rows.matches("<tr role=\"row\" data-row").count(), 7);
    assert!(rows.contains("AADSTS1: &#60;i&#62;"), "{rows}");
    let stopped = app.get(Some(&anna), "/health/rows?stopped=yes").await.body;
    assert!(stopped.contains("Broken") && !stopped.contains("Customer 0"), "{stopped}");
}

#[tokio::test]
async fn customers_that_cannot_go_on_are_told_by_what_keeps_them() {
    let app = TestApp::offline().await;
    let (contoso, fabrikam) = (app.provider("contoso").await, app.provider("fabrikam").await);
    let anna = app.person(contoso, "Anna", &[Role::Onboarding], true).await;
    let bert = app.person(contoso, "Bert", &[Role::Onboarding], false).await;
    assert!(app.get(Some(&anna), "/health").await.body.contains("No customer is kept by anything"));
    app.customer(fabrikam, "Foreign").await;
    for (state, many) in
        [("consent-lost", 7), ("failed", 1), ("blocked", 1), ("consent-wanted", 1), ("new", 1)]
    {
        for number in 0..many {
            let customer = app.customer(contoso, &format!("{state} {number}")).await;
            sqlx::query!("update customer set state = $2 where customer_id = $1", customer.0, state)
                .execute(&app.owner)
                .await
                .unwrap();
        }
    }
    app.customer(contoso, "Fine").await;
    sqlx::query!("update customer set state = 'onboarded' where name = 'Fine'")
        .execute(&app.owner)
        .await
        .unwrap();
    let paused = app.customer(contoso, "Asleep").await;
    sqlx::query!("update customer set paused_at = now(), state = 'failed' where customer_id = $1", paused.0)
        .execute(&app.owner)
        .await
        .unwrap();
    let page = app.get(Some(&anna), "/health").await.body;
    for words in [
        "Consent lost: <a href=\"/customers?state=consent-lost&#38;paused=no\">7 customers</a>",
        ">consent-lost 4</a> and 2 more",
        "Step failed: <a href=\"/customers?state=failed&#38;paused=no\">One customer</a>",
        "Blocked: <a href=\"/customers?state=blocked&#38;paused=no\">One customer</a>",
        "Waits for consent: <a href=\"/customers?state=consent-wanted&#38;paused=no\">One customer</a>",
        "New: <a href=\"/customers?state=new&#38;paused=no\">One customer</a>",
        "Paused: <a href=\"/customers?paused=yes\">One customer</a>",
        &format!("<a href=\"/customers/{paused}\">Asleep</a>"),
    ] {
        assert!(page.contains(words), "no {words} in {page}");
    }
    assert!(!page.contains("Foreign") && !page.contains(">Fine<"), "{page}");
    see(&app, contoso, &bert, paused).await;
    let his = app.get(Some(&bert), "/health").await.body;
    assert!(his.contains(">Asleep<") && !his.contains("Consent lost"), "{his}");
}

#[tokio::test]
async fn a_person_starts_stopped_work_again_for_one_customer_or_for_a_whole_cause() {
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Onboarding], false).await;
    let (one, two) = (app.customer(contoso, "One").await, app.customer(contoso, "Two").await);
    let (three, hidden) = (app.customer(contoso, "Three").await, app.customer(contoso, "Hidden").await);
    for customer in [one, two, three] {
        see(&app, contoso, &anna, customer).await;
    }
    failed(&app, contoso, one, "observe", "crashed", MAX_ATTEMPTS).await;
    for customer in [two, three, hidden] {
        failed(&app, contoso, customer, "requests", "unavailable", 0).await;
    }
    let path = |customer: CustomerId| format!("/customers/{customer}/work/again");
    let form = format!("customer={one}&kind=observe");
    assert_eq!(app.post(Some(&anna), &path(one), &form).await.status, 303);
    assert!(due(&app, one).await && !due(&app, two).await);
    let form = format!("customer={hidden}&kind=requests");
    assert_eq!(app.post(Some(&anna), &path(hidden), &form).await.status, 404);
    let form = format!("customer={one}&kind=no-such-kind");
    assert_eq!(app.post(Some(&anna), &path(one), &form).await.status, 404);
    assert_eq!(app.post(Some(&anna), "/health/again", "kind=requests&cause=unavailable").await.status, 303);
    assert!(due(&app, two).await && due(&app, three).await);
    assert!(!due(&app, hidden).await, "what she does not see is not hers to start");
    let told = sqlx::query_scalar!(
        r#"select convert_from(body, 'UTF8') as "body!" from audit_event where action = 'work.again' order by seq"#
    )
    .fetch_all(&app.owner)
    .await
    .unwrap();
    assert_eq!(told.len(), 2);
    assert!(told[1].contains("\"customers\":2"), "{}", told[1]);
    let auditor = app.person(contoso, "Auditor", &[Role::Auditor], true).await;
    let page = app.get(Some(&auditor), "/health").await.body;
    assert!(page.contains("Reading requests") && !page.contains("Again now"), "{page}");
}

#[tokio::test]
async fn the_customers_with_the_oldest_data_are_named() {
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Onboarding], true).await;
    for number in 0..12_i64 {
        let customer = app.customer(contoso, &format!("Customer {number:02}")).await;
        let read = app.app.clock.now() - chrono::TimeDelta::minutes(number * 7);
        sqlx::query!(
            "insert into consent (provider_id, customer_id, app, state, since) values ($1, $2, 'reader', 'granted', $3)",
            contoso.0,
            customer.0,
            read
        )
        .execute(&app.owner)
        .await
        .unwrap();
        app.requests_read(contoso, customer, read).await;
    }
    sqlx::query!("update customer set state = 'onboarded', whose_move = 'nobody'")
        .execute(&app.owner)
        .await
        .unwrap();
    let page = app.get(Some(&anna), "/health").await.body;
    assert!(page.contains("Customer 11") && page.contains("77 min ago"), "{page}");
    assert!(page.find("Customer 11").unwrap() < page.find("Customer 10").unwrap());
    assert!(!page.contains("Customer 01"), "the ten oldest");
}
