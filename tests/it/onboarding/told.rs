//! Plans, journals and failures in words: staff approve what they can read.

use mssp_portal::providers::AppKind;
use serde_json::json;

use super::stage::Stage;

#[tokio::test]
async fn a_plan_says_what_will_be_made_and_what_was_found_in_both_languages() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.minutes(1).await;
    stage.administrator().await;
    let admin = format!("Woodgrove Bank Admin ({})", stage.admin());
    let page = stage.page("").await;
    for words in [
        "What was found",
        "<dt>Organisation</dt><dd>Woodgrove Bank</dd>",
        "woodgrove-bank.example",
        "<dt>Entra ID P2 or ID Governance</dt><dd>Yes</dd>",
        "<dt>Defender for Endpoint Plan 2</dt><dd>Yes</dd>",
        "No object with one of our names was found.",
        "Access ends after (days): <ins>365</ins>",
        &format!("Approvers: <ins>{admin}</ins>"),
        "Approvers: <ins>MSSP Analyst Approvers</ins>",
        "Who may ask: <ins>People of certain connected organizations</ins>",
        "When nobody reviews: <ins>Access is removed</ins>",
        "Hidden: <ins>Yes</ins>",
    ] {
        assert!(page.contains(words), "{words} not in {page}");
    }
    let step = stage.page("/steps/policy.tier1").await;
    assert!(step.contains("Will be") && step.contains("<td>365</td>"), "{step}");
    let person = stage.provider.everyone.id.0;
    sqlx::query!("update person set language = 'nl' where person_id = $1", person)
        .execute(&stage.app.owner)
        .await
        .unwrap();
    let page = stage.page("").await;
    for words in [
        "Wat is gevonden",
        "Toegang eindigt na (dagen): <ins>365</ins>",
        "Als niemand beoordeelt: <ins>Toegang wordt verwijderd</ins>",
        "Verborgen: <ins>Ja</ins>",
    ] {
        assert!(page.contains(words), "{words} not in {page}");
    }
    for raw in ["specificConnected", "removeAccess", "ends_after", "named:", "group:"] {
        assert!(!page.contains(raw), "{raw} in {page}");
    }
    stage.cloud.end().await;
}

#[tokio::test]
async fn another_administrator_is_another_plan_and_none_is_applied_with_another_name() {
    let stage = Stage::new("Woodgrove Bank").await;
    let tenant = json!({ "tenants": [{ "id": stage.tenant, "users": [
        { "userPrincipalName": "wilma@woodgrove-bank.example", "displayName": "Wilma" }] }] });
    stage.cloud.control("POST", "/world", tenant).await;
    stage.minutes(1).await;
    stage.administrator().await;
    let first = stage.offered().await.unwrap();
    assert!(stage.page("/steps/policy.approvers").await.contains("Name another administrator"));
    stage.done("/administrator", "principal_name=wilma@woodgrove-bank.example").await;
    assert_ne!(stage.offered().await.unwrap(), first);
    let stale = stage.act(&stage.path("/approve"), &format!("plan={first}")).await;
    assert_eq!(stale.status, 409, "what is approved is what was shown");
    stage.approve().await;
    let name = format!("principal_name={}", stage.admin());
    let meanwhile = stage.act(&stage.path("/administrator"), &name).await;
    assert_eq!(meanwhile.status, 422);
    assert!(meanwhile.body.contains("is being applied"), "{}", meanwhile.body);
    stage.cloud.end().await;
}

#[tokio::test]
async fn what_a_step_changed_is_told_in_words() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.onboard().await;
    let page = stage.page("/steps/policy.approvers").await;
    let journal = page.split("What was done").nth(1).unwrap();
    for words in [
        "<th scope=\"row\">Access ends after (days)</th><td>365</td>",
        "<th scope=\"row\">When nobody reviews</th><td>Access is removed</td>",
        "Woodgrove Bank Admin (admin@",
    ] {
        assert!(journal.contains(words), "{words} not in {journal}");
    }
    for step in [
        "policy.approvers",
        "group.tier1",
        "catalog",
        "package.tier1",
        "link.tier1",
        "connected-organization",
    ] {
        let page = stage.page(&format!("/steps/{step}")).await;
        for raw in ["ends_after", "&#123;", "{&quot;", "removeAccess", "onboarding-value", "true", "false"] {
            let journal = page.split("What was done").nth(1).unwrap_or_else(|| panic!("{step}: {page}"));
            let table = journal.split("</table>").next().unwrap();
            assert!(!table.contains(raw), "{step}: {raw} in {table}");
        }
    }
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_failure_that_the_customer_must_end_is_his_move_with_cause_and_fix() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.minutes(1).await;
    stage.administrator().await;
    stage.approve().await;
    let path = format!("/tenants/{}/set", stage.tenant);
    stage.cloud.control("POST", &path, json!({ "licences": [] })).await;
    stage.consent(AppKind::Operator, true).await;
    stage.minutes(3).await;
    assert_eq!(stage.state().await, "failed customer");
    let (what, fix) =
        ("The customer lacks a licence for this.", "Microsoft Entra ID P2 or Microsoft Entra ID Governance");
    let list = stage.app.get(Some(&stage.provider.everyone), "/customers").await;
    assert!(list.body.contains(what) && list.body.contains(fix), "{}", list.body);
    let step = stage.page("/steps/catalog").await;
    for words in [what, fix, "move-customer", "Retry from here"] {
        assert!(step.contains(words), "{words} not in {step}");
    }
    assert!(!step.contains("move-us"), "{step}");
    stage.cloud.end().await;
}

#[tokio::test]
async fn consent_for_writing_that_is_gone_when_nothing_is_to_be_written_is_not_shown_as_a_loss() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.onboard().await;
    assert_eq!(stage.state().await, "onboarded nobody");
    stage.consent(AppKind::Operator, false).await;
    stage.minutes(1).await;
    let overview = format!("/customers/{}", stage.customer);
    for path in [overview.clone(), format!("{overview}/consent")] {
        let page = stage.app.get(Some(&stage.provider.everyone), &path).await.body;
        assert!(page.contains("Not needed now") && !page.contains("Withdrawn"), "{page}");
    }
    stage.consent(AppKind::Reader, false).await;
    stage.minutes(1).await;
    let page = stage.app.get(Some(&stage.provider.everyone), &overview).await.body;
    assert!(page.contains("Withdrawn"), "the reader's loss is one: {page}");
    stage.cloud.end().await;
}
