//! Batches: at most twenty parts, each with an id of its own, some after others.

use reqwest::Method;
use serde_json::{Value, json};

use super::anyone::settings;
use super::kit::World;

fn part(id: &str, url: &str, after: &[&str]) -> Value {
    let mut part = json!({"id": id, "method": "GET", "url": url});
    if !after.is_empty() {
        part["dependsOn"] = json!(after);
    }
    part
}

async fn batch(world: &World, parts: Value) -> (u16, Value) {
    world.call(super::kit::OPERATOR, Method::POST, "/v1.0/$batch", Some(json!({"requests": parts}))).await
}

fn status(answer: &Value, id: &str) -> u64 {
    let all = answer["responses"].as_array().unwrap_or_else(|| panic!("{answer}"));
    all.iter().find(|r| r["id"] == id).unwrap()["status"].as_u64().unwrap()
}

#[tokio::test]
async fn twenty_parts_are_taken_and_twenty_one_are_not() {
    let world = World::with_consent().await;
    let parts = |n: usize| (0..n).map(|n| part(&n.to_string(), "/organization", &[])).collect::<Vec<_>>();
    let (whole, answer) = batch(&world, json!(parts(20))).await;
    assert_eq!((whole, answer["responses"].as_array().unwrap().len()), (200, 20));
    assert_eq!(batch(&world, json!(parts(21))).await.0, 400);
}

#[tokio::test]
async fn what_depends_on_a_failure_is_not_tried_nor_what_depends_on_that() {
    let world = World::with_consent().await;
    let group =
        json!({"displayName": "Late", "mailEnabled": false, "mailNickname": "Late", "securityEnabled": true});
    let make = json!({"id": "4", "method": "POST", "url": "/groups", "dependsOn": ["2"], "body": group,
        "headers": {"Content-Type": "application/json"}});
    let parts = json!([
        part("1", "/organization", &[]),
        part("2", "/groups/nothing", &["1"]),
        part("3", "/organization", &["1"]),
        make,
        part("5", "/organization", &["4"]),
    ]);
    let answer = batch(&world, parts).await.1;
    assert_eq!(["1", "2", "3", "4", "5"].map(|id| status(&answer, id)), [200, 404, 200, 424, 424]);
    let failed = answer["responses"].as_array().unwrap().iter().find(|r| r["id"] == "4").unwrap();
    assert_eq!(failed["body"]["error"]["code"], "FailedDependency");
    let found = world.get("/v1.0/groups?$filter=displayName eq 'Late'").await.1;
    assert_eq!(found["value"], json!([]), "it was not made");
}

#[tokio::test]
async fn ids_are_unique_whatever_their_capitals_and_name_parts_of_their_batch() {
    let world = World::with_consent().await;
    for wrong in [
        json!([part("a", "/groups", &[]), part("A", "/groups", &[])]),
        json!([part("a", "/groups", &["b"])]),
        json!([part("a", "/groups", &["a"])]),
        json!([part("", "/groups", &[])]),
        json!([part("a", "/groups", &[]), {"id": "b", "method": "GET", "url": "/groups", "dependsOn": "a"}]),
        json!([part("a", "/groups", &[]), {"id": "b", "method": "GET", "url": "/groups", "dependsOn": [1]}]),
        json!([part("a", "https://graph.microsoft.com/v1.0/groups", &[])]),
        json!([{"id": "a", "url": "/groups"}]),
    ] {
        let (whole, answer) = batch(&world, wrong.clone()).await;
        assert_eq!((whole, &answer["error"]["code"]), (400, &json!("BadRequest")), "{wrong}");
    }
    let link = "/groups?$filter=displayName eq 'https://x'";
    assert_eq!(
        status(&batch(&world, json!([part("a", link, &[])])).await.1, "a"),
        200,
        "no address of its own"
    );
    let parts = json!([part("First", "/organization", &[]), part("b", "/organization", &["first"])]);
    let answer = batch(&world, parts).await.1;
    assert_eq!((status(&answer, "First"), status(&answer, "b")), (200, 200));
}

#[tokio::test]
async fn a_part_is_refused_like_a_call_of_its_own() {
    let world = World::with_consent().await;
    let user = part("1", "/users", &[]);
    let option = part("2", "/groups?$skip=1", &[]);
    let missing = part("3", "/groups/nothing", &[]);
    let fine = part("4", "/groups", &[]);
    let token = world.app_with(&["Group.Read.All"]).await;
    let own = "7f3c7b3e-0000-4000-8000-00000000abcd";
    let body = json!({"requests": [user, option, missing, fine]});
    let headers = [("client-request-id", own)];
    let reply = world.send(&token, Method::POST, "/v1.0/$batch", Some(body), &headers).await;
    assert_eq!(["1", "2", "3", "4"].map(|id| status(&reply.body, id)), [403, 400, 404, 200]);
    for failed in reply.body["responses"].as_array().unwrap().iter().filter(|r| r["status"] != 200) {
        let inner = &failed["body"]["error"]["innerError"];
        assert_eq!(
            (&inner["client-request-id"], &inner["request-id"]),
            (&json!(own), &failed["headers"]["request-id"])
        );
        assert!(inner["date"].is_string(), "{failed}");
    }
    world.sim("faults", json!({"path": "/v1.0/groups", "fault": "429-workload", "retryAfter": 60})).await;
    let parts =
        json!([part("1", "/groups", &[]), part("2", "/groups", &[]), part("3", "/organization", &[])]);
    let answer = batch(&world, parts).await.1;
    assert_eq!(["1", "2", "3"].map(|id| status(&answer, id)), [429, 429, 429], "all of identity");
}

#[tokio::test]
async fn the_order_of_the_answers_is_another_one_or_the_same() {
    let world = World::with_consent().await;
    let ids = |answer: &Value| {
        let all = answer["responses"].as_array().unwrap();
        all.iter().map(|r| r["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let parts = json!([part("1", "/organization", &[]), part("2", "/organization", &[])]);
    for reversed in settings("batch.answers-reversed", [true, false]) {
        let order = if reversed { ["2", "1"] } else { ["1", "2"] };
        world.switch("batch.answers-reversed", reversed).await;
        assert_eq!(ids(&batch(&world, parts.clone()).await.1), order);
    }
}
