//! Errors of Graph: one shape, with ids and time inside, and the caller's own id told back.

use reqwest::Method;
use serde_json::json;

use super::kit::World;

const OWN: &str = "7f3c7b3e-0000-4000-8000-00000000abcd";

#[tokio::test]
async fn every_error_has_its_ids_inside_and_in_the_headers() {
    let world = World::with_consent().await;
    let token = world.app_with(&["EntitlementManagement.ReadWrite.All", "Group.ReadWrite.All"]).await;
    let em = "/v1.0/identityGovernance/entitlementManagement";
    let cases = [
        (Method::GET, "/v1.0/groups/x".to_owned(), None, 404),
        (Method::GET, format!("{em}/catalogs/x"), None, 404),
        (Method::POST, format!("{em}/catalogs"), Some(json!({})), 400),
        (Method::GET, "/v1.0/users".to_owned(), None, 403),
        (Method::GET, "/v1.0/groups?$skip=1".to_owned(), None, 400),
        (Method::GET, "/v1.0/nothing".to_owned(), None, 501),
        (Method::POST, format!("{em}/connectedOrganizations/x/externalSponsors"), Some(json!({})), 404),
    ];
    for (method, path, body, status) in cases {
        let reply = world.send(&token, method, &path, body, &[("client-request-id", OWN)]).await;
        assert_eq!(reply.status, status, "{path}: {reply:?}");
        if status == 501 {
            world.simulation.forget_unknown_calls();
        }
        let error = &reply.body["error"];
        assert!(error["code"].is_string() && error["message"].is_string(), "{path}: {reply:?}");
        let inner = &error["innerError"];
        assert_eq!(inner["client-request-id"], OWN, "{path}");
        assert_eq!(reply.header("client-request-id"), OWN, "{path}");
        assert_eq!(inner["request-id"], reply.header("request-id"), "{path}");
        let date = inner["date"].as_str().unwrap();
        assert!(chrono::NaiveDateTime::parse_from_str(date, "%Y-%m-%dT%H:%M:%S").is_ok(), "{date}");
    }
}

#[tokio::test]
async fn a_body_says_that_it_is_json() {
    let world = World::with_consent().await;
    let token = world.app_with(&["Group.ReadWrite.All"]).await;
    let body = r#"{"displayName": "G", "mailEnabled": false, "mailNickname": "G", "securityEnabled": true}"#;
    let send = async |kind: Option<&str>| {
        let mut request = world.client.post(world.url("/v1.0/groups")).bearer_auth(&token).body(body);
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let sent = request.send().await.unwrap();
        let (status, answer) = (sent.status().as_u16(), sent.json::<serde_json::Value>().await.unwrap());
        (status, answer["error"]["code"].as_str().unwrap_or("").to_owned())
    };
    assert_eq!(send(None).await, (400, "BadRequest".to_owned()));
    assert_eq!(send(Some("text/plain")).await.0, 415);
    assert_eq!(send(Some("application/x-www-form-urlencoded")).await.0, 415);
    for kind in
        ["application/json", "application/json; charset=utf-8", "application/json;odata.metadata=minimal"]
    {
        assert_eq!(send(Some(kind)).await, (201, String::new()), "{kind}");
    }
}

#[tokio::test]
async fn each_answer_has_an_id_of_its_own_and_without_a_client_s_id_the_same_is_told_twice() {
    let world = World::with_consent().await;
    let token = world.app_with(&["Group.Read.All"]).await;
    let (one, two) = (world.read(&token, "/v1.0/groups").await, world.read(&token, "/v1.0/groups").await);
    assert_ne!(one.header("request-id"), two.header("request-id"));
    assert_eq!(one.header("request-id"), one.header("client-request-id"));
    let nobody = world.read("nonsense", "/v1.0/groups").await;
    assert_eq!((nobody.status, nobody.code()), (401, "InvalidAuthenticationToken"));
    assert!(nobody.body["error"]["innerError"]["request-id"].is_string());
}
