//! Faults that hit single parts of a `$batch`: each part is a call of its own, and the whole is answered with 200.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::onboarded::{EM, Onboarded};

const PACKAGES: &str = "/identityGovernance/entitlementManagement/accessPackages";

fn read(id: &str, url: &str) -> Value {
    json!({"id": id, "method": "GET", "url": url})
}

impl Onboarded {
    fn package_part(&self, id: &str, name: &str) -> Value {
        let body = json!({"displayName": name, "catalog": {"id": self.catalog}});
        json!({"id": id, "method": "POST", "url": PACKAGES, "headers": {"Content-Type": "application/json"},
            "body": body})
    }

    /// The parts' answers by their ids.
    async fn parts(&self, parts: Value) -> Vec<(String, Value)> {
        let (whole, answer) = self.world.post("/v1.0/$batch", json!({"requests": parts})).await;
        assert_eq!(whole, 200, "{answer}");
        let all = answer["responses"].as_array().unwrap().iter();
        let mut all: Vec<_> = all.map(|one| (one["id"].as_str().unwrap().to_owned(), one.clone())).collect();
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all
    }

    async fn fault(&self, fault: Value) {
        self.world.sim("faults", fault).await;
    }

    async fn is_there(&self, name: &str) -> bool {
        let found = self.world.get(&format!("{EM}/accessPackages?$filter=displayName eq '{name}'")).await;
        !found.1["value"].as_array().unwrap().is_empty()
    }
}

fn told(parts: &[(String, Value)]) -> Vec<(&str, u64)> {
    parts.iter().map(|(id, one)| (id.as_str(), one["status"].as_u64().unwrap())).collect()
}

#[tokio::test]
async fn parts_are_throttled_and_broken_one_by_one_before_or_after_their_effect() {
    let there = Onboarded::new().await;
    let class = json!("POST /v1.0/identityGovernance/entitlementManagement/accessPackages");
    there.fault(json!({"path": "/v1.0/organization", "fault": "429", "retryAfter": 17})).await;
    there.fault(json!({"path": "/v1.0/users", "fault": "429-bare"})).await;
    there.fault(json!({"class": class, "nth": 1, "fault": "503", "position": "before-effect"})).await;
    there.fault(json!({"class": class, "nth": 2, "fault": "500", "position": "after-effect"})).await;
    let parts = json!([
        read("1", "/organization"),
        read("2", "/groups"),
        read("3", "/users"),
        there.package_part("4", "Never made"),
        there.package_part("5", "Made all the same"),
        there.package_part("6", "Made and told"),
    ]);
    let answers = there.parts(parts).await;
    let expected = [("1", 429), ("2", 200), ("3", 429), ("4", 503), ("5", 500), ("6", 201)];
    assert_eq!(told(&answers), expected);
    assert_eq!(answers[0].1["headers"]["retry-after"], "17");
    assert!(answers[2].1["headers"]["retry-after"].is_null());
    assert_eq!(answers[3].1["body"]["error"]["code"], "serviceNotAvailable");
    assert!(answers[3].1["body"]["error"]["innerError"]["request-id"].is_string());
    assert!(!there.is_there("Never made").await);
    assert!(there.is_there("Made all the same").await);
    assert!(there.is_there("Made and told").await);
}

#[tokio::test]
async fn a_lost_part_is_missing_among_the_answers_and_what_depends_on_it_goes_by_what_happened() {
    let there = Onboarded::new().await;
    let class = json!("POST /v1.0/identityGovernance/entitlementManagement/accessPackages");
    there.fault(json!({"class": class, "nth": 1, "fault": "lost-answer", "position": "before-effect"})).await;
    there.fault(json!({"class": class, "nth": 2, "fault": "timeout", "position": "after-effect"})).await;
    let after = |id: &str, needed: &str| json!({"id": id, "method": "GET", "url": "/organization", "dependsOn": [needed]});
    let parts = json!([
        there.package_part("1", "Never made"),
        after("2", "1"),
        there.package_part("3", "Made, and nobody was told"),
        after("4", "3"),
    ]);
    assert_eq!(told(&there.parts(parts).await), [("2", 424), ("4", 200)]);
    assert!(!there.is_there("Never made").await);
    assert!(there.is_there("Made, and nobody was told").await);
    let journal = there.world.client.get(there.world.url("/sim/journal")).send().await.unwrap();
    let journal: Vec<Value> = journal.json().await.unwrap();
    let of = |fault: &str| journal.iter().filter(|one| one["fault"] == fault).count();
    assert_eq!([of("lost-answer"), of("timeout")], [1, 1], "each part is written down with what hit it");
}

#[tokio::test]
async fn a_part_s_body_may_be_spoiled_and_its_list_lead_astray() {
    let there = Onboarded::new().await;
    there.fault(json!({"path": "/v1.0/organization", "fault": "html"})).await;
    there.fault(json!({"path": "/v1.0/groups", "fault": "wrong-type"})).await;
    there.fault(json!({"path": "/v1.0/users", "fault": "next-foreign"})).await;
    let parts = json!([read("1", "/organization"), read("2", "/groups"), read("3", "/users")]);
    let answers = there.parts(parts).await;
    assert_eq!(told(&answers), [("1", 200), ("2", 200), ("3", 200)]);
    let page = URL_SAFE_NO_PAD.decode(answers[0].1["body"].as_str().unwrap()).unwrap();
    assert!(page.starts_with(b"<!DOCTYPE html>"), "what is no JSON is packed");
    assert_eq!(answers[0].1["headers"]["Content-Type"], "text/html; charset=utf-8");
    assert_eq!(answers[1].1["body"]["value"], "none");
    assert!(answers[2].1["body"]["@odata.nextLink"].is_string());
}

#[tokio::test]
async fn what_breaks_a_connection_hits_the_whole_and_no_part() {
    let there = Onboarded::new().await;
    there.fault(json!({"path": "/v1.0/organization", "fault": "cut-body"})).await;
    assert_eq!(told(&there.parts(json!([read("1", "/organization")])).await), [("1", 200)]);
    let plan = there.world.client.get(there.world.url("/sim/faults/plan")).send().await.unwrap();
    let plan: Value = plan.json().await.unwrap();
    assert_eq!(plan["struck"], json!([]), "nothing is said to have struck");
    there.fault(json!({"class": "POST /v1.0/$batch", "fault": "503", "retryAfter": 4})).await;
    let (whole, _) = there
        .world
        .post("/v1.0/$batch", json!({"requests": [read("1", "/organization"), read("2", "/groups")]}))
        .await;
    assert_eq!(whole, 503);
}
