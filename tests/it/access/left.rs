//! What keeps a removal from being called done: what he has asked for, what comes to him after, what nobody can see.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use mssp_portal::access::model::Holding;
use mssp_portal::kit::ids::{CustomerId, ProviderId};
use mssp_portal::kit::right::Role;
use mssp_portal::kit::scope::Scope;
use mssp_portal::work;
use uuid::Uuid;

use super::{held, keep, provider};
use crate::support::app::{Person, TestApp};

async fn whose(app: &TestApp, mail: &str) -> Uuid {
    sqlx::query_scalar!("select match_id from person_match_mail where mail = $1", mail)
        .fetch_one(&app.owner)
        .await
        .unwrap()
}

/// Begins the removal; gives the path of its record.
async fn leave(app: &TestApp, anna: &Person, id: Uuid) -> String {
    let mail = sqlx::query_scalar!("select mail from person_match where match_id = $1", id);
    let form = format!("address={}&why=Left", mail.fetch_one(&app.owner).await.unwrap());
    let answer = app.post(Some(anna), &format!("/access/people/{id}/leave"), &form).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.location().split('?').next().unwrap().to_owned()
}

async fn page(app: &TestApp, who: &Person, path: &str) -> String {
    let answer = app.get(Some(who), path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.body
}

/// Everything of the record was seen to be gone, at this customer or at all.
async fn all_gone(app: &TestApp, customer: Option<CustomerId>) {
    sqlx::query!(
        "update leaver_removal set state = 'verified' where $1::uuid is null or customer_id = $1",
        customer.map(|id| id.0)
    )
    .execute(&app.owner)
    .await
    .unwrap();
}

/// A request of somebody's, made at that moment; it gave this assignment, if any.
async fn asked(
    app: &TestApp,
    (provider, customer): (ProviderId, CustomerId),
    (id, kind, state): (&str, &str, &str),
    (mail, assignment): (&str, &str),
    at: DateTime<Utc>,
) {
    sqlx::query!(
        "insert into access_request (provider_id, customer_id, request_id, state, request_type, package, package_id,
                package_name, requestor_mail, assignment_id, created_at, first_seen_at, read_at)
         values ($1, $2, $3, $4, $5, 'tier2', 'id-of-tier2', 'Package ' || $3, $6, $7, $8, $8, $8)",
        provider.0,
        customer.0,
        id,
        state,
        kind,
        mail,
        assignment,
        at
    )
    .execute(&app.owner)
    .await
    .unwrap();
}

#[tokio::test]
async fn what_a_leaver_has_asked_for_is_named_and_keeps_his_record_open() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Onboarding, Role::Approver], true).await;
    let (one, two) = (app.customer(contoso, "Woodgrove").await, app.customer(contoso, "Tailspin").await);
    let now = app.app.clock.now();
    keep(&app, contoso, one, &[held(&app, "Ada", "soc.example", "tier1", 99)]).await;
    asked(&app, (contoso, two), ("r-his", "userAdd", "pendingApproval"), ("Ada@SOC.example", ""), now).await;
    asked(&app, (contoso, one), ("r-end", "userRemove", "delivering"), ("ada@soc.example", ""), now).await;
    asked(&app, (contoso, one), ("r-old", "userAdd", "denied"), ("ada@soc.example", ""), now).await;
    asked(&app, (contoso, one), ("r-ben", "userAdd", "pendingApproval"), ("ben@soc.example", ""), now).await;
    let later = now + TimeDelta::hours(1);
    for customer in [one, two] {
        sqlx::query!(
            "insert into reading (provider_id, customer_id, part, due_at) values ($1, $2, 'assignments', $3)",
            contoso.0,
            customer.0,
            later
        )
        .execute(&app.owner)
        .await
        .unwrap();
    }
    let id = whose(&app, "ada@soc.example").await;
    let before = page(&app, &anna, &format!("/access/people/{id}/leave")).await;
    let record = leave(&app, &anna, id).await;
    let due = sqlx::query_scalar!(r#"select due_at as "due_at!" from reading"#);
    assert_eq!(due.fetch_all(&app.owner).await.unwrap(), [now, now], "his customers are read at once");
    all_gone(&app, None).await;
    let open = page(&app, &anna, &record).await;
    for shown in [&before, &open] {
        assert!(shown.contains(&format!("/requests/{two}/r-his")), "{shown}");
        for other in ["r-end", "r-old", "r-ben"] {
            assert!(!shown.contains(other), "{other} in {shown}");
        }
    }
    assert!(open.contains("One request is still open") && !open.contains("Everything is gone"), "{open}");
    sqlx::query!("update access_request set state = 'denied' where request_id = 'r-his'")
        .execute(&app.owner)
        .await
        .unwrap();
    let done = page(&app, &anna, &record).await;
    assert!(done.contains("Everything is gone") && !done.contains("r-his"), "{done}");
}

#[tokio::test]
async fn what_comes_to_a_leaver_joins_his_record_and_what_comes_to_him_once_he_is_back_does_not() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Onboarding], true).await;
    let one = app.customer(contoso, "Woodgrove").await;
    let given = |package: &str| Holding {
        starts_at: Some(app.app.clock.now()),
        ..held(&app, "Ada", "soc.example", package, 300)
    };
    let mut rows = vec![given("tier1")];
    keep(&app, contoso, one, &rows).await;
    let (left, id) = (app.app.clock.now(), whose(&app, "ada@soc.example").await);
    let record = leave(&app, &anna, id).await;
    all_gone(&app, None).await;
    let mut tx = Scope::of_command_line(contoso).begin(&app.app.db).await.unwrap();
    mssp_portal::kit::work::sleep(&mut tx, one).await.unwrap();
    tx.commit_bookkeeping("test").await.unwrap();

    app.clock.advance(Duration::from_secs(86_400));
    let anna = app.session(contoso, anna.id).await;
    rows.push(given("tier2"));
    rows.push(held(&app, "Ben", "soc.example", "tier2", 300));
    keep(&app, contoso, one, &rows).await;
    let due = sqlx::query_scalar!("select due_at from work where kind = 'leave'");
    assert_eq!(due.fetch_one(&app.owner).await.unwrap(), Some(app.app.clock.now()), "and is removed at once");
    let open = page(&app, &anna, &record).await;
    assert!(open.contains("1 of 2") && open.contains("Package tier2"), "{open}");
    assert!(!open.contains("Ben"), "{open}");
    keep(&app, contoso, one, &rows).await;
    assert!(page(&app, &anna, &record).await.contains("1 of 2"), "once");

    // He came back, and a request of before he left comes after all.
    app.clock.advance(Duration::from_secs(60 * 86_400));
    asked(&app, (contoso, one), ("r", "userAdd", "delivered"), ("ada@soc.example", "Ada-tier4"), left).await;
    rows.extend([given("tier3"), given("tier4")]);
    keep(&app, contoso, one, &rows).await;
    let now = page(&app, &app.session(contoso, anna.id).await, &record).await;
    assert!(
        now.contains("1 of 3") && now.contains("Package tier4") && !now.contains("Package tier3"),
        "{now}"
    );
}

#[tokio::test]
async fn nothing_is_called_gone_while_something_is_open_at_customers_out_of_view() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Onboarding], true).await;
    let some = app.person(contoso, "Some", &[Role::Onboarding], false).await;
    let (one, two) = (app.customer(contoso, "Woodgrove").await, app.customer(contoso, "Tailspin").await);
    crate::walls::world::give(&app, contoso, some.id, one).await;
    for customer in [one, two] {
        keep(&app, contoso, customer, &[held(&app, "Ada", "soc.example", "tier1", 99)]).await;
    }
    let record = leave(&app, &anna, whose(&app, "ada@soc.example").await).await;
    all_gone(&app, Some(one)).await;
    let seen = page(&app, &some, &record).await;
    for words in ["One package is not gone yet", "Only the customers that you see are listed", "More is open"]
    {
        assert!(seen.contains(words), "no {words} in {seen}");
    }
    assert!(!seen.contains("Everything is gone") && !seen.contains("Tailspin"), "{seen}");
    let list = page(&app, &some, "/access/leavers").await;
    assert!(list.contains("1 at customers that you do not see"), "{list}");
    all_gone(&app, None).await;
    let at = app.app.clock.now();
    asked(&app, (contoso, two), ("r", "userAdd", "pendingApproval"), ("ada@soc.example", ""), at).await;
    let seen = page(&app, &some, &record).await;
    assert!(seen.contains("One request is still open") && seen.contains("More is open"), "{seen}");
    assert!(!seen.contains("Everything is gone") && !seen.contains(&two.to_string()), "{seen}");
}

#[tokio::test]
async fn each_account_is_named_before_it_is_removed_and_to_the_customer_who_must_remove_it() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Onboarding], true).await;
    let (one, two) = (app.customer(contoso, "Woodgrove").await, app.customer(contoso, "Tailspin").await);
    keep(&app, contoso, one, &[held(&app, "Ada", "soc.example", "tier1", 99)]).await;
    keep(&app, contoso, two, &[held(&app, "Lovelace", "soc.example", "tier2", 99)]).await;
    let (id, other) = (whose(&app, "ada@soc.example").await, whose(&app, "lovelace@soc.example").await);
    let form = format!("other={other}&why=Married");
    let merged = app.post(Some(&anna), &format!("/access/people/{id}/merge"), &form).await;
    assert_eq!(merged.status, 303, "{}", merged.body);
    let mail = page(&app, &anna, &format!("/access/people/{id}/leave")).await;
    assert!(mail.contains("lovelace@soc.example"), "whoever confirms sees whose it is: {mail}");
    let record = leave(&app, &anna, id).await;
    work::workers(&app.app).run_due().await.unwrap();
    let shown = page(&app, &anna, &record).await;
    for words in [
        "The customer must remove it",
        "select lovelace@soc.example, Remove",
        "select ada@soc.example, Remove",
        "Package tier2 (lovelace@soc.example)",
        "it cannot see whether this is gone",
        "we cannot see it ourselves",
    ] {
        assert!(shown.contains(words), "no {words} in {shown}");
    }
    sqlx::query!("update customer set paused_at = $1", app.app.clock.now())
        .execute(&app.owner)
        .await
        .unwrap();
    let paused = page(&app, &anna, &record).await;
    assert!(paused.contains("Not removed: the customer is paused"), "{paused}");
    assert!(paused.contains("select lovelace@soc.example, Remove"), "the customer can: {paused}");
}
