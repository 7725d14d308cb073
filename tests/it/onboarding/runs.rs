//! What people do while a run is open: stop it, pause the customer, answer differently, withdraw what it needs.

use std::time::Duration;

use mssp_portal::providers::AppKind;
use mssp_portal::work;
use serde_json::json;

use super::stage::Stage;

const EM: &str = "/v1.0/identityGovernance/entitlementManagement";

#[tokio::test]
async fn a_group_that_entitlement_management_finds_minutes_later_needs_no_person() {
    let stage = Stage::new("Woodgrove Bank").await;
    let late = json!({ "consistency.groups-in-entitlement": "300000ms" });
    stage.cloud.control("POST", "/switches", late).await;
    stage.approved().await;
    stage.consent(AppKind::Operator, true).await;
    stage.until_done("resource.tier2").await;
    assert!(!stage.journal().await.contains(" failed "), "{}", stage.journal().await);
    assert!(stage.journal().await.contains("resource.approvers waits"), "{}", stage.journal().await);
    stage.until_done("link.approvers").await;
    assert_eq!(stage.counts().await[..4], [3, 1, 1, 3]);
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_run_is_stopped_between_two_steps_that_are_ready_and_nothing_more_is_written() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.approved().await;
    stage.only_the_run_is_due().await;
    let organizations = format!("{EM}/connectedOrganizations");
    let slow = json!({ "method": "POST", "path": organizations, "fault": "slow", "retryAfter": 1 });
    stage.cloud.control("POST", "/faults", slow).await;
    let workers = work::workers(&stage.app.app);
    let stopped = async {
        stage.until_seen("POST", &organizations).await;
        assert_eq!(stage.state().await, "running microsoft");
        stage.done("/cancel", &format!("run={}", stage.run().await)).await;
    };
    let (ran, ()) = tokio::join!(workers.run_due(), stopped);
    ran.unwrap();
    let written = stage.writes().await;
    assert_eq!(stage.counts().await, [3, 1, 0, 0, 0, 0, 0], "the catalog was ready, and was not made");
    stage.minutes(3).await;
    assert_eq!(stage.writes().await, written);
    assert_eq!(stage.counts().await, [3, 1, 0, 0, 0, 0, 0]);
    assert!(stage.page("").await.contains("stopped between two steps"));
    assert_eq!(stage.state().await, "plan-ready us");
    stage.approve().await;
    stage.minutes(3).await;
    assert_eq!(stage.counts().await, [3, 1, 1, 3, 1, 1, 1], "the next plan goes on from there");
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_run_that_is_stopped_while_the_customer_is_paused_ends() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.approved().await;
    stage.consent(AppKind::Operator, true).await;
    stage.minutes(3).await;
    let pause = format!("/customers/{}/pause", stage.customer);
    assert_eq!(stage.act(&pause, "reason=they+move+house").await.status, 303);
    stage.done("/cancel", &format!("run={}", stage.run().await)).await;
    stage.minutes(1).await;
    let page = stage.page("").await;
    assert!(page.contains("stopped between two steps") && !page.contains("name=\"run\""), "{page}");
    assert_ne!(stage.state().await, "running microsoft");
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_pause_stops_a_run_before_its_next_steps() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.approved().await;
    stage.only_the_run_is_due().await;
    let organizations = format!("{EM}/connectedOrganizations");
    let slow = json!({ "method": "POST", "path": organizations, "fault": "slow", "retryAfter": 1 });
    stage.cloud.control("POST", "/faults", slow).await;
    let workers = work::workers(&stage.app.app);
    let path = format!("/customers/{}", stage.customer);
    let paused = async {
        stage.until_seen("POST", &organizations).await;
        assert_eq!(stage.act(&format!("{path}/pause"), "reason=they+move+house").await.status, 303);
    };
    let (ran, ()) = tokio::join!(workers.run_due(), paused);
    ran.unwrap();
    stage.minutes(2).await;
    assert_eq!(stage.counts().await, [3, 1, 0, 0, 0, 0, 0]);
    assert_eq!(stage.act(&format!("{path}/resume"), "").await.status, 303);
    stage.minutes(3).await;
    assert_eq!(stage.counts().await, [3, 1, 1, 3, 1, 1, 1]);
    stage.cloud.end().await;
}

#[tokio::test]
async fn nothing_is_written_where_the_tenant_cannot_be_compared_with_what_was_approved() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.approved().await;
    // The provider's reader app is set up no more.
    sqlx::query!("delete from app_registration where app = 'reader'")
        .execute(&stage.app.owner)
        .await
        .unwrap();
    stage.consent(AppKind::Operator, true).await;
    stage.minutes(5).await;
    assert_eq!(stage.writes().await, Vec::<String>::new());
    assert_eq!(stage.state().await, "blocked us");
    let page = stage.page("").await;
    assert!(page.contains("the reader app is not set up"), "{page}");
    let everyone = Some(&stage.provider.everyone);
    let id = format!("client_id={}", stage.provider.client_id(AppKind::Reader));
    assert_eq!(stage.app.post(everyone, "/admin/apps/reader/client-id", &id).await.status, 303);
    let secret = "secret=the-secret-of-contoso-reader";
    assert_eq!(stage.app.post(everyone, "/admin/apps/reader/secret", secret).await.status, 303);
    stage.minutes(20).await;
    assert_eq!(stage.counts().await, [3, 1, 1, 3, 1, 1, 1]);
    stage.cloud.end().await;
}

#[tokio::test]
async fn the_list_counts_up_while_a_run_goes_on_and_never_back() {
    let stage = Stage::late(20).await;
    stage.approved().await;
    let mut counted = vec![stage.progress().await];
    stage.consent(AppKind::Operator, true).await;
    let mut seated = false;
    for tick in 0..420 {
        work::workers(&stage.app.app).run_due().await.unwrap();
        counted.push(stage.progress().await);
        // Somebody declares something meanwhile, and the tenant is read meanwhile.
        match tick {
            40 => stage.check().await,
            60 => stage.declare("device-groups").await,
            _ => {}
        }
        if !seated && stage.counts().await[6] == 1 && tick > 150 {
            (seated, ()) = (true, stage.seat_approvers().await);
        }
        stage.app.clock.advance(Duration::from_secs(2));
    }
    assert!(seated);
    counted.dedup();
    let (done, all): (Vec<i32>, Vec<i32>) = counted.iter().copied().unzip();
    assert!(all.iter().all(|one| *one == all[0]), "{counted:?}");
    assert!(done.windows(2).all(|pair| pair[0] < pair[1]), "it went back: {counted:?}");
    assert!(done.len() > 6, "it counts while the run goes on: {counted:?}");
    let page = stage.page("").await;
    let (last, of) = *counted.last().unwrap();
    assert!(page.contains(&format!("{last} of {of}")), "{last} of {of} not in {page}");
    stage.cloud.end().await;
}

impl Stage {
    /// The deciding administrator is another one of the customer's.
    async fn eve_decides(&self) {
        self.done("/administrator", &format!("principal_name=eve@{}", self.domain())).await;
    }
}

#[tokio::test]
async fn what_was_approved_is_written_whatever_is_answered_meanwhile() {
    let stage = Stage::late(60).await;
    stage.approved().await;
    stage.consent(AppKind::Operator, true).await;
    stage.until_called("POST", &format!("{EM}/catalogs")).await;
    let eve = stage.act(&stage.path("/administrator"), "principal_name=eve@woodgrove-bank.example").await;
    assert!(eve.status == 422 && eve.body.contains("is being applied"), "{}", eve.body);
    sqlx::query!("update provider set name = 'Another Name'").execute(&stage.app.owner).await.unwrap();
    stage.minutes(12).await;
    assert_eq!(stage.counts().await[6], 1, "the approvers' policy is there");
    let shape = stage.shape().await.join("\n");
    assert!(shape.contains("<users Woodgrove Bank Admin id>"), "{shape}");
    assert!(!shape.contains("<users Eve id>") && !shape.contains("Another Name"), "{shape}");
    stage.done("/cancel", &format!("run={}", stage.run().await)).await;
    stage.check().await;
    stage.minutes(1).await;
    stage.eve_decides().await;
    let page = stage.page("").await;
    assert!(
        page.contains("Eve") && stage.offered().await.is_some(),
        "what was answered is the next plan: {page}"
    );
    stage.cloud.end().await;
}

#[tokio::test]
async fn an_answer_changed_before_the_first_write_wants_a_new_approval() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.approved().await;
    // The analysts' organization will bear it.
    sqlx::query!("update provider set name = 'Another Name'").execute(&stage.app.owner).await.unwrap();
    stage.minutes(1).await;
    assert_eq!(stage.state().await, "plan-ready us");
    let page = stage.page("").await;
    assert!(page.contains("what was approved was answered differently since"), "{page}");
    stage.consent(AppKind::Operator, true).await;
    stage.minutes(2).await;
    assert_eq!(stage.writes().await, Vec::<String>::new());
    stage.approve().await;
    stage.minutes(3).await;
    assert!(stage.shape().await.join("\n").contains("Another Name"));
    stage.cloud.end().await;
}

#[tokio::test]
async fn classic_roles_declared_during_a_run_keep_the_beta_api_closed() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.automatic().await;
    stage.minutes(1).await;
    stage.administrator().await;
    stage.approve().await;
    stage.consent(AppKind::Operator, true).await;
    stage.minutes(3).await;
    stage.done("/steps/rbac/declare", "proof=seen+by+Anna&rbac=classic").await;
    stage.minutes(3).await;
    let beta =
        |writes: Vec<String>| writes.into_iter().filter(|one| one.contains("/beta/")).collect::<Vec<_>>();
    assert_eq!(beta(stage.writes().await), Vec::<String>::new());
    stage.seat_approvers().await;
    stage.minutes(4).await;
    assert_eq!(beta(stage.writes().await), Vec::<String>::new());
    assert_eq!(stage.counts().await, [3, 1, 1, 3, 3, 3, 3]);
    let page = stage.page("/steps/defender-role.tier1").await;
    assert!(page.contains("Declare done"), "people make them now: {page}");
    assert!(!stage.page("").await.contains("name=\"run\""), "the run is over");
    stage.cloud.end().await;
}
