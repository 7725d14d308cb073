//! Sign-in of people: the page, the code, the tokens.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::browser::{Browser, Page};
use super::kit::{ADATUM, APPROVER, CONTOSO, World};

const BACK: &str = "http://portal.example/signed-in";
pub const VERIFIER: &str = "a-verifier-that-is-long-enough-to-be-one-0123456789";

pub fn address(tenant: &str, change: &[(&str, &str)]) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let mut query: HashMap<&str, &str> = HashMap::from([
        ("client_id", APPROVER),
        ("response_type", "code"),
        ("redirect_uri", BACK),
        ("scope", "openid profile email"),
        ("state", "the state"),
        ("nonce", "the nonce"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    query.extend(change.iter().copied());
    let query: Vec<(&str, &str)> = query.into_iter().filter(|(_, v)| !v.is_empty()).collect();
    let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    format!("/{tenant}/oauth2/v2.0/authorize?{text}")
}

pub async fn sign_in(browser: &mut Browser, address: &str, name: &str) -> Page {
    let page = browser.get(address).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let person = page.button(name);
    browser.post(address, &[("person", &person)]).await
}

pub async fn redeem(world: &World, tenant: &str, code: &str, verifier: &str) -> (u16, Value) {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", APPROVER),
        ("client_secret", "approver-secret"),
        ("code", code),
        ("redirect_uri", BACK),
        ("code_verifier", verifier),
    ];
    let answer = world.ask_token(tenant, &form).await;
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn claims(token: &Value) -> Value {
    let body = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
}

#[tokio::test]
async fn a_person_signs_in_and_the_tokens_say_who_he_is() {
    let world = World::start().await;
    world.consent(CONTOSO, APPROVER, true).await;
    let role = json!({"userPrincipalName": "ana@contoso-soc.example", "appRole": "Analyst"});
    world.sim(&format!("tenants/{CONTOSO}/applications/{APPROVER}/users"), role).await;
    let mut browser = Browser::new(world.simulation.base_url());
    let page = sign_in(&mut browser, &address(CONTOSO, &[]), "Ana Analyst").await;
    assert_eq!((page.status, page.query()["state"].as_str()), (303, "the state"));
    assert!(page.location.starts_with(BACK));
    assert!(browser.cookie.as_ref().unwrap().starts_with("simulated-cloud-session="));
    let (status, tokens) = redeem(&world, CONTOSO, &page.query()["code"], VERIFIER).await;
    assert_eq!(status, 200, "{tokens}");
    let who = claims(&tokens["id_token"]);
    assert_eq!(who["iss"], world.url(&format!("/{CONTOSO}/v2.0")));
    for (name, value) in [
        ("aud", APPROVER),
        ("tid", CONTOSO),
        ("nonce", "the nonce"),
        ("name", "Ana Analyst"),
        ("preferred_username", "ana@contoso-soc.example"),
        ("email", "ana@contoso-soc.example"),
    ] {
        assert_eq!(who[name], value, "{name}");
    }
    assert_eq!(who["roles"], json!(["Analyst"]));
    assert_eq!(claims(&tokens["access_token"])["oid"], who["oid"]);
    let (status, again) = redeem(&world, CONTOSO, &page.query()["code"], VERIFIER).await;
    assert_eq!((status, &again["error_codes"][0]), (400, &54_005.into()), "a code serves once");
}

#[tokio::test]
async fn a_code_serves_only_whom_it_was_made_for_and_ten_minutes() {
    let world = World::with_consent().await;
    world.consent(CONTOSO, APPROVER, true).await;
    let mut browser = Browser::new(world.simulation.base_url());
    let code = sign_in(&mut browser, &address(CONTOSO, &[]), "Bo Lead").await.query()["code"].clone();
    let (_, body) = redeem(&world, ADATUM, &code, VERIFIER).await;
    assert_eq!(body["error_codes"][0], 700_005);
    let (_, body) = redeem(&world, CONTOSO, &code, "another-verifier-that-is-long-enough-0123456789").await;
    assert_eq!(body["error_codes"][0], 501_481);
    let code = sign_in(&mut browser, &address(CONTOSO, &[]), "Bo Lead").await.query()["code"].clone();
    world.sim("clock", json!({"advanceSeconds": 601})).await;
    let (_, body) = redeem(&world, CONTOSO, &code, VERIFIER).await;
    assert_eq!(body["error_codes"][0], 70_008);
    let (_, body) = redeem(&world, CONTOSO, "made-up", VERIFIER).await;
    assert_eq!((&body["error"], &body["error_codes"][0]), (&json!("invalid_grant"), &9_002_313.into()));
}

#[tokio::test]
async fn what_cannot_be_trusted_is_told_on_a_page_and_leads_nowhere() {
    let world = World::start().await;
    let mut browser = Browser::new(world.simulation.base_url());
    for (tenant, change, code) in [
        (CONTOSO, ("client_id", ""), "AADSTS900144"),
        (CONTOSO, ("client_id", ADATUM), "AADSTS700016"),
        (CONTOSO, ("redirect_uri", "http://portal.example/signed-in/"), "AADSTS50011"),
        (CONTOSO, ("redirect_uri", "http://portal.example/signed-in?x=1"), "AADSTS50011"),
        ("nowhere.example", ("state", "x"), "AADSTS90002"),
    ] {
        let page = browser.get(&address(tenant, &[change])).await;
        assert!(page.status == 400 && page.location.is_empty(), "{change:?}");
        assert!(page.text.contains(code), "{change:?}: {}", page.text);
    }
}

#[tokio::test]
async fn other_mistakes_go_back_to_the_application() {
    let world = World::start().await;
    let mut browser = Browser::new(world.simulation.base_url());
    for (name, value, error, code) in [
        ("response_type", "token", "unsupported_response_type", "AADSTS700054"),
        ("scope", "", "invalid_request", "AADSTS900144"),
        ("scope", "openid https://other.example/Read", "invalid_resource", "AADSTS500011"),
        ("code_challenge", "", "invalid_request", "AADSTS50147"),
        ("code_challenge_method", "plain", "invalid_request", "AADSTS50149"),
        ("prompt", "never", "invalid_request", "AADSTS90023"),
        ("prompt", "none", "login_required", "AADSTS50058"),
    ] {
        let query = browser.get(&address(CONTOSO, &[(name, value)])).await.query();
        assert_eq!(
            (query["error"].as_str(), query["state"].as_str()),
            (error, "the state"),
            "{name}={value}"
        );
        assert!(query["error_description"].starts_with(code), "{}", query["error_description"]);
        assert!(!query.contains_key("code"));
    }
    let cancelled = browser.post(&address(CONTOSO, &[]), &[("cancel", "yes")]).await;
    assert_eq!(cancelled.query()["error"], "access_denied");
}

#[tokio::test]
async fn a_silent_request_uses_the_account_of_this_browser_and_asks_when_there_are_two() {
    let world = World::start().await;
    world.consent(CONTOSO, APPROVER, true).await;
    let mut browser = Browser::new(world.simulation.base_url());
    sign_in(&mut browser, &address(CONTOSO, &[]), "Ana Analyst").await;
    let silent = [("prompt", "none")];
    assert!(browser.get(&address(CONTOSO, &silent)).await.query().contains_key("code"));
    let foreign = browser.get(&address(ADATUM, &silent)).await.query();
    assert_eq!(foreign["error"], "login_required", "she is nobody there");
    sign_in(&mut browser, &address(CONTOSO, &[]), "Bo Lead").await;
    assert_eq!(browser.get(&address(CONTOSO, &silent)).await.query()["error"], "interaction_required");
    let hinted = address(CONTOSO, &[silent[0], ("login_hint", "ana@contoso-soc.example")]);
    assert!(browser.get(&hinted).await.query().contains_key("code"));
    world.consent(CONTOSO, APPROVER, false).await;
    assert_eq!(browser.get(&hinted).await.query()["error"], "consent_required");
    browser.get(&format!("/{CONTOSO}/oauth2/v2.0/logout")).await;
    assert_eq!(browser.get(&hinted).await.query()["error"], "login_required");
}

#[tokio::test]
async fn a_stranger_and_a_tenant_without_consent_are_told_so() {
    let world = World::start().await;
    let mut browser = Browser::new(world.simulation.base_url());
    let stranger = browser.post(&address(ADATUM, &[]), &[("address", "ana@contoso-soc.example")]).await;
    assert!(stranger.status == 400 && stranger.text.contains("AADSTS50020"), "{}", stranger.text);
    let nobody = browser.post(&address(ADATUM, &[]), &[("address", "x@nowhere.example")]).await;
    assert!(nobody.status == 422 && nobody.text.contains("AADSTS50034"), "{}", nobody.text);
    let wanted = address(ADATUM, &[("scope", "openid EntitlementManagement.ReadWrite.All")]);
    let page = sign_in(&mut browser, &wanted, "Gail Admin").await;
    assert!(page.status == 400 && page.text.contains("AADSTS90094"), "{}", page.text);
    assert!(page.text.contains("Return to the application without granting consent"));
    world.consent(ADATUM, APPROVER, true).await;
    let page = sign_in(&mut browser, &wanted, "Gail Admin").await;
    let (_, tokens) = redeem(&world, ADATUM, &page.query()["code"], VERIFIER).await;
    assert_eq!(claims(&tokens["access_token"])["scp"], "openid EntitlementManagement.ReadWrite.All");
}

#[tokio::test]
async fn an_answer_can_be_posted_and_carries_hostile_text_unharmed() {
    let world = World::start().await;
    world.consent(CONTOSO, APPROVER, true).await;
    let mut browser = Browser::new(world.simulation.base_url());
    let hostile = "\"><script>alert(1)</script>";
    let posted = address(CONTOSO, &[("response_mode", "form_post"), ("state", hostile)]);
    let page = sign_in(&mut browser, &posted, "Ana Analyst").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("name=\"code\"") && page.text.contains(&format!("action=\"{BACK}\"")));
    assert!(!page.text.contains("<script>alert"), "{}", page.text);
}
