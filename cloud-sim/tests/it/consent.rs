//! Admin consent in the browser.

use serde_json::{Value, json};

use super::browser::{Browser, Page};
use super::kit::{ADATUM, APPROVER, CONTOSO, READER, World};

const BACK: &str = "http://portal.example/consent";

fn address(world: &World, path: &str, change: &[(&str, &str)]) -> String {
    let scope = world.url("/.default");
    let mut query =
        vec![("client_id", READER), ("redirect_uri", BACK), ("state", "the state"), ("scope", &scope)];
    query.retain(|(name, _)| !change.iter().any(|(n, _)| n == name));
    query.extend(change);
    let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    format!("{path}?{text}")
}

fn v2(world: &World, tenant: &str) -> String {
    address(world, &format!("/{tenant}/v2.0/adminconsent"), &[])
}

async fn pick(browser: &mut Browser, address: &str, name: &str) -> Page {
    let page = browser.get(address).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let person = page.button(name);
    browser.post(address, &[("person", &person)]).await
}

async fn decide(browser: &mut Browser, address: &str, page: &Page, decision: &str) -> Page {
    let at = page.text.find("name=\"account\" value=\"").unwrap() + 22;
    let account = page.text[at..].split('"').next().unwrap();
    browser.post(address, &[("account", account), ("decision", decision)]).await
}

/// The application permissions held in the customer's tenant; `Null` without a service principal.
async fn held(world: &World) -> Value {
    let body: Value = world.client.get(world.url("/sim/world")).send().await.unwrap().json().await.unwrap();
    let tenants = body["tenants"].as_array().unwrap();
    let adatum = tenants.iter().find(|t| t["id"] == ADATUM).unwrap();
    let principals = adatum["servicePrincipals"].as_array().unwrap();
    let reader = principals.iter().find(|s| s["appId"] == READER);
    reader.map_or(Value::Null, |r| json!(r["granted"].as_array().unwrap().len()))
}

#[tokio::test]
async fn an_administrator_reads_what_is_asked_accepts_and_comes_back() {
    let world = World::start().await;
    let mut browser = Browser::new(world.simulation.base_url());
    let address = v2(&world, ADATUM);
    let page = pick(&mut browser, &address, "Gail Admin").await;
    for words in ["Permissions requested", "Reader", "Contoso SOC", "Adatum", "AccessReview.Read.All"] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert_eq!(held(&world).await, Value::Null, "reading grants nothing");
    let back = decide(&mut browser, &address, &page, "accept").await;
    let query = back.query();
    assert!(back.location.starts_with(BACK));
    assert_eq!((query["admin_consent"].as_str(), query["tenant"].as_str()), ("True", ADATUM));
    assert_eq!(query["state"], "the state");
    assert_eq!(held(&world).await, 11);
    let token = world.token(ADATUM, READER).await;
    let answer = world.client.get(world.url("/v1.0/organization")).bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn version_one_needs_no_scope_and_organizations_means_the_own_tenant() {
    let world = World::start().await;
    let mut browser = Browser::new(world.simulation.base_url());
    let address = format!("/organizations/adminconsent?client_id={READER}&redirect_uri={BACK}");
    let page = pick(&mut browser, &address, "Gail Admin").await;
    let query = decide(&mut browser, &address, &page, "accept").await.query();
    assert_eq!(query["tenant"], ADATUM);
    assert!(!query.contains_key("scope") && !query.contains_key("state"));
    assert_eq!(held(&world).await, 11);
}

#[tokio::test]
async fn a_refusal_comes_back_as_an_error_and_grants_nothing() {
    let world = World::start().await;
    let mut browser = Browser::new(world.simulation.base_url());
    let address = v2(&world, ADATUM);
    let page = pick(&mut browser, &address, "Gail Admin").await;
    world.sim("switches", json!({"consent.cancel-subcode": false})).await;
    let query = decide(&mut browser, &address, &page, "cancel").await.query();
    assert!(!query.contains_key("error_subcode"));
    assert_eq!((query["error"].as_str(), query["state"].as_str()), ("consent_required", "the state"));
    assert!(query["error_description"].starts_with("AADSTS65004"));
    let one = address.replace("/v2.0/adminconsent", "/adminconsent");
    assert_eq!(browser.post(&one, &[("cancel", "yes")]).await.query()["error"], "permission_denied");
    world.sim("switches", json!({"consent.cancel-subcode": true})).await;
    let query = browser.post(&address, &[("cancel", "yes")]).await.query();
    assert_eq!((query["error"].as_str(), query["error_subcode"].as_str()), ("access_denied", "cancel"));
    assert_eq!(held(&world).await, Value::Null);
}

#[tokio::test]
async fn only_an_administrator_who_signed_in_here_may_accept() {
    let world = World::start().await;
    world
        .sim(
            "world",
            json!({"tenants": [{"id": ADATUM, "users": [
            {"userPrincipalName": "una@adatum.example", "displayName": "Una User"},
            {"userPrincipalName": "cleo@adatum.example", "displayName": "Cleo Cloud",
             "roles": ["Cloud Application Administrator"]}]}]}),
        )
        .await;
    let address = v2(&world, ADATUM);
    for name in ["Una User", "Cleo Cloud"] {
        let page = pick(&mut Browser::new(world.simulation.base_url()), &address, name).await;
        assert!(page.status == 403 && page.text.contains("AADSTS90093"), "{}", page.text);
    }
    let mut gail = Browser::new(world.simulation.base_url());
    let page = pick(&mut gail, &address, "Gail Admin").await;
    let mut other = Browser::new(world.simulation.base_url());
    let stolen = decide(&mut other, &address, &page, "accept").await;
    assert_eq!(stolen.status, 422, "another browser's account decides nothing");
    assert_eq!(held(&world).await, Value::Null);
    let delegated = address.replace(READER, APPROVER).replace("consent&", "signed-in&");
    let page = pick(&mut other, &delegated, "Cleo Cloud").await;
    assert_eq!(page.status, 200, "delegated permissions are hers to grant: {}", page.text);
}

#[tokio::test]
async fn a_forged_request_is_told_on_a_page_and_leads_nowhere() {
    let world = World::start().await;
    let mut browser = Browser::new(world.simulation.base_url());
    let path = format!("/{ADATUM}/v2.0/adminconsent");
    for (path, change, code) in [
        (path.as_str(), ("redirect_uri", "https://evil.example/"), "AADSTS50011"),
        (&path, ("client_id", CONTOSO), "AADSTS700016"),
        (&path, ("scope", "User.Read"), "AADSTS70011"),
        ("/nowhere.example/v2.0/adminconsent", ("state", "x"), "AADSTS90002"),
        ("/common/v2.0/adminconsent", ("state", "x"), "AADSTS50059"),
    ] {
        let page = browser.get(&address(&world, path, &[change])).await;
        assert!(page.status == 400 && page.location.is_empty(), "{change:?}");
        assert!(page.text.contains(code), "{change:?}: {}", page.text);
    }
}
