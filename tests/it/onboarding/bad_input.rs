//! Whatever Microsoft answers: the operation ends with a clear error at that customer alone, nothing is lost, memory
//! stays within bounds, and every other customer goes on.

#![expect(clippy::disallowed_methods, reason = "looks past the walls, at what no room asks for")]

use std::process::Command;

use cloud_sim::Options;
use mssp_portal::graph::Limits;
use mssp_portal::kit::clock::{SetClock, Ticking};
use mssp_portal::kit::ids::CustomerId;
use mssp_portal::providers::AppKind;
use serde_json::{Value, json};

use super::stage::Stage;
use crate::support::app::{TestApp, noon};
use crate::support::cloud::TestCloud;
use crate::support::database::fresh_database;

const EM: &str = "/v1.0/identityGovernance/entitlementManagement";

/// How the reading of a customer ended last: outcome, cause, detail.
async fn reading(app: &TestApp, customer: CustomerId) -> (String, String, String) {
    let (outcome, problem): (Option<String>, Option<Value>) =
        sqlx::query_as("select outcome, problem from work where customer_id = $1 and kind = 'observe'")
            .bind(customer.0)
            .fetch_one(&app.owner)
            .await
            .unwrap();
    let problem = problem.unwrap_or_default();
    let text = |key: &str| problem[key].as_str().unwrap_or_default().to_owned();
    (outcome.unwrap_or_default(), text("cause"), text("detail"))
}

/// From now on every answer of this list in the stage's tenant is spoilt.
async fn spoil(stage: &Stage, fault: &str) {
    let hit = json!({
        "method": "GET", "path": format!("{EM}/catalogs"), "tenant": stage.tenant, "fault": fault, "times": 1_000_000,
    });
    stage.cloud.control("POST", "/faults", hit).await;
}

#[tokio::test]
async fn an_unusable_answer_ends_the_reading_of_that_customer_alone_and_loses_nothing() {
    let stage = Stage::new("Woodgrove Bank").await;
    let other = stage.cloud.add_customer(&stage.app, &stage.provider, "Adatum").await;
    let tenant = sqlx::query_scalar!("select entra_tenant_id from customer where customer_id = $1", other.0);
    let tenant = tenant.fetch_one(&stage.app.owner).await.unwrap();
    let reader = stage.provider.client_id(AppKind::Reader);
    stage.cloud.consent(mssp_portal::kit::ids::EntraTenantId(tenant), reader, true).await;
    let check_other = async || {
        let path = format!("/customers/{other}/check");
        let form = format!("customer={other}");
        assert_eq!(stage.app.post(Some(&stage.provider.everyone), &path, &form).await.status, 303);
    };
    check_other().await;
    stage.minutes(1).await;
    let kept = async || {
        let sql = "select document from observation where customer_id = $1";
        let document: Value =
            sqlx::query_scalar(sql).bind(stage.customer.0).fetch_one(&stage.app.owner).await.unwrap();
        document
    };
    let before = (stage.state().await, kept().await);
    assert_eq!(reading(&stage.app, stage.customer).await.0, "done");
    for fault in [
        "html",
        "truncated",
        "deep",
        "wrong-type",
        "huge",
        "gzip-bomb",
        "next-endless",
        "next-loop",
        "next-foreign",
    ] {
        spoil(&stage, fault).await;
        stage.check().await;
        check_other().await;
        stage.minutes(1).await;
        let (outcome, cause, detail) = reading(&stage.app, stage.customer).await;
        assert_eq!((outcome.as_str(), cause.as_str()), ("failed", "not-understood"), "{fault}: {detail}");
        assert!(detail.contains("catalogs"), "{fault}: the call is not named: {detail}");
        assert!(detail.len() < 600, "{fault}: {} bytes of detail", detail.len());
        let health = stage.app.get(Some(&stage.provider.everyone), "/health").await;
        assert!(health.body.contains("answer could not be used"), "{fault}: {}", health.body);
        assert_eq!(reading(&stage.app, other).await.0, "done", "{fault} stopped another customer");
        assert_eq!((stage.state().await, kept().await), before, "{fault}: what was read last is lost");
        stage.cloud.control("DELETE", "/faults", Value::Null).await;
    }
    stage.check().await;
    stage.minutes(1).await;
    assert_eq!(reading(&stage.app, stage.customer).await.0, "done");
    assert_eq!((stage.state().await, kept().await), before);
    stage.cloud.end().await;
}

/// What a person may call a thing at Microsoft to fool whoever reads it, or to break what stores it.
fn names() -> Vec<String> {
    let mut names: Vec<String> = [
        "Invoice \u{202e}fdp.exe",
        "\u{2066}\u{2067}Woodgrove\u{2069}",
        "שלום עולם",
        "nul\u{0}inside",
        "<img src=x onerror=alert(1)>",
        "\"><script>alert(1)</script>",
        "{{ 7 * 7 }} {% include 'x' %} {$name}",
        "'; drop table customer; --",
        "a\r\nINFO forged: line",
        "\u{feff}\u{200b}\u{1f469}\u{200d}\u{1f4bb}\\u0000",
    ]
    .map(str::to_owned)
    .to_vec();
    names.push((0..25_000).map(|n| format!("y{n:x}")).collect());
    names
}

#[tokio::test]
async fn hostile_names_are_kept_shown_and_harm_nobody() {
    let stage = Stage::new("Woodgrove Bank").await;
    let reader = stage.provider.client_id(AppKind::Reader).to_owned();
    let everyone = &stage.provider.everyone;
    for (at, name) in names().iter().enumerate() {
        let domain = format!("hostile{at}.example");
        let admin = json!({
            "userPrincipalName": format!("admin@{domain}"), "displayName": name, "roles": ["Global Administrator"],
        });
        let tenant = json!({
            "displayName": name, "domains": [domain], "licences": ["AAD_PREMIUM_P2", "WINDEFATP"], "users": [admin],
        });
        let tenant = stage.cloud.tenant(tenant).await;
        let (tid, user) = (tenant["id"].as_str().unwrap(), tenant["users"][0]["id"].as_str().unwrap());
        stage.cloud.control("POST", "/switches", json!({ "consistency.groups": 0 })).await;
        let by_hand = async |method: &str, path: &str, body: Value| {
            let call = json!({ "method": method, "path": path, "body": body });
            stage.cloud.control("POST", &format!("/tenants/{tid}/graph"), call).await
        };
        let group = json!({
            "displayName": "Tier 1 Analyst", "mailNickname": "t", "mailEnabled": false, "securityEnabled": true,
        });
        let group = by_hand("POST", "/groups", group).await["id"].as_str().unwrap().to_owned();
        let member = json!({
            "@odata.id": format!("{}/v1.0/directoryObjects/{user}", stage.cloud.simulation.base_url()),
        });
        by_hand("POST", &format!("/groups/{group}/members/$ref"), member).await;
        let catalog = json!({
            "displayName": "MSSP Accesses", "description": name, "state": "published", "isExternallyVisible": true,
        });
        by_hand("POST", "/identityGovernance/entitlementManagement/catalogs", catalog).await;
        let form = format!("domain={domain}&entra_tenant_id={tid}&name=&manager=");
        let answer = stage.app.post(Some(everyone), "/customers/add", &form).await;
        assert_eq!(answer.status, 303, "{name:.40}: {}", answer.body);
        let id = answer.location().trim_start_matches("/customers/").split('?').next().unwrap().to_owned();
        let customer: CustomerId = id.parse().unwrap();
        stage.cloud.consent(tid.parse().unwrap(), &reader, true).await;
        let (path, form) = (format!("/customers/{id}/check"), format!("customer={id}"));
        assert_eq!(stage.app.post(Some(everyone), &path, &form).await.status, 303);
        stage.minutes(1).await;
        assert_eq!(
            reading(&stage.app, customer).await,
            ("done".into(), String::new(), String::new()),
            "{name:.40}"
        );
        let pages = ["", "/onboarding", "/onboarding/steps/group.tier1", "/onboarding/steps/catalog"]
            .map(|p| format!("/customers/{id}{p}"));
        for path in pages.iter().map(String::as_str).chain(["/customers", "/health", "/audit"]) {
            let page = stage.app.get(Some(everyone), path).await;
            assert_eq!(page.status, 200, "{name:.40}: {path} {}", page.body);
            assert!(!page.body.contains("<img src=x") && !page.body.contains("<script>alert"), "{path}");
            let turned = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            assert!(!page.body.contains(turned), "{name:.40}: {path} lets a name turn what follows it");
            // His own pages may be long; those that others are on are not.
            let most = if path.contains(&id) { 1_000_000 } else { 200_000 };
            assert!(page.body.len() < most, "{path} has {} bytes", page.body.len());
        }
        let page = stage.app.get(Some(everyone), &pages[2]).await;
        let start: String = name.chars().take_while(|c| c.is_ascii_alphanumeric()).take(20).collect();
        assert!(page.body.contains(&start), "{name:.40} is not shown: {}", page.body);
    }
    assert_eq!(reading(&stage.app, stage.customer).await.0, "done");
    stage.cloud.end().await;
}

/// Highest use of memory of this process since it was last asked, in MB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    let peak: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    peak / 1024
}

/// By how many MB the memory of this process grows while the stage's customer is read.
async fn growth(stage: &Stage, fault: &str) -> u64 {
    spoil(stage, fault).await;
    peak();
    let before = peak();
    stage.check().await;
    stage.minutes(1).await;
    let growth = peak().saturating_sub(before);
    assert_eq!(reading(&stage.app, stage.customer).await.0, "failed", "{fault}");
    stage.cloud.control("DELETE", "/faults", Value::Null).await;
    growth
}

async fn stage_within(limits: Limits) -> Stage {
    let clock = SetClock::at(noon());
    let shared = clock.clone();
    let options = Options {
        listen: "127.0.0.1:0".to_owned(),
        clock: Some(std::sync::Arc::new(move || shared.now())),
        ..Options::default()
    };
    let cloud = TestCloud::start(options).await;
    let address = cloud.simulation.base_url().to_owned();
    let app = TestApp::assembled(fresh_database().await, &address, clock, |parts| parts.graph = limits).await;
    let stage = Stage::on(app, cloud, "Woodgrove Bank").await;
    stage.minutes(1).await;
    stage
}

/// The whole portal, Microsoft beside it, in one process.
const MOST: u64 = 48;

#[test]
fn two_hundred_megabytes_a_packed_bomb_and_ten_thousand_pages_stay_within_the_memory() {
    const ALONE: &str = "MSSP_PORTAL_TEST_ALONE";
    if std::env::var_os(ALONE).is_none() {
        // In a process of its own: here other tests use memory too.
        let name = "onboarding::bad_input::two_hundred_megabytes_a_packed_bomb_and_ten_thousand_pages_stay_within_the_memory";
        let mut alone = Command::new(std::env::current_exe().unwrap());
        let ended = alone.args(["--exact", name, "--nocapture"]).env(ALONE, "1").output().unwrap();
        let said = String::from_utf8_lossy(&ended.stdout);
        assert!(
            ended.status.success() && said.contains("1 passed"),
            "{said}{}",
            String::from_utf8_lossy(&ended.stderr)
        );
        return;
    }
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let stage = stage_within(Limits::default()).await;
        for fault in ["huge", "gzip-bomb", "next-endless"] {
            let grown = growth(&stage, fault).await;
            assert!(grown <= MOST, "{fault} took {grown} MB");
        }
        stage.cloud.end().await;
        // Without the cap the same answer takes what it takes: the measure sees it.
        let stage =
            stage_within(Limits { body_bytes: 1 << 30, list_bytes: 1 << 30, ..Limits::default() }).await;
        for fault in ["huge", "gzip-bomb"] {
            let grown = growth(&stage, fault).await;
            assert!(grown > 190, "{fault} without a cap took {grown} MB only");
        }
        stage.cloud.end().await;
    });
}
