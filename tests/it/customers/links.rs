//! Consent links: superseded, sent twice, declined; and directories that are no customers.

use std::time::Duration;

use mssp_portal::kit::ids::CustomerId;
use serde_json::json;

use super::{link, run, standing, state_of};
use crate::support::app::{Answer, TestApp};
use crate::support::cloud::{TestCloud, plain};

async fn due(app: &TestApp, customer: CustomerId) -> bool {
    let due = sqlx::query_scalar!(
        "select due_at from work where customer_id = $1 and kind = 'consent'",
        customer.0
    )
    .fetch_one(&app.owner)
    .await
    .unwrap();
    due.is_some_and(|due| due <= app.app.clock.now())
}

async fn events(app: &TestApp, action: &str) -> Vec<(String, String)> {
    let rows =
        sqlx::query!("select actor, actor_kind from audit_event where action = $1 order by seq", action)
            .fetch_all(&app.owner)
            .await
            .unwrap();
    rows.into_iter().map(|row| (row.actor, row.actor_kind)).collect()
}

#[tokio::test]
async fn a_superseded_link_still_has_the_consent_checked_and_one_that_expired_does_not() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    let customer = cloud.add_customer(&app, &contoso, "Woodgrove Bank").await;
    let older = state_of(&link(&app, &contoso, customer, "reader").await);
    let newer = state_of(&link(&app, &contoso, customer, "reader").await);
    assert_ne!(older, newer);
    run(&app).await;
    app.clock.advance(Duration::from_secs(1));
    assert!(!due(&app, customer).await);
    let thanks = app.get(None, &format!("/consent/callback?admin_consent=True&state={older}")).await.body;
    assert!(thanks.contains("now checks the consent"), "{thanks}");
    assert!(due(&app, customer).await, "as it says");
    run(&app).await;
    app.clock.advance(Duration::from_secs(14 * 24 * 3600));
    run(&app).await;
    for state in [&older, &newer] {
        let page = app.get(None, &format!("/consent/callback?admin_consent=True&state={state}")).await.body;
        assert!(page.contains("nothing is checked") && !page.contains("Thank you"), "{page}");
    }
    assert!(!due(&app, customer).await);
    let expired = standing(&app, customer).await;
    assert_eq!(expired, ("consent-wanted".into(), "us".into()), "no link is out any more");
    cloud.end().await;
}

#[tokio::test]
async fn a_form_that_is_sent_again_shows_the_same_link_and_makes_no_other() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    let customer = cloud.add_customer(&app, &contoso, "Woodgrove Bank").await;
    let path = format!("/customers/{customer}/consent");
    let page = app.get(Some(&contoso.everyone), &path).await.body;
    let once: Vec<&str> =
        page.split("name=\"once\" value=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(once.len() == 3 && once[0] != once[1], "{page}");
    let send = async |app_key: &str, once: &str| {
        let form = format!("customer={customer}&app={app_key}&once={once}");
        let answer = app.post(Some(&contoso.everyone), &path, &form).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        state_of(&answer)
    };
    let first = send("reader", once[0]).await;
    app.clock.advance(Duration::from_secs(60));
    assert_eq!(send("reader", once[0]).await, first, "reloaded");
    assert_ne!(send("operator", once[0]).await, first);
    assert_ne!(send("reader", once[1]).await, first, "asked for anew");
    assert_ne!(
        send("reader", "short").await,
        send("reader", "short").await,
        "what anybody could guess is no mark"
    );
    let links = sqlx::query_scalar!(r#"select count(*) as "n!" from consent_link where app = 'reader'"#)
        .fetch_one(&app.owner)
        .await
        .unwrap();
    assert_eq!((links, events(&app, "consent.link-made").await.len()), (4, 5));
    cloud.end().await;
}

/// Presses Cancel on Microsoft's page behind the link: where the browser is sent to.
async fn cancel(link: &Answer) -> String {
    let at = link.body.find("/v2.0/adminconsent").unwrap_or_else(|| panic!("no link in {}", link.body));
    let start = link.body[..at].rfind("http").unwrap();
    let address = link.body[start..].split(['"', '<']).next().unwrap();
    let address = address.replace("&amp;", "&").replace("&#38;", "&");
    let browser = plain().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = browser.post(&address).form(&[("cancel", "yes")]).send().await.unwrap();
    let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
    to.unwrap_or_else(|| panic!("nowhere from {address}"))
}

#[tokio::test]
async fn whoever_presses_cancel_on_microsofts_page_has_declined_in_any_words_of_microsoft() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    let customer = cloud.add_customer(&app, &contoso, "Woodgrove Bank").await;
    for (n, subcode) in [false, true].into_iter().enumerate() {
        cloud.control("POST", "/switches", json!({ "consent.cancel-subcode": subcode })).await;
        app.clock.advance(Duration::from_secs(60));
        let made = link(&app, &contoso, customer, "reader").await;
        run(&app).await;
        app.clock.advance(Duration::from_secs(60));
        let state = state_of(&made);
        let only =
            format!("/consent/callback?error=consent_required&error_description=AADSTS65001&state={state}");
        assert!(!app.get(None, &only).await.body.contains("has been told"), "nobody decided anything");
        let back = cancel(&made).await;
        assert!(back.contains("AADSTS65004"), "{back}");
        let page = app.get(None, back.strip_prefix("http://localhost:8080").unwrap()).await.body;
        assert!(page.contains("has been told"), "{back}: {page}");
        assert_eq!(events(&app, "consent.declined").await.len(), n + 1);
        assert_eq!(standing(&app, customer).await, ("consent-wanted".into(), "us".into()));
    }
    cloud.end().await;
}

#[tokio::test]
async fn a_declined_consent_is_noted_once_and_is_ours_to_ask_about_until_a_new_link_is_made() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    let customer = cloud.add_customer(&app, &contoso, "Woodgrove Bank").await;
    let state = state_of(&link(&app, &contoso, customer, "reader").await);
    run(&app).await;
    app.clock.advance(Duration::from_secs(60));
    let failed = format!("/consent/callback?error=server_error&state={state}");
    assert!(!app.get(None, &failed).await.body.contains("has been told"), "an error is no refusal");
    let forged = app.get(None, "/consent/callback?error=access_denied&state=forged").await.body;
    assert!(forged.contains("not known") && !forged.contains("has been told"), "{forged}");
    assert_eq!(events(&app, "consent.declined").await, []);
    for _ in 0..2 {
        let answer =
            app.get(None, &format!("/consent/callback?error=access_denied&state={state}")).await.body;
        assert!(answer.contains("has been told") && !answer.contains("Woodgrove"), "{answer}");
        for _ in 0..2 {
            let ours = ("consent-wanted".to_owned(), "us".to_owned());
            assert_eq!(standing(&app, customer).await, ours, "and a check leaves it so");
            run(&app).await;
        }
    }
    let told = events(&app, "consent.declined").await;
    assert_eq!(told, [("customer's browser".to_owned(), "browser".to_owned())], "once");
    let get = async |path: String| app.get(Some(&contoso.everyone), &path).await.body;
    let page = get(format!("/customers/{customer}/consent")).await;
    assert!(page.contains("Declined on 23 Nov 2026") && page.contains("Ask what was unclear"), "{page}");
    for path in [format!("/customers/{customer}"), "/".to_owned()] {
        let page = get(path).await;
        assert!(page.contains("declined. Ask what was unclear"), "{page}");
    }
    let log = get(format!("/customers/{customer}/activity")).await;
    assert!(log.contains("Consent declined") && log.contains("Browser of the customer"), "{log}");
    app.clock.advance(Duration::from_secs(60));
    link(&app, &contoso, customer, "reader").await;
    run(&app).await;
    assert_eq!(standing(&app, customer).await, ("consent-wanted".into(), "customer".into()));
    assert!(!get(format!("/customers/{customer}/consent")).await.contains("Declined on"));
    cloud.end().await;
}

#[tokio::test]
async fn a_declined_write_consent_is_ours_to_ask_about_while_a_run_waits_for_it() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    let customer = cloud.add_customer(&app, &contoso, "Woodgrove Bank").await;
    let next = async || {
        let next = sqlx::query_scalar!("select next_move from customer where customer_id = $1", customer.0);
        (standing(&app, customer).await.1, next.fetch_one(&app.owner).await.unwrap())
    };
    sqlx::query!(
        "update customer set state = 'operator-wanted', whose_move = 'customer', next_move = 'onboarding-next-operator'"
    )
    .execute(&app.owner)
    .await
    .unwrap();
    let wanted = next().await;
    let state = state_of(&link(&app, &contoso, customer, "operator").await);
    app.clock.advance(Duration::from_secs(60));
    app.get(None, &format!("/consent/callback?error=permission_denied&state={state}")).await;
    assert_eq!(next().await, ("us".to_owned(), "customers-next-consent-declined".to_owned()));
    app.clock.advance(Duration::from_secs(60));
    link(&app, &contoso, customer, "operator").await;
    assert_eq!(next().await, wanted);
    cloud.end().await;
}

#[tokio::test]
async fn the_providers_own_directories_are_no_customers() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    let fabrikam = cloud.provider(&app, "fabrikam").await;
    for (tenant, domain, words) in [
        (&contoso.home, "contoso.example", "your own staff sign in with"),
        (&contoso.analysts, contoso.analyst_domain.as_str(), "your own analysts"),
    ] {
        let add = format!("domain={domain}&entra_tenant_id={tenant}&name=Us&manager=");
        for (path, form) in [
            ("/customers/add/find", format!("domain={domain}")),
            ("/customers/add/find", format!("domain={tenant}")),
            ("/customers/add", add.clone()),
        ] {
            let refused = app.post(Some(&contoso.everyone), path, &form).await;
            assert!(refused.status == 422 && refused.body.contains(words), "{path} {form}: {}", refused.body);
        }
        let another = app.post(Some(&fabrikam.everyone), "/customers/add", &add).await;
        assert_eq!(another.status, 303, "a directory like any other to somebody else: {}", another.body);
    }
    cloud.end().await;
}
