//! Switches of packages, their roles and policies.

use reqwest::Method;
use serde_json::{Value, json};

use crate::anyone::settings;
use crate::kit::World;
use crate::onboarded::{Onboarded, id, member_role, policy};

#[tokio::test]
async fn a_role_given_to_a_package_is_seen_at_once_or_late() {
    for reads in settings("consistency.role-scopes", [0, 1]) {
        let there = Onboarded::new().await;
        there.world.switch("consistency.role-scopes", reads).await;
        let other = there.world.package(&there.catalog, "Other").await;
        let resource = there.world.resource(&there.catalog, &there.tier1).await.unwrap();
        let path = format!("accessPackages/{other}/resourceRoleScopes");
        there.world.make(&path, member_role(&resource)).await;
        assert_eq!(there.world.em(&path).await.1["value"] == json!([]), reads > 0);
        assert_eq!(there.world.em(&path).await.1["value"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_role_given_twice_is_refused_or_stays_one() {
    let there = Onboarded::new().await;
    let resource = there.world.resource(&there.catalog, &there.tier1).await.unwrap();
    let path = format!("accessPackages/{}/resourceRoleScopes", there.package);
    for refused in settings("em.role-scope-twice-refused", [true, false]) {
        there.world.switch("em.role-scope-twice-refused", refused).await;
        let again = there.world.em_write(Method::POST, &path, member_role(&resource)).await;
        assert_eq!(again.0, if refused { 400 } else { 201 });
        let all = there.world.em(&path).await.1["value"].clone();
        assert_eq!(all.as_array().unwrap().len(), 1);
        if !refused {
            assert_eq!(again.1["id"], all[0]["id"]);
        }
    }
}

#[tokio::test]
async fn a_new_policy_works_or_is_disabled_until_it_is_replaced() {
    for disabled in settings("em.policy-created-disabled", [false, true]) {
        let there = Onboarded::new().await;
        there.world.switch("em.policy-created-disabled", disabled).await;
        let old = format!("assignmentPolicies/{}", there.policy);
        there.world.em_write(Method::DELETE, &old, Value::Null).await;
        let body = policy(&there.package, &there.organization, &there.approvers);
        let made = there.world.make("assignmentPolicies", body.clone()).await;
        assert_eq!(made["requestorSettings"]["enableTargetsToSelfAddAccess"], !disabled);
        assert_eq!(there.asked("bo@contoso-soc.example").await.0, if disabled { 403 } else { 200 });
        let path = format!("assignmentPolicies/{}", id(&made));
        assert_eq!(there.world.em_write(Method::PUT, &path, body).await.0, 200);
        assert_eq!(there.asked("ana@contoso-soc.example").await.0, 200);
    }
}

#[tokio::test]
async fn what_a_package_gives_from_now_on_reaches_its_people_at_once_or_later() {
    for seconds in settings("em.package-change-seconds", [0, 600]) {
        let there = Onboarded::in_world(World::standing().await).await;
        there.let_ana_in().await;
        there.world.switch("em.package-change-seconds", seconds).await;
        let group = there.world.group("More").await;
        assert_eq!(there.world.add_resource(&there.catalog, &group).await.0, 201);
        let resource = there.world.resource(&there.catalog, &group).await.unwrap();
        let path = format!("accessPackages/{}/resourceRoleScopes", there.package);
        let given = id(&there.world.make(&path, member_role(&resource)).await);
        let inside = async || {
            let members = there.world.get(&format!("/v1.0/groups/{group}/members")).await.1;
            members["value"].as_array().unwrap().len()
        };
        assert_eq!(inside().await, usize::from(seconds == 0));
        there.world.advance(600).await;
        assert_eq!(inside().await, 1);
        let path = format!("{path}/{given}");
        assert_eq!(there.world.em_write(Method::DELETE, &path, Value::Null).await.0, 204);
        assert_eq!(inside().await, usize::from(seconds > 0));
        there.world.advance(600).await;
        assert_eq!(inside().await, 0);
        assert_eq!(there.members().await.as_array().unwrap().len(), 1, "the other role stays");
    }
}

#[tokio::test]
async fn a_package_is_found_at_once_or_late_by_those_who_name_it_too() {
    for reads in settings("consistency.packages", [0, 2]) {
        let there = Onboarded::new().await;
        there.world.switch("consistency.packages", reads).await;
        let package = there.world.package(&there.catalog, "Late").await;
        let body = policy(&package, &there.organization, &there.approvers);
        for _ in 0..reads {
            let early = there.world.em_write(Method::POST, "assignmentPolicies", body.clone()).await;
            assert_eq!((early.0, &early.1["error"]["code"]), (404, &json!("ResourceNotFound")));
        }
        assert_eq!(there.world.em_write(Method::POST, "assignmentPolicies", body).await.0, 201);
        assert_eq!(there.world.em(&format!("accessPackages/{package}")).await.0, 200);
    }
}

#[tokio::test]
async fn a_policy_is_read_at_once_or_late() {
    for reads in settings("consistency.policies", [0, 1]) {
        let there = Onboarded::new().await;
        there.world.switch("consistency.policies", reads).await;
        let body = policy(&there.package, &there.organization, &there.approvers);
        let path = format!("assignmentPolicies/{}", id(&there.world.make("assignmentPolicies", body).await));
        for _ in 0..reads {
            assert_eq!(there.world.em(&path).await.0, 404);
        }
        assert_eq!(there.world.em(&path).await.0, 200);
    }
}
