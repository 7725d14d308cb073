//! Approval in two stages: the first approval decides nothing yet.

use serde_json::Value;

use super::live::{EM, There};

/// The policy asks for a second stage, with the same approvers.
async fn two_stages(there: &There) {
    let listed = there.by_hand("GET", &format!("{EM}/assignmentPolicies"), Value::Null).await;
    let mut policy = listed["value"][0].clone();
    let path = format!("{EM}/assignmentPolicies/{}", policy["id"].as_str().unwrap());
    let stages = policy["requestApprovalSettings"]["stages"].as_array_mut().unwrap();
    stages.push(stages[0].clone());
    for read_only in ["createdDateTime", "modifiedDateTime", "canExtend"] {
        policy.as_object_mut().unwrap().remove(read_only);
    }
    policy["accessPackage"] = serde_json::json!({ "id": there.package });
    let put = there.by_hand("PUT", &path, policy).await;
    assert!(put.get("error").is_none(), "{put}");
}

#[tokio::test]
async fn after_the_first_stage_a_request_waits_on_and_the_second_is_decided_here_too() {
    let there = There::ready().await;
    two_stages(&there).await;
    let (ben, cleo) = (there.connected("ben").await, there.connected("cleo").await);
    let id = there.waiting("ada").await;
    let page = there.decide(&ben, &id, "approve").await.body;
    assert!(page.contains("First stage approved") && !page.contains("delivers the access"), "{page}");
    assert_eq!(there.state(&id).await, "pendingApproval");
    there.later().await;
    let list = there.app.get(Some(&cleo.person), "/requests").await.body;
    assert!(list.contains(&format!("value=\"{}/{id}\"", there.customer)), "it can be chosen: {list}");
    assert!(!list.contains("being read"), "{list}");
    let page = there.decide(&cleo, &id, "approve").await.body;
    assert!(page.contains("Microsoft took the approval and delivers the access"), "{page}");
    assert_ne!(there.state(&id).await, "pendingApproval");
    there.cloud.end().await;
}
