//! Signing in through the simulated cloud, and every way in which it must not work.

use std::time::Duration;

use mssp_portal::providers::AppKind;
use mssp_portal::work;
use serde_json::{Value, json};
use url::Url;

use super::browser::{Browser, PORTAL, REFUSED, STALE, assert_refused, give, param, sessions, with};
use crate::graph::wire::{Reply, Wire};
use crate::support::cloud::{ReadyProvider, TestCloud};

#[tokio::test]
async fn the_right_person_gets_a_session_with_his_roles_and_comes_back_where_he_began() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    give(&cloud, &contoso, "anna@contoso.example", "onboarding").await;
    let mut browser = Browser::new(&app);
    let gate = browser.portal("/p/contoso").await;
    assert!(gate.status == 200 && gate.body.contains("/p/contoso/go"));
    let answer = browser.sign_in("contoso", "anna@contoso.example").await;
    assert_eq!((answer.status.as_u16(), answer.location()), (303, "/customers"), "{}", answer.body);
    let list = browser.portal("/customers").await;
    assert!(list.status == 200 && list.body.contains("Anna"), "{}", list.body);
    assert_eq!(browser.portal("/admin/apps/reader").await.status, 403, "onboarding is no admin");
    let person = sqlx::query!("select name, mail, roles, identity_tid from person where name = 'Anna'")
        .fetch_one(&app.owner)
        .await
        .unwrap();
    assert_eq!((person.mail.as_str(), &person.identity_tid), ("anna@contoso.example", &contoso.home));
    assert_eq!(person.roles, ["onboarding"]);
    // A role given later is there at the next sign-in, and he is the same person.
    give(&cloud, &contoso, "anna@contoso.example", "admin").await;
    let first = browser.cookies["__Host-portal"].clone();
    browser.sign_in("contoso", "anna@contoso.example").await;
    assert_ne!(browser.cookies["__Host-portal"], first, "each sign-in has a session of its own");
    assert_eq!(browser.portal("/admin/apps/reader").await.status, 200);
    let people = sqlx::query_scalar!(r#"select count(*) as "n!" from person where name = 'Anna'"#);
    assert_eq!(people.fetch_one(&app.owner).await.unwrap(), 1);
    let told = sqlx::query_scalar!(
        r#"select count(*) as "n!" from audit_event e join person p on p.person_id = e.person_id
            where e.action = 'sign-in.done' and p.name = 'Anna'"#
    );
    assert_eq!(told.fetch_one(&app.owner).await.unwrap(), 2, "both are told of the same person");
    cloud.end().await;
}

#[tokio::test]
async fn a_role_taken_away_ends_in_open_sessions_too() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    give(&cloud, &contoso, "anna@contoso.example", "admin").await;
    give(&cloud, &contoso, "anna@contoso.example", "onboarding").await;
    let mut browser = Browser::new(&app);
    browser.sign_in("contoso", "anna@contoso.example").await;
    assert_eq!(browser.portal("/admin").await.status, 200);
    sqlx::query!("update person set roles = '{onboarding}' where name = 'Anna'")
        .execute(&app.owner)
        .await
        .unwrap();
    assert_eq!(browser.portal("/admin").await.status, 403, "she signed in elsewhere, with less");
    assert_eq!(browser.portal("/customers").await.status, 200);
    cloud.end().await;
}

#[tokio::test]
async fn sign_in_works_with_a_certificate_instead_of_a_secret() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    give(&cloud, &contoso, "anna@contoso.example", "admin").await;
    let made = app.post(Some(&contoso.everyone), "/admin/apps/sign-in/certificate", "").await;
    assert_eq!(made.status, 303, "{}", made.body);
    let before = Browser::new(&app).sign_in("contoso", "anna@contoso.example").await;
    assert_eq!(before.status, 303, "making it breaks nothing: {}", before.body);
    let mut browser = Browser::new(&app);
    let der = sqlx::query_scalar!("select next_certificate from app_registration where app = 'sign-in'")
        .fetch_one(&app.owner)
        .await
        .unwrap()
        .unwrap();
    let taken = app.post(Some(&contoso.everyone), "/admin/apps/sign-in/next/use", "understood=yes").await;
    assert_eq!(taken.status, 303, "{}", taken.body);
    assert_refused(&browser.sign_in("contoso", "anna@contoso.example").await, REFUSED);
    cloud.upload(&contoso.home, contoso.client_id(AppKind::SignIn), &der).await;
    assert_eq!(browser.sign_in("contoso", "anna@contoso.example").await.status, 303);
    assert_eq!(browser.portal("/customers").await.status, 200);
    cloud.end().await;
}

#[tokio::test]
async fn a_replayed_forged_or_stolen_state_signs_nobody_in() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    give(&cloud, &contoso, "anna@contoso.example", "admin").await;
    let before = sessions(&app).await;
    let mut anna = Browser::new(&app);
    let authority = anna.depart("contoso").await;
    let back = anna.pick(&authority, "anna@contoso.example").await;
    for forged in ["", "x", &param(&back, "state")[1..], "%00", "' or 1=1"] {
        assert_refused(&anna.portal(with(&back, "state", forged).as_str()).await, STALE);
    }
    let mut mallory = Browser::new(&app);
    assert_refused(&mallory.portal(back.as_str()).await, STALE);
    mallory.depart("contoso").await;
    assert_refused(&mallory.portal(back.as_str()).await, STALE);
    assert_eq!(sessions(&app).await, before);
    // None of that took her sign-in away.
    assert_eq!(anna.portal(back.as_str()).await.status, 303);
    assert_eq!(sessions(&app).await, before + 1);
    assert_refused(&anna.portal(back.as_str()).await, STALE);
    let authority = anna.depart("contoso").await;
    let late = anna.pick(&authority, "anna@contoso.example").await;
    app.clock.advance(Duration::from_secs(15 * 60 + 1));
    assert_refused(&anna.portal(late.as_str()).await, STALE);
    assert_eq!(sessions(&app).await, before + 1);
    cloud.end().await;
}

#[tokio::test]
async fn a_foreign_or_old_code_a_wrong_nonce_and_a_refusal_sign_nobody_in() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    let fabrikam = cloud.provider(&app, "fabrikam").await;
    give(&cloud, &contoso, "anna@contoso.example", "admin").await;
    give(&cloud, &fabrikam, "anna@fabrikam.example", "admin").await;
    let before = sessions(&app).await;
    let mut victim = Browser::new(&app);
    let mut other = Browser::new(&app);
    for (slug, who) in [("contoso", "anna@contoso.example"), ("fabrikam", "anna@fabrikam.example")] {
        let theirs = other.depart(slug).await;
        let theirs = other.pick(&theirs, who).await;
        let mine = victim.depart("contoso").await;
        let mine = victim.pick(&mine, "anna@contoso.example").await;
        let swapped = with(&mine, "code", &param(&theirs, "code"));
        assert_refused(&victim.portal(swapped.as_str()).await, REFUSED);
        assert_refused(&victim.portal(mine.as_str()).await, STALE);
    }
    // The authority of one provider answers as if it were another's: its code must not leave for either.
    let theirs = victim.depart("fabrikam").await;
    let theirs = victim.pick(&theirs, "anna@fabrikam.example").await;
    let mixed = theirs.as_str().replace("/p/fabrikam/", "/p/contoso/");
    assert_refused(&victim.portal(&mixed).await, REFUSED);
    assert_refused(&victim.portal(theirs.as_str()).await, STALE);
    let elsewhere = victim.depart("contoso").await;
    let elsewhere = victim.pick(&elsewhere, "anna@contoso.example").await;
    let iss = format!("{}&iss=https%3A%2F%2Fevil.example", elsewhere.as_str());
    assert_refused(&victim.portal(&iss).await, REFUSED);
    let authority = victim.depart("contoso").await;
    let nonce = with(&authority, "nonce", "another-nonce");
    let back = victim.pick(&nonce, "anna@contoso.example").await;
    assert_refused(&victim.portal(back.as_str()).await, REFUSED);
    let authority = victim.depart("contoso").await;
    let back = victim.pick(&authority, "anna@contoso.example").await;
    app.clock.advance(Duration::from_secs(10 * 60 + 1));
    assert_refused(&victim.portal(back.as_str()).await, REFUSED);
    let authority = victim.depart("contoso").await;
    let state = param(&authority, "state");
    let declined = format!("/p/contoso/callback?error=access_denied&error_description=x&state={state}");
    assert_refused(&victim.portal(&declined).await, REFUSED);
    assert_eq!(sessions(&app).await, before);
    cloud.end().await;
}

#[tokio::test]
async fn a_person_without_a_role_is_told_so_and_it_is_written_down() {
    let (app, cloud) = TestCloud::with_portal().await;
    cloud.provider(&app, "contoso").await;
    let before = sessions(&app).await;
    let mut browser = Browser::new(&app);
    assert_refused(&browser.sign_in("contoso", "anna@contoso.example").await, "No role yet");
    assert_eq!(sessions(&app).await, before);
    let told =
        sqlx::query_scalar!(r#"select count(*) as "n!" from audit_event where action = 'sign-in.refused'"#);
    assert_eq!(told.fetch_one(&app.owner).await.unwrap(), 1);
    let people = sqlx::query_scalar!(r#"select count(*) as "n!" from person where name = 'Anna'"#);
    assert_eq!(people.fetch_one(&app.owner).await.unwrap(), 0, "strangers do not fill the list of people");
    assert_eq!(browser.portal("/customers").await.location(), "/sign-in?back=%2Fcustomers");
    cloud.end().await;
}

/// The sign-in app, made to work in other tenants too, and an administrator of one with a role in it.
async fn elsewhere(cloud: &TestCloud, provider: &ReadyProvider) -> String {
    let client = provider.client_id(AppKind::SignIn);
    cloud
        .tenant(json!({ "id": provider.home, "applications": [{
            "appId": client, "displayName": "sign-in", "signInAudience": "AzureADMultipleOrgs",
            "redirectUris": [format!("{PORTAL}/p/contoso/callback")], "appRoles": ["admin"],
            "secret": "the-secret-of-contoso-sign-in",
        }] }))
        .await;
    let tenant = cloud.customer_tenant("Woodgrove Bank").await;
    cloud.consent(tenant, client, true).await;
    let path = format!("/tenants/{tenant}/applications/{client}/users");
    let role = json!({ "userPrincipalName": "admin@woodgrove-bank.example", "appRole": "admin" });
    cloud.control("POST", &path, role).await;
    tenant.to_string()
}

#[tokio::test]
async fn a_code_of_another_tenant_is_worth_nothing() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    let tenant = elsewhere(&cloud, &contoso).await;
    let before = sessions(&app).await;
    let mut browser = Browser::new(&app);
    let authority = browser.depart("contoso").await;
    let theirs: Url = authority.as_str().replace(&contoso.home, &tenant).parse().unwrap();
    let back = browser.pick(&theirs, "admin@woodgrove-bank.example").await;
    assert_refused(&browser.portal(back.as_str()).await, REFUSED);
    assert_eq!(sessions(&app).await, before);
    cloud.end().await;
}

#[tokio::test]
async fn a_genuine_id_token_of_another_tenant_is_refused() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    let tenant = elsewhere(&cloud, &contoso).await;
    let client = contoso.client_id(AppKind::SignIn).to_owned();
    let mut browser = Browser::new(&app);
    let theirs = cloud.simulation.base_url().to_owned();
    let keys = browser.cloud.get(format!("{theirs}/{tenant}/discovery/v2.0/keys"));
    let keys: Value = keys.send().await.unwrap().json().await.unwrap();
    // An authority that hands on what it was given: the provider's own, gone wrong.
    let given = std::sync::Arc::new(std::sync::Mutex::new(Value::Null));
    let (home, handed, own) = (contoso.home.clone(), given.clone(), std::sync::OnceLock::<String>::new());
    let own = std::sync::Arc::new(own);
    let base = own.clone();
    let wire = Wire::with_tokens(
        move |seen, _| {
            let at = format!("{}/{home}", base.get().unwrap());
            if seen.path.ends_with("/keys") {
                return Reply::json(200, keys.clone()).with("content-type", "application/json");
            }
            let document = json!({
                "issuer": format!("{at}/v2.0"), "authorization_endpoint": format!("{at}/oauth2/v2.0/authorize"),
                "token_endpoint": format!("{at}/oauth2/v2.0/token"), "jwks_uri": format!("{at}/keys"),
                "response_types_supported": ["code"], "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
            });
            Reply::json(200, document).with("content-type", "application/json")
        },
        move |_, _, _| Reply::json(200, handed.lock().unwrap().clone()).with("content-type", "application/json"),
    )
    .await;
    own.set(wire.base.clone()).unwrap();
    sqlx::query!(
        "update provider set sign_in_issuer = $2 where provider_id = $1",
        contoso.id.0,
        format!("{}/{}/v2.0", wire.base, contoso.home)
    )
    .execute(&app.owner)
    .await
    .unwrap();
    let authority = browser.depart("contoso").await;
    // The same request at the other tenant, with a PKCE pair of the attacker's own, redeemed by himself.
    let verifier = "verifier-of-somebody-else-long-enough-to-serve-0123";
    let request = with(&authority, "code_challenge", &challenge(verifier));
    let there = format!("{theirs}/{tenant}/oauth2/v2.0/authorize?{}", request.query().unwrap());
    let back = browser.pick(&there.parse().unwrap(), "admin@woodgrove-bank.example").await;
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", &client),
        ("client_secret", "the-secret-of-contoso-sign-in"),
        ("code", &param(&back, "code")),
        ("redirect_uri", &format!("{PORTAL}/p/contoso/callback")),
        ("code_verifier", verifier),
    ];
    let token = browser.cloud.post(format!("{theirs}/{tenant}/oauth2/v2.0/token")).form(&form);
    *given.lock().unwrap() = token.send().await.unwrap().json().await.unwrap();
    assert!(given.lock().unwrap()["id_token"].is_string());
    let before = sessions(&app).await;
    assert_refused(&browser.portal(back.as_str()).await, REFUSED);
    assert_eq!(wire.token_requests().len(), 1, "it was the token that was refused");
    assert_eq!(sessions(&app).await, before);
    cloud.end().await;
}

fn challenge(verifier: &str) -> String {
    use base64::Engine;
    use sha2::Digest;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(verifier))
}

#[tokio::test]
async fn a_consent_callback_with_a_foreign_spent_or_sign_in_state_does_nothing() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    let fabrikam = cloud.provider(&app, "fabrikam").await;
    let ours = cloud.add_customer(&app, &contoso, "Woodgrove Bank").await;
    let theirs = cloud.add_customer(&app, &fabrikam, "Humongous Insurance").await;
    let due = async |customer: mssp_portal::kit::ids::CustomerId| {
        sqlx::query_scalar!("select due_at from work where customer_id = $1 and kind = 'consent'", customer.0)
            .fetch_one(&app.owner)
            .await
            .unwrap()
    };
    let link = async |provider: &ReadyProvider, customer| -> Url {
        let path = format!("/customers/{customer}/consent");
        let page =
            app.post(Some(&provider.everyone), &path, &format!("customer={customer}&app=reader")).await;
        let at = page.body.find(&format!("{}/", cloud.simulation.base_url())).unwrap();
        let text = page.body[at..].split(['"', '<', ' ', '\n']).next().unwrap();
        text.replace("&amp;", "&").replace("&#38;", "&").parse().unwrap()
    };
    let (our_link, their_link) = (link(&contoso, ours).await, link(&fabrikam, theirs).await);
    let mut browser = Browser::new(&app);
    work::workers(&app.app).run_due().await.unwrap();
    let before = due(ours).await;
    let tenant = our_link.path_segments().unwrap().next().unwrap().to_owned();
    let callback = |state: &str| {
        let state: String = url::form_urlencoded::byte_serialize(state.as_bytes()).collect();
        format!("/consent/callback?admin_consent=True&tenant={tenant}&state={state}")
    };
    let sign_in_state = param(&browser.depart("contoso").await, "state");
    for state in [param(&their_link, "state"), sign_in_state, "made up".to_owned()] {
        let thanks = app.get(None, &callback(&state)).await;
        assert!(thanks.status == 200 && !thanks.body.contains("Woodgrove"), "{}", thanks.body);
        assert_eq!(due(ours).await, before, "{state}");
    }
    let stale =
        browser.portal(&format!("/p/contoso/callback?code=x&state={}", param(&our_link, "state"))).await;
    assert_refused(&stale, STALE);
    // The customer's administrator accepts in his browser; from then on the state is spent.
    let picked = browser.cloud.post(our_link.clone()).form(&[("address", "admin@woodgrove-bank.example")]);
    let picked = picked.send().await.unwrap();
    let cookie = picked.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let page = picked.text().await.unwrap();
    let account = page.split("name=\"account\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let decided = browser.cloud.post(our_link.clone()).header("cookie", cookie);
    let decided = decided.form(&[("account", account), ("decision", "accept")]).send().await.unwrap();
    let back = decided.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(browser.portal(&back).await.status, 200);
    assert_ne!(due(ours).await, before, "a true callback has the customer checked at once");
    work::workers(&app.app).run_due().await.unwrap();
    let state =
        sqlx::query_scalar!("select state from consent where customer_id = $1 and app = 'reader'", ours.0);
    assert_eq!(state.fetch_one(&app.owner).await.unwrap(), "granted");
    let after = due(ours).await;
    app.clock.advance(Duration::from_secs(60));
    browser.portal(&back).await;
    assert_eq!(due(ours).await, after, "a spent state does nothing");
    cloud.end().await;
}
