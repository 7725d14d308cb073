//! Discovery, tokens and their errors.

use serde_json::Value;

use super::kit::{ADATUM, CONTOSO, READER, World};

async fn refusal(world: &World, tenant: &str, secret: &str, scope: &str) -> (u16, Value) {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", READER),
        ("client_secret", secret),
        ("scope", scope),
    ];
    let answer = world.ask_token(tenant, &form).await;
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn a_tenant_is_found_by_id_and_by_domain() {
    let world = World::start().await;
    for name in [ADATUM, "adatum.example", "adatum.onmicrosoft.com"] {
        let url = world.url(&format!("/{name}/v2.0/.well-known/openid-configuration"));
        let body: Value = world.client.get(url).send().await.unwrap().json().await.unwrap();
        assert_eq!(body["issuer"], world.url(&format!("/{ADATUM}/v2.0")));
    }
    for (name, code) in [("nobody.example", 90002), ("no_domain", 900_023)] {
        let url = world.url(&format!("/{name}/v2.0/.well-known/openid-configuration"));
        let answer = world.client.get(url).send().await.unwrap();
        assert_eq!(answer.status(), 400);
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["error_codes"][0], code);
    }
}

#[tokio::test]
async fn the_token_endpoint_refuses_with_the_documented_codes() {
    let world = World::start().await;
    let scope = world.url("/.default");
    let (status, body) = refusal(&world, ADATUM, "reader-secret", &scope).await;
    assert_eq!((status, &body["error_codes"][0]), (400, &700_016.into()));
    assert_eq!(body["error"], "unauthorized_client");
    let (status, body) = refusal(&world, CONTOSO, "wrong", &scope).await;
    assert_eq!((status, &body["error_codes"][0]), (401, &7_000_215.into()));
    let (_, body) = refusal(&world, CONTOSO, "reader-secret", "User.Read").await;
    assert_eq!(body["error_codes"][0], 1_002_012);
}

#[tokio::test]
async fn a_token_without_consent_opens_nothing() {
    let world = World::start().await;
    let token = world.token(CONTOSO, READER).await;
    let url = world.url("/v1.0/organization");
    let answer = world.client.get(&url).bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.status(), 403);
    assert_eq!(world.client.get(&url).send().await.unwrap().status(), 401);
    assert_eq!(world.client.get(&url).bearer_auth("a.b.c").send().await.unwrap().status(), 401);
    world.consent(CONTOSO, READER, true).await;
    let token = world.token(CONTOSO, READER).await;
    let answer = world.client.get(&url).bearer_auth(&token).send().await.unwrap();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["value"][0]["id"], CONTOSO);
    world.sim("clock", serde_json::json!({"advanceSeconds": 4000})).await;
    assert_eq!(world.client.get(&url).bearer_auth(&token).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_token_of_the_key_before_is_good_and_new_ones_are_signed_with_the_new_one() {
    let world = World::with_consent().await;
    let keys = world.url(&format!("/{CONTOSO}/discovery/v2.0/keys"));
    let kids = async || {
        let set: Value = world.client.get(&keys).send().await.unwrap().json().await.unwrap();
        set["keys"].as_array().unwrap().iter().map(|key| key["kid"].clone()).collect::<Vec<_>>()
    };
    let (before, old) = (kids().await, world.token(ADATUM, READER).await);
    let changed = world.client.post(world.url("/sim/keys")).send().await.unwrap();
    assert_eq!(changed.status(), 204);
    let after = kids().await;
    assert_eq!((after.len(), &after[1..]), (2, &before[..]));
    let sent = world.client.get(world.url("/v1.0/groups")).bearer_auth(old).send().await.unwrap();
    assert_eq!(sent.status(), 200);
    assert_eq!(world.get("/v1.0/groups").await.0, 200);
}
