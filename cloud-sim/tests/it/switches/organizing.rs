//! Switches of connected organizations and catalogs.

use reqwest::Method;
use serde_json::{Value, json};

use crate::anyone::settings;
use crate::kit::{ADATUM, CONTOSO, World};
use crate::onboarded::{EM, Onboarded, id, member_role};

fn organization(source: &Value) -> Value {
    json!({"displayName": "MSSP", "description": "", "state": "configured", "identitySources": [source]})
}

fn domain(name: &str) -> Value {
    json!({"@odata.type": "#microsoft.graph.domainIdentitySource", "domainName": name, "displayName": name})
}

#[tokio::test]
async fn without_a_licence_entitlement_management_is_closed_or_open() {
    let world = World::with_consent().await;
    world.sim(&format!("tenants/{ADATUM}/set"), json!({"licences": ["AAD_PREMIUM"]})).await;
    for required in settings("em.licence-required", [true, false]) {
        world.switch("em.licence-required", required).await;
        assert_eq!(world.em("catalogs").await.0, if required { 403 } else { 200 });
    }
}

#[tokio::test]
async fn a_refusal_for_want_of_a_licence_names_it_or_says_nothing_of_it() {
    let world = World::with_consent().await;
    world.sim(&format!("tenants/{ADATUM}/set"), json!({"licences": ["AAD_PREMIUM"]})).await;
    for told in settings("em.licence-refusal-told", [true, false]) {
        world.switch("em.licence-refusal-told", told).await;
        let (status, answer) = world.em("catalogs").await;
        let said = answer["error"]["message"].as_str().unwrap().contains("license");
        assert_eq!((status, said), (403, told), "{answer}");
    }
}

#[tokio::test]
async fn a_suspended_licence_closes_entitlement_management_or_does_not() {
    let world = World::with_consent().await;
    for counts in settings("em.suspended-licence-counts", [false, true]) {
        world.switch("em.suspended-licence-counts", counts).await;
        for (state, serves) in [("Warning", true), ("Suspended", false), ("LockedOut", false)] {
            let licences = json!({"licences": [format!("SPE_E5:{state}")]});
            world.sim(&format!("tenants/{ADATUM}/set"), licences).await;
            let sku = world.get("/v1.0/subscribedSkus").await.1["value"][0].clone();
            assert_eq!((&sku["skuPartNumber"], &sku["capabilityStatus"]), (&json!("SPE_E5"), &json!(state)));
            assert_eq!(world.em("catalogs").await.0, if serves || counts { 200 } else { 403 }, "{state}");
        }
    }
}

#[tokio::test]
async fn a_second_organization_of_the_same_source_is_refused_or_made() {
    for refused in settings("em.organization-twice-refused", [true, false]) {
        let world = World::with_consent().await;
        world.switch("em.organization-twice-refused", refused).await;
        world.connect("contoso-soc.example").await;
        let again = organization(&domain("contoso-soc.example"));
        let (status, answer) = world.em_write(Method::POST, "connectedOrganizations", again).await;
        assert_eq!(status, if refused { 400 } else { 201 }, "{answer}");
        let all = world.em("connectedOrganizations").await.1["value"].clone();
        assert_eq!(all.as_array().unwrap().len(), if refused { 1 } else { 2 });
    }
}

#[tokio::test]
async fn a_new_organization_is_answered_with_or_without_its_source_and_read_with_it() {
    for without in settings("em.organization-answered-without-sources", [true, false]) {
        let world = World::with_consent().await;
        world.switch("em.organization-answered-without-sources", without).await;
        let made = world.connect("contoso-soc.example").await;
        assert_eq!(made["identitySources"] == json!([]), without);
        let read = world.em(&format!("connectedOrganizations/{}", id(&made))).await.1;
        assert_eq!(read["identitySources"][0]["tenantId"], CONTOSO);
    }
}

#[tokio::test]
async fn an_organization_a_policy_names_stays_or_goes() {
    for kept in settings("em.organization-in-use-kept", [true, false]) {
        let there = Onboarded::new().await;
        there.world.switch("em.organization-in-use-kept", kept).await;
        let path = format!("connectedOrganizations/{}", there.organization);
        assert_eq!(
            there.world.em_write(Method::DELETE, &path, Value::Null).await.0,
            if kept { 400 } else { 204 }
        );
        assert_eq!(there.world.em(&path).await.0, if kept { 200 } else { 404 });
    }
}

#[tokio::test]
async fn a_tenant_id_as_source_is_refused_or_taken() {
    let world = World::with_consent().await;
    let source = json!({"@odata.type": "#microsoft.graph.azureActiveDirectoryTenant", "tenantId": CONTOSO});
    for refused in settings("em.tenant-id-source-refused", [true, false]) {
        world.switch("em.tenant-id-source-refused", refused).await;
        let sent = world.em_write(Method::POST, "connectedOrganizations", organization(&source)).await;
        assert_eq!(sent.0, if refused { 400 } else { 201 }, "{}", sent.1);
    }
}

#[tokio::test]
async fn a_catalog_with_packages_stays_or_goes_with_them() {
    for kept in settings("em.catalog-with-packages-kept", [true, false]) {
        let there = Onboarded::new().await;
        there.world.switch("em.catalog-with-packages-kept", kept).await;
        let path = format!("catalogs/{}", there.catalog);
        assert_eq!(
            there.world.em_write(Method::DELETE, &path, Value::Null).await.0,
            if kept { 400 } else { 204 }
        );
        let package = there.world.em(&format!("accessPackages/{}", there.package)).await.0;
        assert_eq!(package, if kept { 200 } else { 404 });
        let general = there.world.em("catalogs").await.1["value"][0].clone();
        let built_in = format!("catalogs/{}", id(&general));
        assert_eq!(
            there.world.em_write(Method::DELETE, &built_in, Value::Null).await.0,
            400,
            "in either case"
        );
    }
}

/// A group that is no resource yet, in a world without delays.
async fn with_group() -> (Onboarded, String) {
    let there = Onboarded::new().await;
    let group = there.world.group("Another").await;
    (there, group)
}

#[tokio::test]
async fn a_group_that_is_read_already_is_found_by_entitlement_management_at_once_or_late() {
    for tries in settings("consistency.groups-in-entitlement", [0, 2]) {
        let there = Onboarded::new().await;
        let late = json!({"consistency.groups": 0, "consistency.groups-in-entitlement": tries});
        there.world.sim("switches", late).await;
        let group = there.world.group("Any").await;
        assert_eq!(there.world.get(&format!("/v1.0/groups/{group}")).await.0, 200);
        for _ in 0..tries {
            let (status, answer) = there.world.add_resource(&there.catalog, &group).await;
            let said = (status, &answer["error"]["code"]);
            assert_eq!(said, (400, &json!("ResourceNotFoundInOriginSystem")));
        }
        assert_eq!(there.world.add_resource(&there.catalog, &group).await.0, 201);
    }
}

#[tokio::test]
async fn a_group_added_twice_is_refused_or_stays_one_resource() {
    for refused in settings("em.resource-twice-refused", [true, false]) {
        let there = Onboarded::new().await;
        there.world.switch("em.resource-twice-refused", refused).await;
        let status = there.world.add_resource(&there.catalog, &there.tier1).await.0;
        assert_eq!(status, if refused { 400 } else { 201 });
        let all = there.world.em(&format!("catalogs/{}/resources", there.catalog)).await.1["value"].clone();
        assert_eq!(all.as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn adding_a_group_is_answered_as_delivered_or_as_it_stands() {
    for delivered in settings("em.resource-request-answers-delivered", [true, false]) {
        let (there, group) = with_group().await;
        let how =
            json!({"em.resource-request-answers-delivered": delivered, "consistency.catalog-resources": 1});
        there.world.sim("switches", how).await;
        let answer = there.world.add_resource(&there.catalog, &group).await.1;
        assert_eq!(answer["state"], if delivered { "delivered" } else { "delivering" });
        let path = format!("resourceRequests/{}", id(&answer));
        assert_eq!(there.world.em(&path).await.1["state"], "delivering");
        assert_eq!(there.world.resource(&there.catalog, &group).await, None);
        assert_eq!(there.world.em(&path).await.1["state"], "delivered");
    }
}

#[tokio::test]
async fn adding_a_group_comes_to_something_or_fails_afterwards() {
    for fails in settings("em.resource-request-fails", [true, false]) {
        let (there, group) = with_group().await;
        there.world.switch("em.resource-request-fails", fails).await;
        let (status, answer) = there.world.add_resource(&there.catalog, &group).await;
        assert_eq!((status, answer["state"] == "submitted"), (201, fails));
        let state = there.world.em(&format!("resourceRequests/{}", id(&answer))).await.1["state"].clone();
        assert_eq!(state, if fails { "deliveryFailed" } else { "delivered" });
        assert_eq!(there.world.resource(&there.catalog, &group).await.is_none(), fails);
    }
}

#[tokio::test]
async fn a_resource_a_package_gives_stays_or_goes_with_its_role() {
    for kept in settings("em.resource-in-use-kept", [true, false]) {
        let there = Onboarded::new().await;
        there.world.switch("em.resource-in-use-kept", kept).await;
        let resource = there.world.resource(&there.catalog, &there.tier1).await.unwrap();
        let body = json!({"requestType": "adminRemove", "catalog": {"id": there.catalog},
            "resource": {"id": resource["id"], "originSystem": "AadGroup"}});
        let status = there.world.em_write(Method::POST, "resourceRequests", body).await.0;
        assert_eq!(status, if kept { 400 } else { 201 });
        let roles = format!("accessPackages/{}/resourceRoleScopes", there.package);
        let left = there.world.em(&roles).await.1["value"].as_array().unwrap().len();
        assert_eq!(left, usize::from(kept));
    }
}

#[tokio::test]
async fn whoever_adds_a_group_must_own_it_or_may_add_any() {
    let (there, group) = with_group().await;
    let token = there.world.app_with(&["EntitlementManagement.ReadWrite.All"]).await;
    let body = json!({"requestType": "adminAdd", "catalog": {"id": there.catalog},
        "resource": {"originId": group, "originSystem": "AadGroup"}});
    let path = format!("{EM}/resourceRequests");
    for checked in settings("em.resource-owner-checked", [true, false]) {
        there.world.switch("em.resource-owner-checked", checked).await;
        let reply = there.world.send(&token, Method::POST, &path, Some(body.clone()), &[]).await;
        assert_eq!(reply.code(), if checked { "CallerNotResourceOwner" } else { "" }, "{reply:?}");
    }
}

#[tokio::test]
async fn a_group_has_an_owner_s_role_or_a_member_s_only() {
    let there = Onboarded::new().await;
    for owner in settings("em.owner-role", [true, false]) {
        there.world.switch("em.owner-role", owner).await;
        let resource = there.world.resource(&there.catalog, &there.tier1).await.unwrap();
        assert_eq!(resource["roles"].as_array().unwrap().len(), 1 + usize::from(owner));
        let all =
            there.world.em(&format!("catalogs/{}/resourceRoles", there.catalog)).await.1["value"].clone();
        assert_eq!(all.as_array().unwrap().len(), 1 + usize::from(owner));
        let mut role = member_role(&resource);
        role["role"]["originId"] = json!(format!("Owner_{}", there.tier1));
        role["role"].as_object_mut().unwrap().remove("id");
        let path = format!("accessPackages/{}/resourceRoleScopes", there.package);
        let sent = there.world.em_write(Method::POST, &path, role).await;
        assert_eq!(sent.0, if owner { 201 } else { 404 }, "{}", sent.1);
    }
}

#[tokio::test]
async fn a_resource_shows_itself_before_its_roles_or_with_them() {
    for reads in settings("consistency.resource-roles", [0, 2]) {
        let (there, group) = with_group().await;
        there.world.switch("consistency.resource-roles", reads).await;
        there.world.add_resource(&there.catalog, &group).await;
        for n in 0..=reads {
            let resource = there.world.resource(&there.catalog, &group).await.unwrap();
            let (roles, scopes) = (&resource["roles"], &resource["scopes"]);
            assert_eq!((roles == &json!([]), scopes == &json!([])), (n < reads, n < reads), "{resource}");
        }
    }
}

#[tokio::test]
async fn words_are_known_in_any_capitals_or_only_as_documented() {
    let world = World::strange().await;
    for ignored in settings("em.enum-case-ignored", [true, false]) {
        world.switch("em.enum-case-ignored", ignored).await;
        for (state, exact) in [("published", true), ("Published", false), ("PUBLISHED", false)] {
            let body = json!({"displayName": "C", "state": state});
            let (status, answer) = world.em_write(Method::POST, "catalogs", body).await;
            assert_eq!(status, if ignored || exact { 201 } else { 400 }, "{state}: {answer}");
            if status == 201 {
                assert_eq!(answer["state"], "published", "answered as documented");
            }
        }
    }
}

#[tokio::test]
async fn a_connected_organization_is_read_at_once_or_late() {
    for reads in settings("consistency.organizations", [0, 2]) {
        let world = World::with_consent().await;
        world.switch("consistency.organizations", reads).await;
        let path = format!("connectedOrganizations/{}", id(&world.connect("contoso-soc.example").await));
        for _ in 0..reads {
            assert_eq!(world.em(&path).await.0, 404);
        }
        assert_eq!(world.em(&path).await.0, 200);
    }
}

#[tokio::test]
async fn a_catalog_is_read_at_once_or_late() {
    for reads in settings("consistency.catalogs", [0, 2]) {
        let world = World::with_consent().await;
        world.switch("consistency.catalogs", reads).await;
        let catalog = world.catalog().await;
        let listed = "catalogs?$filter=displayName eq 'MSSP Accesses'";
        for _ in 0..reads {
            assert_eq!(world.em(listed).await.1["value"], json!([]));
        }
        assert_eq!(world.em(listed).await.1["value"][0]["id"], catalog.as_str());
    }
}
