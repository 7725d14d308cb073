//! Assignment policies: what is accepted, what is refused, and how they come back.

use reqwest::Method;
use serde_json::{Value, json};

use super::onboarded::{Onboarded, policy};

impl Onboarded {
    fn whole(&self) -> Value {
        policy(&self.package, &self.organization, &self.approvers)
    }

    async fn refused(&self, pointer: &str, value: Value) -> Value {
        let mut body = self.whole();
        match (pointer.rsplit_once('/'), value.is_null()) {
            (Some((parent, name)), _) => {
                let parent = body.pointer_mut(parent).unwrap();
                match (parent.as_object_mut(), value.is_null()) {
                    (Some(map), true) => drop(map.remove(name)),
                    (Some(map), false) => drop(map.insert(name.to_owned(), value)),
                    (None, _) => parent[name.parse::<usize>().unwrap()] = value,
                }
            }
            (None, _) => unreachable!(),
        }
        let (status, answer) = self.world.em_write(Method::POST, "assignmentPolicies", body).await;
        assert_eq!(status, 400, "{pointer}: {answer}");
        answer["error"]["code"].clone()
    }
}

#[tokio::test]
async fn a_policy_comes_back_as_it_was_sent() {
    let there = Onboarded::new().await;
    let path = format!("assignmentPolicies/{}?$expand=accessPackage", there.policy);
    let shown = there.world.em(&path).await.1;
    let sent = there.whole();
    for name in ["displayName", "allowedTargetScope", "specificAllowedTargets", "requestorSettings"] {
        assert_eq!(shown[name], sent[name], "{name}");
    }
    assert_eq!(shown["accessPackage"]["id"], there.package.as_str());
    assert_eq!(
        shown["expiration"],
        json!({"type": "afterDuration", "duration": "P365D", "endDateTime": null})
    );
    let stage = &shown["requestApprovalSettings"]["stages"][0];
    assert_eq!(stage["durationBeforeAutomaticDenial"], "P14D");
    assert_eq!(
        shown["reviewSettings"]["schedule"]["recurrence"],
        sent["reviewSettings"]["schedule"]["recurrence"]
    );
    let plain = there.world.em(&format!("assignmentPolicies/{}", there.policy)).await.1;
    assert!(plain.get("accessPackage").is_none());
    let listed = there.world.em("assignmentPolicies?$expand=accessPackage").await.1;
    assert_eq!(listed["value"][0]["accessPackage"]["id"], there.package.as_str());
}

#[tokio::test]
async fn a_policy_that_is_not_whole_is_refused() {
    let there = Onboarded::new().await;
    for missing in [
        "/displayName",
        "/accessPackage",
        "/allowedTargetScope",
        "/specificAllowedTargets",
        "/expiration/duration",
        "/requestApprovalSettings/stages",
        "/requestApprovalSettings/stages/0/durationBeforeAutomaticDenial",
        "/requestApprovalSettings/stages/0/primaryApprovers",
        "/reviewSettings/schedule",
        "/reviewSettings/expirationBehavior",
        "/reviewSettings/primaryReviewers",
    ] {
        assert_eq!(there.refused(missing, Value::Null).await, "InvalidModel", "{missing}");
    }
}

#[tokio::test]
async fn unknown_properties_words_durations_and_groups_are_refused() {
    let there = Onboarded::new().await;
    let stage = "/requestApprovalSettings/stages/0";
    let denial = format!("{stage}/durationBeforeAutomaticDenial");
    assert_eq!(there.refused("/canExtend", json!(true)).await, "BadRequest");
    assert_eq!(there.refused(&format!("{stage}/approvalStageTimeOutInDays"), json!(14)).await, "BadRequest");
    assert_eq!(there.refused("/expiration/duration", json!("P1Y")).await, "BadRequest");
    assert_eq!(there.refused(&denial, json!("14 days")).await, "BadRequest");
    assert_eq!(there.refused("/allowedTargetScope", json!("everybody")).await, "ArgumentException");
    assert_eq!(there.refused("/expiration/endDateTime", json!("2027-01-01T00:00:00Z")).await, "InvalidModel");
    let nobody = json!([{"@odata.type": "#microsoft.graph.groupMembers",
        "groupId": "00000000-0000-4000-8000-000000000000"}]);
    assert_eq!(there.refused(&format!("{stage}/primaryApprovers"), nobody).await, "SubjectNotFound");
    let old = json!([{"@odata.type": "#microsoft.graph.groupMembers", "id": there.approvers}]);
    assert_eq!(there.refused(&format!("{stage}/primaryApprovers"), old).await, "BadRequest");
    let yearly = json!({"type": "absoluteYearly", "interval": 1, "month": 1, "dayOfMonth": 1});
    let refused = there.refused("/reviewSettings/schedule/recurrence/pattern", yearly).await;
    assert_eq!(refused, "ArgumentException");
}

#[tokio::test]
async fn a_policy_is_replaced_whole() {
    let there = Onboarded::new().await;
    let path = format!("assignmentPolicies/{}", there.policy);
    let mut body = there.whole();
    body["id"] = json!(there.policy);
    body["expiration"]["duration"] = json!("P180D");
    body.as_object_mut().unwrap().remove("reviewSettings");
    assert_eq!(there.world.em_write(Method::PUT, &path, body.clone()).await.0, 200);
    let shown = there.world.em(&path).await.1;
    assert_eq!((&shown["expiration"]["duration"], &shown["reviewSettings"]), (&json!("P180D"), &Value::Null));
    body["accessPackage"]["id"] = json!(there.world.package(&there.catalog, "Other").await);
    assert_eq!(there.world.em_write(Method::PUT, &path, body).await.0, 400);
    assert_eq!(there.world.em_write(Method::PATCH, &path, json!({"displayName": "x"})).await.0, 501);
    there.world.simulation.forget_unknown_calls();
    assert_eq!(there.world.em_write(Method::DELETE, &path, Value::Null).await.0, 204);
    assert_eq!(there.world.em(&path).await.0, 404);
}

#[tokio::test]
async fn questions_and_custom_extensions_are_seen_expanded_only_and_a_put_without_them_drops_them() {
    let there = Onboarded::new().await;
    let path = format!("assignmentPolicies/{}", there.policy);
    let both = format!("{path}?$expand=questions,customExtensionStageSettings($expand=customExtension)");
    let mut body = policy(&there.package, &there.organization, &there.approvers);
    body["questions"] =
        json!([{"@odata.type": "#microsoft.graph.accessPackageTextInputQuestion", "text": "Which shift?"}]);
    body["customExtensionStageSettings"] = json!([{"stage": "assignmentRequestCreated", "customExtension":
        {"@odata.type": "#microsoft.graph.accessPackageAssignmentRequestWorkflowExtension", "id": "e1"}}]);
    assert_eq!(there.world.em_write(Method::PUT, &path, body.clone()).await.0, 200);
    let bare = there.world.em(&path).await.1;
    assert!(bare.get("questions").is_none() && bare.get("customExtensionStageSettings").is_none(), "{bare}");
    let flat = there.world.em(&format!("{path}?$expand=customExtensionStageSettings")).await.1;
    assert!(flat["customExtensionStageSettings"][0].get("customExtension").is_none(), "{flat}");
    let whole = there.world.em(&both).await.1;
    assert_eq!(whole["questions"][0]["text"], "Which shift?");
    assert_eq!(whole["customExtensionStageSettings"][0]["customExtension"]["id"], "e1");
    body["questions"] = json!([{"text": "of no kind"}]);
    assert_eq!(there.world.em_write(Method::PUT, &path, body).await.0, 400);
    let without = policy(&there.package, &there.organization, &there.approvers);
    assert_eq!(there.world.em_write(Method::PUT, &path, without).await.0, 200);
    assert_eq!(there.world.em(&both).await.1["questions"], json!([]));
}
