//! Processes that die, and processes that hang: one applies at a time, and nothing is made twice.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mssp_portal::kit::clock::Clock;
use mssp_portal::kit::work::LEASE;
use mssp_portal::providers::AppKind;
use mssp_portal::work;
use serde_json::json;

use super::creates::creates;
use super::shape::difference;
use super::stage::Stage;

const EM: &str = "/v1.0/identityGovernance/entitlementManagement";

fn after_the_lease() -> Duration {
    (LEASE + chrono::TimeDelta::seconds(1)).to_std().unwrap()
}

impl Stage {
    /// What the dead process sent last is under way still. It comes to the cloud now, not minutes later: the clock that
    /// the test moves on is the cloud's too.
    async fn arrived(&self) {
        let mut seen = self.calls().await.len();
        loop {
            Clock::system().sleep(Duration::from_millis(150)).await;
            let now = self.calls().await.len();
            if now == seen {
                return;
            }
            seen = now;
        }
    }

    /// The process works until another call hangs, and dies there: the call had its effect, and nobody hears the answer.
    async fn dies(&self) {
        let (workers, hanging) = (work::workers(&self.app.app), self.hanging().await.len());
        let another = async {
            while self.hanging().await.len() == hanging {
                tokio::task::yield_now().await;
            }
        };
        let mut another = std::pin::pin!(another);
        for _ in 0..600 {
            tokio::select! {
                done = workers.run_due() => drop(done.unwrap()),
                () = &mut another => return self.arrived().await,
            }
            self.app.clock.advance(Duration::from_secs(2));
        }
        panic!("no other call hangs but {:#?}\n{}", self.hanging().await, self.journal().await);
    }
}

#[tokio::test]
async fn a_process_that_dies_in_any_create_leaves_nothing_twice() {
    // Seen only after the lease is over, and before the search of whoever takes over is.
    let stage = Stage::late(150).await;
    stage.approved().await;
    stage.consent(AppKind::Operator, true).await;
    let creates = creates();
    for (method, path) in &creates {
        stage.hit(method, path, "timeout", "after-effect").await;
    }
    while stage.hanging().await.len() < creates.len() {
        stage.dies().await;
        stage.app.clock.advance(after_the_lease());
        // Five deaths without an end between them leave the work to a person; here is one.
        stage.check().await;
    }
    stage.to_the_end().await;
    let undisturbed = Stage::late(0).await;
    undisturbed.approved().await;
    undisturbed.consent(AppKind::Operator, true).await;
    undisturbed.to_the_end().await;
    let differs = difference(&stage.shape().await, &undisturbed.shape().await);
    assert!(differs.is_empty(), "{differs:#?}\n{}", stage.journal().await);
    stage.cloud.end().await;
    undisturbed.cloud.end().await;
}

#[tokio::test]
async fn a_process_whose_lease_went_to_another_writes_nothing_more() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.approved().await;
    stage.only_the_run_is_due().await;
    let slow = |method: &str, path: String, seconds: u32| json!({ "method": method, "path": path, "fault": "slow", "retryAfter": seconds });
    let organizations = format!("{EM}/connectedOrganizations");
    stage.cloud.control("POST", "/faults", slow("POST", organizations.clone(), 1)).await;
    let (hangs, other) = (work::workers(&stage.app.app), work::workers(&stage.app.app));
    let takes_over = async {
        stage.until_seen("POST", &organizations).await;
        // The next step is the catalog: it looks, hears late that there is none, and would make it.
        stage.cloud.control("POST", "/faults", slow("GET", format!("{EM}/catalogs"), 2)).await;
        let looks = stage.called("GET", &format!("{EM}/catalogs")).await;
        while stage.called("GET", &format!("{EM}/catalogs")).await == looks {
            tokio::task::yield_now().await;
        }
        // By hand, not by the clock: that would wake the holder too, which renews, and one of both would be first.
        let lapses = "update work set leased_until = started_at where leased_until is not null";
        sqlx::raw_sql(lapses).execute(&stage.app.owner).await.unwrap();
        other.run_due().await.unwrap();
        assert_eq!(stage.counts().await[2], 1, "the other one made it");
    };
    let (ran, ()) = tokio::join!(hangs.run_due(), takes_over);
    ran.unwrap();
    stage.minutes(3).await;
    assert_eq!(stage.counts().await, [3, 1, 1, 3, 1, 1, 1]);
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_lease_is_kept_however_long_a_step_takes() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.approved().await;
    stage.only_the_run_is_due().await;
    // Busy wherever the run looks, so that one claim lasts minutes; and one call that gives time to look.
    let busy = [
        "/v1.0/organization",
        "/v1.0/groups",
        "/v1.0/subscribedSkus",
        "/v1.0/policies/authorizationPolicy",
        "/v1.0/policies/crossTenantAccessPolicy/default",
        "/v1.0/policies/crossTenantAccessPolicy/partners",
        "/v1.0/identity/conditionalAccess/policies",
        &format!("{EM}/connectedOrganizations"),
        &format!("{EM}/catalogs"),
    ];
    for path in busy {
        let busy = json!({ "method": "GET", "path": path, "fault": "429", "retryAfter": 10, "times": 2 });
        stage.cloud.control("POST", "/faults", busy).await;
    }
    let slow =
        json!({ "method": "POST", "path": format!("{EM}/catalogs"), "fault": "slow", "retryAfter": 1 });
    stage.cloud.control("POST", "/faults", slow).await;
    let workers = work::workers(&stage.app.app);
    let held = AtomicUsize::new(0);
    let watched = async {
        loop {
            let now = stage.app.clock.clock().now();
            let lease = stage.leased_until().await;
            assert!(lease.is_none_or(|lease| lease > now), "at {now} the lease until {lease:?} was over");
            held.fetch_add(usize::from(lease.is_some()), Ordering::SeqCst);
        }
    };
    let begun = stage.app.clock.clock().now();
    tokio::select! {
        ran = workers.run_due() => drop(ran.unwrap()),
        () = watched => {}
    }
    assert!(held.into_inner() > 3, "the run was seen under its lease");
    let lasted = stage.app.clock.clock().now() - begun;
    assert!(lasted > LEASE, "it lasted {lasted} only");
    stage.cloud.end().await;
}
