//! The main job: a customer with an empty tenant is onboarded by Microsoft's procedure.

use mssp_portal::providers::AppKind;
use serde_json::json;

use super::stage::Stage;

#[tokio::test]
async fn an_empty_tenant_is_onboarded_step_by_step_and_then_plans_empty() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.minutes(1).await;
    assert_eq!(stage.state().await, "questions-open us", "who decides on the first approvers?");
    assert_eq!(stage.offered().await, None);
    stage.administrator().await;
    assert_eq!(stage.state().await, "plan-ready us");
    assert_eq!(stage.writes().await, Vec::<String>::new(), "nothing is written before an approval");
    let page = stage.page("").await;
    for words in
        ["Group “Tier 1 Analyst”", "Catalog “MSSP Accesses”", "Will be made", "17 steps will be applied"]
    {
        assert!(page.contains(words), "{words} not in {page}");
    }
    stage.approve().await;
    stage.minutes(1).await;
    assert_eq!(stage.state().await, "operator-wanted us", "nobody has asked him yet");
    assert_eq!(
        stage.writes().await,
        Vec::<String>::new(),
        "nothing is written before the operator's consent"
    );
    stage.consent(AppKind::Operator, true).await;
    stage.minutes(3).await;
    assert_eq!(stage.counts().await, [3, 1, 1, 3, 1, 1, 1], "the tiers wait for the first approvers");
    assert_eq!(stage.state().await, "manual-step us", "our own approvers ask");
    stage.seat_approvers().await;
    stage.minutes(4).await;
    assert_eq!(stage.counts().await, [3, 1, 1, 3, 3, 3, 3]);
    let overview =
        stage.app.get(Some(&stage.provider.everyone), &format!("/customers/{}", stage.customer)).await;
    assert_eq!(overview.body.matches("#/access-packages/").count() / 2, 3, "three links: {}", overview.body);
    for step in ["rbac", "defender-role.tier1", "defender-role.tier2", "device-groups", "live-response.tier2"]
    {
        assert!(stage.state().await.starts_with("manual-step"), "{step}");
        stage.declare(step).await;
    }
    assert_eq!(stage.state().await, "manual-step us", "the first analyst");
    stage.ask("Tier 1 Analyst", "ada", &format!("ben@{}", stage.provider.analyst_domain)).await;
    stage.check().await;
    stage.minutes(1).await;
    assert_eq!(stage.state().await, "onboarded nobody", "seen by itself");
    let listed = stage.app.get(Some(&stage.provider.everyone), "/customers").await;
    assert!(listed.body.contains("2027"), "the list says when the first access ends: {}", listed.body);
    let writes = stage.writes().await.len();
    stage.check().await;
    stage.minutes(2).await;
    assert_eq!(stage.state().await, "onboarded nobody");
    assert_eq!(stage.offered().await, None);
    assert_eq!(stage.writes().await.len(), writes);
    stage.cloud.end().await;
}

#[tokio::test]
async fn writing_consent_removed_after_the_run_is_a_healthy_state() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.onboard().await;
    assert_eq!(stage.state().await, "onboarded nobody");
    assert!(stage.page("").await.contains("Consent for writing removed again"));
    stage.consent(AppKind::Operator, false).await;
    stage.minutes(1).await;
    assert_eq!(stage.state().await, "onboarded nobody");
    let step = stage.page("/steps/operator-removed").await;
    assert!(step.contains("Done"), "{step}");
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_manual_step_needs_proof_and_can_be_opened_again() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.minutes(1).await;
    let path = stage.path("/steps/rbac/declare");
    let bare = stage.act(&path, "proof=&rbac=unified").await;
    assert!(bare.status == 422 && bare.body.contains("how one can see"), "{}", bare.body);
    let no_model = stage.act(&path, "proof=seen").await;
    assert!(no_model.status == 422 && no_model.body.contains("which of the two"), "{}", no_model.body);
    stage.declare("rbac").await;
    let page = stage.page("/steps/rbac").await;
    assert!(
        page.contains("Declared done") && page.contains("seen by Anna") && page.contains("Everyone"),
        "{page}"
    );
    stage.done("/steps/rbac/reopen", "why=it+was+the+wrong+tenant").await;
    assert!(!stage.page("/steps/rbac").await.contains("Declared done"));
    let catalog = stage.act(&stage.path("/steps/catalog/declare"), "proof=seen").await;
    assert_eq!(catalog.status, 404, "what the portal does nobody declares");
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_customer_whose_groups_hide_their_unique_names_from_the_reader_is_onboarded_all_the_same() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.cloud.control("POST", "/switches", json!({ "groups.unique-name-withheld": true })).await;
    stage.onboard().await;
    assert_eq!(stage.state().await, "onboarded nobody", "{}", stage.page("").await);
    assert_eq!(stage.counts().await, [3, 1, 1, 3, 3, 3, 3]);
    assert!(!stage.journal().await.contains(" failed "), "{}", stage.journal().await);
    stage.cloud.end().await;
}

#[tokio::test]
async fn an_observation_reads_the_policies_of_all_packages_at_once() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.onboard().await;
    let path = "/v1.0/identityGovernance/entitlementManagement/assignmentPolicies";
    let before = stage.called("GET", path).await;
    stage.check().await;
    stage.minutes(1).await;
    assert_eq!(stage.called("GET", path).await - before, 1);
    stage.cloud.end().await;
}
