//! The real program, killed in the middle of a run and started again, several times over: it resumes, and comes to the
//! same end as a run that nobody disturbed.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mssp_portal::kit::clock::Clock;
use mssp_portal::kit::work::LEASE;
use mssp_portal::providers::AppKind;
use serde_json::json;

use super::shape::difference;
use super::stage::Stage;
use crate::support::app::MASTER_KEY;
use crate::support::cloud::TestCloud;
use crate::support::program::{Directory, Program};

const EM: &str = "/v1.0/identityGovernance/entitlementManagement";

/// Real time that a process beside us gets to notice what happened.
async fn a_moment() {
    Clock::system().sleep(Duration::from_millis(250)).await;
}

impl Stage {
    /// Time passes for the cloud, the process and us.
    async fn pass(&self, seconds: i64) {
        self.cloud.control("POST", "/clock", json!({ "advanceSeconds": seconds })).await;
        self.app.clock.advance(Duration::from_secs(seconds.unsigned_abs()));
        a_moment().await;
    }

    /// Waits until the process has brought the customer there.
    async fn comes_to(&self, state: &str) {
        for _ in 0..240 {
            if self.state().await.split(' ').next() == Some(state) {
                return;
            }
            a_moment().await;
        }
        panic!("it is {} and not {state}:\n{}", self.state().await, self.journal().await);
    }

    /// Time passes until another call hangs, or this step of the run is done. True: a call hangs.
    async fn hangs_before(&self, step: &str) -> bool {
        let before = self.hanging().await.len();
        for _ in 0..240 {
            if self.hanging().await.len() > before {
                return true;
            }
            if self.is_done(step).await {
                return false;
            }
            self.pass(20).await;
        }
        panic!("nothing hangs, and {step} is not done:\n{}", self.journal().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_killed_at_any_moment_of_a_run_resumes_and_comes_to_the_same_end() {
    let directory = Directory::new();
    let (app, cloud, database) = TestCloud::beside_a_process().await;
    let stage = Stage::on(app, cloud, "Woodgrove Bank").await;
    let key = directory.join("key");
    std::fs::write(&key, STANDARD.encode(MASTER_KEY)).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let program = Program::on(directory.path())
        .with("DATABASE_URL", &database)
        .with("PORTAL_KEY_FILE", key.to_str().unwrap())
        .with("SIMULATED_CLOUD_URL", stage.cloud.simulation.base_url())
        .with("SIMULATED_CLOCK", "true");
    let mut portal = program.serve();
    stage.automatic().await;
    stage.comes_to("questions-open").await;
    stage.administrator().await;
    stage.declare("rbac").await;
    stage.approve().await;

    // Shown only after the lease is over, and before the search of whoever takes over is.
    stage.seen_after(150).await;
    let moments = [
        ("GET", "/v1.0/groups(uniqueName*".to_owned(), "before-effect"),
        ("POST", format!("{EM}/catalogs"), "after-effect"),
        ("POST", "/beta/roleManagement/defender/roleDefinitions".to_owned(), "after-effect"),
        ("POST", format!("{EM}/accessPackages"), "after-effect"),
        ("POST", format!("{EM}/assignmentPolicies"), "after-effect"),
    ];
    for (method, path, position) in &moments {
        stage.hit(method, path, "timeout", position).await;
    }
    stage.consent(AppKind::Operator, true).await;
    let mut kills = 0;
    while stage.hangs_before("link.approvers").await {
        portal.kill();
        kills += 1;
        stage.pass(LEASE.num_seconds() + 1).await;
        // Five deaths without an end between them leave the work to a person; here is one.
        stage.check().await;
        portal = program.serve();
    }
    assert!(kills >= 4, "it was killed {kills} times only");
    assert_eq!(stage.hanging().await.len(), moments.len(), "{:?}", stage.hanging().await);
    stage.seat_approvers().await;
    for step in ["link.tier1", "link.tier2", "defender-role.tier1", "defender-role.tier2"] {
        assert!(!stage.hangs_before(step).await);
    }
    let (ended, log) = portal.stop("-TERM");
    assert!(ended.success(), "{log}");

    let undisturbed = Stage::late(0).await;
    undisturbed.approved().await;
    undisturbed.consent(AppKind::Operator, true).await;
    undisturbed.to_the_end().await;
    let differs = difference(&stage.shape().await, &undisturbed.shape().await);
    assert!(differs.is_empty(), "{differs:#?}\n{}", stage.journal().await);
    stage.cloud.end().await;
    undisturbed.cloud.end().await;
}
