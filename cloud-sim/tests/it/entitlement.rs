//! Connected organizations, catalogs, resources, packages.

use reqwest::Method;
use serde_json::{Value, json};

use super::kit::{ADATUM, CONTOSO, READER, World};
use super::onboarded::{EM, Onboarded, id, member_role, policy};

#[tokio::test]
async fn a_domain_becomes_the_tenant_it_belongs_to() {
    let world = World::with_consent().await;
    let made = world.connect("contoso-soc.example").await;
    assert_eq!((&made["identitySources"], &made["state"]), (&json!([]), &json!("configured")));
    let filter = format!(
        "identitySources/any(is:is/microsoft.graph.azureActiveDirectoryTenant/tenantId eq '{CONTOSO}')"
    );
    let found = world.em(&format!("connectedOrganizations?$filter={filter}")).await.1["value"].clone();
    assert_eq!(found[0]["id"], made["id"]);
    assert_eq!(found[0]["identitySources"][0]["@odata.type"], "#microsoft.graph.azureActiveDirectoryTenant");
    assert_eq!(found[0]["identitySources"][0]["tenantId"], CONTOSO);
    let none = world.em(&format!("connectedOrganizations?$filter={}", filter.replace(CONTOSO, ADATUM))).await;
    assert_eq!(none.1["value"], json!([]));
}

#[tokio::test]
async fn a_tenant_id_or_two_sources_are_refused() {
    let world = World::with_consent().await;
    let tenant = json!({"@odata.type": "#microsoft.graph.azureActiveDirectoryTenant", "tenantId": CONTOSO});
    let domain = json!({"@odata.type": "#microsoft.graph.domainIdentitySource", "domainName": "a.example"});
    for sources in [json!([tenant]), json!([domain, domain]), json!([])] {
        let body = json!({"displayName": "MSSP", "identitySources": sources});
        let (status, answer) = world.em_write(Method::POST, "connectedOrganizations", body).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!("InvalidModel")), "{answer}");
    }
}

#[tokio::test]
async fn a_catalog_is_found_by_name_and_changed() {
    let world = World::with_consent().await;
    let catalog = world.catalog().await;
    let path = "catalogs?$filter=displayName eq 'MSSP Accesses'";
    let found = world.em(path).await.1["value"].clone();
    assert_eq!(
        (found[0]["id"].as_str(), found[0]["catalogType"].as_str()),
        (Some(&*catalog), Some("userManaged"))
    );
    let change = json!({"state": "unpublished"});
    assert_eq!(world.em_write(Method::PATCH, &format!("catalogs/{catalog}"), change).await.0, 204);
    assert_eq!(world.em(&format!("catalogs/{catalog}")).await.1["state"], "unpublished");
    let wrong =
        world.em_write(Method::POST, "catalogs", json!({"displayName": "x", "catalogStatus": "y"})).await;
    assert_eq!(wrong.0, 400);
    let wrong = world.em_write(Method::POST, "catalogs", json!({"displayName": "x", "state": "open"})).await;
    assert_eq!(wrong.1["error"]["code"], "ArgumentException");
    assert_eq!(world.em("catalogs/nothing").await.1["error"]["code"], "ResourceNotFound");
}

#[tokio::test]
async fn a_group_is_in_the_catalog_some_time_after_it_was_asked_for() {
    let world = World::with_consent().await;
    let (group, catalog) = (world.group("Tier 1 Analyst").await, world.catalog().await);
    let (status, answer) = world.add_resource(&catalog, &group).await;
    let said = (status, &answer["error"]["code"]);
    assert_eq!(said, (400, &json!("ResourceNotFoundInOriginSystem")), "a group just made");
    assert_eq!(world.add_resource(&catalog, &group).await.1["state"], "delivered");
    assert_eq!(world.resource(&catalog, &group).await, None);
    let resource = world.resource(&catalog, &group).await.unwrap();
    assert_eq!(resource["roles"][0]["originId"], format!("Member_{group}"));
    assert_eq!(resource["scopes"][0]["isRootScope"], true);
    assert_eq!(world.add_resource(&catalog, &group).await.0, 400);
    let synced = world.get("/v1.0/groups?$filter=displayName eq 'Synced'").await.1["value"][0].clone();
    assert_eq!(world.add_resource(&catalog, synced["id"].as_str().unwrap()).await.0, 400);
}

#[tokio::test]
async fn a_role_of_a_resource_not_there_yet_is_not_found() {
    let world = World::with_consent().await;
    world.sim("switches", json!({"consistency.groups": 0, "consistency.catalog-resources": 3})).await;
    let (group, catalog) = (world.group("Tier 1 Analyst").await, world.catalog().await);
    world.add_resource(&catalog, &group).await;
    let package = world.package(&catalog, "Tier 1 Analyst").await;
    let all = world.client.get(world.url("/sim/world")).send().await.unwrap().json::<Value>().await.unwrap();
    let hidden = all["tenants"][1]["resources"][0].clone();
    let early = json!({"roles": [{"id": hidden["memberRole"], "originId": format!("Member_{group}")}],
        "scopes": [{"id": hidden["rootScope"], "originId": group}], "id": hidden["id"], "originId": group});
    let path = format!("accessPackages/{package}/resourceRoleScopes");
    let (status, answer) = world.em_write(Method::POST, &path, member_role(&early)).await;
    assert_eq!((status, &answer["error"]["code"]), (404, &json!("ResourceNotFound")));
    for _ in 0..3 {
        assert_eq!(world.resource(&catalog, &group).await, None);
    }
    assert_eq!(world.em_write(Method::POST, &path, member_role(&early)).await.0, 201);
}

#[tokio::test]
async fn the_id_of_a_package_role_is_role_and_scope() {
    let there = Onboarded::new().await;
    let world = &there.world;
    let resource = world.resource(&there.catalog, &there.tier1).await.unwrap();
    let path = format!("accessPackages/{}/resourceRoleScopes", there.package);
    let shown = world.em(&format!("{path}?$expand=role,scope")).await.1["value"][0].clone();
    let wanted = format!("{}_{}", id(&resource["roles"][0]), id(&resource["scopes"][0]));
    assert_eq!(shown["id"], wanted);
    assert_eq!(shown["role"]["originId"], format!("Member_{}", there.tier1));
    assert_eq!(world.em_write(Method::POST, &path, member_role(&resource)).await.0, 400);
    let mut wrong = member_role(&resource);
    wrong["role"]["originId"] = json!("Member_of_nothing");
    assert_eq!(world.em_write(Method::POST, &path, wrong).await.1["error"]["code"], "RoleNotFound");
    assert_eq!(world.em_write(Method::DELETE, &format!("{path}/{wanted}"), Value::Null).await.0, 204);
    assert_eq!(world.em(&path).await.1["value"], json!([]));
}

#[tokio::test]
async fn packages_are_listed_by_name_and_by_catalog() {
    let there = Onboarded::new().await;
    let world = &there.world;
    let found = world.em("accessPackages?$filter=displayName eq 'Tier 1 Analyst'&$expand=catalog").await.1;
    assert_eq!(found["value"][0]["catalog"]["id"], there.catalog.as_str());
    let inside = world.em(&format!("catalogs/{}/accessPackages", there.catalog)).await.1["value"].clone();
    assert_eq!(
        (inside[0]["id"].as_str(), inside[0]["isHidden"].as_bool()),
        (Some(&*there.package), Some(true))
    );
    let path = format!("accessPackages/{}", there.package);
    assert_eq!(world.em_write(Method::PATCH, &path, json!({"displayName": "T1"})).await.0, 204);
    let whole = "?$expand=catalog,resourceRoleScopes($expand=role,scope),assignmentPolicies";
    let shown = world.em(&format!("{path}{whole}")).await.1;
    assert_eq!(
        (&shown["displayName"], &shown["assignmentPolicies"][0]["id"]),
        (&json!("T1"), &json!(there.policy))
    );
    let unnamed = json!({"displayName": "x"});
    assert_eq!(world.em_write(Method::POST, "accessPackages", unnamed).await.0, 400);
    assert_eq!(
        world.em_write(Method::DELETE, &format!("catalogs/{}", there.catalog), Value::Null).await.0,
        400
    );
}

#[tokio::test]
async fn a_reader_writes_nothing_and_a_tenant_without_licence_has_nothing() {
    let world = World::with_consent().await;
    let body = Some(json!({"displayName": "x"}));
    assert_eq!(world.call(READER, Method::POST, &format!("{EM}/catalogs"), body).await.0, 403);
    world.sim(&format!("tenants/{ADATUM}/set"), json!({"licences": ["AAD_PREMIUM"]})).await;
    let (status, answer) = world.em("catalogs").await;
    assert_eq!(status, 403);
    assert!(answer["error"]["message"].as_str().unwrap().contains("license"));
}

#[tokio::test]
async fn what_was_just_made_is_neither_read_nor_found_for_as_long_as_a_switch_says() {
    let world = World::with_consent().await;
    let late = ["organizations", "catalogs", "packages", "policies"].map(|of| format!("consistency.{of}"));
    let late: serde_json::Map<String, Value> =
        late.into_iter().map(|name| (name, json!("60000ms"))).collect();
    world.sim("switches", json!({"consistency.groups": 0, "consistency.catalog-resources": 0})).await;
    world.sim("switches", Value::Object(late)).await;
    let pass = async || world.sim("clock", json!({"advanceSeconds": 60})).await;
    let (org, catalog) = (world.connect("contoso-soc.example").await, world.catalog().await);
    let paths = [format!("connectedOrganizations/{}", id(&org)), format!("catalogs/{catalog}")];
    for path in &paths {
        assert_eq!(world.em(path).await.0, 404, "{path}");
        let list = path.split('/').next().unwrap();
        assert!(!world.em(list).await.1.to_string().contains(path.rsplit('/').next().unwrap()), "{list}");
    }
    let named = json!({"displayName": "Tier 1", "catalog": {"id": catalog}});
    assert_eq!(world.em_write(Method::POST, "accessPackages", named).await.0, 404, "the catalog is not seen");
    pass().await;
    for path in &paths {
        assert_eq!(world.em(path).await.0, 200, "{path}");
    }
    let package = world.package(&catalog, "Tier 1").await;
    assert_eq!(world.em(&format!("accessPackages/{package}")).await.0, 404);
    assert_eq!(world.em(&format!("accessPackages/{package}/resourceRoleScopes")).await.0, 404);
    assert_eq!(world.em(&format!("catalogs/{catalog}/accessPackages")).await.1["value"], json!([]));
    let wanted = policy(&package, &id(&org), &world.group("MSSP Analyst Approvers").await);
    let early = world.em_write(Method::POST, "assignmentPolicies", wanted.clone()).await;
    assert_eq!(early.0, 404, "the package is not seen");
    pass().await;
    assert_eq!(world.em(&format!("accessPackages/{package}")).await.0, 200);
    let made = world.make("assignmentPolicies", wanted).await;
    let path = format!("assignmentPolicies/{}", id(&made));
    assert_eq!(world.em(&path).await.0, 404);
    assert_eq!(world.em("assignmentPolicies").await.1["value"], json!([]));
    pass().await;
    assert_eq!(world.em(&path).await.0, 200);
}
