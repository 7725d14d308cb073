//! Every step of the procedure, done a second time: nothing is written, nothing changes.

use mssp_portal::kit::scope::Scope;
use mssp_portal::kit::work::WorkError;
use mssp_portal::onboarding::apply::{Hands, Ledger, Sent, Wrote};
use mssp_portal::onboarding::blueprint::Blueprint;
use mssp_portal::onboarding::step::{StepKey, StepKind};
use mssp_portal::onboarding::store;
use mssp_portal::onboarding::wanted::Wanted;
use mssp_portal::providers::{self, AppKind};
use serde_json::json;

use super::stage::Stage;

const EM: &str = "/identityGovernance/entitlementManagement";

/// A ledger in which nothing may be written.
struct Closed;

impl Ledger for Closed {
    async fn sending(&self, what: &'static str) -> Result<(), WorkError> {
        panic!("{what} is about to be written again");
    }

    async fn refused(&self, what: &'static str) -> Result<(), WorkError> {
        panic!("{what} was refused");
    }

    async fn wrote(&self, wrote: Wrote) -> Result<(), WorkError> {
        panic!("{wrote:?}");
    }

    async fn found(&self, id: &str) -> Result<(), WorkError> {
        panic!("{id} was not known");
    }
}

impl Stage {
    /// Does these steps once more, and asks the cloud and the tenant whether anybody noticed.
    async fn once_more(&self, steps: &[StepKey]) {
        let app = &self.app.app;
        let mut tx = Scope::of_command_line(self.provider.id).begin(&app.db).await.unwrap();
        let facts = store::facts(&mut tx, self.customer).await.unwrap();
        let (_, blueprint): (i32, Blueprint) =
            store::current_blueprint(&mut tx, app.clock.now()).await.unwrap();
        let operator = providers::store::credential(&mut tx, &app.seal, AppKind::Operator).await.unwrap();
        drop(tx);
        let directory = app.graph.app(self.tenant, &operator.unwrap());
        let (tenant, writes) = (self.tenant_world().await, self.writes().await.len());
        let wanted = Wanted { blueprint: &blueprint, facts: &facts };
        let sent = Sent::default();
        let hands = Hands { directory: &directory, wanted, clock: &app.clock, sent: &sent, ledger: &Closed };
        for step in steps {
            hands.apply(step).await.unwrap_or_else(|stop| panic!("{step}: {stop}"));
        }
        assert_eq!(self.writes().await.len(), writes);
        assert_eq!(self.tenant_world().await, tenant);
    }

    /// Steps of every run so far.
    async fn applied(&self) -> Vec<StepKey> {
        let steps =
            sqlx::query_scalar!("select distinct step from run_step where state = 'done' order by step")
                .fetch_all(&self.app.owner)
                .await
                .unwrap();
        steps.iter().map(|step| step.parse().unwrap()).collect()
    }
}

#[tokio::test]
async fn every_step_done_twice_changes_nothing_the_second_time() {
    let stage = Stage::late(0).await;
    stage.approved().await;
    stage.consent(AppKind::Operator, true).await;
    stage.to_the_end().await;
    let steps = stage.applied().await;
    let kinds = [
        StepKind::Group,
        StepKind::ConnectedOrganization,
        StepKind::Catalog,
        StepKind::Resource,
        StepKind::Package,
        StepKind::Policy,
        StepKind::Link,
        StepKind::DefenderRole,
    ];
    for kind in kinds {
        assert!(steps.iter().any(|step| step.kind == kind), "{kind:?} is not among {steps:?}");
    }
    stage.once_more(&steps).await;

    // The same after steps that changed what somebody had changed by hand.
    let tenant = stage.tenant_world().await;
    let id = |kind: &str, name: &str| {
        let all = tenant[kind].as_array().unwrap().iter();
        let found = all.clone().find(|one| one["displayName"] == name || one["body"]["displayName"] == name);
        found.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let rename = json!({ "displayName": "Renamed by hand" });
    for path in [
        format!("/groups/{}", id("groups", "Tier 1 Analyst")),
        format!("{EM}/catalogs/{}", id("catalogs", "MSSP Accesses")),
        format!("{EM}/accessPackages/{}", id("packages", "Tier 1 Analyst")),
    ] {
        stage.by_hand("PATCH", &path, rename.clone()).await;
    }
    let role = format!("/roleManagement/defender/roleDefinitions/{}", id("defenderRoles", "Tier 1 Analysts"));
    stage.by_hand("PATCH", &format!("/beta{role}"), rename).await;
    let policy = format!("{EM}/assignmentPolicies/{}", id("policies", "Tier 1 Analyst"));
    let mut changed = stage.by_hand("GET", &format!("{policy}?$expand=accessPackage"), json!(null)).await;
    changed["expiration"] = json!({ "type": "afterDuration", "duration": "P30D" });
    changed["accessPackage"] = json!({ "id": id("packages", "Tier 1 Analyst") });
    stage.by_hand("PUT", &policy, changed).await;
    let writes = stage.writes().await.len();
    stage.check().await;
    stage.minutes(1).await;
    stage.approve().await;
    for step in ["group.tier1", "catalog", "package.tier1", "policy.tier1", "defender-role.tier1"] {
        stage.until_done(step).await;
    }
    assert_eq!(stage.writes().await.len(), writes + 5, "{:?}", stage.writes().await);
    stage.once_more(&steps).await;
    stage.cloud.end().await;
}
