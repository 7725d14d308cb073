//! Deciding with a person's own token on the wire: it goes to its own directory only, nobody renews it for him, and a
//! decision leaves once.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use mssp_portal::graph::{AccessRequestId, ApprovalStageId, Directory, GraphError, GraphErrorKind};
use mssp_portal::kit::clock::Ticking;
use serde_json::{Value, json};

use super::wire::{APP, Reply, Wire, clock, credential, tenant};

fn token(wire: &Wire, more: &Value) -> String {
    let mut claims = json!({
        "tid": tenant(1), "aud": wire.base, "appid": APP, "oid": "0282e19d-bf41-435d-92a4-99bab93af305",
        "scp": "openid profile User.Read EntitlementManagement.ReadWrite.All",
    });
    for (key, value) in more.as_object().unwrap() {
        claims[key] = value.clone();
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2ln", part(&json!({"alg": "RS256"})), part(&claims))
}

fn person(wire: &Wire, more: &Value, minutes: i64) -> Result<Directory, GraphError> {
    let ends = clock().now() + TimeDelta::minutes(minutes);
    let bearer = token(wire, more).into();
    wire.graph(&clock()).person(tenant(1), &credential("s"), bearer, ends).map(|(directory, _)| directory)
}

async fn decide(directory: &Directory) -> Result<(), GraphError> {
    let (request, stage) = (AccessRequestId::new("r1"), ApprovalStageId::new("s/1"));
    directory.decide_stage(&request, &stage, true, "Known").await
}

#[tokio::test]
async fn a_decision_is_one_patch_with_verdict_and_reason_under_ones_own_token() {
    let wire = Wire::playing(|_, _| Reply::text(204, "")).await;
    decide(&person(&wire, &json!({}), 60).unwrap()).await.unwrap();
    let seen = wire.seen();
    let path =
        "/v1.0/identityGovernance/entitlementManagement/accessPackageAssignmentApprovals/r1/stages/s%2F1";
    assert_eq!((seen.len(), seen[0].method.as_str(), seen[0].path.as_str()), (1, "PATCH", path));
    assert_eq!(seen[0].json(), json!({ "reviewResult": "Approve", "justification": "Known" }));
    assert!(seen[0].claims()["scp"].is_string());
    assert_eq!(wire.token_requests().len(), 0, "nobody asks for another in his place");
}

#[tokio::test]
async fn whatever_is_answered_a_decision_is_not_sent_twice() {
    for (status, kind) in [
        (503, GraphErrorKind::LostAnswer),
        (500, GraphErrorKind::LostAnswer),
        (409, GraphErrorKind::Conflict),
        (403, GraphErrorKind::Forbidden),
        (404, GraphErrorKind::NotFound),
        (429, GraphErrorKind::Throttled { retry_after: None }),
    ] {
        let wire = Wire::playing(move |_, _| Reply::json(status, json!({}))).await;
        let error = decide(&person(&wire, &json!({}), 60).unwrap()).await.unwrap_err();
        assert_eq!((error.kind, wire.seen().len()), (kind, 1), "{status}");
    }
    let wire = Wire::playing(|_, _| Reply::Lost).await;
    let error = decide(&person(&wire, &json!({}), 60).unwrap()).await.unwrap_err();
    assert_eq!((error.kind, wire.seen().len()), (GraphErrorKind::LostAnswer, 1));
}

#[tokio::test]
async fn a_refused_or_ended_token_is_told_and_never_renewed() {
    let wire = Wire::playing(|_, _| Reply::json(401, json!({}))).await;
    let error = decide(&person(&wire, &json!({}), 60).unwrap()).await.unwrap_err();
    assert_eq!((error.status, wire.seen().len(), wire.token_requests().len()), (Some(401), 1, 0));
    let error = decide(&person(&wire, &json!({}), 0).unwrap()).await.unwrap_err();
    assert_eq!(
        (error.status, wire.seen().len(), wire.token_requests().len()),
        (Some(401), 1, 0),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_token_of_another_directory_app_or_service_or_of_no_person_is_used_nowhere() {
    let wire = Wire::playing(|_, _| Reply::text(204, "")).await;
    for more in [
        json!({ "tid": tenant(2) }),
        json!({ "appid": "22222222-aaaa-4bbb-8ccc-222222222222" }),
        json!({ "aud": "https://vault.example" }),
        json!({ "scp": "", "roles": ["EntitlementManagement.ReadWrite.All"] }),
        json!({ "oid": "" }),
    ] {
        let error = person(&wire, &more, 60).unwrap_err();
        assert_eq!(error.code.as_deref(), Some("token-mismatch"), "{more}");
    }
    let lacking = person(&wire, &json!({ "scp": "User.Read" }), 60).unwrap();
    assert_eq!(decide(&lacking).await.unwrap_err().kind, GraphErrorKind::ConsentMissing);
    assert_eq!(wire.seen().len(), 0);
}
