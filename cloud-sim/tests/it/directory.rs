//! Organisation, people and groups.

use reqwest::Method;
use serde_json::json;

use super::kit::{OPERATOR, World};

fn tier1() -> serde_json::Value {
    json!({"displayName": "Tier 1 Analyst", "mailEnabled": false, "mailNickname": "Tier1Analyst", "securityEnabled": true})
}

#[tokio::test]
async fn a_new_group_is_unseen_at_first_and_its_upsert_makes_no_second() {
    let world = World::with_consent().await;
    let path = "/v1.0/groups(uniqueName='mssp-x-tier1')";
    let plain = world.call(OPERATOR, Method::PATCH, path, Some(tier1())).await;
    assert_eq!(plain.0, 404);
    let token = world.token(super::kit::ADATUM, OPERATOR).await;
    let upsert = || {
        world
            .client
            .patch(world.url(path))
            .bearer_auth(&token)
            .header("Prefer", "create-if-missing")
            .json(&tier1())
    };
    let made = upsert().send().await.unwrap();
    assert_eq!(made.status(), 201);
    let id = made.json::<serde_json::Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(world.get(&format!("/v1.0/groups/{id}")).await.0, 404);
    assert_eq!(world.get(&format!("/v1.0/groups/{id}")).await.0, 200);
    assert_eq!(upsert().send().await.unwrap().status(), 204);
    let found = world.get("/v1.0/groups?$filter=displayName%20eq%20'Tier 1 Analyst'").await.1;
    assert_eq!(found["value"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_member_is_added_once_and_pages_are_followed() {
    let world = World::with_consent().await;
    world.sim("switches", json!({"consistency.groups": 0, "page.size": 1})).await;
    let group = world.post("/v1.0/groups", tier1()).await.1["id"].as_str().unwrap().to_owned();
    let user = world.get("/v1.0/users/gail@adatum.example").await.1["id"].as_str().unwrap().to_owned();
    let body = json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{user}")});
    let path = format!("/v1.0/groups/{group}/members/$ref");
    assert_eq!(world.post(&path, body.clone()).await.0, 204);
    assert_eq!(world.post(&path, body).await.0, 400);
    let page = world.get("/v1.0/groups?$select=id,displayName").await.1;
    assert_eq!(page["value"].as_array().unwrap().len(), 1);
    let next = page["@odata.nextLink"].as_str().unwrap().to_owned();
    let second = world.get(next.strip_prefix(&world.url("")).unwrap()).await.1;
    assert_eq!(second["value"][0]["displayName"], "Tier 1 Analyst");
    assert!(second.get("@odata.nextLink").is_none());
}

#[tokio::test]
async fn microsoft_365_groups_are_made_here_and_mail_enabled_security_groups_are_not() {
    let world = World::with_consent().await;
    let kind = |mail: bool, security: bool, types: serde_json::Value| {
        json!({"displayName": "Library Assist", "mailEnabled": mail, "mailNickname": "library",
            "securityEnabled": security, "groupTypes": types})
    };
    let (status, made) = world.post("/v1.0/groups", kind(true, false, json!(["Unified"]))).await;
    assert_eq!((status, &made["mailEnabled"], &made["groupTypes"]), (201, &json!(true), &json!(["Unified"])));
    for (mail, security, types) in [
        (true, true, json!([])),
        (true, false, json!([])),
        (false, false, json!([])),
        (false, true, json!(["Unified"])),
        (false, true, json!(["Team"])),
        (false, true, json!("Unified")),
    ] {
        let (status, answer) = world.post("/v1.0/groups", kind(mail, security, types.clone())).await;
        assert_eq!((status, answer["error"]["code"].as_str()), (400, Some("Request_BadRequest")), "{types}");
    }
}

#[tokio::test]
async fn an_unknown_call_is_501_and_remembered() {
    let world = World::with_consent().await;
    assert_eq!(world.get("/v1.0/planner/tasks").await.0, 501);
    assert_eq!(world.simulation.unknown_calls().len(), 1);
    world.simulation.forget_unknown_calls();
}

#[tokio::test]
#[should_panic(expected = "does not know these calls")]
async fn a_test_that_causes_an_unknown_call_fails_without_a_word_of_its_own() {
    let world = World::with_consent().await;
    assert_eq!(world.get("/v1.0/planner/tasks").await.0, 501);
}

#[tokio::test]
async fn a_filter_nobody_documented_is_refused() {
    let world = World::with_consent().await;
    let (status, body) = world.get("/v1.0/groups?$filter=createdDateTime eq null").await;
    assert_eq!((status, body["error"]["code"].as_str()), (400, Some("Request_UnsupportedQuery")));
}

#[tokio::test]
async fn a_lost_answer_has_its_effect() {
    let world = World::with_consent().await;
    world.sim("switches", json!({"consistency.groups": 0})).await;
    let token = world.token(super::kit::ADATUM, OPERATOR).await;
    world.sim("faults", json!({"method": "POST", "path": "/v1.0/groups", "fault": "lost-answer"})).await;
    let sent = world.client.post(world.url("/v1.0/groups")).bearer_auth(&token).json(&tier1()).send().await;
    assert!(sent.is_err());
    let found = world.get("/v1.0/groups?$filter=mailNickname eq 'Tier1Analyst'").await.1;
    assert_eq!(found["value"].as_array().unwrap().len(), 1);
    world.sim("faults", json!({"path": "/v1.0/*s", "fault": "429", "retryAfter": 7})).await;
    let sent = world.client.get(world.url("/v1.0/groups")).bearer_auth(&token).send().await.unwrap();
    assert_eq!((sent.status().as_u16(), sent.headers()["retry-after"].to_str().unwrap()), (429, "7"));
}
