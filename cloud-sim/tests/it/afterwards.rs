//! What is read about access later: reviews, enterprise applications; and what an administrator changes by hand.

use reqwest::Method;
use serde_json::{Value, json};

use super::kit::{ADATUM, READER};
use super::onboarded::Onboarded;

const REVIEWS: &str = "/v1.0/identityGovernance/accessReviews/definitions";

#[tokio::test]
async fn a_policy_has_a_review_definition_once_its_first_review_begins() {
    let (there, _) = Onboarded::with_ana().await;
    let path = format!(
        "{REVIEWS}?$filter=contains(scope/microsoft.graph.accessReviewQueryScope/query,'accessPackageAssignments')"
    );
    there.world.sim("clock", json!({"now": "2026-12-31T00:00:00Z"})).await;
    assert_eq!(there.world.get(&path).await.1["value"], json!([]));
    there.world.sim("clock", json!({"now": "2027-01-05T00:00:00Z"})).await;
    let definition = there.world.get(&path).await.1["value"][0].clone();
    let query = definition["scope"]["query"].as_str().unwrap();
    assert!(query.contains(&format!("assignmentPolicyId eq '{}'", there.policy)), "{query}");
    let instances = format!("{REVIEWS}/{}/instances", definition["id"].as_str().unwrap());
    let instance = there.world.get(&instances).await.1["value"][0].clone();
    assert_eq!((&instance["status"], instance.get("decisions")), (&json!("InProgress"), None));
    assert_eq!(instance["endDateTime"], "2027-01-15T00:00:00.000Z");
    let one = format!("{instances}/{}", instance["id"].as_str().unwrap());
    assert_eq!(there.world.get(&one).await.1["id"], instance["id"]);
    assert_eq!(there.world.get(&format!("{one}/decisions")).await.0, 200);
    let told = there.world.get(&format!("{one}/contactedReviewers")).await.1["value"].clone();
    assert_eq!(told[0]["userPrincipalName"], "gail@adatum.example", "she is among the approvers");
    assert_eq!(there.world.get(&format!("{REVIEWS}/nothing")).await.0, 404);
    there.world.sim("clock", json!({"now": "2028-01-05T00:00:00Z"})).await;
    let both = there.world.get(&instances).await.1["value"].clone();
    assert_eq!(both[0]["status"], "Completed");
    assert_eq!(both[1]["status"], "InProgress");
}

#[tokio::test]
async fn an_enterprise_application_is_seen_and_gone_after_its_deletion() {
    let there = Onboarded::new().await;
    let by_hand = |method: &str, path: &str| {
        let call = json!({"method": method, "path": path});
        let there = &there;
        async move { there.world.sim(&format!("tenants/{ADATUM}/graph"), call).await }
    };
    let path = format!("/servicePrincipals(appId='{READER}')");
    assert_eq!(
        there.world.get(&format!("/v1.0{path}")).await.0,
        403,
        "Application.Read.All was not asked for"
    );
    let found = by_hand("GET", &path).await;
    assert_eq!((&found["appId"], &found["accountEnabled"]), (&json!(READER), &json!(true)));
    let filter = format!("/servicePrincipals?$filter=appId eq '{READER}'&$select=id,appId");
    assert_eq!(by_hand("GET", &filter).await["value"][0]["id"], found["id"]);
    let grants = format!("/servicePrincipals/{}/appRoleAssignments", found["id"].as_str().unwrap());
    assert_eq!(by_hand("GET", &grants).await["value"].as_array().unwrap().len(), 11);
    by_hand("DELETE", &path).await;
    let form =
        [("grant_type", "client_credentials"), ("client_id", READER), ("client_secret", "reader-secret")];
    let refused: Value = there.world.ask_token(ADATUM, &form).await.json().await.unwrap();
    assert_eq!(refused["error_codes"][0], 700_016);
}

#[tokio::test]
async fn an_administrator_blocks_and_deletes_a_guest_by_hand() {
    let (there, _) = Onboarded::with_ana().await;
    let find = "/v1.0/users?$filter=mail eq 'ana@contoso-soc.example'&$select=id,accountEnabled";
    let guest = there.world.get(find).await.1["value"][0]["id"].as_str().unwrap().to_owned();
    let by_hand = |method: &str, body: Value| {
        let call = json!({"method": method, "path": format!("/users/{guest}"), "body": body});
        let there = &there;
        async move { there.world.sim(&format!("tenants/{ADATUM}/graph"), call).await }
    };
    by_hand("PATCH", json!({"accountEnabled": false})).await;
    assert_eq!(there.world.get(find).await.1["value"][0]["accountEnabled"], false);
    by_hand("DELETE", Value::Null).await;
    assert_eq!(there.world.get(find).await.1["value"], json!([]));
    let members = format!("/v1.0/groups/{}/members", there.tier1);
    assert_eq!(there.world.get(&members).await.1["value"], json!([]));
    let path = format!("/v1.0/users/{guest}");
    assert_eq!(there.world.call(READER, Method::DELETE, &path, None).await.0, 403);
}
