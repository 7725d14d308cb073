//! One cause is one line, whatever fails for it; a code nobody knows is counted and shown.

use chrono::TimeDelta;
use mssp_portal::kit::ids::{CustomerId, ProviderId};
use mssp_portal::kit::right::Role;
use mssp_portal::work;
use serde_json::json;

use super::{failed, see};
use crate::graph::wire::{Reply, Wire};
use crate::support::app::TestApp;

async fn consent(
    app: &TestApp,
    provider: ProviderId,
    customer: CustomerId,
    kind: &str,
    state: &str,
    cause: &str,
) {
    sqlx::query!(
        "insert into consent (provider_id, customer_id, app, state, since, cause, detail, checked_at)
         values ($1, $2, $3, $4, $5, $6, 'POST /token: AADSTS0', $5)",
        provider.0,
        customer.0,
        kind,
        state,
        app.app.clock.now() - TimeDelta::minutes(3),
        cause
    )
    .execute(&app.owner)
    .await
    .unwrap();
}

/// An open run, one of whose steps failed for this cause.
async fn failed_step(
    app: &TestApp,
    provider: ProviderId,
    customer: CustomerId,
    cause: &str,
    run_state: &str,
) {
    let (plan, run, now) = (app.app.chance.uuid_v4(), app.app.chance.uuid_v4(), app.app.clock.now());
    sqlx::query!(
        "insert into blueprint (provider_id, version, document, made_at) values ($1, 1, '{}', $2)
             on conflict do nothing",
        provider.0,
        now
    )
    .execute(&app.owner)
    .await
    .unwrap();
    sqlx::query!(
        "insert into plan (provider_id, plan_id, customer_id, blueprint_version, document, fingerprint, state, made_at)
         values ($1, $2, $3, 1, '{}', '', 'approved', $4)",
        provider.0,
        plan,
        customer.0,
        now
    )
    .execute(&app.owner)
    .await
    .unwrap();
    sqlx::query!(
        "insert into run (provider_id, run_id, customer_id, plan_id, state, started_at, changed_at)
         values ($1, $2, $3, $4, $5, $6, $6)",
        provider.0,
        run,
        customer.0,
        plan,
        run_state,
        now
    )
    .execute(&app.owner)
    .await
    .unwrap();
    let problem = json!({"cause": cause, "detail": "POST EM/catalogs: refused", "code": "Brand<New>", "request": "r-77"});
    for (step, state, problem) in [("catalog", "failed", Some(problem)), ("group.tier1", "done", None)] {
        sqlx::query!(
            "insert into run_step (provider_id, run_id, step, ordinal, state, attempts, problem, ended_at)
             values ($1, $2, $3, 1, $4, 2, $5, $6)",
            provider.0,
            run,
            step,
            state,
            problem,
            now
        )
        .execute(&app.owner)
        .await
        .unwrap();
    }
}

#[tokio::test]
async fn twelve_customers_with_one_cause_are_one_line_whatever_fails_for_it() {
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Onboarding], true).await;
    let mut customers = Vec::new();
    for number in 0..12 {
        customers.push(app.customer(contoso, &format!("Customer {number:02}")).await);
    }
    // Four by background work of two kinds, four by their consent, four by a step of a run.
    for customer in &customers[..4] {
        failed(&app, contoso, *customer, "requests", "conditional-access", 0).await;
        failed(&app, contoso, *customer, "observe", "conditional-access", 0).await;
    }
    for customer in &customers[4..8] {
        consent(&app, contoso, *customer, "reader", "lost", "conditional-access").await;
    }
    for customer in &customers[8..] {
        failed_step(&app, contoso, *customer, "conditional-access", "failed").await;
    }
    let page = app.get(Some(&anna), "/health").await.body;
    for words in [
        "12 customers</a>: A Conditional Access policy of the customer blocks the sign-in.",
        "Reading requests</span> <span class=\"badge badge-plain\">Steps of a plan",
        "Consent: reading",
        "Reading the directory",
        "The customer&#39;s administrator must act.",
        "Customer 00, Customer 01, Customer 02, Customer 03, Customer 04 and 7 more",
        "https://login.microsoftonline.com/error?code=53003",
    ] {
        assert!(page.contains(words), "no {words} in {page}");
    }
    assert_eq!(page.matches(" customers</a>:").count(), 1, "one cause, one line: {page}");
    let rows = app.get(Some(&anna), "/health/rows?cause=conditional-access").await.body;
    assert_eq!(rows.matches("<tr role=\"row\" data-row").count(), 16, "two of four of them fail twice");
    let steps = app.get(Some(&anna), "/health/rows?kind=step").await.body;
    assert_eq!(steps.matches("<tr role=\"row\" data-row").count(), 4);
    let page = format!("/customers/{}/onboarding/steps/catalog", customers[8]);
    assert!(steps.contains(&page) && steps.contains("Code Brand&#60;New&#62;, request r-77"), "{steps}");
    // Started again: work, and the check of the consents; steps are retried from their own pages.
    sqlx::query!(
        "insert into work (provider_id, customer_id, kind, due_at, rank_at)
         select provider_id, customer_id, 'consent', $1::timestamptz, $1::timestamptz
           from customer",
        app.app.clock.now() + TimeDelta::minutes(50)
    )
    .execute(&app.owner)
    .await
    .unwrap();
    assert_eq!(app.post(Some(&anna), "/health/again", "cause=conditional-access").await.status, 303);
    let due = sqlx::query_scalar!(
        r#"select count(*) as "many!" from work where due_at <= $1"#,
        app.app.clock.now()
    )
    .fetch_one(&app.owner)
    .await
    .unwrap();
    assert_eq!(due, 4 * 2 + 4);
}

#[tokio::test]
async fn what_is_no_failure_is_not_told_and_a_viewer_sees_his_customers_only() {
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Onboarding], true).await;
    let name = |number: usize| format!("Customer {number:02}");
    let mut customers = Vec::new();
    for number in 0..9 {
        customers.push(app.customer(contoso, &name(number)).await);
    }
    // Not asked yet, or not answered; the operator removed as it should be; a run that is over.
    consent(&app, contoso, customers[0], "reader", "missing", "app-gone").await;
    consent(&app, contoso, customers[1], "operator", "lost", "app-gone").await;
    consent(&app, contoso, customers[2], "reader", "granted", "").await;
    failed_step(&app, contoso, customers[3], "quota", "cancelled").await;
    let page = app.get(Some(&anna), "/health").await.body;
    assert!(page.contains("Nothing fails."), "{page}");
    consent(&app, contoso, customers[4], "reader", "missing", "consent-declined").await;
    consent(&app, contoso, customers[5], "reader", "partial", "consent-missing").await;
    consent(&app, contoso, customers[6], "operator", "partial", "consent-missing").await;
    failed_step(&app, contoso, customers[7], "quota", "failed").await;
    failed_step(&app, contoso, customers[8], "quota", "waiting").await;
    consent(&app, contoso, customers[8], "operator", "lost", "app-gone").await;
    let page = app.get(Some(&anna), "/health").await.body;
    for words in [
        "One customer</a>: The customer&#39;s administrator declined",
        "2 customers</a>: The app does not hold",
        "2 customers</a>: The customer&#39;s directory has reached a limit",
        "One customer</a>: The app is not in the",
    ] {
        assert!(page.contains(words), "no {words} in {page}");
    }
    let bea = app.person(contoso, "Bea", &[Role::Onboarding], false).await;
    see(&app, contoso, &bea, customers[7]).await;
    let page = app.get(Some(&bea), "/health").await.body;
    assert!(page.contains("One customer</a>: The customer&#39;s directory has reached a limit"), "{page}");
    assert!(!page.contains("declined") && page.contains(&name(7)) && !page.contains(&name(8)), "{page}");
    assert!(!page.contains("Again now"), "a step is retried from its own page");
}

#[tokio::test]
async fn a_code_nobody_knows_is_shown_with_its_request_id_and_counted_per_customer() {
    let wire = Wire::playing(|_, before| match before {
        3 => Reply::json(418, json!({"error": {"code": "", "message": "<b>tea</b>"}})),
        _ => Reply::json(
            400,
            json!({"error": {"code": "BrandNew<Refusal>", "message": "Never heard of.",
            "innerError": {"request-id": format!("r-{before}")}}}),
        ),
    })
    .await;
    let app = TestApp::against(&wire.base).await;
    let contoso = app.provider("contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Admin, Role::Onboarding], true).await;
    let form = "client_id=11111111-aaaa-4bbb-8ccc-222222222222";
    assert_eq!(app.post(Some(&anna), "/admin/apps/reader/client-id", form).await.status, 303);
    assert_eq!(
        app.post(Some(&anna), "/admin/apps/reader/secret", "secret=the-secret-of-the-reader").await.status,
        303
    );
    let (one, two) = (app.customer(contoso, "One").await, app.customer(contoso, "Two").await);
    let due = |customer: CustomerId| {
        sqlx::query!(
            "insert into work (provider_id, customer_id, kind, due_at, rank_at) values ($1, $2, 'requests', $3, $3)
             on conflict (provider_id, customer_id, kind) do update set due_at = excluded.due_at, rank_at = excluded.rank_at",
            contoso.0,
            customer.0,
            app.app.clock.now()
        )
        .execute(&app.owner)
    };
    for customer in [one, two] {
        consent(&app, contoso, customer, "reader", "granted", "").await;
        // Requests are read where a package is ours.
        sqlx::query!(
            "insert into owned_object (provider_id, customer_id, object, graph_id, since)
             values ($1, $2, 'package.tier1', 'p', $3)",
            contoso.0,
            customer.0,
            app.app.clock.now()
        )
        .execute(&app.owner)
        .await
        .unwrap();
    }
    for customer in [one, one, two, two] {
        due(customer).await.unwrap();
        work::workers(&app.app).run_due().await.unwrap();
        app.clock.advance(std::time::Duration::from_secs(1));
    }
    assert_eq!(wire.seen().len(), 4);
    let page = app.get(Some(&anna), "/health").await.body;
    for words in [
        "Codes nobody here knows",
        "<code>BrandNew&#60;Refusal&#62;</code>",
        "3 times",
        "<span>2</span></td><td role=\"cell\" data-label=\"Last call\"><code>POST /$batch</code>",
        "<code>r-2</code>",
        "<code>418</code>",
        "once",
    ] {
        assert!(page.contains(words), "no {words} in {page}");
    }
    let rows = app.get(Some(&anna), "/health/rows?cause=refused").await.body;
    assert!(rows.contains("Code BrandNew&#60;Refusal&#62;, request r-1"), "{rows}");
    let bea = app.person(contoso, "Bea", &[Role::Onboarding], false).await;
    assert!(
        !app.get(Some(&bea), "/health").await.body.contains("BrandNew"),
        "she sees none of these customers"
    );
}
