//! Nothing is passed over in silence: what a package gives and who owns a group is told, and nothing is written that
//! was not shown.

use serde_json::{Value, json};

use super::left::Left;
use super::stage::Stage;

const EM: &str = "/identityGovernance/entitlementManagement";

/// The mark of what a declaration on this page is about.
pub fn about(page: &str) -> String {
    let mark = page.split("name=\"about\" value=\"").nth(1).unwrap_or_else(|| panic!("no mark in {page}"));
    mark.split('"').next().unwrap().to_owned()
}

impl Stage {
    /// Id of an object of the customer's tenant by its name.
    pub async fn id_of(&self, kind: &str, name: &str) -> String {
        let tenant = self.tenant_world().await;
        let all = tenant[kind].as_array().unwrap();
        let found = all.iter().find(|one| one["displayName"] == name);
        found.unwrap_or_else(|| panic!("no {name} in {all:?}"))["id"].as_str().unwrap().to_owned()
    }

    /// Somebody lets a package give this role of a group in its catalog.
    async fn give(&self, package: &str, catalog: &str, group: &str, role: &str) {
        let resources = format!("{EM}/catalogs/{catalog}/resources?$expand=roles,scopes");
        let all = self.by_hand("GET", &resources, Value::Null).await["value"].clone();
        let resource = all.as_array().unwrap().iter().find(|one| one["displayName"] == group).unwrap();
        let roles = resource["roles"].as_array().unwrap();
        let mut role = roles.iter().find(|one| one["displayName"] == role).unwrap().clone();
        role["resource"] =
            json!({ "id": resource["id"], "originId": resource["originId"], "originSystem": "AadGroup" });
        let given = json!({ "role": role, "scope": resource["scopes"][0] });
        self.by_hand("POST", &format!("{EM}/accessPackages/{package}/resourceRoleScopes"), given).await;
    }

    async fn own_by_hand(&self, group: &str, owner: &str) {
        let owner = self.id_of("users", owner).await;
        let base = self.cloud.simulation.base_url();
        let owner = json!({ "@odata.id": format!("{base}/v1.0/directoryObjects/{owner}") });
        self.by_hand("POST", &format!("/groups/{group}/owners/$ref"), owner).await;
    }

    pub async fn read_again(&self) {
        self.check().await;
        self.minutes(1).await;
    }
}

#[tokio::test]
async fn a_package_that_gives_ownership_of_a_group_too_is_not_passed_over() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.cloud.control("POST", "/switches", json!({ "em.owner-role": true })).await;
    stage.onboard().await;
    let (package, catalog) =
        (stage.id_of("packages", "Tier 1 Analyst").await, stage.id_of("catalogs", "MSSP Accesses").await);
    stage.give(&package, &catalog, "MSSP Analyst Approvers", "Owner").await;
    stage.read_again().await;
    assert_eq!(stage.state().await, "drifted us");
    let page = stage.page("/steps/not-ours.tier1").await;
    assert!(page.contains("The package also gives: Owner – MSSP Analyst Approvers"), "{page}");
    assert_eq!(stage.offered().await, None, "the portal takes nothing away");
    let plan = stage.page("").await;
    assert!(plan.contains("Tier 1 Analyst, Owner – MSSP Analyst Approvers"), "{plan}");
    stage.done("/steps/not-ours.tier1/declare", &format!("proof=it+may&about={}", about(&page))).await;
    assert_eq!(stage.state().await, "onboarded nobody");
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_package_that_gives_more_than_its_group_is_adopted_only_after_a_typed_yes() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.cloud.control("POST", "/switches", json!({ "em.owner-role": true })).await;
    let (tenant, domain) = (stage.provider.analysts.clone(), stage.provider.analyst_domain.clone());
    let left = Left::of(&stage, (&tenant, &domain), "cleo", "configured").await;
    stage.give(&left.package, &left.catalog, "Tier 1 Analyst", "Owner").await;
    stage.minutes(1).await;
    stage.administrator().await;
    stage.done("/steps/group.tier1/answer", &format!("answer=adopt&id={}", left.tier1)).await;
    stage.done("/steps/catalog/answer", &format!("answer=adopt&id={}", left.catalog)).await;
    let answer = stage.path("/steps/package.tier1/answer");
    let bare = stage.act(&answer, &format!("answer=adopt&id={}", left.package)).await;
    assert!(bare.status == 422 && bare.body.contains("gives Owner – Tier 1 Analyst"), "{}", bare.body);
    stage.done("/steps/package.tier1/answer", &format!("answer=adopt&id={}&yes=yes", left.package)).await;
    let page = stage.page("/steps/not-ours.tier1").await;
    for words in ["Owner – Tier 1 Analyst", "Declared done"] {
        assert!(page.contains(words), "{words} not in {page}");
    }
    stage.cloud.end().await;
}

#[tokio::test]
async fn an_owner_of_our_group_who_is_not_ours_is_told_of_until_a_person_decides() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.onboard().await;
    let group = stage.id_of("groups", "Tier 1 Analyst").await;
    stage.own_by_hand(&group, "Eve").await;
    stage.read_again().await;
    assert_eq!(stage.state().await, "drifted us");
    let page = stage.page("/steps/not-ours.tier1").await;
    assert!(page.contains("Owners who are not from the analysts&#39; directory"), "{page}");
    assert!(page.contains(": Eve."), "{page}");
    let mark = about(&page);
    stage.done("/steps/not-ours.tier1/declare", &format!("proof=she+may&about={mark}")).await;
    assert_eq!(stage.state().await, "onboarded nobody");
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_group_whose_owner_is_not_ours_is_adopted_only_after_a_typed_yes() {
    let stage = Stage::new("Woodgrove Bank").await;
    let id = stage.group_by_hand("Tier 1 Analyst").await;
    stage.own_by_hand(&id, "Eve").await;
    stage.minutes(1).await;
    let answer = stage.path("/steps/group.tier1/answer");
    let bare = stage.act(&answer, &format!("answer=adopt&id={id}")).await;
    assert!(bare.status == 422 && bare.body.contains("owner Eve"), "{}", bare.body);
    stage.done("/steps/group.tier1/answer", &format!("answer=adopt&id={id}&yes=yes")).await;
    let page = stage.page("/steps/not-ours.tier1").await;
    assert!(page.contains("Eve") && page.contains("Declared done"), "{page}");
    stage.cloud.end().await;
}

#[tokio::test]
async fn mending_one_value_leaves_every_other_as_it_was_made_by_hand() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.onboard().await;
    let (package, catalog) =
        (stage.id_of("packages", "Tier 1 Analyst").await, stage.id_of("catalogs", "MSSP Accesses").await);
    let by_hand = json!({ "description": "Ask Jan first", "isHidden": false });
    stage.by_hand("PATCH", &format!("{EM}/accessPackages/{package}"), by_hand).await;
    let by_hand = json!({ "description": "Of the MSSP", "isExternallyVisible": false });
    stage.by_hand("PATCH", &format!("{EM}/catalogs/{catalog}"), by_hand).await;
    let policy = stage.policy_of(&package).await["id"].as_str().unwrap().to_owned();
    let path = format!("{EM}/assignmentPolicies/{policy}");
    let mut changed = stage.by_hand("GET", &format!("{path}?$expand=accessPackage"), Value::Null).await;
    changed["displayName"] = json!("Renamed by hand");
    changed["description"] = json!("Jan made this");
    changed["accessPackage"] = json!({ "id": package });
    changed["expiration"] = json!({ "type": "afterDuration", "duration": "P30D" });
    changed["specificAllowedTargets"][0]["description"] = json!("Our SOC");
    changed["requestorSettings"]["enableTargetsToSelfRemoveAccess"] = json!(false);
    changed["requestorSettings"]["enableTargetsToSelfUpdateAccess"] = json!(false);
    changed["requestApprovalSettings"]["isRequestorJustificationRequired"] = json!(false);
    changed["requestApprovalSettings"]["stages"][0]["primaryApprovers"][0]["description"] =
        json!("They decide");
    changed["requestApprovalSettings"]["stages"][0]["isApproverJustificationRequired"] = json!(false);
    changed["reviewSettings"]["isRecommendationEnabled"] = json!(false);
    changed["reviewSettings"]["isReviewerJustificationRequired"] = json!(false);
    changed["reviewSettings"]["expirationBehavior"] = json!("keepAccess");
    stage.by_hand("PUT", &path, changed.clone()).await;
    let before = stage.policy_of(&package).await["body"].clone();
    stage.read_again().await;
    stage.approve().await;
    stage.minutes(3).await;
    stage.read_again().await;
    assert_eq!(stage.state().await, "onboarded nobody", "{}", stage.page("").await);
    let tenant = stage.tenant_world().await;
    let of = |kind: &str, id: &str| {
        tenant[kind].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap().clone()
    };
    let (seen, shelf) = (of("packages", &package), of("catalogs", &catalog));
    assert_eq!((&seen["description"], &seen["hidden"]), (&json!("Ask Jan first"), &json!(true)));
    assert_eq!(shelf["description"], json!("Of the MSSP"), "{shelf}");
    // What was told, and nothing else.
    let mut wanted = before;
    wanted["expiration"]["duration"] = json!("P365D");
    wanted["requestorSettings"]["enableTargetsToSelfUpdateAccess"] = json!(true);
    wanted["requestApprovalSettings"]["isRequestorJustificationRequired"] = json!(true);
    wanted["requestApprovalSettings"]["stages"][0]["isApproverJustificationRequired"] = json!(true);
    wanted["reviewSettings"]["expirationBehavior"] = json!("removeAccess");
    assert_eq!(stage.policy_of(&package).await["body"], wanted);
    stage.cloud.end().await;
}

#[tokio::test]
async fn what_a_new_policy_forces_is_told_before_it_is_made() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.minutes(1).await;
    stage.administrator().await;
    let step = stage.page("/steps/policy.tier1").await;
    for words in [
        "<th scope=\"row\">Analysts may give their access back</th><td>Yes</td>",
        "<th scope=\"row\">Reviewers see Microsoft&#39;s recommendation</th><td>Yes</td>",
        "<th scope=\"row\">Reviewer gives a reason</th><td>Yes</td>",
        "<th scope=\"row\">Description</th>",
    ] {
        assert!(step.contains(words), "{words} not in {step}");
    }
    stage.cloud.end().await;
}

impl Stage {
    /// The one policy of a package, as the simulated cloud holds it.
    async fn policy_of(&self, package: &str) -> Value {
        let tenant = self.tenant_world().await;
        let all = tenant["policies"].as_array().unwrap();
        all.iter().find(|one| one["package"] == package).unwrap().clone()
    }
}
