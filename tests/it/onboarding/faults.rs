//! Refusals that do not pass, and tenants that changed: what is told, and what is not written.

use mssp_portal::providers::AppKind;
use serde_json::json;

use super::stage::Stage;

const EM: &str = "/v1.0/identityGovernance/entitlementManagement";

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
    assert!(stage.page("").await.contains("the directory changed since the plan was approved"));
    stage.cloud.end().await;
}
