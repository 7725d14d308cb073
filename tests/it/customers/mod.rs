//! Customers: adding, finding, consent, the list; through the portal's pages, against the simulated cloud.

mod details;
mod domain;
mod links;
mod lists;

use mssp_portal::kit::ids::CustomerId;
use mssp_portal::providers::AppKind;
use mssp_portal::work;
use serde_json::json;

use crate::support::app::{Answer, TestApp};
use crate::support::cloud::{ReadyProvider, TestCloud};

async fn standing(app: &TestApp, customer: CustomerId) -> (String, String) {
    let row = sqlx::query!("select state, whose_move from customer where customer_id = $1", customer.0)
        .fetch_one(&app.owner)
        .await
        .unwrap();
    (row.state, row.whose_move)
}

async fn run(app: &TestApp) {
    work::workers(&app.app).run_due().await.unwrap();
}

/// The `state` of a consent link on this page.
fn state_of(page: &Answer) -> String {
    let at = page.body.find("state=").unwrap_or_else(|| panic!("no link in {}", page.body)) + 6;
    page.body[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect()
}

async fn link(app: &TestApp, provider: &ReadyProvider, customer: CustomerId, kind: &str) -> Answer {
    let path = format!("/customers/{customer}/consent");
    let answer = app.post(Some(&provider.everyone), &path, &format!("customer={customer}&app={kind}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

#[tokio::test]
async fn a_customer_is_found_by_domain_shown_back_and_added_once() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    let tenant = cloud.customer_tenant("Woodgrove Bank").await;
    let everyone = Some(&contoso.everyone);
    let shown = app.post(everyone, "/customers/add/find", "domain=Woodgrove-Bank.example").await;
    assert!(shown.status == 200 && shown.body.contains(&tenant.to_string()), "{}", shown.body);
    let before = app.get(everyone, "/customers").await;
    assert!(!before.body.contains("woodgrove-bank.example"), "nothing is saved by looking");
    let form = format!("domain=woodgrove-bank.example&entra_tenant_id={tenant}&name=Woodgrove&manager=");
    assert_eq!(app.post(everyone, "/customers/add", &form).await.status, 303);
    for domain in ["woodgrove-bank.example", &tenant.to_string()] {
        let again = app.post(everyone, "/customers/add/find", &format!("domain={domain}")).await;
        assert!(again.status == 422 && again.body.contains("already a customer of yours"), "{}", again.body);
    }
    for (typed, words) in [
        ("nowhere.example", "knows no directory"),
        ("not a domain", "neither a domain"),
        ("127.0.0.1", "neither a domain"),
    ] {
        let refused = app.post(everyone, "/customers/add/find", &format!("domain={typed}")).await;
        assert!(refused.status == 422 && refused.body.contains(words), "{typed}: {}", refused.body);
        assert!(refused.body.contains(typed), "what was typed is kept");
    }
    let swapped = cloud.customer_tenant("Other").await;
    let form = format!("domain=woodgrove-bank.example&entra_tenant_id={swapped}&name=x&manager=");
    assert_eq!(
        app.post(everyone, "/customers/add", &form).await.status,
        400,
        "the id in the form is not trusted"
    );
    cloud.end().await;
}

#[tokio::test]
async fn two_providers_may_have_one_directory_as_customer_without_learning_of_each_other() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    let fabrikam = cloud.provider(&app, "fabrikam").await;
    cloud.add_customer(&app, &contoso, "Woodgrove Bank").await;
    let shown =
        app.post(Some(&fabrikam.everyone), "/customers/add/find", "domain=woodgrove-bank.example").await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    let list = app.get(Some(&fabrikam.everyone), "/customers").await;
    assert!(!list.body.contains("Woodgrove"));
    cloud.end().await;
}

#[tokio::test]
async fn consent_stands_only_once_the_token_endpoint_proves_it() {
    let (app, cloud) = TestCloud::with_portal().await;
    let mut contoso = cloud.provider(&app, "contoso").await;
    let customer = cloud.add_customer(&app, &contoso, "Woodgrove Bank").await;
    let tenant = cloud.control("GET", "/ready", json!(null)).await;
    drop(tenant);
    run(&app).await;
    assert_eq!(standing(&app, customer).await, ("new".into(), "us".into()), "no link was sent yet");
    for path in [format!("/customers/{customer}"), format!("/customers/{customer}/consent")] {
        let page = app.get(Some(&contoso.everyone), &path).await.body;
        assert!(page.contains("Not given") && !page.contains("or removed"), "nothing is lost yet: {page}");
    }
    let page = link(&app, &contoso, customer, "reader").await;
    let state = state_of(&page);
    run(&app).await;
    assert_eq!(standing(&app, customer).await, ("consent-wanted".into(), "customer".into()));
    // A callback that claims everything, before anybody consented: it proves nothing.
    let callback = format!("/consent/callback?admin_consent=True&tenant={}&state={state}", uuid::Uuid::nil());
    let thanks = app.get(None, &callback).await;
    assert_eq!(thanks.status, 200);
    assert!(!thanks.body.contains("Woodgrove") && !thanks.body.contains("contoso"), "it reveals nothing");
    run(&app).await;
    assert_eq!(standing(&app, customer).await.0, "consent-wanted");
    let id = sqlx::query_scalar!("select entra_tenant_id from customer where customer_id = $1", customer.0)
        .fetch_one(&app.owner)
        .await
        .unwrap();
    let id = mssp_portal::kit::ids::EntraTenantId(id);
    cloud.consent(id, contoso.client_id(AppKind::Reader), true).await;
    app.get(None, &callback).await;
    run(&app).await;
    let consent = sqlx::query!(
        "select state, missing from consent where customer_id = $1 and app = 'reader'",
        customer.0
    )
    .fetch_one(&app.owner)
    .await
    .unwrap();
    assert_eq!((consent.state.as_str(), consent.missing.len()), ("granted", 0));
    let spent =
        sqlx::query_scalar!(r#"select count(*) as "n!" from consent_link where spent_at is not null"#)
            .fetch_one(&app.owner)
            .await
            .unwrap();
    assert_eq!(spent, 1, "the link is spent once consent is proven");
    // Withdrawn: a state with since when, and the customer stays in the list.
    cloud.consent(id, contoso.client_id(AppKind::Reader), false).await;
    app.clock.advance(std::time::Duration::from_secs(3700));
    run(&app).await;
    assert_eq!(
        standing(&app, customer).await,
        ("consent-lost".into(), "us".into()),
        "no new link was sent yet"
    );
    contoso.everyone = app.session(contoso.id, contoso.everyone.id).await;
    link(&app, &contoso, customer, "reader").await;
    for _ in 0..2 {
        assert_eq!(standing(&app, customer).await, ("consent-lost".into(), "customer".into()));
        run(&app).await;
    }
    let everyone = app.person(contoso.id, "Later", &mssp_portal::kit::right::Role::ALL, true).await;
    assert!(app.get(Some(&everyone), "/customers").await.body.contains("Consent lost"));
    let page = app.get(Some(&everyone), &format!("/customers/{customer}")).await.body;
    assert!(page.contains("or removed"), "now it is: {page}");
    cloud.end().await;
}

#[tokio::test]
async fn a_forged_replayed_or_expired_consent_callback_does_nothing() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    let customer = cloud.add_customer(&app, &contoso, "Woodgrove Bank").await;
    let state = state_of(&link(&app, &contoso, customer, "reader").await);
    run(&app).await;
    let due = async || {
        sqlx::query_scalar!("select due_at from work where customer_id = $1 and kind = 'consent'", customer.0)
            .fetch_one(&app.owner)
            .await
            .unwrap()
    };
    let before = due().await;
    for forged in ["", "x", &state[1..], &format!("{state}x"), "../../etc/passwd", "%27%20or%201%3D1"] {
        let answer = app.get(None, &format!("/consent/callback?admin_consent=True&state={forged}")).await;
        assert!(answer.status == 200 && answer.body.contains("This link is not known"), "{}", answer.body);
        assert_eq!(due().await, before, "{forged}");
    }
    let newer = state_of(&link(&app, &contoso, customer, "reader").await);
    run(&app).await;
    let before = due().await;
    app.clock.advance(std::time::Duration::from_secs(14 * 24 * 3600 + 1));
    app.get(None, &format!("/consent/callback?state={newer}")).await;
    assert_eq!(due().await, before, "a link is good for fourteen days");
    cloud.end().await;
}

#[tokio::test]
async fn the_list_searches_filters_sorts_and_pages_by_address() {
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    let roles = [mssp_portal::kit::right::Role::Onboarding];
    let anna = app.person(provider, "Anna", &roles, true).await;
    for number in 0..120 {
        app.customer(provider, &format!("Customer {number:03}")).await;
    }
    let get = async |path: &str| app.get(Some(&anna), path).await.body;
    let first = get("/customers").await;
    assert!(
        first.contains("Customer 000") && first.contains("Customer 049") && !first.contains("Customer 050")
    );
    let mut seen = 0;
    let mut path = "/customers".to_owned();
    for _ in 0..3 {
        let page = get(&path).await;
        seen += page.matches("<tr role=\"row\" data-row>").count();
        let Some(at) = page.find("rel=\"next\"") else { break };
        let start = page[..at].rfind("href=\"").unwrap() + 6;
        path = page[start..].split('"').next().unwrap().replace("&#38;", "&");
    }
    assert_eq!(seen, 120, "every customer once over three pages");
    assert_eq!(get("/customers?q=customer+07").await.matches("<tr role=\"row\" data-row>").count(), 10);
    assert_eq!(get("/customers?state=onboarded").await.matches("<tr role=\"row\" data-row>").count(), 0);
    assert!(get("/customers?q=nothing-fits").await.contains("No customer fits"));
    for sort in ["mine", "name", "since", "expiry"] {
        assert_eq!(
            get(&format!("/customers?sort={sort}")).await.matches("<tr role=\"row\" data-row>").count(),
            50,
            "{sort}"
        );
    }
}
