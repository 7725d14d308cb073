//! What is in the tenant already: asked about, never taken over by itself.

use serde_json::json;

use super::stage::Stage;

const EM: &str = "/identityGovernance/entitlementManagement";

/// What another provider left behind, with Microsoft's example names: ids of two groups and a catalog.
async fn left_behind(stage: &Stage) -> [String; 3] {
    let tier1 = stage.group_by_hand("Tier 1 Analyst").await;
    let approvers = stage.group_by_hand("MSSP Analyst Approvers").await;
    let catalog = json!({
        "displayName": "MSSP Accesses", "description": "made by hand", "state": "published",
        "isExternallyVisible": true,
    });
    let catalog = stage.by_hand("POST", &format!("{EM}/catalogs"), catalog).await;
    [tier1, approvers, catalog["id"].as_str().unwrap().to_owned()]
}

#[tokio::test]
async fn what_another_provider_left_is_asked_about_and_left_alone_when_so_answered() {
    let stage = Stage::new("Woodgrove Bank").await;
    left_behind(&stage).await;
    stage.minutes(1).await;
    stage.administrator().await;
    assert_eq!(stage.state().await, "questions-open us");
    let page = stage.page("").await;
    for name in ["Tier 1 Analyst", "MSSP Analyst Approvers", "MSSP Accesses"] {
        assert!(page.contains(&format!("“{name}” is there already and is not ours")), "{page}");
    }
    let before = stage.tenant_world().await;
    stage.done("/beside", "").await;
    assert_eq!(stage.state().await, "plan-ready us");
    assert!(stage.page("").await.contains("Tier 1 Analyst (contoso)"));
    stage.approve().await;
    stage.consent(mssp_portal::providers::AppKind::Operator, true).await;
    stage.minutes(3).await;
    let after = stage.tenant_world().await;
    for kind in ["groups", "catalogs"] {
        for theirs in before[kind].as_array().unwrap() {
            assert!(after[kind].as_array().unwrap().contains(theirs), "theirs is as it was: {theirs}");
        }
    }
    assert_eq!(stage.counts().await[..3], [5, 1, 2]);
    stage.cloud.end().await;
}

#[tokio::test]
async fn an_adopted_group_is_used_and_no_second_one_made() {
    let stage = Stage::new("Woodgrove Bank").await;
    let left = left_behind(&stage).await;
    stage.minutes(1).await;
    stage.administrator().await;
    for (step, id) in ["group.tier1", "group.approvers", "catalog"].into_iter().zip(left) {
        let forged =
            stage.act(&stage.path(&format!("/steps/{step}/answer")), "answer=adopt&id=another").await;
        assert_eq!(forged.status, 409, "only what was shown can be taken over");
        stage.done(&format!("/steps/{step}/answer"), &format!("answer=adopt&id={id}")).await;
    }
    assert_eq!(stage.state().await, "plan-ready us");
    stage.approve().await;
    stage.consent(mssp_portal::providers::AppKind::Operator, true).await;
    stage.minutes(3).await;
    assert_eq!(stage.counts().await[..4], [3, 1, 1, 3]);
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_group_with_strangers_needs_a_typed_yes() {
    let stage = Stage::new("Woodgrove Bank").await;
    let id = stage.group_by_hand("Tier 1 Analyst").await;
    let admin = stage.tenant_world().await["users"][0]["id"].as_str().unwrap().to_owned();
    let member = json!({ "@odata.id": format!("{}/v1.0/directoryObjects/{admin}", stage.cloud.simulation.base_url()) });
    stage.by_hand("POST", &format!("/groups/{id}/members/$ref"), member).await;
    stage.minutes(1).await;
    let answer = stage.path("/steps/group.tier1/answer");
    let bare = stage.act(&answer, &format!("answer=adopt&id={id}")).await;
    assert!(bare.status == 422 && bare.body.contains("Woodgrove Bank Admin"), "{}", bare.body);
    stage.done("/steps/group.tier1/answer", &format!("answer=adopt&id={id}&yes=Yes")).await;
    assert!(stage.page("/steps/group.tier1").await.contains("Ask this again"));
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_tenant_without_a_licence_is_blocked_and_says_why() {
    let stage = Stage::new("Woodgrove Bank").await;
    let path = format!("/tenants/{}/set", stage.tenant);
    stage.cloud.control("POST", &path, json!({ "licences": [] })).await;
    stage.check().await;
    stage.minutes(1).await;
    assert_eq!(stage.state().await, "blocked customer");
    let page = stage.page("/steps/preflight").await;
    assert!(page.contains("No Entra ID P2"), "{page}");
    stage.administrator().await;
    assert_eq!(stage.offered().await, None);
    stage.declare("preflight").await;
    assert_eq!(stage.state().await, "plan-ready us", "a person may overrule, with his reason");
    stage.cloud.end().await;
}

#[tokio::test]
async fn what_is_there_as_wanted_needs_no_approval_and_no_writing_app_for_its_links() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.onboard().await;
    assert_eq!(stage.state().await, "onboarded nobody");
    let links = stage.links().await;
    assert_eq!(links.len(), 3);
    stage.consent(mssp_portal::providers::AppKind::Operator, false).await;
    // As after a restore of an older backup: everything is in the tenant, nothing of it is known here.
    stage.forget_what_was_made().await;
    let before = stage.writes().await;
    stage.check().await;
    stage.minutes(1).await;
    assert_eq!(stage.offered().await, None, "there is nothing to approve");
    assert_eq!(stage.links().await, links);
    assert_eq!(stage.state().await, "onboarded nobody");
    assert_eq!(stage.writes().await, before);
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_link_is_not_kept_before_approvers_are_seated_who_could_decide() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.onboard().await;
    let approvers = stage.tenant_world().await["groups"]
        .as_array()
        .unwrap()
        .iter()
        .find(|group| group["displayName"] == "MSSP Analyst Approvers")
        .unwrap()
        .clone();
    for member in approvers["members"].as_array().unwrap() {
        let path = format!(
            "/groups/{}/members/{}/$ref",
            approvers["id"].as_str().unwrap(),
            member.as_str().unwrap()
        );
        stage.by_hand("DELETE", &path, json!(null)).await;
    }
    stage.forget_what_was_made().await;
    stage.check().await;
    stage.minutes(1).await;
    let kept: Vec<String> = stage.links().await.into_iter().map(|(package, _)| package).collect();
    assert_eq!(kept, ["approvers"], "an empty group of approvers can only let requests expire");
    stage.cloud.end().await;
}
