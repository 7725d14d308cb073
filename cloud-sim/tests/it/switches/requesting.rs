//! Switches of requests, approvals and deliveries.

use reqwest::Method;
use serde_json::{Value, json};

use crate::anyone::settings;
use crate::kit::{ADATUM, World};
use crate::onboarded::{EM, Onboarded, policy};

const ANA: &str = "ana@contoso-soc.example";
const GAIL: &str = "gail@adatum.example";

impl Onboarded {
    async fn first_request(&self) -> Value {
        self.kept().await["requests"][0].clone()
    }

    fn given(&self, target: &Value) -> Value {
        json!({"requestType": "adminAdd", "assignment": {"accessPackageId": self.package,
            "assignmentPolicyId": self.policy, "target": target}})
    }
}

#[tokio::test]
async fn a_delivery_is_at_once_or_takes_its_time() {
    for seconds in settings("em.delivery-seconds", [0, 600]) {
        let there = Onboarded::in_world(World::standing().await).await;
        there.world.switch("em.delivery-seconds", seconds).await;
        there.let_ana_in().await;
        assert_eq!(
            there.first_request().await["state"],
            if seconds == 0 { "delivered" } else { "delivering" }
        );
        there.world.advance(600).await;
        assert_eq!(there.first_request().await["state"], "delivered");
    }
}

#[tokio::test]
async fn a_delivery_works_or_fails_and_is_processed_again() {
    for fails in settings("em.delivery-fails", [false, true]) {
        let there = Onboarded::new().await;
        there.world.switch("em.delivery-fails", fails).await;
        let request = there.let_ana_in().await;
        assert_eq!(there.first_request().await["state"], if fails { "deliveryFailed" } else { "delivered" });
        there.world.switch("em.delivery-fails", false).await;
        let path = format!("assignmentRequests/{}/reprocess", request["id"].as_str().unwrap());
        let again = there.world.em_write(Method::POST, &path, Value::Null).await.0;
        assert_eq!(again, if fails { 202 } else { 400 });
        assert_eq!(there.first_request().await["state"], "delivered");
    }
}

#[tokio::test]
async fn a_delivery_waits_for_the_guest_to_accept_or_does_not() {
    for waits in settings("em.guest-waits-for-redemption", [false, true]) {
        let there = Onboarded::new().await;
        there.world.switch("em.guest-waits-for-redemption", waits).await;
        there.let_ana_in().await;
        assert_eq!(there.first_request().await["state"], if waits { "delivering" } else { "delivered" });
        let users = json!({"users": [{"userPrincipalName": ANA, "externalUserState": "Accepted"}]});
        assert_eq!(there.control("set", users).await.0, 200);
        assert_eq!(there.first_request().await["state"], "delivered");
    }
}

#[tokio::test]
async fn where_nobody_may_invite_a_new_guest_s_delivery_fails_or_works() {
    for fails in settings("em.no-invites-fail-delivery", [true, false]) {
        let there = Onboarded::new().await;
        there.world.switch("em.no-invites-fail-delivery", fails).await;
        there.control("set", json!({"authorizationPolicy": {"allowInvitesFrom": "none"}})).await;
        there.let_ana_in().await;
        assert_eq!(there.first_request().await["state"], if fails { "deliveryFailed" } else { "delivered" });
    }
}

#[tokio::test]
async fn the_organization_of_a_requestor_is_withheld_or_told() {
    let there = Onboarded::new().await;
    there.asked(ANA).await;
    for withheld in settings("em.requestor-organization-withheld", [true, false]) {
        there.world.switch("em.requestor-organization-withheld", withheld).await;
        let nested = "assignmentRequests?$expand=requestor($expand=connectedOrganization)";
        let shown = there.world.em(nested).await.1["value"][0].clone();
        let of = &shown["requestor"]["connectedOrganization"];
        assert_eq!(of["id"].as_str(), (!withheld).then_some(&*there.organization));
        let flat = there.world.em("assignmentRequests?$expand=requestor").await.1["value"][0].clone();
        assert!(flat["requestor"].get("connectedOrganization").is_none(), "a relationship: {flat}");
    }
}

#[tokio::test]
async fn an_expansion_inside_another_is_taken_or_refused() {
    let there = Onboarded::new().await;
    there.let_ana_in().await;
    for refused in settings("em.nested-expand-refused", [true, false]) {
        there.world.switch("em.nested-expand-refused", refused).await;
        for path in ["assignmentRequests?$expand=requestor", "assignments?$expand=target"] {
            let (status, answer) = there.world.em(&format!("{path}($expand=connectedOrganization)")).await;
            assert_eq!(status, if refused { 400 } else { 200 }, "{path}: {answer}");
            assert_eq!(there.world.em(&format!("{path}($expand=other)")).await.0, 400, "{path}");
            assert_eq!(there.world.em(path).await.0, 200, "{path}");
        }
    }
}

#[tokio::test]
async fn a_signed_in_person_needs_a_directory_role_besides_the_permission_or_not() {
    let there = Onboarded::new().await;
    there.let_ana_in().await;
    let all = format!("{EM}/assignmentRequests");
    for needed in settings("em.delegated-needs-a-role", [true, false]) {
        there.world.switch("em.delegated-needs-a-role", needed).await;
        assert_eq!(
            there.world.as_person(ANA, Method::GET, &all, None).await.0,
            if needed { 403 } else { 200 }
        );
        assert_eq!(there.world.as_person(GAIL, Method::GET, &all, None).await.0, 200);
    }
}

#[tokio::test]
async fn access_is_given_to_people_of_connected_organizations_only_or_by_the_policy_alone() {
    let there = Onboarded::new().await;
    let fabrikam = json!({"tenants": [{"displayName": "Fabrikam", "domains": ["fabrikam.example"],
        "users": [{"userPrincipalName": "eve@fabrikam.example", "displayName": "Eve Other"}]}]});
    there.world.sim("world", fabrikam).await;
    let given = there.given(&json!({"email": "eve@fabrikam.example"}));
    for refused in settings("em.unknown-domain-refused", [true, false]) {
        there.world.switch("em.unknown-domain-refused", refused).await;
        let (status, answer) = there.world.em_write(Method::POST, "assignmentRequests", given.clone()).await;
        let code = if refused { "ConnectedOrganizationNotFound" } else { "TargetNotAllowed" };
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(code)), "{answer}");
    }
    let known = there.given(&json!({"email": ANA}));
    assert_eq!(there.world.em_write(Method::POST, "assignmentRequests", known).await.0, 201);
}

#[tokio::test]
async fn an_app_alone_asks_for_nobody_or_for_the_person_it_names() {
    let there = Onboarded::new().await;
    let body = json!({"requestType": "userAdd", "justification": "On duty",
        "assignment": {"accessPackageId": there.package, "target": {"email": ANA}}});
    for refused in settings("em.app-only-user-requests-refused", [true, false]) {
        there.world.switch("em.app-only-user-requests-refused", refused).await;
        let sent = there.world.em_write(Method::POST, "assignmentRequests", body.clone()).await;
        assert_eq!(sent.0, if refused { 403 } else { 201 }, "{}", sent.1);
    }
    assert_eq!(there.first_request().await["state"], "pendingApproval");
}

#[tokio::test]
async fn a_request_that_is_open_cannot_be_deleted_or_can() {
    let there = Onboarded::new().await;
    let request = there.asked(ANA).await.1;
    let path = format!("assignmentRequests/{}", request["id"].as_str().unwrap());
    for deletable in settings("em.open-requests-deletable", [false, true]) {
        there.world.switch("em.open-requests-deletable", deletable).await;
        let status = there.world.em_write(Method::DELETE, &path, Value::Null).await.0;
        assert_eq!(status, if deletable { 204 } else { 400 });
    }
    assert_eq!(there.world.em(&path).await.0, 404);
}

#[tokio::test]
async fn a_new_request_is_answered_with_the_names_of_the_schema_or_of_the_old_examples() {
    for old in settings("em.request-answer-old-names", [false, true]) {
        let there = Onboarded::in_world(World::strange().await).await;
        there.world.switch("em.request-answer-old-names", old).await;
        let answer = there.world.make("assignmentRequests", there.given(&json!({"email": ANA}))).await;
        let (there_is, there_is_not) =
            if old { ("requestState", "state") } else { ("state", "requestState") };
        assert_eq!(answer[there_is], "submitted");
        assert!(answer.get(there_is_not).is_none(), "{answer}");
        assert!(
            there.world.em("assignmentRequests").await.1["value"][0]["state"].is_string(),
            "read as ever"
        );
    }
}

#[tokio::test]
async fn taking_a_request_back_is_answered_with_204_or_200() {
    for status in settings("em.cancel-status", [204, 200]) {
        let there = Onboarded::in_world(World::strange().await).await;
        there.let_ana_in().await;
        there.world.switch("em.cancel-status", status).await;
        let wish = json!({"package": there.package, "userPrincipalName": ANA, "wish": "extend", "justification": "x"});
        let asked = there.world.sim(&format!("tenants/{ADATUM}/ask"), wish).await;
        let path = format!("{EM}/assignmentRequests/{}/cancel", asked["id"].as_str().unwrap());
        assert_eq!(there.world.as_person(ANA, Method::POST, &path, None).await.0, status);
        let request =
            there.world.em(&format!("assignmentRequests/{}", asked["id"].as_str().unwrap())).await.1;
        assert_eq!(request["state"], "canceled");
    }
}

#[tokio::test]
async fn an_approval_is_read_with_its_stages_when_asked_for_or_always() {
    let there = Onboarded::new().await;
    let request = there.asked(ANA).await.1;
    let path = format!("{EM}/accessPackageAssignmentApprovals/{}", request["id"].as_str().unwrap());
    for inlined in settings("em.approval-stages-inlined", [false, true]) {
        there.world.switch("em.approval-stages-inlined", inlined).await;
        let shown = there.world.as_person(GAIL, Method::GET, &path, None).await.1;
        assert_eq!(shown.get("stages").is_some(), inlined);
        let expanded =
            there.world.as_person(GAIL, Method::GET, &format!("{path}?$expand=stages"), None).await.1;
        assert_eq!(expanded["stages"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_decided_stage_says_approve_or_approved() {
    let there = Onboarded::new().await;
    let request = there.let_ana_in().await;
    let path = format!("{EM}/accessPackageAssignmentApprovals/{}/stages", request["id"].as_str().unwrap());
    for past in settings("em.approval-words-past-tense", [false, true]) {
        there.world.switch("em.approval-words-past-tense", past).await;
        let stage = there.world.as_person(GAIL, Method::GET, &path, None).await.1["value"][0].clone();
        assert_eq!(stage["reviewResult"], if past { "Approved" } else { "Approve" });
    }
}

impl Onboarded {
    /// Ana asks for more time; the answer of the question.
    async fn extension(&self) -> (u16, Value) {
        let wish = json!({"package": self.package, "userPrincipalName": ANA, "wish": "extend", "justification": "x"});
        self.control("ask", wish).await
    }

    async fn ends(&self) -> chrono::DateTime<chrono::Utc> {
        self.kept().await["assignments"][0]["ends"].as_str().unwrap().parse().unwrap()
    }
}

#[tokio::test]
async fn an_extension_counts_from_the_old_end_or_from_now() {
    for now in settings("em.extension-from-now", [false, true]) {
        let there = Onboarded::in_world(World::standing().await).await;
        there.let_ana_in().await;
        there.without_reviews().await;
        there.world.switch("em.extension-from-now", now).await;
        let first = there.ends().await;
        there.days(100).await;
        let request = there.extension().await.1;
        assert_eq!(there.decided(&request, GAIL, true).await.0, 200);
        let days = (there.ends().await - first).num_days();
        assert_eq!(days, if now { 100 } else { 365 });
    }
}

#[tokio::test]
async fn an_extension_follows_the_flags_named_update_or_those_of_a_first_request() {
    for update in settings("em.extension-follows-update", [true, false]) {
        let there = Onboarded::new().await;
        there.let_ana_in().await;
        let mut body = policy(&there.package, &there.organization, &there.approvers);
        body["requestApprovalSettings"]["isApprovalRequiredForUpdate"] = json!(false);
        let path = format!("assignmentPolicies/{}", there.policy);
        assert_eq!(there.world.em_write(Method::PUT, &path, body.clone()).await.0, 200);
        there.world.switch("em.extension-follows-update", update).await;
        let asked = there.extension().await.1;
        assert_eq!(asked["state"], if update { "delivering" } else { "pendingApproval" });
        there.decided(&asked, GAIL, true).await;
        body["requestorSettings"]["enableTargetsToSelfUpdateAccess"] = json!(false);
        assert_eq!(there.world.em_write(Method::PUT, &path, body).await.0, 200);
        assert_eq!(there.extension().await.0, if update { 403 } else { 200 });
    }
}
