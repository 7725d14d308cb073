//! What somebody changes by hand afterwards is seen, told in words, and mended once approved.

use mssp_portal::providers::AppKind;
use serde_json::json;

use super::stage::Stage;

const EM: &str = "/identityGovernance/entitlementManagement";

#[tokio::test]
async fn drift_made_by_hand_is_seen_told_and_mended() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.onboard().await;
    assert_eq!(stage.state().await, "onboarded nobody");
    let id = |list: &serde_json::Value, name: &str| {
        let found = list.as_array().unwrap().iter().find(|one| one["displayName"] == name);
        found.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let tenant = stage.tenant_world().await;
    let group = id(&tenant["groups"], "Tier 1 Analyst");
    stage.by_hand("PATCH", &format!("/groups/{group}"), json!({ "displayName": "Renamed by hand" })).await;
    let catalog = format!("{EM}/catalogs/{}", id(&tenant["catalogs"], "MSSP Accesses"));
    stage.by_hand("PATCH", &catalog, json!({ "isExternallyVisible": false })).await;
    let policy = tenant["policies"][0]["id"].as_str().unwrap();
    let path = format!("{EM}/assignmentPolicies/{policy}");
    let mut changed = stage.by_hand("GET", &format!("{path}?$expand=accessPackage"), json!(null)).await;
    changed["expiration"] = json!({ "type": "afterDuration", "duration": "P30D" });
    changed["accessPackage"] = json!({ "id": tenant["policies"][0]["package"] });
    stage.by_hand("PUT", &path, changed).await;
    stage.check().await;
    stage.minutes(1).await;
    assert_eq!(stage.state().await, "drifted us");
    let page = stage.page("").await;
    for words in ["Renamed by hand", "Open to external users", "Access ends after (days)", "30", "365"] {
        assert!(page.contains(words), "{words} not in {page}");
    }
    stage.approve().await;
    stage.minutes(3).await;
    stage.check().await;
    stage.minutes(1).await;
    assert_eq!(stage.state().await, "onboarded nobody", "{}", stage.page("").await);
    assert_eq!(stage.counts().await, [3, 1, 1, 3, 3, 3, 3]);
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_new_blueprint_is_planned_for_every_customer_and_written_for_none() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.onboard().await;
    let writes = stage.writes().await.len();
    let form = stage.app.get(Some(&stage.provider.everyone), "/admin/blueprint").await;
    assert!(form.status == 200 && form.body.contains("Version 1"), "{}", form.body);
    let fields = "version=1&approvers_group=MSSP+Analyst+Approvers&approvers_package=MSSP+Analyst+Approvers\
        &catalog=MSSP+Accesses&tier_key=tier1&tier_group=Tier+1+Analyst&tier_package=Tier+1+Analyst\
        &tier_role=Tier+1+Analysts&tier_live=none&tier_key=tier2&tier_group=Tier+2+Analyst\
        &tier_package=Tier+2+Analyst&tier_role=Tier+2+Analysts&tier_live=advanced&decide_days=7&hidden=yes\
        &extension=yes&extension_approval=yes&requestor_justification=yes&approver_justification=yes\
        &review_every=annually&open_days=30&reviewers=approvers&no_response=remove&defender=manual&why=shorter";
    let everyone = Some(&stage.provider.everyone);
    let wrong = stage.app.post(everyone, "/admin/blueprint", &format!("{fields}&days=9999")).await;
    assert!(wrong.status == 422 && wrong.body.contains("1 to 3660 days"), "{}", wrong.body);
    let saved = stage.app.post(everyone, "/admin/blueprint", &format!("{fields}&days=180")).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let stale = stage.app.post(everyone, "/admin/blueprint", &format!("{fields}&days=90")).await;
    assert_eq!(stale.status, 409, "somebody saved meanwhile");
    stage.minutes(1).await;
    assert_eq!(stage.state().await, "drifted us");
    let page = stage.page("").await;
    assert!(page.contains("365") && page.contains("180"), "{page}");
    assert_eq!(stage.writes().await.len(), writes);
    stage.cloud.end().await;
}

#[tokio::test]
async fn defender_roles_are_made_through_the_beta_api_where_the_blueprint_says_so() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.automatic().await;
    let active = json!({ "rbac": "unified" });
    stage.cloud.control("POST", &format!("/tenants/{}/set", stage.tenant), active).await;
    stage.minutes(1).await;
    stage.administrator().await;
    stage.declare("rbac").await;
    stage.approve().await;
    stage.consent(AppKind::Operator, true).await;
    stage.minutes(6).await;
    let tenant = stage.tenant_world().await;
    let text = tenant.to_string();
    assert_eq!(text.matches("\"Tier 1 Analysts\"").count(), 2, "role and assignment: {text}");
    let page = stage.page("/steps/defender-role.tier1").await;
    assert!(page.contains("Done") && page.contains("not supported in production"), "{page}");
    stage.cloud.end().await;
}
