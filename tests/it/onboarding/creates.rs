//! Every create, hit by everything that can happen to a call, where Microsoft shows late what was made: the same end,
//! and nothing twice.

use futures::StreamExt;
use mssp_portal::providers::AppKind;
use serde_json::json;

use super::shape::difference;
use super::stage::Stage;

const EM: &str = "/v1.0/identityGovernance/entitlementManagement";
const RBAC: &str = "/beta/roleManagement/defender";

/// Method and path of every create the engine knows.
pub fn creates() -> [(&'static str, String); 9] {
    [
        ("PATCH", "/v1.0/groups".to_owned()),
        ("POST", format!("{EM}/connectedOrganizations")),
        ("POST", format!("{EM}/catalogs")),
        ("POST", format!("{EM}/resourceRequests")),
        ("POST", format!("{EM}/accessPackages/*/resourceRoleScopes")),
        ("POST", format!("{EM}/accessPackages")),
        ("POST", format!("{EM}/assignmentPolicies")),
        ("POST", format!("{RBAC}/roleDefinitions")),
        ("POST", format!("{RBAC}/roleAssignments")),
    ]
}

/// What can happen to a call, and whether it had its effect.
const FAULTS: [(&str, &str); 7] = [
    ("lost-answer", "after-effect"),
    ("lost-answer", "before-effect"),
    ("429", "before-effect"),
    ("503", "before-effect"),
    ("503", "after-effect"),
    ("500", "before-effect"),
    ("500", "after-effect"),
];

/// What stands in the tenant when nothing goes wrong.
async fn undisturbed() -> Vec<String> {
    let stage = Stage::late(0).await;
    stage.approved().await;
    stage.consent(AppKind::Operator, true).await;
    stage.to_the_end().await;
    let shape = stage.shape().await;
    stage.cloud.end().await;
    shape
}

/// Onboards while each create is hit by another fault, the nth after the others.
async fn disturbed(nth: usize, wanted: &[String]) {
    let stage = Stage::late(45).await;
    stage.approved().await;
    let mut hits = Vec::new();
    for (at, (method, path)) in creates().iter().enumerate() {
        let (fault, position) = FAULTS[(nth + at) % FAULTS.len()];
        stage.hit(method, path, fault, position).await;
        hits.push(format!("{method} {path}: {fault} {position}"));
    }
    stage.consent(AppKind::Operator, true).await;
    stage.to_the_end().await;
    let struck = stage.struck().await;
    assert!(struck >= hits.len(), "only {struck} of {hits:#?} met a call");
    let differs = difference(&stage.shape().await, wanted);
    assert!(differs.is_empty(), "{hits:#?}\n{differs:#?}\n{}", stage.journal().await);
    stage.cloud.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_to_a_create_the_end_is_the_same_and_nothing_is_there_twice() {
    let wanted = undisturbed().await;
    assert_eq!(wanted.len(), 22, "of nine kinds: {wanted:#?}");
    // After all of them every create met every fault.
    let tenants = (0..FAULTS.len()).map(|nth| disturbed(nth, &wanted));
    futures::stream::iter(tenants).buffer_unordered(3).collect::<()>().await;
}

#[tokio::test]
async fn a_lost_create_is_still_looked_for_after_the_look_itself_failed() {
    for (fault, times) in [("429", 4), ("503", 4)] {
        let stage = Stage::late(60).await;
        stage.approved().await;
        stage.hit("POST", &format!("{EM}/catalogs"), "lost-answer", "after-effect").await;
        stage.consent(AppKind::Operator, true).await;
        stage.until_called("POST", &format!("{EM}/catalogs")).await;
        let looks =
            json!({ "method": "GET", "path": format!("{EM}/catalogs"), "fault": fault, "times": times });
        stage.cloud.control("POST", "/faults", looks).await;
        stage.minutes(4).await;
        assert_eq!(stage.counts().await[2], 1, "{fault}");
        stage.cloud.end().await;
    }
}

#[tokio::test]
async fn a_package_that_was_made_is_kept_when_what_follows_fails() {
    let stage = Stage::late(60).await;
    stage.approved().await;
    // Whatever is asked of a package after it was made: busy, for as long as one call is tried.
    let roles = format!("{EM}/accessPackages/*/resourceRoleScopes");
    let busy = json!({ "method": "GET", "path": roles, "fault": "429", "times": 4 });
    stage.cloud.control("POST", "/faults", busy).await;
    stage.consent(AppKind::Operator, true).await;
    stage.until_called("POST", &format!("{EM}/accessPackages")).await;
    let kept = sqlx::query_scalar!("select object from owned_object where object = 'package.approvers'")
        .fetch_all(&stage.app.owner)
        .await
        .unwrap();
    assert_eq!(kept, ["package.approvers"]);
    let told = stage.audited("step.applied").await;
    assert!(told.contains("package.approvers"), "{told}");
    stage.minutes(8).await;
    assert_eq!(stage.counts().await[4], 1);
    stage.cloud.end().await;
}

#[tokio::test]
async fn an_organization_that_was_made_is_kept_when_reading_it_back_fails() {
    let stage = Stage::late(60).await;
    // Nothing but the engine's own look keeps a second one away.
    stage.cloud.control("POST", "/switches", json!({ "em.organization-twice-refused": false })).await;
    stage.approved().await;
    let path = format!("{EM}/connectedOrganizations");
    stage.consent(AppKind::Operator, true).await;
    let busy = json!({ "method": "GET", "path": format!("{path}/"), "fault": "503", "times": 8 });
    stage.cloud.control("POST", "/faults", busy).await;
    stage.until_called("POST", &path).await;
    assert!(stage.audited("step.applied").await.contains("connected-organization"));
    stage.minutes(6).await;
    assert_eq!(stage.counts().await[1], 1);
    stage.cloud.end().await;
}
