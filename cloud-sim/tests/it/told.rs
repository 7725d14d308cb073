//! The audit log: everything that was done, by whom, to what.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::kit::{OPERATOR, World};
use super::onboarded::{Onboarded, id};

const GAIL: &str = "gail@adatum.example";
const LOG: &str = "/v1.0/auditLogs/directoryAudits";

async fn rows(world: &World, filter: &str) -> Vec<Value> {
    world.get(&format!("{LOG}?$filter={filter}")).await.1["value"].as_array().unwrap().clone()
}

async fn row(world: &World, activity: &str) -> Value {
    let found = rows(world, &format!("activityDisplayName eq '{activity}'")).await;
    found.first().cloned().unwrap_or_else(|| panic!("nothing is told about {activity}"))
}

#[tokio::test]
async fn what_an_app_makes_is_told_with_the_app_and_the_thing() {
    let there = Onboarded::new().await;
    for (activity, category, name) in [
        ("Add group", "GroupManagement", "Tier 1 Analyst"),
        ("Add member to group", "GroupManagement", "MSSP Analyst Approvers"),
        ("Create connected organization", "EntitlementManagement", "MSSP"),
        ("Create access package catalog", "EntitlementManagement", "MSSP Accesses"),
        ("Create access package", "EntitlementManagement", "Tier 1 Analyst"),
        ("Update access package", "EntitlementManagement", "Tier 1 Analyst"),
        ("Create access package assignment policy", "EntitlementManagement", "MSSP analysts"),
    ] {
        let told = row(&there.world, activity).await;
        assert_eq!((&told["category"], &told["result"]), (&json!(category), &json!("success")), "{told}");
        assert_eq!(told["initiatedBy"]["app"]["appId"], OPERATOR, "{activity}");
        assert_eq!(told["targetResources"][0]["displayName"], name, "{activity}");
    }
    assert_eq!(
        row(&there.world, "Create resource request").await["loggedByService"],
        "Entitlement Management"
    );
    let member = row(&there.world, "Add member to group").await;
    assert_eq!(member["targetResources"][1]["userPrincipalName"], GAIL);
    let consent = row(&there.world, "Consent to application").await;
    assert_eq!(
        consent["initiatedBy"]["user"]["userPrincipalName"], GAIL,
        "an administrator of the directory"
    );
}

#[tokio::test]
async fn what_is_changed_and_deleted_is_told_by_the_name_it_had() {
    let there = Onboarded::new().await;
    let group = there.world.group("Short lived").await;
    let path = format!("/v1.0/groups/{group}");
    there.world.call(OPERATOR, Method::PATCH, &path, Some(json!({"description": "x"}))).await;
    there.world.call(OPERATOR, Method::DELETE, &path, None).await;
    for activity in ["Update group", "Delete group"] {
        assert_eq!(row(&there.world, activity).await["targetResources"][0]["displayName"], "Short lived");
    }
    let before = rows(&there.world, "loggedByService eq 'Entitlement Management'").await.len();
    let refused =
        there.world.em_write(Method::DELETE, &format!("catalogs/{}", there.catalog), Value::Null).await;
    assert_eq!(refused.0, 400);
    let after = rows(&there.world, "loggedByService eq 'Entitlement Management'").await.len();
    assert_eq!(before, after, "what was refused was not done");
}

#[tokio::test]
async fn the_life_of_an_assignment_is_told_from_the_request_to_the_guest_s_end() {
    let there = Onboarded::in_world(World::standing().await).await;
    there.without_reviews().await;
    let asked = there.let_ana_in().await;
    let extension = json!({"package": there.package, "userPrincipalName": "ana@contoso-soc.example", "wish": "extend",
        "justification": "x"});
    let more = there.control("ask", extension).await.1;
    there.decided(&more, GAIL, true).await;
    there.days(800).await;
    let late = there.asked("bo@contoso-soc.example").await.1;
    there.days(15).await;
    assert!(id(&late) != id(&asked));
    let all = there.world.by_hand("GET", "/auditLogs/directoryAudits?$top=999", Value::Null).await.1;
    let told: BTreeSet<String> = all["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["activityDisplayName"].as_str().unwrap().to_owned())
        .collect();
    for wanted in [
        "User requests access package assignment",
        "Approve access package assignment request",
        "Request approved",
        "Ready to fulfill access package assignment request",
        "Invite external user",
        "Fulfill access package resource assignment",
        "Add member to group",
        "Fulfill access package assignment request",
        "User requests to extend access package assignment",
        "Extend access package assignment",
        "Remove access package resource assignment",
        "Remove member from group",
        "Disable account",
        "Delete user",
        "Access package assignment request timed out (no approver action taken)",
    ] {
        assert!(told.contains(wanted), "{wanted} is not among {told:?}");
    }
    let guest = row(&there.world, "Invite external user").await;
    assert_eq!(
        guest["initiatedBy"]["app"]["displayName"],
        "Azure AD Identity Governance - Entitlement Management"
    );
}

#[tokio::test]
async fn what_needs_no_approval_is_scheduled_or_fails_is_told_so() {
    let there = Onboarded::in_world(World::standing().await).await;
    let held = |more: Value| {
        let mut body = json!({"requestType": "adminAdd", "assignment": {"accessPackageId": there.package,
            "assignmentPolicyId": there.policy, "target": {"email": "ana@contoso-soc.example"}}});
        body["schedule"] = more;
        body
    };
    let later = held(json!({"startDateTime": "2999-01-01T00:00:00Z"}));
    there.world.make("assignmentRequests", later).await;
    assert_eq!(
        row(&there.world, "Schedule a future access package assignment").await["initiatedBy"]["user"],
        Value::Null
    );
    let given = row(&there.world, "Administrator directly assigns user to access package").await;
    assert_eq!(given["initiatedBy"]["app"]["appId"], OPERATOR);
    there.world.switch("em.delivery-fails", true).await;
    let asked = there.asked("bo@contoso-soc.example").await.1;
    there.decided(&asked, GAIL, true).await;
    let failed = row(&there.world, "Failed access package assignment request").await;
    assert_eq!(failed["targetResources"][0]["id"], id(&asked));
}

#[tokio::test]
async fn a_row_has_what_the_documentation_s_example_has_and_is_found_by_each_filter() {
    let there = Onboarded::new().await;
    there.world.group("Sought").await;
    let told = row(&there.world, "Add group").await;
    let mut names: Vec<&String> = told.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(
        names,
        [
            "activityDateTime",
            "activityDisplayName",
            "additionalDetails",
            "category",
            "correlationId",
            "id",
            "initiatedBy",
            "loggedByService",
            "operationType",
            "result",
            "resultReason",
            "targetResources"
        ]
    );
    let sp =
        there.world.by_hand("GET", &format!("/servicePrincipals(appId='{OPERATOR}')"), Value::Null).await.1;
    let (group, when) = (id(&told["targetResources"][0]), told["activityDateTime"].as_str().unwrap());
    for filter in [
        format!("targetResources/any(t:t/id eq '{group}')"),
        format!("correlationId eq '{}'", told["correlationId"].as_str().unwrap()),
        format!("initiatedBy/app/appId eq '{OPERATOR}' and activityDateTime ge {when}"),
        format!(
            "initiatedBy/app/displayName eq '{}' and activityDateTime ge {when}",
            sp["displayName"].as_str().unwrap()
        ),
        "loggedByService eq 'Core Directory' and startswith(activityDisplayName,'Add group')".to_owned(),
    ] {
        let found = rows(&there.world, &filter).await;
        assert!(found.iter().any(|r| r["id"] == told["id"]), "{filter}: {found:?}");
    }
    let one = there.world.get(&format!("{LOG}/{}", told["id"].as_str().unwrap())).await.1;
    assert_eq!(one["id"], told["id"]);
    assert_eq!(there.world.call(OPERATOR, Method::GET, LOG, None).await.0, 403);
    let oldest =
        there.world.get(&format!("{LOG}?$orderby=activityDateTime&$top=1")).await.1["value"][0].clone();
    assert!(oldest["activityDateTime"].as_str() <= told["activityDateTime"].as_str());
}
