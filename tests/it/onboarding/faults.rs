//! Lost answers, refusals and crashes: no duplicate, and the same end.

use mssp_portal::providers::AppKind;
use serde_json::json;

use super::stage::Stage;

const EM: &str = "/v1.0/identityGovernance/entitlementManagement";

/// Onboards while the first create of one kind is hit by a fault, and counts what is there in the end.
async fn with_fault(path: &str, fault: &str, position: &str) {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.minutes(1).await;
    stage.administrator().await;
    stage.approve().await;
    let method = if path.contains("/groups") { "PATCH" } else { "POST" };
    let hit = json!({ "method": method, "path": path, "fault": fault, "position": position });
    stage.cloud.control("POST", "/faults", hit).await;
    stage.consent(AppKind::Operator, true).await;
    stage.minutes(6).await;
    stage.seat_approvers().await;
    stage.minutes(6).await;
    assert_eq!(stage.counts().await, [3, 1, 1, 3, 3, 3, 3], "{fault} {position} at {path}");
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_lost_answer_on_every_create_leads_to_no_duplicate() {
    let creates = [
        "/connectedOrganizations",
        "/catalogs",
        "/resourceRequests",
        "/accessPackages",
        "/assignmentPolicies",
    ];
    let paths = creates.iter().map(|create| format!("{EM}{create}"));
    for path in paths.chain([format!("{EM}/accessPackages/*/resourceRoleScopes"), "/v1.0/groups".to_owned()])
    {
        with_fault(&path, "lost-answer", "after-effect").await;
    }
}

#[tokio::test]
async fn a_create_that_never_arrived_is_made_once_it_is_sure() {
    for create in ["/catalogs", "/accessPackages"] {
        with_fault(&format!("{EM}{create}"), "lost-answer", "before-effect").await;
    }
}

#[tokio::test]
async fn busy_servers_are_waited_for() {
    with_fault(&format!("{EM}/catalogs"), "429", "before-effect").await;
    with_fault(&format!("{EM}/accessPackages"), "503", "before-effect").await;
}

#[tokio::test]
async fn a_refused_step_says_cause_and_fix_lets_others_go_on_and_is_retried_from_there() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.minutes(1).await;
    stage.administrator().await;
    stage.approve().await;
    let hit = json!({ "method": "POST", "path": format!("{EM}/connectedOrganizations"), "fault": "404", "times": 1000 });
    stage.cloud.control("POST", "/faults", hit).await;
    stage.consent(AppKind::Operator, true).await;
    stage.minutes(3).await;
    assert_eq!(stage.state().await, "failed us");
    assert_eq!(stage.counts().await[..4], [3, 0, 1, 3], "the others went on");
    let page = stage.page("/steps/connected-organization").await;
    assert!(page.contains("Retry from here") && page.contains("Failed"), "{page}");
    stage.cloud.control("DELETE", "/faults", json!(null)).await;
    let run = page.split("name=\"run\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    stage.done("/retry", &format!("run={run}&step=connected-organization")).await;
    stage.minutes(3).await;
    assert_eq!(stage.counts().await, [3, 1, 1, 3, 1, 1, 1]);
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_run_is_stopped_between_steps_and_another_plan_takes_over() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.minutes(1).await;
    stage.administrator().await;
    stage.approve().await;
    stage.consent(AppKind::Operator, true).await;
    stage.minutes(3).await;
    let page = stage.page("").await;
    let run = page.split("name=\"run\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    stage.done("/cancel", &format!("run={run}")).await;
    stage.minutes(1).await;
    let page = stage.page("").await;
    assert!(page.contains("stopped between two steps"), "{page}");
    assert!(stage.offered().await.is_some(), "what is left is a new plan");
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_tenant_that_changed_since_the_approval_is_not_written_to() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.minutes(1).await;
    stage.administrator().await;
    stage.approve().await;
    stage.group_by_hand("Tier 1 Analyst").await;
    stage.consent(AppKind::Operator, true).await;
    stage.minutes(2).await;
    assert_eq!(stage.writes().await, Vec::<String>::new());
    assert_eq!(stage.state().await, "questions-open us");
    assert!(stage.page("").await.contains("the tenant changed since the plan was approved"));
    stage.cloud.end().await;
}
