//! Whose move it is, said truly: ours is never hidden behind the customer's, and what can no longer be read or written
//! is neither "in place" nor "Microsoft's".

use mssp_portal::providers::AppKind;
use serde_json::json;

use super::stage::Stage;

const EM: &str = "/v1.0/identityGovernance/entitlementManagement";

impl Stage {
    async fn licences(&self, licences: &[&str]) {
        let path = format!("/tenants/{}/set", self.tenant);
        self.cloud.control("POST", &path, json!({ "licences": licences })).await;
    }

    /// An app of the provider is set up no more, as after a restore that lacks it.
    async fn forget_app(&self, kind: AppKind) {
        let sql = format!("delete from app_registration where app = '{}'", kind.key());
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&self.app.owner).await.unwrap();
    }

    async fn set_up_app(&self, kind: AppKind) {
        let (everyone, path) = (Some(&self.provider.everyone), format!("/admin/apps/{}", kind.key()));
        let id = format!("client_id={}", self.provider.client_id(kind));
        assert_eq!(self.app.post(everyone, &format!("{path}/client-id"), &id).await.status, 303);
        self.secret(kind, &format!("the-secret-of-contoso-{}", kind.key())).await;
    }

    async fn secret(&self, kind: AppKind, secret: &str) {
        let path = format!("/admin/apps/{}/secret", kind.key());
        let form = format!("secret={secret}");
        assert_eq!(self.app.post(Some(&self.provider.everyone), &path, &form).await.status, 303);
        // Where one is in use already, the new one waits until somebody says "now".
        let path = format!("/admin/apps/{}/next/use", kind.key());
        let used = self.app.post(Some(&self.provider.everyone), &path, "understood=yes").await;
        assert!(used.status == 303 || used.status == 404, "{}", used.body);
    }

    async fn list(&self) -> String {
        self.app.get(Some(&self.provider.everyone), "/customers").await.body
    }
}

#[tokio::test]
async fn while_our_own_approvers_must_ask_the_list_says_that_it_is_our_move() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.approved().await;
    stage.consent(AppKind::Operator, true).await;
    stage.minutes(3).await;
    assert_eq!(stage.state().await, "manual-step us");
    assert!(stage.list().await.contains("Our approvers ask for their package"), "{}", stage.list().await);
    let page = stage.page("").await;
    assert!(page.contains("move-customer"), "what the customer does stays visible: {page}");
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_retry_goes_on_from_what_the_run_itself_wrote() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.onboard().await;
    let tenant = stage.tenant_world().await;
    let package = stage.id_of("packages", "Tier 1 Analyst").await;
    let scopes = tenant["roleScopes"].as_array().unwrap();
    let scope = scopes.iter().find(|one| one["package"] == package.as_str()).unwrap()["id"].clone();
    let path = format!("{EM}/accessPackages/{package}");
    stage.by_hand("PATCH", &path, json!({ "displayName": "Renamed by hand" })).await;
    let given = format!("{path}/resourceRoleScopes");
    stage.by_hand("DELETE", &format!("{given}/{}", scope.as_str().unwrap()), json!(null)).await;
    stage.read_again().await;
    assert_eq!(stage.state().await, "drifted us");
    stage.approve().await;
    stage.hit("POST", &given, "403", "before-effect").await;
    stage.minutes(2).await;
    assert!(stage.state().await.starts_with("failed"), "{}\n{}", stage.state().await, stage.journal().await);
    assert!(stage.writes().await.contains(&format!("PATCH {path}")), "the name was written");
    stage.done("/retry", &format!("run={}&step=package.tier1", stage.run().await)).await;
    stage.minutes(2).await;
    assert!(!stage.page("").await.contains("the directory changed since"), "{}", stage.journal().await);
    assert_eq!(stage.state().await, "onboarded nobody", "{}", stage.journal().await);
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_run_that_is_being_stopped_cannot_be_tried_again() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.approved().await;
    stage.licences(&[]).await;
    stage.consent(AppKind::Operator, true).await;
    stage.minutes(3).await;
    assert_eq!(stage.state().await, "failed customer");
    assert!(stage.page("/steps/catalog").await.contains("Retry from here"));
    let run = stage.run().await;
    stage.done("/cancel", &format!("run={run}")).await;
    let step = stage.page("/steps/catalog").await;
    assert!(!step.contains("Retry from here"), "{step}");
    let again = stage.act(&stage.path("/retry"), &format!("run={run}&step=catalog")).await;
    assert!(again.status == 409 && again.body.contains("is being stopped"), "{}", again.body);
    stage.minutes(1).await;
    assert!(stage.page("").await.contains("stopped between two steps"));
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_run_without_the_app_that_writes_is_our_move_until_it_is_set_up() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.minutes(1).await;
    stage.administrator().await;
    stage.consent(AppKind::Operator, true).await;
    stage.minutes(1).await;
    stage.forget_app(AppKind::Operator).await;
    stage.approve().await;
    stage.minutes(2).await;
    assert_eq!(stage.state().await, "blocked us");
    stage.read_again().await;
    assert_eq!(stage.state().await, "blocked us", "a reading does not hide it");
    assert!(stage.list().await.contains("The operator app is not set up"), "{}", stage.list().await);
    let page = stage.page("").await;
    assert!(page.contains("waits: the operator app is not set up"), "{page}");
    assert_eq!(stage.writes().await, Vec::<String>::new());
    stage.set_up_app(AppKind::Operator).await;
    stage.minutes(4).await;
    assert_eq!(stage.counts().await, [3, 1, 1, 3, 1, 1, 1], "it goes on by itself");
    assert_eq!(stage.state().await, "manual-step us");
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_licence_that_lapses_blocks_with_its_cause_and_nothing_is_taken_for_gone() {
    for told in [true, false] {
        a_licence_lapses(told).await;
    }
}

/// `told`: Microsoft's refusal says so.
async fn a_licence_lapses(told: bool) {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.cloud.control("POST", "/switches", json!({ "em.licence-refusal-told": told })).await;
    stage.onboard().await;
    stage.ask("Tier 1 Analyst", "ada", &stage.approver()).await;
    stage.read_again().await;
    assert_eq!(stage.state().await, "onboarded nobody");
    let (links, overview) = (stage.links().await, format!("/customers/{}", stage.customer));
    let everyone = Some(&stage.provider.everyone);
    let before = stage.app.get(everyone, &overview).await.body.matches("#/access-packages/").count();
    stage.licences(&[]).await;
    stage.read_again().await;
    assert_eq!(stage.state().await, "blocked customer");
    let list = stage.list().await;
    assert!(list.contains("lacks a licence") && list.contains("2027"), "cause and next expiry: {list}");
    assert_eq!(stage.links().await, links);
    let after = stage.app.get(everyone, &overview).await.body;
    assert_eq!(after.matches("#/access-packages/").count(), before, "links stay: {after}");
    let page = stage.page("").await;
    assert!(!page.contains("Will be made") && !page.contains("was ours and is gone"), "{page}");
    assert!(page.contains("is as it was last read"), "{page}");
    assert!(page.contains("move-customer"), "{page}");
    stage.licences(&["AAD_PREMIUM_P2", "WINDEFATP"]).await;
    stage.read_again().await;
    assert_eq!(stage.state().await, "onboarded nobody");
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_tenant_that_can_no_longer_be_read_is_not_called_onboarded() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.onboard().await;
    assert_eq!(stage.state().await, "onboarded nobody");
    stage.secret(AppKind::Reader, "not-the-secret-of-the-reader").await;
    stage.read_again().await;
    assert_eq!(stage.state().await, "blocked us");
    let list = stage.list().await;
    assert!(list.contains("Microsoft does not accept our app"), "{list}");
    stage.declare("notification-rule").await;
    assert_eq!(stage.state().await, "blocked us", "an answer reads nothing");
    stage.secret(AppKind::Reader, "the-secret-of-contoso-reader").await;
    stage.read_again().await;
    assert_eq!(stage.state().await, "onboarded nobody", "the next reading clears it");
    stage.forget_app(AppKind::Reader).await;
    stage.read_again().await;
    assert_eq!(stage.state().await, "blocked us", "without its app nothing is read either");
    stage.set_up_app(AppKind::Reader).await;
    stage.read_again().await;
    assert_eq!(stage.state().await, "onboarded nobody");
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_passing_error_of_a_reading_leaves_the_standing_alone() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.onboard().await;
    for _ in 0..20 {
        stage.hit("GET", "/v1.0/organization", "503", "before-effect").await;
    }
    stage.check().await;
    stage.minutes(1).await;
    assert!(stage.struck().await > 0, "it was hit");
    assert_eq!(stage.state().await, "onboarded nobody");
    stage.cloud.end().await;
}

#[tokio::test]
async fn leaving_everything_alone_is_refused_where_nothing_is_asked_and_nothing_is_audited() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.approved().await;
    let answer = stage.act(&stage.path("/beside"), "").await;
    assert_eq!(answer.status, 409, "a run is open: {}", answer.body);
    stage.done("/cancel", &format!("run={}", stage.run().await)).await;
    stage.minutes(1).await;
    let answer = stage.act(&stage.path("/beside"), "").await;
    assert_eq!(answer.status, 409, "nothing is asked: {}", answer.body);
    assert_eq!(stage.audited("question.beside").await, "");
    stage.cloud.end().await;
}

#[tokio::test]
async fn only_the_declaration_about_role_based_access_says_which_model_is_used() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.automatic().await;
    stage.minutes(1).await;
    stage.declare("rbac").await;
    stage.done("/steps/device-groups/declare", "proof=seen+by+Anna&rbac=classic").await;
    let page = stage.page("/steps/defender-role.tier1").await;
    assert!(!page.contains("Declare done"), "the portal still makes the roles: {page}");
    assert!(!stage.audited("step.declared").await.contains("classic"));
    stage.cloud.end().await;
}

impl Stage {
    /// "Check now" on a step, with nothing done in the background.
    async fn check_step(&self, step: &str) -> String {
        let answer = self.act(&self.path(&format!("/steps/{step}/check")), "").await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        let (_, done) = answer.location().rsplit_once("done=").unwrap();
        done.to_owned()
    }
}

#[tokio::test]
async fn check_now_on_a_step_tells_at_once_what_few_calls_can_tell() {
    let stage = Stage::new("Woodgrove Bank").await;
    assert_eq!(stage.check_step("first-approvers").await, "reading", "nothing was read yet");
    stage.approved().await;
    stage.consent(AppKind::Operator, true).await;
    stage.minutes(3).await;
    assert_eq!(stage.state().await, "manual-step us");
    stage.seat_approvers().await;
    assert!(!stage.page("/steps/first-approvers").await.contains("badge badge-plain step-done"));
    let age = stage.read_at().await;
    assert_eq!(stage.check_step("first-approvers").await, "step-checked");
    let page = stage.page("/steps/first-approvers?done=step-checked").await;
    assert!(page.contains("This step was checked just now"), "{page}");
    assert!(page.contains("badge badge-plain step-done"), "seen without any background work: {page}");
    assert_eq!(stage.read_at().await, age, "the age of the whole stays");
    stage.minutes(4).await;
    for step in ["rbac", "defender-role.tier1", "defender-role.tier2", "device-groups", "live-response.tier2"]
    {
        stage.declare(step).await;
    }
    assert_eq!(stage.state().await, "manual-step us");
    stage.ask("Tier 1 Analyst", "ada", &stage.approver()).await;
    assert_eq!(stage.check_step("first-analyst").await, "step-checked");
    assert_eq!(stage.state().await, "onboarded nobody", "{}", stage.page("").await);
    let group = stage.id_of("groups", "Tier 1 Analyst").await;
    stage.by_hand("PATCH", &format!("/groups/{group}"), json!({ "displayName": "Renamed by hand" })).await;
    assert_eq!(stage.check_step("group.tier1").await, "step-checked");
    assert_eq!(stage.state().await, "drifted us");
    let guests = json!({ "authorizationPolicy": { "allowInvitesFrom": "none" } });
    stage.cloud.control("POST", &format!("/tenants/{}/set", stage.tenant), guests).await;
    assert_eq!(stage.check_step("preflight").await, "step-checked");
    assert_eq!(stage.state().await, "blocked customer");
    assert_eq!(stage.check_step("catalog").await, "reading", "the whole reading must tell of this one");
    stage.cloud.end().await;
}

impl Stage {
    async fn read_at(&self) -> chrono::DateTime<chrono::Utc> {
        let tx = mssp_portal::kit::scope::Scope::of_command_line(self.provider.id);
        let mut tx = tx.begin(&self.app.app.db).await.unwrap();
        let found = mssp_portal::onboarding::store::observation(&mut tx, self.customer).await.unwrap();
        found.unwrap().1
    }
}
