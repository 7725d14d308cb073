//! Named worlds, loaded and looked at over Graph as any client would.

use reqwest::Method;
use serde_json::{Value, json};

use super::kit::World;

const EM: &str = "/identityGovernance/entitlementManagement";

async fn load(name: &str) -> (World, Value) {
    let world = World::start().await;
    world.sim("reset", json!({})).await;
    let answer = world.sim(&format!("scenarios/{name}"), json!({})).await;
    (world, answer)
}

/// The customer of a scenario: its last directory.
fn customer(answer: &Value) -> String {
    answer["tenants"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned()
}

async fn graph(world: &World, tenant: &str, path: &str) -> Value {
    let body = json!({"method": "GET", "path": path});
    world.sim(&format!("tenants/{tenant}/graph"), body).await
}

async fn count(world: &World, tenant: &str, path: &str) -> usize {
    graph(world, tenant, path).await["value"].as_array().unwrap().len()
}

#[tokio::test]
async fn every_scenario_has_a_name_and_says_what_it_is() {
    let world = World::start().await;
    let all: Value =
        world.client.get(world.url("/sim/scenarios")).send().await.unwrap().json().await.unwrap();
    let names: Vec<&str> = all.as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["empty", "onboarded", "left-behind", "half-by-hand", "classic-roles", "no-licence"]);
    assert!(all.as_array().unwrap().iter().all(|s| s["says"].as_str().unwrap().len() > 20));
    let sent = world.client.post(world.url("/sim/scenarios/nothing")).send().await.unwrap();
    assert_eq!(sent.status(), 404);
}

#[tokio::test]
async fn an_empty_directory_is_licensed_and_has_nothing() {
    let (world, answer) = load("empty").await;
    let there = customer(&answer);
    assert_eq!(count(&world, &there, "/groups").await, 0);
    assert_eq!(count(&world, &there, &format!("{EM}/catalogs")).await, 1, "the one every directory has");
    assert_eq!(count(&world, &there, "/subscribedSkus").await, 2);
    let apps = answer["tenants"][0]["applications"].as_array().unwrap();
    assert_eq!(apps.len(), 4);
    assert_eq!(
        count(&world, &there, "/servicePrincipals").await,
        1,
        "Microsoft's own; nothing was consented to"
    );
}

#[tokio::test]
async fn an_onboarded_directory_has_the_whole_procedure_and_one_analyst_inside() {
    let (world, answer) = load("onboarded").await;
    let there = customer(&answer);
    assert_eq!(count(&world, &there, "/groups").await, 3);
    assert_eq!(count(&world, &there, &format!("{EM}/connectedOrganizations")).await, 1);
    let packages = graph(
        &world,
        &there,
        &format!("{EM}/accessPackages?$expand=resourceRoleScopes,assignmentPolicies,catalog"),
    )
    .await;
    for package in packages["value"].as_array().unwrap() {
        assert_eq!(package["catalog"]["displayName"], "MSSP Accesses");
        assert_eq!(package["resourceRoleScopes"].as_array().unwrap().len(), 1);
        assert_eq!(package["assignmentPolicies"][0]["expiration"]["duration"], "P365D");
    }
    assert_eq!(packages["value"].as_array().unwrap().len(), 3);
    assert_eq!(count(&world, &there, "/beta/roleManagement/defender/roleAssignments").await, 2);
    let held = graph(&world, &there, &format!("{EM}/assignments?$expand=target")).await;
    assert_eq!(
        (&held["value"][0]["state"], &held["value"][0]["target"]["email"]),
        (&json!("delivered"), &json!("ana@contoso-soc.example"))
    );
    // A client with the reader's secret comes in, as consent was given.
    let reader = answer["tenants"][0]["applications"][1].clone();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", reader["appId"].as_str().unwrap()),
        ("client_secret", "reader-secret"),
        ("scope", &world.url("/.default")),
    ];
    let token: Value = world.ask_token(&there, &form).await.json().await.unwrap();
    let groups = world.read(token["access_token"].as_str().unwrap(), "/v1.0/groups").await;
    assert_eq!(groups.list().len(), 3);
    let switches: Value =
        world.client.get(world.url("/sim/switches")).send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&switches["consistency.groups"], &switches["defender.redirect-after-post"]),
        (&json!(1), &json!(true)),
        "as before"
    );
}

#[tokio::test]
async fn what_another_provider_left_behind_bears_the_same_names_and_holds_its_people() {
    let (world, answer) = load("left-behind").await;
    let there = customer(&answer);
    let org = graph(&world, &there, &format!("{EM}/connectedOrganizations")).await["value"][0].clone();
    assert_eq!(org["displayName"], "Fabrikam SOC");
    assert_ne!(org["identitySources"][0]["tenantId"], answer["tenants"][0]["id"], "not ours");
    for (name, person) in [("Tier 1 Analyst", "Eve Former"), ("Tier 2 Analyst", "Max Former")] {
        let group = graph(&world, &there, &format!("/groups?$filter=displayName eq '{name}'")).await["value"]
            [0]
        .clone();
        let members =
            graph(&world, &there, &format!("/groups/{}/members", group["id"].as_str().unwrap())).await;
        assert_eq!(members["value"][0]["displayName"], person);
    }
}

#[tokio::test]
async fn what_was_begun_by_hand_lacks_its_policy_and_cannot_be_seen_from_outside() {
    let (world, answer) = load("half-by-hand").await;
    let there = customer(&answer);
    assert_eq!(count(&world, &there, "/groups").await, 2);
    let catalog =
        graph(&world, &there, &format!("{EM}/catalogs?$filter=displayName eq 'MSSP Accesses'")).await;
    assert_eq!(catalog["value"][0]["isExternallyVisible"], false);
    assert_eq!(count(&world, &there, &format!("{EM}/accessPackages")).await, 1);
    assert_eq!(count(&world, &there, &format!("{EM}/assignmentPolicies")).await, 0);
}

#[tokio::test]
async fn classic_roles_and_a_missing_licence_are_refusals() {
    let (world, answer) = load("classic-roles").await;
    let ask = async |world: &World, tenant: &str, path: &str| {
        let url = world.url(&format!("/sim/tenants/{tenant}/graph"));
        let body = json!({"method": "GET", "path": path});
        world.client.request(Method::POST, url).json(&body).send().await.unwrap().status().as_u16()
    };
    assert_eq!(ask(&world, &customer(&answer), "/beta/roleManagement/defender/roleDefinitions").await, 400);
    let (world, answer) = load("no-licence").await;
    assert_eq!(ask(&world, &customer(&answer), &format!("{EM}/catalogs")).await, 403);
}

#[tokio::test]
async fn scenarios_stand_side_by_side_and_each_is_loaded_once() {
    let world = World::start().await;
    world.sim("reset", json!({})).await;
    for name in ["empty", "onboarded", "left-behind", "half-by-hand", "classic-roles", "no-licence"] {
        let uris = json!({"redirectUris": ["http://portal.example/back"]});
        let answer = world.sim(&format!("scenarios/{name}"), uris).await;
        assert_eq!(answer["tenants"][0]["applications"][0]["redirectUris"][0], "http://portal.example/back");
    }
    let all: Value = world.client.get(world.url("/sim/world")).send().await.unwrap().json().await.unwrap();
    assert_eq!(
        all["tenants"].as_array().unwrap().len(),
        8,
        "six customers, the provider, and the one before"
    );
    let again = world.client.post(world.url("/sim/scenarios/empty")).send().await.unwrap();
    assert_eq!(again.status(), 409);
}
