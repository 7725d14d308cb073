//! Many calls in one, and the audit log that tells who decided.

use reqwest::Method;
use serde_json::{Value, json};

use super::kit::READER;
use super::onboarded::{EM, Onboarded};

const GAIL: &str = "gail@adatum.example";

fn part(id: &str, url: &str) -> Value {
    json!({"id": id, "method": "GET", "url": url})
}

impl Onboarded {
    async fn batch(&self, parts: Value) -> (u16, Value) {
        self.world.post("/v1.0/$batch", json!({"requests": parts})).await
    }
}

fn status(answer: &Value, id: &str) -> u64 {
    let all = answer["responses"].as_array().unwrap();
    all.iter().find(|r| r["id"] == id).unwrap()["status"].as_u64().unwrap()
}

#[tokio::test]
async fn parts_succeed_and_fail_each_for_itself() {
    let there = Onboarded::new().await;
    let em = EM.trim_start_matches("/v1.0");
    let body = json!({"displayName": "Second", "catalog": {"id": there.catalog}});
    let make = json!({"id": "3", "method": "POST", "url": format!("{em}/accessPackages"),
        "headers": {"Content-Type": "application/json"}, "body": body});
    let after = json!({"id": "4", "method": "GET", "url": "/organization", "dependsOn": ["2"]});
    let parts = json!([part("1", "/organization"), part("2", "/groups/nothing"), make, after]);
    let (whole, answer) = there.batch(parts).await;
    assert_eq!(whole, 200);
    assert_eq!(["1", "2", "3", "4"].map(|id| status(&answer, id)), [200, 404, 201, 424]);
    assert_ne!(answer["responses"][0]["id"], "1", "the order is nobody's to rely on");
    there.world.sim("faults", json!({"path": "/v1.0/organization", "fault": "429", "retryAfter": 9})).await;
    let answer = there.batch(json!([part("1", "/organization"), part("2", "/groups")])).await.1;
    assert_eq!([status(&answer, "1"), status(&answer, "2")], [429, 200]);
    let throttled = answer["responses"].as_array().unwrap().iter().find(|r| r["id"] == "1").unwrap();
    assert_eq!(throttled["headers"]["retry-after"], "9");
}

#[tokio::test]
async fn a_batch_that_is_not_well_formed_is_refused_whole() {
    let there = Onboarded::new().await;
    let many: Vec<Value> = (0..21).map(|n| part(&n.to_string(), "/organization")).collect();
    let untold = json!({"id": "1", "method": "POST", "url": "/groups", "body": {}});
    for wrong in [
        json!(many),
        json!([]),
        json!([part("1", "/groups"), part("1", "/groups")]),
        json!([untold]),
        json!([part("1", "https://graph.microsoft.com/v1.0/groups")]),
    ] {
        assert_eq!(there.batch(wrong.clone()).await.0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn the_audit_log_tells_who_decided() {
    let (there, asked) = Onboarded::with_ana().await;
    let rows = |filter: String| {
        let path = format!("/v1.0/auditLogs/directoryAudits?$filter={filter}");
        let there = &there;
        async move { there.world.get(&path).await.1["value"].as_array().unwrap().clone() }
    };
    let id = asked["id"].as_str().unwrap();
    let about = rows(format!("targetResources/any(t:t/id eq '{id}')")).await;
    let named = |name: &str| about.iter().find(|r| r["activityDisplayName"] == name).unwrap().clone();
    let asking = named("User requests access package assignment");
    assert_eq!(asking["additionalDetails"][0]["value"], "On duty");
    assert_eq!(named("Request approved")["additionalDetails"][0]["value"], "Known to us");
    let correlation = asking["correlationId"].as_str().unwrap();
    let chain = rows(format!("correlationId eq '{correlation}'")).await;
    let approval =
        chain.iter().find(|r| r["activityDisplayName"] == "Approve access package assignment request");
    assert_eq!(approval.unwrap()["initiatedBy"]["user"]["userPrincipalName"], GAIL);
    let service = rows(
        "loggedByService eq 'Entitlement Management' and activityDateTime ge 2000-01-01T00:00:00Z".into(),
    );
    assert!(service.await.len() >= 4);
    there.world.sim("switches", json!({"audit.delay-seconds": 300})).await;
    assert_eq!(rows(format!("correlationId eq '{correlation}'")).await.len(), 0, "minutes later");
    let category = "/v1.0/auditLogs/directoryAudits?$filter=category eq 'EntitlementManagement'";
    assert_eq!(there.world.get(category).await.0, 400);
}

#[tokio::test]
async fn alerts_and_incidents_are_told_newest_first() {
    let there = Onboarded::new().await;
    let alert = |id: &str, at: &str| {
        json!({"id": id, "severity": "high", "createdDateTime": at,
        "lastUpdateDateTime": at})
    };
    let alerts = json!([alert("a", "2026-01-01T00:00:00Z"), alert("b", "2026-02-01T00:00:00Z")]);
    there
        .world
        .sim(&format!("tenants/{}/set", super::kit::ADATUM), json!({"alerts": alerts, "incidents": alerts}))
        .await;
    let found = there.world.get("/v1.0/security/alerts_v2").await.1["value"].clone();
    assert_eq!(found[0]["id"], "b");
    let since = "/v1.0/security/incidents?$filter=lastUpdateDateTime ge 2026-01-15T00:00:00Z";
    assert_eq!(there.world.get(since).await.1["value"].as_array().unwrap().len(), 1);
    let one = there.world.call(READER, Method::GET, "/v1.0/security/alerts_v2/a", None).await;
    assert_eq!((one.0, &one.1["id"]), (200, &json!("a")));
}
