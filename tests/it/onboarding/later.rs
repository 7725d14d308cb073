//! What comes after a customer was onboarded: consent that is lost and found, runs that break off, proofs that grow
//! old, tiers that are dropped.

use mssp_portal::providers::AppKind;
use serde_json::json;

use super::stage::Stage;

/// The mark of what a declaration on this page is about.
fn about(page: &str) -> String {
    let mark = page.split("name=\"about\" value=\"").nth(1).unwrap_or_else(|| panic!("no mark in {page}"));
    mark.split('"').next().unwrap().to_owned()
}

async fn rename_a_group(stage: &Stage) {
    let tenant = stage.tenant_world().await;
    let groups = tenant["groups"].as_array().unwrap();
    let group = groups.iter().find(|one| one["displayName"] == "Tier 1 Analyst").unwrap();
    let path = format!("/groups/{}", group["id"].as_str().unwrap());
    stage.by_hand("PATCH", &path, json!({ "displayName": "Renamed by hand" })).await;
    stage.check().await;
    stage.minutes(1).await;
}

#[tokio::test]
async fn consent_lost_stays_lost_until_it_is_given_and_drift_stays_drift() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.onboard().await;
    stage.consent(AppKind::Reader, false).await;
    stage.minutes(1).await;
    assert_eq!(stage.state().await, "consent-lost us", "no new link was sent yet");
    stage.declare("notification-rule").await;
    assert_eq!(stage.state().await, "consent-lost us", "an answer does not make it wanted anew");
    stage.consent(AppKind::Reader, true).await;
    stage.minutes(1).await;
    assert_eq!(stage.state().await, "onboarded nobody");
    stage.consent(AppKind::Reader, false).await;
    stage.minutes(1).await;
    stage.consent(AppKind::Reader, true).await;
    rename_a_group(&stage).await;
    assert_eq!(stage.state().await, "drifted us", "he was onboarded once");
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_mending_run_that_is_stopped_leaves_drift_behind() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.onboard().await;
    stage.consent(AppKind::Operator, false).await;
    stage.minutes(1).await;
    rename_a_group(&stage).await;
    assert_eq!(stage.state().await, "drifted us");
    stage.approve().await;
    let page = stage.page("").await;
    let run = page.split("name=\"run\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    stage.done("/cancel", &format!("run={run}")).await;
    stage.minutes(1).await;
    assert_eq!(stage.state().await, "drifted us");
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_proof_older_than_a_year_is_asked_for_again_and_kept_in_the_log() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.onboard().await;
    let page = stage.page("/steps/device-groups").await;
    assert!(page.contains("asked again after a year"), "{page}");
    sqlx::query!(
        "update fact set value = jsonb_set(value, '{at}', '\"2020-01-01T00:00:00Z\"')
          where customer_id = $1 and fact = 'declared:device-groups'",
        stage.customer.0
    )
    .execute(&stage.app.owner)
    .await
    .unwrap();
    stage.check().await;
    stage.minutes(1).await;
    assert_eq!(stage.state().await, "manual-step us");
    let page = stage.page("/steps/device-groups").await;
    for words in ["on 1 Jan 2020, more than a year ago", "Declared done once", "seen by Anna", "Is it done?"]
    {
        assert!(page.contains(words), "{words} not in {page}");
    }
    stage.declare("device-groups").await;
    assert_eq!(stage.state().await, "onboarded nobody");
    let activity = format!("/customers/{}/activity", stage.customer);
    let log = stage.app.get(Some(&stage.provider.everyone), &activity).await.body;
    assert!(log.matches("Device groups open to the analysts").count() >= 2, "both declarations: {log}");
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_stranger_in_our_group_is_shown_until_a_person_decides_and_is_not_removed() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.onboard().await;
    let writes = stage.writes().await.len();
    let tenant = stage.tenant_world().await;
    let id = |kind: &str, name: &str| {
        let all = tenant[kind].as_array().unwrap();
        all.iter().find(|one| one["displayName"] == name).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let (group, admin) = (id("groups", "Tier 1 Analyst"), id("users", "Woodgrove Bank Admin"));
    let base = stage.cloud.simulation.base_url();
    let member = json!({ "@odata.id": format!("{base}/v1.0/directoryObjects/{admin}") });
    stage.by_hand("POST", &format!("/groups/{group}/members/$ref"), member).await;
    stage.check().await;
    stage.minutes(1).await;
    assert_eq!(stage.state().await, "drifted us");
    let page = stage.page("").await;
    assert!(
        page.contains("Members who are not from the analysts&#39; directory: Woodgrove Bank Admin"),
        "{page}"
    );
    assert!(page.contains("Somebody or something that is not ours stands in our objects"), "{page}");
    assert_eq!(stage.offered().await, None, "there is nothing that the portal would write");
    let path = stage.path("/steps/not-ours.tier1/declare");
    let unseen = stage.act(&path, "proof=he+may+stay&about=0123456789abcdef").await;
    assert_eq!(unseen.status, 409, "a declaration is about what was shown");
    let mark = about(&stage.page("/steps/not-ours.tier1").await);
    stage.done("/steps/not-ours.tier1/declare", &format!("proof=he+may+stay&about={mark}")).await;
    assert_eq!(stage.state().await, "onboarded nobody");
    assert_eq!(stage.writes().await.len(), writes, "the portal removes nobody");
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_dropped_tier_is_told_of_as_long_as_it_is_there() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.onboard().await;
    let writes = stage.writes().await.len();
    let fields = "version=1&approvers_group=MSSP+Analyst+Approvers&approvers_package=MSSP+Analyst+Approvers\
        &catalog=MSSP+Accesses&tier_key=tier1&tier_group=Tier+1+Analyst&tier_package=Tier+1+Analyst\
        &tier_role=Tier+1+Analysts&tier_live=none&days=365&decide_days=14&hidden=yes&extension=yes\
        &extension_approval=yes&requestor_justification=yes&approver_justification=yes&review_every=annually\
        &open_days=30&reviewers=approvers&no_response=remove&defender=manual&why=one+tier+is+enough";
    let saved = stage.app.post(Some(&stage.provider.everyone), "/admin/blueprint", fields).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    stage.minutes(1).await;
    assert_eq!(stage.state().await, "drifted us");
    let page = stage.page("").await;
    for words in [
        "No longer wanted: “Tier 2 Analyst”",
        "The package “Tier 2 Analyst” can still be asked for",
        "A tier that the blueprint dropped is still there",
    ] {
        assert!(page.contains(words), "{words} not in {page}");
    }
    assert_eq!(stage.counts().await, [3, 1, 1, 3, 3, 3, 3], "nothing is deleted by itself");
    let mark = about(&stage.page("/steps/leftover.tier2").await);
    stage.done("/steps/leftover.tier2/declare", &format!("proof=until+May&about={mark}")).await;
    assert_eq!(stage.state().await, "onboarded nobody");
    assert_eq!(stage.writes().await.len(), writes);
    stage.cloud.end().await;
}

#[tokio::test]
async fn an_analyst_of_another_domain_of_our_directory_is_no_stranger_where_its_domains_can_be_read() {
    let stage = Stage::new("Woodgrove Bank").await;
    let domain = "contosoanalysts.onmicrosoft.com";
    let dora = json!({ "userPrincipalName": format!("dora@{domain}"), "displayName": "Dora" });
    let world = json!({ "tenants": [{ "id": stage.provider.analysts, "users": [dora] }] });
    stage.cloud.control("POST", "/world", world).await;
    stage.onboard().await;
    stage.ask_as("Tier 1 Analyst", &format!("dora@{domain}"), &stage.approver()).await;
    stage.check().await;
    stage.minutes(1).await;
    assert_eq!(stage.state().await, "drifted us", "only one domain of the directory is known");
    let analysts = stage.provider.analysts.parse().unwrap();
    stage.cloud.consent(analysts, stage.provider.client_id(AppKind::Reader), true).await;
    stage.check().await;
    stage.minutes(1).await;
    assert_eq!(stage.state().await, "onboarded nobody", "{}", stage.page("").await);
    stage.cloud.end().await;
}

#[tokio::test]
async fn an_analyst_with_mail_of_another_domain_passes_the_gate_by_his_organization_or_by_a_named_domain() {
    for told in [true, false] {
        let stage = Stage::new("Woodgrove Bank").await;
        let domain = &stage.provider.analyst_domain;
        let gus = json!({ "userPrincipalName": format!("gus@{domain}"), "displayName": "Gus",
            "mail": "gus@group.example" });
        let world = json!({ "tenants": [{ "id": stage.provider.analysts, "users": [gus] }] });
        stage.cloud.control("POST", "/world", world).await;
        let withheld = json!({ "em.requestor-organization-withheld": !told });
        stage.cloud.control("POST", "/switches", withheld).await;
        stage.approved().await;
        stage.consent(AppKind::Operator, true).await;
        stage.until_done("link.approvers").await;
        stage.ask("MSSP Analyst Approvers", "gus", &stage.admin()).await;
        if !told {
            stage.minutes(10).await;
            assert_eq!(stage.counts().await[4], 1, "nothing says that he is ours");
            let form = |domains: &str| {
                format!(
                    "name=contoso&analyst_tenant={}&analyst_domain={domain}&language=en&analyst_mail_domains={domains}",
                    stage.provider.analysts
                )
            };
            let save = async |domains: &str| {
                stage.app.post(Some(&stage.provider.everyone), "/admin/provider", &form(domains)).await
            };
            assert_eq!(save("not+a+domain").await.status, 422);
            assert_eq!(save("Group.example%2C+other.example").await.status, 303);
            let shown = stage.app.get(Some(&stage.provider.everyone), "/admin").await.body;
            assert!(shown.contains("group.example, other.example"), "{shown}");
        }
        stage.until_done("link.tier2").await;
        assert!(!stage.journal().await.contains(" failed "), "{}", stage.journal().await);
        stage.cloud.end().await;
    }
}
