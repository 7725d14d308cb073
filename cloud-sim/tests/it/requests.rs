//! Requests, approvals and assignments as Graph shows them.

use reqwest::Method;
use serde_json::{Value, json};

use super::kit::{OPERATOR, READER};
use super::onboarded::{EM, Onboarded, id};

const ANA: &str = "ana@contoso-soc.example";
const GAIL: &str = "gail@adatum.example";
const WHOLE: &str = "$expand=requestor,accessPackage,assignment";

fn approvals(rest: &str) -> String {
    format!("{EM}/accessPackageAssignmentApprovals{rest}")
}

#[tokio::test]
async fn a_pending_request_is_listed_with_who_asks_and_for_what() {
    let there = Onboarded::new().await;
    let asked = there.asked(ANA).await.1;
    let path = format!("assignmentRequests?$filter=state eq 'pendingApproval'&{WHOLE}");
    let found = there.world.em(&path).await.1["value"][0].clone();
    assert_eq!((&found["id"], &found["requestType"]), (&asked["id"], &json!("userAdd")));
    assert_eq!(found["requestor"]["objectId"], Value::Null, "no guest yet");
    assert_eq!(found["requestor"]["email"], ANA);
    assert_eq!(found["accessPackage"]["id"], there.package.as_str());
    assert_eq!(found["justification"], "On duty");
    let made = found["createdDateTime"].as_str().unwrap();
    let since = format!("assignmentRequests?$filter=createdDateTime ge {made}");
    assert_eq!(there.world.em(&since).await.1["value"].as_array().unwrap().len(), 1);
    let later = "assignmentRequests?$filter=createdDateTime ge 2999-01-01T00:00:00Z";
    assert_eq!(there.world.em(later).await.1["value"], json!([]));
    let of_package = format!("assignmentRequests?$filter=accessPackage/id eq '{}'", there.package);
    assert_eq!(there.world.em(&of_package).await.0, 400, "the package is not expanded");
    assert_eq!(there.world.em(&format!("{of_package}&$expand=accessPackage")).await.0, 200);
}

#[tokio::test]
async fn a_delivered_request_has_its_guest_and_its_assignment_ends_in_365_days() {
    let (there, asked) = Onboarded::with_ana().await;
    there.without_reviews().await;
    let path = format!("assignmentRequests/{}?{WHOLE}", asked["id"].as_str().unwrap());
    let request = there.world.em(&path).await.1;
    assert_eq!((&request["state"], &request["status"]), (&json!("delivered"), &json!("Delivered")));
    assert!(request["requestor"]["objectId"].is_string());
    let expand = "$expand=target,accessPackage,assignmentPolicy";
    let filter = format!("$filter=state eq 'delivered' and accessPackage/id eq '{}'", there.package);
    let held = there.world.em(&format!("assignments?{expand}&{filter}")).await.1["value"][0].clone();
    assert_eq!(held["id"], request["assignment"]["id"]);
    assert_eq!(held["target"]["objectId"], request["requestor"]["objectId"]);
    assert_eq!(held["assignmentPolicy"]["id"], there.policy.as_str());
    let (from, until) = (&held["schedule"]["startDateTime"], &held["schedule"]["expiration"]["endDateTime"]);
    let day = |v: &Value| v.as_str().unwrap()[..10].parse::<chrono::NaiveDate>().unwrap();
    assert_eq!((day(until) - day(from)).num_days(), 365);
    assert_eq!(held["expiredDateTime"], Value::Null);
    there.days(364).await;
    let near = there.world.em("assignments").await.1["value"][0]["status"].clone();
    assert_eq!(near, "NearExpiry1DayNotificationTriggered");
}

#[tokio::test]
async fn what_an_app_removes_is_removed() {
    let (there, _) = Onboarded::with_ana().await;
    let held = there.world.em("assignments").await.1["value"][0]["id"].clone();
    let body = json!({"requestType": "adminRemove", "assignment": {"id": held}});
    let answer = there.world.make("assignmentRequests", body.clone()).await;
    assert_eq!((&answer["requestType"], &answer["state"]), (&json!("adminRemove"), &json!("submitted")));
    let path = format!("assignments/{}", held.as_str().unwrap());
    assert_eq!(there.world.em(&path).await.1["state"], "expired");
    assert_eq!(there.world.em_write(Method::POST, "assignmentRequests", body).await.0, 400);
    let own = json!({"requestType": "userAdd", "assignment": {"accessPackageId": there.package}});
    assert_eq!(there.world.em_write(Method::POST, "assignmentRequests", own).await.0, 403, "no person");
}

#[tokio::test]
async fn a_package_or_policy_in_use_stays() {
    let (there, _) = Onboarded::with_ana().await;
    for path in [format!("accessPackages/{}", there.package), format!("assignmentPolicies/{}", there.policy)]
    {
        assert_eq!(there.world.em_write(Method::DELETE, &path, Value::Null).await.0, 400, "{path}");
    }
    let org = format!("connectedOrganizations/{}", there.organization);
    assert_eq!(there.world.em_write(Method::DELETE, &org, Value::Null).await.0, 400);
}

#[tokio::test]
async fn an_app_alone_sees_no_approval_and_decides_nothing() {
    let there = Onboarded::new().await;
    let asked = there.asked(ANA).await.1;
    let path = approvals(&format!("/{}/stages", asked["id"].as_str().unwrap()));
    for app in [READER, OPERATOR] {
        assert_eq!(there.world.call(app, Method::GET, &path, None).await.0, 403);
    }
    let verdict = Some(json!({"reviewResult": "Approve", "justification": "x"}));
    assert_eq!(there.world.call(OPERATOR, Method::PATCH, &format!("{path}/x"), verdict).await.0, 403);
}

#[tokio::test]
async fn an_approver_finds_what_waits_for_him_and_decides() {
    let there = Onboarded::new().await;
    let asked = there.asked(ANA).await.1;
    let mine = approvals("/filterByCurrentUser(on='approver')");
    let found = there.world.as_person(GAIL, Method::GET, &mine, None).await.1;
    assert_eq!(found["value"], json!([{"id": asked["id"]}]));
    let path = approvals(&format!("/{}", asked["id"].as_str().unwrap()));
    let approval = there.world.as_person(GAIL, Method::GET, &format!("{path}?$expand=stages"), None).await.1;
    let stage = approval["stages"][0].clone();
    assert_eq!((&stage["status"], &stage["assignedToMe"]), (&json!("InProgress"), &json!(true)));
    let stages = format!("{path}/stages");
    let one = format!("{stages}/{}", stage["id"].as_str().unwrap());
    let verdict = |word: &str| Some(json!({"reviewResult": word, "justification": "Known to us"}));
    assert_eq!(
        there.world.as_person(GAIL, Method::PATCH, &format!("{stages}/x"), verdict("Deny")).await.0,
        404
    );
    assert_eq!(there.world.as_person(GAIL, Method::PATCH, &one, verdict("Perhaps")).await.0, 400);
    let silent = Some(json!({"reviewResult": "Approve"}));
    assert_eq!(there.world.as_person(GAIL, Method::PATCH, &one, silent).await.0, 400, "a reason is required");
    assert_eq!(there.world.as_person(GAIL, Method::PATCH, &one, verdict("Approve")).await.0, 204);
    assert_eq!(there.world.as_person(GAIL, Method::PATCH, &one, verdict("Deny")).await.0, 409);
    let stage = there.world.as_person(GAIL, Method::GET, &one, None).await.1;
    assert_eq!((&stage["reviewResult"], &stage["status"]), (&json!("Approve"), &json!("Completed")));
    assert_eq!(stage["reviewedBy"]["userPrincipalName"], GAIL);
    assert_eq!(there.world.as_person(GAIL, Method::GET, &mine, None).await.1["value"], json!([]));
}

#[tokio::test]
async fn a_guest_sees_his_own_and_takes_back_what_is_not_decided() {
    let (there, _) = Onboarded::with_ana().await;
    let extension =
        json!({"package": there.package, "userPrincipalName": ANA, "wish": "extend", "justification": "x"});
    let asked = there.world.sim(&format!("tenants/{}/ask", super::kit::ADATUM), extension).await;
    let all = format!("{EM}/assignmentRequests");
    assert_eq!(there.world.as_person(ANA, Method::GET, &all, None).await.0, 403, "not an administrator");
    let mine = format!("{all}/filterByCurrentUser(on='target')");
    let found = there.world.as_person(ANA, Method::GET, &mine, None).await.1["value"].clone();
    assert_eq!(found.as_array().unwrap().len(), 2);
    let cancel = format!("{all}/{}/cancel", asked["id"].as_str().unwrap());
    assert_eq!(there.world.call(OPERATOR, Method::POST, &cancel, None).await.0, 403, "delegated only");
    assert_eq!(there.world.as_person(GAIL, Method::POST, &cancel, None).await.0, 404, "not hers");
    assert_eq!(there.world.as_person(ANA, Method::POST, &cancel, None).await.0, 204);
    assert_eq!(there.world.as_person(ANA, Method::POST, &cancel, None).await.0, 400);
    let path = format!("assignmentRequests/{}", asked["id"].as_str().unwrap());
    assert_eq!(there.world.em(&path).await.1["state"], "canceled");
    assert_eq!(there.world.em_write(Method::DELETE, &path, Value::Null).await.0, 204);
}

#[tokio::test]
async fn a_type_of_request_that_came_later_is_told_to_whoever_takes_it() {
    let there = Onboarded::new().await;
    there.let_ana_in().await;
    let body = json!({"package": there.package, "userPrincipalName": "ana@contoso-soc.example",
        "homeTenant": crate::kit::CONTOSO, "wish": "revoke"});
    let asked = there.control("ask", body).await;
    assert_eq!(asked.0, 200, "{asked:?}");
    let token = there.world.token(crate::kit::ADATUM, crate::kit::OPERATOR).await;
    let path = format!("{EM}/assignmentRequests/{}", id(&asked.1));
    let told = async |headers: &[(&str, &str)]| {
        let reply = there.world.send(&token, Method::GET, &path, None, headers).await;
        reply.body["requestType"].as_str().unwrap().to_owned()
    };
    assert_eq!(told(&[]).await, "unknownFutureValue");
    assert_eq!(told(&[("Prefer", "include-unknown-enum-members")]).await, "approverRemove");
}
