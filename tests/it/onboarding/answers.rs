//! What is in the tenant already: asked about, never taken over by itself.

use mssp_portal::providers::AppKind;
use serde_json::{Value, json};

use super::left::Left;
use super::stage::Stage;
use super::unshown::about;

/// Everything of theirs, to be compared afterwards.
async fn theirs(stage: &Stage) -> Vec<Value> {
    let tenant = stage.tenant_world().await;
    let kinds =
        ["groups", "connectedOrganizations", "catalogs", "packages", "roleScopes", "policies", "assignments"];
    kinds.iter().flat_map(|kind| tenant[*kind].as_array().cloned().unwrap_or_default()).collect()
}

#[tokio::test]
async fn what_another_provider_left_is_asked_about_and_left_alone_when_so_answered() {
    let stage = Stage::new("Woodgrove Bank").await;
    Left::by_fabrikam(&stage).await;
    stage.minutes(1).await;
    stage.administrator().await;
    assert_eq!(stage.state().await, "questions-open us");
    let page = stage.page("").await;
    for name in ["Group “Tier 1 Analyst”", "Group “MSSP Analyst Approvers”", "Catalog “MSSP Accesses”"]
    {
        assert!(page.contains(&format!("{name} is there already and is not ours")), "{page}");
    }
    for step in ["group.tier1", "package.tier1"] {
        assert!(page.contains(&format!("/onboarding/steps/{step}\">Answer")), "{step} is asked: {page}");
    }
    let package = stage.page("/steps/package.tier1").await;
    assert!(package.contains("Fabrikam Defense") && package.contains("Mallory"), "{package}");
    assert!(package.contains("Cannot be taken over"), "it lies in a catalog that is not ours: {package}");
    let before = theirs(&stage).await;
    stage.done("/beside", "").await;
    assert_eq!(stage.state().await, "plan-ready us");
    assert!(stage.page("").await.contains("Tier 1 Analyst (contoso)"));
    stage.approve().await;
    stage.consent(AppKind::Operator, true).await;
    stage.minutes(3).await;
    stage.seat_approvers().await;
    stage.minutes(4).await;
    let after = theirs(&stage).await;
    for one in &before {
        assert!(after.contains(one), "theirs is as it was: {one}");
    }
    assert_eq!(stage.counts().await, [5, 2, 2, 4, 4, 4, 4]);
    stage.cloud.end().await;
}

#[tokio::test]
async fn what_is_adopted_is_used_and_no_second_one_made_and_their_people_prove_nothing() {
    let stage = Stage::new("Woodgrove Bank").await;
    let left = Left::by_fabrikam(&stage).await;
    stage.minutes(1).await;
    stage.administrator().await;
    let objects = [
        ("group.tier1", &left.tier1),
        ("group.approvers", &left.approvers),
        ("catalog", &left.catalog),
        ("package.tier1", &left.package),
    ];
    for (step, id) in objects {
        let answer = stage.path(&format!("/steps/{step}/answer"));
        let forged = stage.act(&answer, "answer=adopt&id=another").await;
        assert_eq!(forged.status, 409, "only what was shown can be taken over");
        if step != "group.approvers" {
            let bare = stage.act(&answer, &format!("answer=adopt&id={id}")).await;
            assert_eq!(bare.status, 422, "{step} holds what is not ours: {}", bare.body);
        }
        stage.done(&format!("/steps/{step}/answer"), &format!("answer=adopt&id={id}&yes=yes")).await;
    }
    assert_eq!(stage.state().await, "plan-ready us");
    let seen = stage.page("/steps/not-ours.tier1").await;
    for words in ["Mallory", "Initial policy", "Typed “yes” while taking it over", "Declared done"] {
        assert!(seen.contains(words), "{words} not in {seen}");
    }
    stage.approve().await;
    stage.consent(AppKind::Operator, true).await;
    stage.minutes(3).await;
    stage.seat_approvers().await;
    stage.minutes(4).await;
    assert_eq!(stage.counts().await, [3, 2, 1, 3, 3, 3, 4], "theirs is the fourth policy");
    let analyst = stage.page("/steps/first-analyst").await;
    assert!(analyst.contains("To be done by hand"), "Mallory is no analyst of ours: {analyst}");
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_policy_for_our_people_made_by_hand_is_asked_about_and_a_proposed_organization_configured() {
    let stage = Stage::new("Woodgrove Bank").await;
    let (tenant, domain) = (stage.provider.analysts.clone(), stage.provider.analyst_domain.clone());
    let left = Left::of(&stage, (&tenant, &domain), "cleo", "proposed").await;
    stage.minutes(1).await;
    stage.administrator().await;
    let objects = [
        ("group.tier1", &left.tier1),
        ("group.approvers", &left.approvers),
        ("catalog", &left.catalog),
        ("package.tier1", &left.package),
    ];
    for (step, id) in objects {
        stage.done(&format!("/steps/{step}/answer"), &format!("answer=adopt&id={id}")).await;
    }
    assert_eq!(stage.state().await, "questions-open us");
    let asked = stage.page("/steps/policy.tier1").await;
    for words in [
        "Policy of “Tier 1 Analyst” is there already",
        "Initial policy",
        "<dt>Approval needed</dt><dd>No</dd>",
    ] {
        assert!(asked.contains(words), "{words} not in {asked}");
    }
    stage.done("/steps/policy.tier1/answer", "answer=beside").await;
    let page = stage.page("").await;
    assert!(page.contains("Configured: <del>No</del> → <ins>Yes</ins>"), "{page}");
    stage.approve().await;
    stage.consent(AppKind::Operator, true).await;
    stage.minutes(3).await;
    stage.seat_approvers().await;
    stage.minutes(4).await;
    let tenant = stage.tenant_world().await;
    let policies = tenant["policies"].as_array().unwrap();
    assert!(policies.contains(&left.policy), "theirs was not overwritten: {policies:?}");
    assert_eq!(policies.iter().filter(|one| one["package"] == left.package.as_str()).count(), 2);
    assert_eq!(tenant["connectedOrganizations"].as_array().unwrap().len(), 1);
    assert_eq!(tenant["connectedOrganizations"][0]["state"], "configured");
    let not_ours = stage.page("/steps/not-ours.tier1").await;
    assert!(not_ours.contains("Initial policy"), "a way in without approval: {not_ours}");
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
    let unseen = stage.act(&stage.path("/steps/preflight/declare"), "proof=they+buy+it&about=").await;
    assert_eq!(unseen.status, 409, "a declaration is about what was shown");
    let mark = about(&page);
    stage.done("/steps/preflight/declare", &format!("proof=they+buy+it&about={mark}")).await;
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
