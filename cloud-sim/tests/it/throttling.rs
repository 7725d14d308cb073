//! Throttling by the published budgets, on the simulation's clock.

use reqwest::Method;
use serde_json::{Value, json};

use super::anyone::Reply;
use super::kit::{ADATUM, World};

const GROUPS: &str = "/v1.0/groups?$select=id";

/// A world that throttles, with a clock that moves only when it is told to: its seconds are a test's own.
async fn throttled() -> World {
    let world = World::standing().await;
    world.switch("throttle.on", true).await;
    world
}

fn assert_refused(reply: &Reply) {
    assert_eq!((reply.status, reply.code()), (429, "TooManyRequests"), "{reply:?}");
    let error = &reply.body["error"];
    assert_eq!(error["message"], "Please retry again later.");
    let inner = &error["innerError"];
    assert_eq!(
        (&inner["code"], &inner["status"], &inner["message"]),
        (&json!("429"), &json!("429"), &json!("Please retry after"))
    );
    assert_eq!(inner["request-id"], reply.header("request-id"));
    assert!(inner["date"].is_string() && inner["client-request-id"].is_string());
}

/// How many calls are let through before the first refusal, and that refusal.
async fn until_refused(world: &World, token: &str, path: &str) -> (usize, Reply) {
    for n in 0..2_000 {
        let reply = world.read(token, path).await;
        if reply.status == 429 {
            assert_refused(&reply);
            return (n, reply);
        }
        assert!(reply.status < 400, "{reply:?}");
    }
    panic!("{path} is never refused");
}

#[tokio::test]
async fn each_identity_call_tells_what_it_costs() {
    let world = World::with_consent().await;
    let token =
        world.app_with(&["Directory.ReadWrite.All", "Group.ReadWrite.All", "AuditLog.Read.All"]).await;
    let gail = world.user_id("gail@adatum.example").await;
    world.switch("consistency.groups", 0).await;
    let group = world.group("Any").await;
    for (path, units) in [
        ("/v1.0/groups".to_owned(), "1"),
        (format!("/v1.0/groups/{group}/members"), "3"),
        (format!("/v1.0/groups/{group}/members?$select=id"), "2"),
        (format!("/v1.0/groups/{group}/members?$select=id&$top=19"), "1"),
        (format!("/v1.0/groups/{group}/members?$top=20"), "3"),
        ("/v1.0/users".to_owned(), "2"),
        (format!("/v1.0/users/{gail}"), "1"),
        (format!("/v1.0/users/{gail}/memberOf"), "2"),
        ("/v1.0/subscribedSkus".to_owned(), "3"),
        ("/v1.0/oauth2PermissionGrants?$select=id&$top=1".to_owned(), "1"),
        ("/v1.0/auditLogs/directoryAudits".to_owned(), ""),
    ] {
        let reply = world.read(&token, &path).await;
        assert_eq!((reply.status, reply.header("x-ms-resource-unit")), (200, units), "{path}");
        assert_eq!(reply.header("x-ms-throttle-limit-percentage"), "", "{path}");
    }
}

#[tokio::test]
async fn an_app_has_so_many_units_in_a_tenant_by_its_size() {
    let world = throttled().await;
    // A hundredth of the budgets, so that few calls reach them: 35, 50 and 80 units in ten seconds.
    world.switch("throttle.divisor", 100).await;
    let people = |from: usize, to: usize| -> Vec<Value> {
        (from..to)
            .map(|n| json!({"userPrincipalName": format!("p{n}@adatum.example"), "displayName": "P"}))
            .collect()
    };
    for (users, units) in [(0, 35), (60, 50), (501, 80)] {
        world.sim("world", json!({"tenants": [{"id": ADATUM, "users": people(0, users)}]})).await;
        let token = world.app_with(&["Group.Read.All"]).await;
        let (let_through, reply) = until_refused(&world, &token, GROUPS).await;
        assert_eq!(let_through, units, "{users} users");
        let scope = reply.header("x-ms-throttle-scope");
        assert!(scope.starts_with("Tenant_Application/ReadWrite/") && scope.ends_with(ADATUM), "{scope}");
        assert_eq!(reply.header("x-ms-throttle-information"), "ResourceUnitLimitExceeded");
        let used: f64 = reply.header("x-ms-throttle-limit-percentage").parse().unwrap();
        assert!((0.8..=1.8).contains(&used), "{used}");
        assert_eq!(reply.header("retry-after"), "1", "one unit comes back within a second");
        world.advance(1).await;
        assert_eq!(world.read(&token, GROUPS).await.status, 200, "after the time it was told");
        world.advance(10).await;
        let fresh = world.read(&token, GROUPS).await;
        assert_eq!(fresh.header("x-ms-throttle-limit-percentage"), "", "all of it is back");
    }
}

#[tokio::test]
async fn use_above_four_fifths_is_told_before_it_is_refused() {
    let world = throttled().await;
    world.switch("throttle.divisor", 100).await;
    let token = world.app_with(&["Group.Read.All"]).await;
    let mut told = 0;
    loop {
        let reply = world.read(&token, GROUPS).await;
        if reply.status == 429 {
            break;
        }
        told += usize::from(!reply.header("x-ms-throttle-limit-percentage").is_empty());
    }
    assert_eq!(told, 35 - 28 + 1, "from the call on that uses up 28 of 35");
    for _ in 0..60 {
        world.read(&token, GROUPS).await;
    }
    let last = world.read(&token, GROUPS).await;
    assert_eq!(last.header("x-ms-throttle-limit-percentage"), "1.8", "whoever goes on is told so");
}

#[tokio::test]
async fn writes_have_a_budget_of_their_own() {
    let world = throttled().await;
    world.switch("throttle.divisor", 300).await;
    world.switch("consistency.groups", 0).await;
    let token = world.app_with(&["Group.ReadWrite.All"]).await;
    let body = |n: usize| json!({"displayName": format!("G{n}"), "mailEnabled": false, "mailNickname": "g", "securityEnabled": true});
    let mut made = 0;
    let refused = loop {
        let reply = world.send(&token, Method::POST, "/v1.0/groups", Some(body(made)), &[]).await;
        if reply.status == 429 {
            break reply;
        }
        assert_eq!(reply.status, 201);
        made += 1;
    };
    assert_eq!(made, 10, "3,000 in 150 seconds, divided by 300");
    assert_eq!(refused.header("x-ms-throttle-information"), "WriteLimitExceeded");
    assert!(refused.header("x-ms-throttle-scope").starts_with("Tenant_Application/Write/"));
    assert_eq!(refused.header("retry-after"), "15");
    assert_eq!(world.read(&token, GROUPS).await.status, 200, "reading goes on");
    let others = world.app_with(&["Group.ReadWrite.All"]).await;
    let other = world.send(&others, Method::POST, "/v1.0/groups", Some(body(99)), &[]).await;
    assert_eq!(other.status, 201, "another app has its own budget");
}

#[tokio::test]
async fn reports_security_and_conditional_access_have_their_own_numbers() {
    let world = throttled().await;
    let permissions = ["AuditLog.Read.All", "SecurityAlert.Read.All", "Policy.Read.All"];
    let token = world.app_with(&permissions).await;
    let reports = "/v1.0/auditLogs/directoryAudits?$top=1";
    let (n, reply) = until_refused(&world, &token, reports).await;
    assert_eq!(n, 5, "five in ten seconds");
    assert_eq!(reply.header("retry-after"), "10");
    assert_eq!(reply.header("x-ms-throttle-scope"), "", "only identity calls tell their scope");
    world.advance(9).await;
    assert_eq!(world.read(&token, reports).await.status, 429, "a second too early");
    world.advance(1).await;
    assert_eq!(world.read(&token, reports).await.status, 200);
    let (n, reply) = until_refused(&world, &token, "/v1.0/security/alerts_v2?$top=1").await;
    assert_eq!(n, 150, "a hundred and fifty a minute");
    assert_eq!(reply.header("retry-after"), "60");
    let (n, reply) = until_refused(&world, &token, "/v1.0/identity/conditionalAccess/policies").await;
    assert_eq!(n, 1, "one a second");
    assert_eq!(reply.header("retry-after"), "", "documented: without Retry-After");
    let others = world.app_with(&permissions).await;
    assert_eq!(world.read(&others, reports).await.status, 200, "each app for itself");
    assert_eq!(world.read(&others, "/v1.0/groups").await.status, 403);
}

#[tokio::test]
async fn entitlement_management_has_no_published_number_and_gets_one_by_a_switch() {
    let world = World::standing().await;
    let token = world.app_with(&["EntitlementManagement.Read.All"]).await;
    let path = "/v1.0/identityGovernance/entitlementManagement/catalogs";
    for _ in 0..60 {
        assert_eq!(world.read(&token, path).await.status, 200);
    }
    world.switch("throttle.entitlement-per-10-seconds", 4).await;
    let (n, reply) = until_refused(&world, &token, path).await;
    assert_eq!(n, 4);
    assert_eq!(reply.header("retry-after"), "10");
    world.advance(10).await;
    assert_eq!(world.read(&token, path).await.status, 200);
    world.switch("throttle.entitlement-per-10-seconds", 0).await;
    for _ in 0..9 {
        assert_eq!(world.read(&token, path).await.status, 200);
    }
}

#[tokio::test]
async fn without_the_switch_nothing_is_refused_and_with_it_the_control_interface_still_is_not() {
    let world = World::standing().await;
    let token = world.app_with(&["AuditLog.Read.All"]).await;
    let reports = "/v1.0/auditLogs/directoryAudits?$top=1";
    world.switch("throttle.on", false).await;
    for _ in 0..9 {
        assert_eq!(world.read(&token, reports).await.status, 200);
    }
    world.switch("throttle.on", true).await;
    for _ in 0..9 {
        assert_eq!(world.by_hand("GET", "/auditLogs/directoryAudits?$top=1", Value::Null).await.0, 200);
    }
    assert_eq!(world.read(&token, reports).await.status, 200);
    // The divisor makes the same budgets smaller.
    world.switch("throttle.divisor", 1).await;
    let groups = world.app_with(&["Group.Read.All"]).await;
    for _ in 0..40 {
        assert_eq!(world.read(&groups, GROUPS).await.status, 200);
    }
    world.sim("reset", json!({})).await;
    let switches: Value =
        world.client.get(world.url("/sim/switches")).send().await.unwrap().json().await.unwrap();
    assert_eq!(switches["throttle.on"], false);
}

#[tokio::test]
async fn each_part_of_a_batch_is_throttled_for_itself() {
    let world = throttled().await;
    let token = world.app_with(&["AuditLog.Read.All", "Group.Read.All"]).await;
    let part = |id: usize, url: &str| json!({"id": id.to_string(), "method": "GET", "url": url});
    let mut parts: Vec<Value> = (1..=7).map(|n| part(n, "/auditLogs/directoryAudits?$top=1")).collect();
    parts.push(part(8, "/groups"));
    let body = json!({"requests": parts});
    let reply = world.send(&token, Method::POST, "/v1.0/$batch", Some(body), &[]).await;
    assert_eq!(reply.status, 200, "the whole is well");
    let answers = reply.body["responses"].as_array().unwrap();
    let of = |id: usize| answers.iter().find(|a| a["id"].as_str() == Some(&*id.to_string())).unwrap();
    let statuses: Vec<u64> = (1..=8).map(|id| of(id)["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429, 429, 200]);
    for id in [6, 7] {
        let refused = of(id);
        assert_eq!(refused["headers"]["retry-after"], "10", "{refused}");
        assert_eq!(refused["body"]["error"]["code"], "TooManyRequests");
        assert_eq!(refused["body"]["error"]["innerError"]["request-id"], refused["headers"]["request-id"]);
    }
    assert_eq!(of(8)["headers"]["x-ms-resource-unit"], "1");
}
