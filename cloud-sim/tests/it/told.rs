//! The audit log: everything that was done, by whom, to what.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::kit::{OPERATOR, World};
use super::onboarded::{Onboarded, id, member_role, policy};

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
async fn whatever_becomes_of_a_request_is_told_by_its_documented_name() {
    let there = Onboarded::in_world(World::standing().await).await;
    let gail = there.world.user_id(GAIL).await;
    let mut body = policy(&there.package, &there.organization, &there.approvers);
    let mut second = body["requestApprovalSettings"]["stages"][0].clone();
    second["primaryApprovers"] = json!([{"@odata.type": "#microsoft.graph.singleUser", "userId": gail}]);
    body["requestApprovalSettings"]["stages"].as_array_mut().unwrap().push(second);
    let path = format!("assignmentPolicies/{}", there.policy);
    assert_eq!(there.world.em_write(Method::PUT, &path, body).await.0, 200);
    let ana = "ana@contoso-soc.example";
    let denied = there.asked(ana).await.1;
    there.decided(&denied, GAIL, false).await;
    let back = there.asked(ana).await.1;
    there.control(&format!("requests/{}/cancel", id(&back)), json!({"by": ana})).await;
    let two_stages = there.asked(ana).await.1;
    for _ in 0..2 {
        there.decided(&two_stages, GAIL, true).await;
    }
    let leaving = json!({"package": there.package, "userPrincipalName": ana, "wish": "remove"});
    assert_eq!(there.control("ask", leaving).await.0, 200);
    let mut body = policy(&there.package, &there.organization, &there.approvers);
    body["requestApprovalSettings"] = json!({"isApprovalRequiredForAdd": false,
        "isApprovalRequiredForUpdate": false, "isRequestorJustificationRequired": false, "stages": []});
    assert_eq!(there.world.em_write(Method::PUT, &path, body).await.0, 200);
    let gone = there.world.group("Gone").await;
    assert_eq!(there.world.add_resource(&there.catalog, &gone).await.0, 201);
    let resource = there.world.resource(&there.catalog, &gone).await.unwrap();
    there
        .world
        .make(&format!("accessPackages/{}/resourceRoleScopes", there.package), member_role(&resource))
        .await;
    there.world.by_hand("DELETE", &format!("/groups/{gone}"), Value::Null).await;
    // Whoever lost his last access is blocked, so somebody else asks.
    let (status, unasked) = there.asked("bo@contoso-soc.example").await;
    assert_eq!(status, 200, "{unasked}");
    let held = there.kept().await["assignments"].as_array().unwrap().last().unwrap().clone();
    there
        .world
        .make("assignmentRequests", json!({"requestType": "adminRemove", "assignment": {"id": held["id"]}}))
        .await;
    for (activity, about) in [
        ("Create request approval", &denied),
        ("Add approver to request approval", &denied),
        ("Deny access package assignment request", &denied),
        ("Request denied", &denied),
        ("Cancel access package assignment request", &back),
        ("Approval stage completed for access package assignment request", &two_stages),
        ("Approve access package assignment request", &two_stages),
        ("Auto approve access package assignment request", &unasked),
        ("Partially fulfill access package assignment request", &unasked),
    ] {
        let told = rows(&there.world, &format!("activityDisplayName eq '{activity}'")).await;
        let of = |r: &Value| r["targetResources"].as_array().unwrap().iter().any(|t| t["id"] == about["id"]);
        assert!(told.iter().any(of), "{activity}: {told:?}");
    }
    row(&there.world, "User requests to remove access package assignment").await;
    row(&there.world, "Administrator directly removes user access package assignment").await;
}

#[tokio::test]
async fn a_review_is_told_from_its_beginning_to_its_end() {
    let there = Onboarded::in_world(World::standing().await).await;
    there.let_ana_in().await;
    there.world.sim("clock", json!({"now": "2027-01-02T00:00:00Z"})).await;
    let review = there.kept().await["reviewInstances"][0].clone();
    let said = json!({"by": GAIL, "decision": "Deny", "justification": "Left"});
    assert_eq!(there.control(&format!("reviews/{}/decide", id(&review)), said).await.0, 200);
    there.world.sim("clock", json!({"now": "2027-01-16T00:00:00Z"})).await;
    let told = rows(&there.world, "loggedByService eq 'Access Reviews'").await;
    let names: Vec<&str> = told.iter().map(|r| r["activityDisplayName"].as_str().unwrap()).collect();
    for wanted in ["Create access review", "Deny decision", "Apply review"] {
        assert!(names.contains(&wanted), "{wanted} is not among {names:?}");
    }
    assert!(told.iter().all(|r| r["targetResources"][0]["id"] == review["id"]), "{told:?}");
    let denial = told.iter().find(|r| r["activityDisplayName"] == "Deny decision").unwrap();
    assert_eq!(denial["initiatedBy"]["user"]["userPrincipalName"], GAIL);
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
