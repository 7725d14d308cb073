//! Requests, resource requests and assignments, from one state to the next, on the simulation's clock.

use reqwest::Method;
use serde_json::{Value, json};

use super::kit::World;
use super::onboarded::{EM, Onboarded, id, member_role, policy};

const ANA: &str = "ana@contoso-soc.example";
const BO: &str = "bo@contoso-soc.example";
const GAIL: &str = "gail@adatum.example";

impl Onboarded {
    async fn standing() -> Self {
        Self::in_world(World::standing().await).await
    }

    async fn request(&self, id: &str) -> Value {
        self.world.em(&format!("assignmentRequests/{id}?$expand=requestor,assignment")).await.1
    }

    /// The state of a request, and of the assignment it is about.
    async fn states(&self, id: &str) -> (String, String) {
        let request = self.request(id).await;
        let text = |value: &Value| value["state"].as_str().unwrap_or("none").to_owned();
        (text(&request), text(&request["assignment"]))
    }

    async fn admin(&self, kind: &str, assignment: Value, more: Value) -> (u16, Value) {
        let mut body = json!({"requestType": kind, "assignment": assignment});
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        self.world.em_write(Method::POST, "assignmentRequests", body).await
    }

    fn for_ana(&self) -> Value {
        json!({"accessPackageId": self.package, "assignmentPolicyId": self.policy, "target": {"email": ANA}})
    }

    async fn change_policy(&self, change: impl FnOnce(&mut Value)) {
        let mut body = policy(&self.package, &self.organization, &self.approvers);
        body["reviewSettings"] = Value::Null;
        change(&mut body);
        let path = format!("assignmentPolicies/{}", self.policy);
        let (status, answer) = self.world.em_write(Method::PUT, &path, body).await;
        assert_eq!(status, 200, "{answer}");
    }

    async fn now(&self) -> chrono::DateTime<chrono::Utc> {
        let told: Value =
            self.world.client.get(self.world.url("/sim/clock")).send().await.unwrap().json().await.unwrap();
        told["now"].as_str().unwrap().parse().unwrap()
    }
}

fn pair(request: &str, assignment: &str) -> (String, String) {
    (request.to_owned(), assignment.to_owned())
}

#[tokio::test]
async fn a_request_waits_is_delivered_and_its_assignment_expires() {
    let there = Onboarded::standing().await;
    there.change_policy(|_| {}).await;
    there.world.sim("switches", json!({"em.delivery-seconds": 600})).await;
    let asked = there.asked(ANA).await.1;
    let one = id(&asked);
    assert_eq!(there.states(&one).await, pair("pendingApproval", "none"));
    there.decided(&asked, GAIL, true).await;
    assert_eq!(there.states(&one).await, pair("delivering", "delivering"));
    assert_eq!(there.request(&one).await["requestor"]["objectId"], Value::Null);
    there.world.advance(600).await;
    assert_eq!(there.states(&one).await, pair("delivered", "delivered"));
    assert!(there.request(&one).await["completedDateTime"].is_string());
    there.days(365).await;
    assert_eq!(there.states(&one).await, pair("delivered", "expired"));
    let held = there.world.em("assignments").await.1["value"][0].clone();
    assert_eq!(held["status"], "ExpiredNotificationTriggered");
    assert_eq!(held["expiredDateTime"], held["schedule"]["expiration"]["endDateTime"]);
}

#[tokio::test]
async fn denied_by_an_approver_by_time_or_taken_back_a_request_ends_and_a_new_one_may_follow() {
    let there = Onboarded::standing().await;
    let denied = there.asked(ANA).await.1;
    there.decided(&denied, GAIL, false).await;
    assert_eq!(there.states(&id(&denied)).await, pair("denied", "none"));
    let late = there.asked(ANA).await.1;
    there.world.advance(14 * 86_400 - 1).await;
    assert_eq!(there.states(&id(&late)).await.0, "pendingApproval");
    there.world.advance(1).await;
    assert_eq!(there.states(&id(&late)).await, pair("denied", "none"));
    let back = there.asked(ANA).await.1;
    assert_eq!(there.control(&format!("requests/{}/cancel", id(&back)), json!({"by": ANA})).await.0, 200);
    assert_eq!(there.states(&id(&back)).await, pair("canceled", "none"));
    for over in [&denied, &late, &back] {
        assert_eq!(there.decided(over, GAIL, true).await.0, 409);
        let path = format!("assignmentRequests/{}", id(over));
        assert_eq!(there.world.em_write(Method::DELETE, &path, Value::Null).await.0, 204);
    }
    assert_eq!(there.asked(ANA).await.0, 200);
}

#[tokio::test]
async fn each_stage_opens_after_the_one_before_and_has_its_own_time() {
    let there = Onboarded::standing().await;
    let gail = there.world.user_id(GAIL).await;
    there
        .change_policy(|body| {
            let mut second = body["requestApprovalSettings"]["stages"][0].clone();
            second["durationBeforeAutomaticDenial"] = json!("P7D");
            second["primaryApprovers"] =
                json!([{"@odata.type": "#microsoft.graph.singleUser", "userId": gail}]);
            body["requestApprovalSettings"]["stages"].as_array_mut().unwrap().push(second);
        })
        .await;
    let asked = there.asked(ANA).await.1;
    there.days(10).await;
    there.decided(&asked, GAIL, true).await;
    assert_eq!(there.states(&id(&asked)).await.0, "pendingApproval", "the second stage waits");
    there.days(6).await;
    assert_eq!(there.states(&id(&asked)).await.0, "pendingApproval", "its time began with it");
    there.days(1).await;
    assert_eq!(there.states(&id(&asked)).await.0, "denied");
    let again = there.asked(ANA).await.1;
    for state in ["pendingApproval", "delivered"] {
        there.decided(&again, GAIL, true).await;
        assert_eq!(there.states(&id(&again)).await.0, state);
    }
}

#[tokio::test]
async fn those_a_stage_escalates_to_decide_after_its_time_and_not_before() {
    let there = Onboarded::standing().await;
    there
        .world
        .by_hand(
            "DELETE",
            &format!("/groups/{}/members/{}/$ref", there.approvers, there.world.user_id(GAIL).await),
            Value::Null,
        )
        .await;
    let gail = there.world.user_id(GAIL).await;
    there
        .change_policy(|body| {
            let stage = &mut body["requestApprovalSettings"]["stages"][0];
            stage["isEscalationEnabled"] = json!(true);
            stage["durationBeforeEscalation"] = json!("P3D");
            stage["escalationApprovers"] =
                json!([{"@odata.type": "#microsoft.graph.singleUser", "userId": gail}]);
        })
        .await;
    let asked = there.asked(ANA).await.1;
    there.days(2).await;
    assert_eq!(there.decided(&asked, GAIL, true).await.0, 403);
    there.days(1).await;
    assert_eq!(there.decided(&asked, GAIL, true).await.0, 200);
    assert_eq!(there.states(&id(&asked)).await.0, "delivered");
}

#[tokio::test]
async fn access_that_is_to_begin_later_is_scheduled() {
    let there = Onboarded::standing().await;
    let starts = there.now().await + chrono::TimeDelta::days(3);
    let schedule = json!({"schedule": {"startDateTime": starts.to_rfc3339(),
        "expiration": {"type": "afterDuration", "duration": "P30D"}}});
    let made = there.admin("adminAdd", there.for_ana(), schedule.clone()).await;
    assert_eq!((made.0, &made.1["state"]), (201, &json!("submitted")), "{}", made.1);
    let one = id(&made.1);
    assert_eq!(there.states(&one).await, pair("scheduled", "none"));
    there.days(2).await;
    assert_eq!(there.states(&one).await, pair("scheduled", "none"));
    assert_eq!(there.asked(ANA).await.0, 400, "it is open");
    there.days(1).await;
    assert_eq!(there.states(&one).await, pair("delivered", "delivered"));
    there.days(29).await;
    assert_eq!(there.states(&one).await.1, "delivered");
    there.days(1).await;
    assert_eq!(there.states(&one).await.1, "expired", "at the end of its own");
}

#[tokio::test]
async fn a_schedule_of_one_s_own_needs_the_policy_s_leave_and_ends_no_later_than_the_policy() {
    let there = Onboarded::standing().await;
    there.let_ana_in().await;
    let asked = json!({"requestType": "userAdd", "assignment": {"accessPackageId": there.package},
        "justification": "x", "schedule": {"expiration": {"type": "afterDuration", "duration": "P900D"}}});
    let path = format!("{EM}/assignmentRequests");
    let bo = |body: Value| there.world.as_person(BO, Method::POST, &path, Some(body));
    let guest = json!({"invitedUserEmailAddress": BO, "inviteRedirectUrl": "https://a.example"});
    assert_eq!(there.world.by_hand("POST", "/invitations", guest).await.0, 201);
    let refused = bo(asked.clone()).await;
    assert_eq!((refused.0, &refused.1["error"]["code"]), (400, &json!("CustomScheduleNotAllowed")));
    there
        .change_policy(|body| body["requestorSettings"]["allowCustomAssignmentSchedule"] = json!(true))
        .await;
    let made = bo(asked).await;
    assert_eq!(made.0, 201, "{}", made.1);
    there.decided(&made.1, GAIL, true).await;
    let held = there.request(&id(&made.1)).await["assignment"]["schedule"].clone();
    let day = |v: &Value| v.as_str().unwrap()[..10].parse::<chrono::NaiveDate>().unwrap();
    assert_eq!((day(&held["expiration"]["endDateTime"]) - day(&held["startDateTime"])).num_days(), 365);
}

#[tokio::test]
async fn an_administrator_gives_an_assignment_another_end() {
    let there = Onboarded::standing().await;
    there.change_policy(|_| {}).await;
    there.let_ana_in().await;
    let held = json!({"id": there.world.em("assignments").await.1["value"][0]["id"]});
    assert_eq!(there.admin("adminUpdate", held.clone(), json!({})).await.0, 400, "which end?");
    let schedule = json!({"schedule": {"expiration": {"type": "afterDuration", "duration": "P10D"}}});
    let made = there.admin("adminUpdate", held.clone(), schedule).await;
    assert_eq!(made.0, 201, "{}", made.1);
    assert_eq!(there.states(&id(&made.1)).await, pair("delivered", "delivered"));
    there.days(10).await;
    assert_eq!(there.world.em("assignments").await.1["value"][0]["state"], "expired");
    assert_eq!(there.admin("adminRemove", held, json!({})).await.0, 400, "it has ended");
}

#[tokio::test]
async fn where_a_group_is_gone_a_package_is_delivered_in_part_and_again_when_it_is_mended() {
    let there = Onboarded::standing().await;
    let gone = there.world.group("Gone").await;
    assert_eq!(there.world.add_resource(&there.catalog, &gone).await.0, 201);
    let resource = there.world.resource(&there.catalog, &gone).await.unwrap();
    let roles = format!("accessPackages/{}/resourceRoleScopes", there.package);
    let given = id(&there.world.make(&roles, member_role(&resource)).await);
    there.world.by_hand("DELETE", &format!("/groups/{gone}"), Value::Null).await;
    let asked = there.let_ana_in().await;
    assert_eq!(there.states(&id(&asked)).await, pair("partiallyDelivered", "partiallyDelivered"));
    assert_eq!(there.members().await.as_array().unwrap().len(), 1);
    there.world.em_write(Method::DELETE, &format!("{roles}/{given}"), Value::Null).await;
    let again = format!("assignmentRequests/{}/reprocess", id(&asked));
    assert_eq!(there.world.em_write(Method::POST, &again, Value::Null).await.0, 202);
    assert_eq!(there.states(&id(&asked)).await, pair("delivered", "delivered"));
    assert_eq!(
        there.world.em_write(Method::POST, &again, Value::Null).await.0,
        400,
        "there is nothing to mend"
    );
    assert_eq!(
        there.world.em_write(Method::POST, "assignmentRequests/x/reprocess", Value::Null).await.0,
        404
    );
}

#[tokio::test]
async fn a_failed_delivery_is_processed_again_within_a_week_only() {
    let there = Onboarded::standing().await;
    there.world.switch("em.delivery-fails", true).await;
    let asked = there.let_ana_in().await;
    assert_eq!(there.states(&id(&asked)).await, pair("deliveryFailed", "deliveryFailed"));
    there.world.switch("em.delivery-fails", false).await;
    there.days(8).await;
    let again = format!("assignmentRequests/{}/reprocess", id(&asked));
    assert_eq!(there.world.em_write(Method::POST, &again, Value::Null).await.0, 400);
    assert_eq!(there.asked(ANA).await.0, 200, "it may be asked again");
}

#[tokio::test]
async fn an_assignment_is_carried_out_again_when_somebody_undid_it() {
    let (there, _) = Onboarded::with_ana().await;
    let held = there.world.em("assignments?$expand=target").await.1["value"][0].clone();
    let ana = held["target"]["objectId"].as_str().unwrap();
    there.world.by_hand("DELETE", &format!("/groups/{}/members/{ana}/$ref", there.tier1), Value::Null).await;
    assert_eq!(there.members().await, json!([]));
    let again = format!("assignments/{}/reprocess", id(&held));
    assert_eq!(there.world.em_write(Method::POST, &again, Value::Null).await.0, 202);
    assert_eq!(there.members().await, json!([ana]));
    assert_eq!(there.world.em_write(Method::POST, "assignments/x/reprocess", Value::Null).await.0, 404);
}

#[tokio::test]
async fn an_extension_is_asked_for_over_graph_approved_and_moves_the_end() {
    let there = Onboarded::standing().await;
    there.change_policy(|_| {}).await;
    there.let_ana_in().await;
    let held = there.world.em("assignments").await.1["value"][0].clone();
    let end = |held: &Value| {
        held["schedule"]["expiration"]["endDateTime"].as_str().unwrap()[..10]
            .parse::<chrono::NaiveDate>()
            .unwrap()
    };
    there.days(350).await;
    let wish = json!({"requestType": "userUpdate", "assignment": {"id": held["id"]}, "justification": "Still on duty"});
    let path = format!("{EM}/assignmentRequests");
    let asked = there.world.as_person(ANA, Method::POST, &path, Some(wish.clone())).await;
    assert_eq!((asked.0, &asked.1["requestType"]), (201, &json!("userUpdate")), "{}", asked.1);
    assert_eq!(there.states(&id(&asked.1)).await, pair("pendingApproval", "delivered"));
    assert_eq!(
        there.world.as_person(ANA, Method::POST, &path, Some(wish.clone())).await.0,
        400,
        "one at a time"
    );
    there.decided(&asked.1, GAIL, true).await;
    assert_eq!(there.states(&id(&asked.1)).await, pair("delivered", "delivered"));
    let later = there.world.em("assignments").await.1["value"][0].clone();
    assert_eq!((end(&later) - end(&held)).num_days(), 365);
    there.days(20).await;
    assert_eq!(there.world.em("assignments").await.1["value"][0]["state"], "delivered", "past the first end");
    let denied = there.world.as_person(ANA, Method::POST, &path, Some(wish)).await.1;
    there.decided(&denied, GAIL, false).await;
    assert_eq!(there.states(&id(&denied)).await, pair("denied", "delivered"), "a denial takes nothing away");
}

#[tokio::test]
async fn a_guest_is_blocked_deleted_or_left_alone_as_the_directory_s_settings_say() {
    for (action, blocked, deleted) in
        [("none", false, false), ("blockSignIn", true, false), ("blockSignInAndDelete", true, true)]
    {
        let there = Onboarded::standing().await;
        there.let_ana_in().await;
        let settings = json!({"externalUserLifecycleAction": action,
            "durationUntilExternalUserDeletedAfterBlocked": "P10D"});
        assert_eq!(there.world.em_write(Method::PATCH, "settings", settings).await.0, 200);
        let held = json!({"id": there.world.em("assignments").await.1["value"][0]["id"]});
        assert_eq!(there.admin("adminRemove", held, json!({})).await.0, 201);
        let guest = async || {
            let users = there.kept().await["users"].clone();
            users.as_array().unwrap().iter().find(|u| u["guest"] == true).cloned()
        };
        assert_eq!(guest().await.unwrap()["enabled"], !blocked, "{action}");
        there.days(10).await;
        assert_eq!(guest().await.is_none(), deleted, "{action}");
    }
}
