//! What somebody changes by hand afterwards is seen, told in words, and mended once approved.

use mssp_portal::onboarding::blueprint::LiveResponse;
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
    changed["requestorSettings"]["enableTargetsToSelfAddAccess"] = json!(false);
    let admin = json!({ "@odata.type": "#microsoft.graph.singleUser", "userId": id(&tenant["users"], "Woodgrove Bank Admin") });
    let stage_of = &mut changed["requestApprovalSettings"]["stages"][0];
    stage_of["isEscalationEnabled"] = json!(true);
    stage_of["durationBeforeEscalation"] = json!("P2D");
    stage_of["escalationApprovers"] = json!([admin]);
    stage.by_hand("PUT", &path, changed).await;
    stage.check().await;
    stage.minutes(1).await;
    assert_eq!(stage.state().await, "drifted us");
    let page = stage.page("").await;
    for words in [
        "Renamed by hand",
        "Open to external users: <del>No</del> → <ins>Yes</ins>",
        "Access ends after (days): <del>30</del> → <ins>365</ins>",
        "New requests are taken: <del>No</del> → <ins>Yes</ins>",
        "Passed on to alternate approvers: <del>Yes</del> → <ins>No</ins>",
        "Alternate approvers: <del>Woodgrove Bank Admin (admin@woodgrove-bank.example)</del>",
    ] {
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
async fn a_policy_that_is_mended_keeps_its_questions_and_its_custom_extensions() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.onboard().await;
    let policy = stage.tenant_world().await["policies"][0].clone();
    let path = format!("{EM}/assignmentPolicies/{}", policy["id"].as_str().unwrap());
    let whole = format!("{path}?$expand=questions,customExtensionStageSettings($expand=customExtension)");
    let mut changed = stage.by_hand("GET", &path, json!(null)).await;
    changed["accessPackage"] = json!({ "id": policy["package"] });
    changed["expiration"] = json!({ "type": "afterDuration", "duration": "P30D" });
    changed["questions"] = json!([{ "@odata.type": "#microsoft.graph.accessPackageTextInputQuestion",
        "text": "Which shift?", "isRequired": true, "sequence": 0, "isSingleLineQuestion": true }]);
    changed["customExtensionStageSettings"] = json!([{ "stage": "assignmentRequestCreated", "customExtension":
        { "@odata.type": "#microsoft.graph.accessPackageAssignmentRequestWorkflowExtension", "id": "e1" } }]);
    stage.by_hand("PUT", &path, changed).await;
    let by_hand = stage.by_hand("GET", &whole, json!(null)).await;
    // Where the extension is not told, the policy is not written without it.
    stage.cloud.control("POST", "/switches", json!({ "em.nested-expand-refused": true })).await;
    stage.check().await;
    stage.minutes(1).await;
    assert_eq!(stage.state().await, "drifted us");
    stage.approve().await;
    stage.minutes(2).await;
    assert_eq!(stage.called("PUT", &format!("/v1.0{path}")).await, 0, "{}", stage.journal().await);
    stage.cloud.control("POST", "/switches", json!({ "em.nested-expand-refused": false })).await;
    let run = stage.run().await;
    stage.done("/cancel", &format!("run={run}")).await;
    stage.check().await;
    stage.minutes(1).await;
    stage.approve().await;
    stage.minutes(3).await;
    let mended = stage.by_hand("GET", &whole, json!(null)).await;
    assert_eq!(mended["expiration"]["duration"], "P365D", "{}", stage.journal().await);
    for part in ["questions", "customExtensionStageSettings"] {
        assert_eq!(mended[part], by_hand[part], "{part}");
    }
    stage.cloud.end().await;
}

#[tokio::test]
async fn what_is_deleted_by_hand_is_told_and_made_again() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.onboard().await;
    let tenant = stage.tenant_world().await;
    let find = |kind: &str, name: &str| {
        let all = tenant[kind].as_array().unwrap();
        all.iter().find(|one| one["displayName"] == name).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let package = find("packages", "Tier 2 Analyst");
    let policy = tenant["policies"].as_array().unwrap().iter().find(|one| one["package"] == package.as_str());
    let policy = policy.unwrap()["id"].as_str().unwrap().to_owned();
    stage.by_hand("DELETE", &format!("{EM}/assignmentPolicies/{policy}"), json!(null)).await;
    stage.check().await;
    stage.minutes(1).await;
    assert_eq!(stage.state().await, "drifted us");
    let page = stage.page("/steps/policy.tier2").await;
    assert!(page.contains("was ours and is gone; it will be made again"), "{page}");
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
    let version = stage.app.get(everyone, "/admin/blueprint/versions/2").await;
    for words in [
        "<th scope=\"row\">Access ends after (days)</th><td><del>365</del></td><td><ins>180</ins></td>",
        "2 values differ from the version before",
        "This version is in force",
        "shorter",
    ] {
        assert!(version.body.contains(words), "{words} not in {}", version.body);
    }
    let first = stage.app.get(everyone, "/admin/blueprint/versions/1").await;
    assert!(first.body.contains("A later version is in force"), "{}", first.body);
    for missing in ["3", "0", "x"] {
        let answer = stage.app.get(everyone, &format!("/admin/blueprint/versions/{missing}")).await;
        assert_eq!(answer.status, 404, "{missing}");
    }
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
    stage.seat_approvers().await;
    stage.minutes(4).await;
    for step in ["device-groups", "live-response.tier2", "first-analyst"] {
        stage.declare(step).await;
    }
    stage.check().await;
    stage.minutes(1).await;
    assert_eq!(stage.state().await, "onboarded nobody", "{}", stage.page("").await);
    a_changed_role_is_drift(&stage, &tenant).await;
    roles_that_cannot_be_read_drift_nobody(&stage).await;
    stage.cloud.end().await;
}

#[tokio::test]
async fn where_the_names_of_permissions_cannot_be_read_roles_that_are_there_name_them_or_a_person_makes_the_role()
 {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.automatic().await;
    stage.cloud.control("POST", "/switches", json!({ "defender.actions-missing": true })).await;
    stage.minutes(1).await;
    let page = stage.page("/steps/defender-role.tier1").await;
    assert!(page.contains("Make the role by hand") && page.contains("Declare done"), "{page}");
    let names: Vec<String> = mssp_portal::onboarding::wanted::permissions(LiveResponse::Advanced)
        .into_iter()
        .map(|name| format!("microsoft.xdr/{name}"))
        .collect();
    let role = json!({ "displayName": "Everything", "description": "x", "isEnabled": true,
        "rolePermissions": [{ "allowedResourceActions": names }] });
    stage.cloud.control("POST", "/switches", json!({ "defender.redirect-after-post": false })).await;
    stage.by_hand("POST", "/beta/roleManagement/defender/roleDefinitions", role).await;
    stage.cloud.control("POST", "/switches", json!({ "defender.redirect-after-post": true })).await;
    stage.check().await;
    stage.minutes(1).await;
    stage.administrator().await;
    stage.declare("rbac").await;
    stage.approve().await;
    stage.consent(AppKind::Operator, true).await;
    stage.until_done("defender-role.tier1").await;
    assert!(!stage.journal().await.contains(" failed "), "{}", stage.journal().await);
    let text = stage.tenant_world().await.to_string();
    assert_eq!(text.matches("\"Tier 1 Analysts\"").count(), 2, "role and assignment: {text}");
    stage.cloud.end().await;
}

async fn a_changed_role_is_drift(stage: &Stage, tenant: &serde_json::Value) {
    let roles = tenant["defenderRoles"].as_array().unwrap();
    let role = roles.iter().find(|one| one["displayName"] == "Tier 1 Analysts").unwrap();
    let mut actions = role["rolePermissions"][0]["allowedResourceActions"].as_array().unwrap().clone();
    actions.push(json!("microsoft.xdr/secops/securitydata/liveresponse-basic/manage"));
    let path = format!("/beta/roleManagement/defender/roleDefinitions/{}", role["id"].as_str().unwrap());
    let body = json!({ "rolePermissions": [{ "allowedResourceActions": actions }] });
    stage.by_hand("PATCH", &path, body).await;
    stage.check().await;
    stage.minutes(1).await;
    assert_eq!(stage.state().await, "drifted us");
    let page = stage.page("").await;
    assert!(
        page.contains(
            "Permissions beyond the tier: <del>Security operations › Basic live response (manage)</del>"
        ),
        "{page}"
    );
    stage.approve().await;
    stage.minutes(2).await;
    stage.check().await;
    stage.minutes(1).await;
    assert_eq!(stage.state().await, "onboarded nobody", "{}", stage.page("").await);
}

async fn roles_that_cannot_be_read_drift_nobody(stage: &Stage) {
    for (status, note) in [(403, "RoleManagement.Read.Defender"), (400, "Unified RBAC is not active")] {
        stage.cloud.control("POST", "/switches", json!({ "defender.inactive-status": status })).await;
        let path = format!("/tenants/{}/set", stage.tenant);
        stage.cloud.control("POST", &path, json!({ "rbac": "off" })).await;
        stage.check().await;
        stage.minutes(1).await;
        assert_eq!(stage.state().await, "manual-step customer", "{status}");
        assert_eq!(stage.offered().await, None, "{status}: there is nothing to approve");
        let page = stage.page("/steps/defender-role.tier1").await;
        assert!(page.contains(note) && page.contains("move-customer"), "{note} not in {page}");
    }
}
