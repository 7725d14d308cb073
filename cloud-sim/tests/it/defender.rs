//! Defender's Unified RBAC in beta, and the policies that may keep guests out.

use reqwest::Method;
use serde_json::{Value, json};

use super::kit::{ADATUM, CONTOSO, OPERATOR, World};

const RBAC: &str = "/beta/roleManagement/defender";

fn tier1(actions: &[&str]) -> Value {
    let actions: Vec<String> = actions.iter().map(|a| format!("microsoft.xdr/{a}")).collect();
    json!({"displayName": "Tier 1 Analysts", "description": "", "isEnabled": true,
        "rolePermissions": [{"allowedResourceActions": actions}]})
}

async fn roles(world: &World, name: &str) -> Vec<Value> {
    let path = format!("{RBAC}/roleDefinitions?$filter=displayName eq '{name}'");
    world.get(&path).await.1["value"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_role_that_was_made_is_answered_with_a_redirect_to_http() {
    let world = World::with_consent().await;
    let actions = [
        "secops/securitydata/alerts/manage",
        "secops/securitydata/*/read",
        "secops/securitydata/basics/read",
    ];
    let token = world.token(ADATUM, OPERATOR).await;
    let url = world.url(&format!("{RBAC}/roleDefinitions"));
    let sent = world.client.post(url).bearer_auth(token).json(&tier1(&actions)).send().await.unwrap();
    assert!(sent.status().is_redirection());
    assert!(sent.headers()["location"].to_str().unwrap().starts_with("http://"));
    let found = roles(&world, "Tier 1 Analysts").await;
    let stored = &found[0]["rolePermissions"][0]["allowedResourceActions"];
    assert_eq!(stored.as_array().unwrap().len(), 2, "the wildcard swallows what it covers");
    assert_eq!(world.post(&format!("{RBAC}/roleDefinitions"), tier1(&actions)).await.0, 302);
    assert_eq!(roles(&world, "Tier 1 Analysts").await.len(), 2, "names are not unique");
    assert_eq!(roles(&world, "Security Reader").await.len(), 2, "not even of built-in roles");
}

#[tokio::test]
async fn a_type_an_unknown_action_or_an_unlicensed_product_is_refused() {
    let world = World::with_consent().await;
    let path = format!("{RBAC}/roleDefinitions");
    let mut typed = tier1(&["secops/securitydata/basics/read"]);
    typed["@odata.type"] = json!("#microsoft.graph.unifiedRoleDefinition");
    assert_eq!(world.post(&path, typed).await.0, 400);
    let (status, answer) = world.post(&path, tier1(&["secops/nothing/manage"])).await;
    assert_eq!(status, 400);
    assert!(answer["error"]["message"].as_str().unwrap().contains("not a valid permission for storage"));
    world.sim(&format!("tenants/{ADATUM}/set"), json!({"licences": ["AAD_PREMIUM_P2"]})).await;
    let live = tier1(&["secops/securitydata/liveresponse-basic/manage"]);
    assert_eq!(world.post(&path, live).await.0, 400);
}

#[tokio::test]
async fn a_role_is_given_to_a_group_and_read_back_late() {
    let world = World::with_consent().await;
    world.sim("switches", json!({"consistency.groups": 0, "consistency.defender": 1})).await;
    let group = world.group("Tier 1 Analyst").await;
    world.post(&format!("{RBAC}/roleDefinitions"), tier1(&["secops/securitydata/basics/read"])).await;
    assert_eq!(roles(&world, "Tier 1 Analysts").await.len(), 0);
    let role = roles(&world, "Tier 1 Analysts").await[0]["id"].clone();
    let body = json!({"displayName": "Tier 1", "roleDefinitionId": role, "principalIds": [group],
        "directoryScopeIds": ["/"], "appScopeIds": ["/"]});
    let path = format!("{RBAC}/roleAssignments");
    assert_eq!(world.post(&path, body.clone()).await.0, 302);
    let of_group = format!("{path}?$filter=principalIds/any(p:p eq '{group}')");
    assert_eq!(world.get(&of_group).await.1["value"], json!([]));
    assert_eq!(world.get(&of_group).await.1["value"][0]["roleDefinitionId"], role);
    for missing in ["displayName", "roleDefinitionId", "principalIds"] {
        let mut wrong = body.clone();
        wrong.as_object_mut().unwrap().remove(missing);
        assert_eq!(world.post(&path, wrong).await.0, 400, "{missing}");
    }
    let role = role.as_str().unwrap();
    let renamed = Some(json!({"displayName": "T1"}));
    let path = format!("{RBAC}/roleDefinitions");
    assert_eq!(world.call(OPERATOR, Method::PATCH, &format!("{path}/{role}"), renamed.clone()).await.0, 204);
    let built_in = &roles(&world, "Security Administrator").await[0];
    let path = format!("{path}/{}", built_in["id"].as_str().unwrap());
    assert_eq!(world.call(OPERATOR, Method::PATCH, &path, renamed).await.0, 400);
}

#[tokio::test]
async fn the_tenant_tells_its_actions_where_unified_rbac_is_active() {
    let world = World::with_consent().await;
    let spaces = world.get(&format!("{RBAC}/resourceNamespaces")).await.1;
    let id = spaces["value"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("{RBAC}/resourceNamespaces/{id}/resourceActions");
    let actions = world.get(&path).await.1["value"].clone();
    let named = |name: &str| actions.as_array().unwrap().iter().any(|a| a["name"] == name);
    assert!(named("microsoft.xdr/secops/securitydata/liveresponse-advanced/manage"));
    assert_eq!(world.call(OPERATOR, Method::GET, &path, None).await.0, 200);
    world.sim("switches", json!({"defender.unreadable-actions": true})).await;
    assert_eq!(world.get(&path).await.0, 403);
    assert_eq!(world.get("/v1.0/roleManagement/defender/roleDefinitions").await.0, 400);
    for model in ["classic", "off"] {
        world.sim(&format!("tenants/{ADATUM}/set"), json!({"rbac": model})).await;
        assert_eq!(world.get(&format!("{RBAC}/roleDefinitions")).await.0, 400);
    }
    world.sim("switches", json!({"defender.inactive-status": 403})).await;
    assert_eq!(world.get(&format!("{RBAC}/roleDefinitions")).await.0, 403);
}

#[tokio::test]
async fn policies_about_guests_are_read() {
    let world = World::with_consent().await;
    let policy = world.get("/v1.0/policies/authorizationPolicy").await.1;
    assert_eq!(policy["allowInvitesFrom"], "everyone");
    let cross = "/v1.0/policies/crossTenantAccessPolicy";
    assert_eq!(world.get(&format!("{cross}/default")).await.1["inboundTrust"]["isMfaAccepted"], false);
    assert_eq!(world.get(&format!("{cross}/partners/{CONTOSO}")).await.0, 404);
    let policies = json!([{"id": "1", "displayName": "Block guests", "state": "enabled"}]);
    let partners = json!([{"tenantId": CONTOSO, "inboundTrust": {"isMfaAccepted": true}}]);
    let body = json!({"partners": partners, "conditionalAccess": policies});
    world.sim(&format!("tenants/{ADATUM}/set"), body).await;
    let partner = world.get(&format!("{cross}/partners/{CONTOSO}")).await.1;
    assert_eq!(partner["inboundTrust"]["isMfaAccepted"], true);
    assert_eq!(partner["b2bCollaborationInbound"], Value::Null);
    let access = world.get("/v1.0/identity/conditionalAccess/policies").await.1;
    assert_eq!(access["value"][0]["displayName"], "Block guests");
    assert_eq!(world.call(OPERATOR, Method::GET, &format!("{cross}/default"), None).await.0, 403);
}
