//! Single calls: what is repeated, what is not, how long is waited, and what comes out of a broken answer.

use std::time::Duration;

use mssp_portal::graph::catalogs::NewCatalog;
use mssp_portal::graph::defender::NewDefenderRole;
use mssp_portal::graph::discovery::DiscoveryError;
use mssp_portal::graph::groups::{Membership, NewGroup, Upserted};
use mssp_portal::graph::{ConnectedOrganizationId, GraphErrorKind, Limits, PackageId};
use mssp_portal::kit::clock::Ticking;
use serde_json::json;

use super::wire::{Reply, Seen, Wire, clock, credential, tenant};

fn catalog() -> NewCatalog {
    NewCatalog { display_name: "MSSP Accesses".into(), description: "d".into() }
}

fn group() -> NewGroup {
    NewGroup {
        display_name: "Tier 1 Analyst".into(),
        description: "d".into(),
        mail_nickname: "Tier1Analyst".into(),
    }
}

const ID: &str = "1226170d-83d5-49b8-99ab-d1ab3d91333e";

#[tokio::test]
async fn a_lost_create_is_told_and_not_repeated() {
    let broken: [fn(&Seen, usize) -> Reply; 5] = [
        |_, _| Reply::Lost,
        |_, _| Reply::Cut("{\"id\":".into()),
        |_, _| Reply::text(503, "busy"),
        |_, _| Reply::text(500, "<html>"),
        |_, _| Reply::text(201, "not json"),
    ];
    for play in broken {
        let wire = Wire::playing(play).await;
        let directory = wire.graph(&clock()).app(tenant(1), &credential("s"));
        let error = directory.create_catalog(&catalog()).await.unwrap_err();
        assert_eq!(error.kind, GraphErrorKind::LostAnswer, "{error:?}");
        assert_eq!(error.call, "POST EM/catalogs");
        assert_eq!(wire.seen().len(), 1, "{error:?}");
    }
}

#[tokio::test]
async fn a_throttled_create_is_not_repeated_but_tells_how_long_to_wait() {
    let wire = Wire::playing(|_, _| Reply::json(429, json!({})).with("retry-after", "10")).await;
    let directory = wire.graph(&clock()).app(tenant(1), &credential("s"));
    let error = directory.create_catalog(&catalog()).await.unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::Throttled { retry_after: Some(Duration::from_secs(10)) });
    assert_eq!(wire.seen().len(), 1);
}

#[tokio::test]
async fn a_create_that_never_left_this_machine_is_not_called_lost() {
    let mut wire = Wire::playing(|_, _| Reply::Lost).await;
    wire.base = "http://127.0.0.1:1".into();
    let directory = wire.graph(&clock()).app(tenant(1), &credential("s"));
    let error = directory.create_catalog(&catalog()).await.unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::Unavailable);
}

#[tokio::test]
async fn reads_and_documented_idempotent_writes_are_repeated() {
    let flaky = |_: &Seen, before| match before {
        0 => Reply::Lost,
        1 => Reply::text(502, "bad gateway"),
        2 => Reply::Cut("{".into()),
        _ => Reply::json(201, json!({"id": ID, "displayName": "Tier 1 Analyst"})),
    };
    let wire = Wire::playing(flaky).await;
    let directory = wire.graph(&clock()).app(tenant(1), &credential("s"));
    directory.group(ID.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(wire.seen().len(), 4);

    let wire = Wire::playing(flaky).await;
    let directory = wire.graph(&clock()).app(tenant(1), &credential("s"));
    let done = directory.upsert_group("mssp-x-tier1", &group()).await.unwrap();
    assert!(matches!(done, Upserted::Created(made) if made.id.to_string() == ID));
    let sent = &wire.seen()[3];
    assert_eq!(sent.path, "/v1.0/groups(uniqueName='mssp-x-tier1')");
    assert_eq!((sent.method.as_str(), sent.headers["prefer"].as_str()), ("PATCH", "create-if-missing"));
    assert_eq!(sent.json()["mailEnabled"], json!(false));
    let ids: std::collections::HashSet<_> =
        wire.seen().into_iter().map(|one| one.headers["client-request-id"].clone()).collect();
    assert_eq!(ids.len(), 4, "each try has its own id");
}

#[tokio::test]
async fn retry_after_is_kept_to_the_second_in_both_forms() {
    for form in ["10", "Mon, 23 Nov 2026 12:00:10 GMT"] {
        let clock = clock();
        let wire = Wire::playing(move |_, before| match before {
            0 => Reply::json(429, json!({})).with("retry-after", form),
            _ => Reply::json(200, json!({"value": []})),
        })
        .await;
        wire.graph(&clock).app(tenant(1), &credential("s")).catalogs().await.unwrap();
        assert_eq!(clock.now().to_rfc3339(), "2026-11-23T12:00:10+00:00", "{form}");
    }
}

#[tokio::test]
async fn a_long_retry_after_goes_to_the_caller_and_nobody_asks_before_it_ends() {
    let clock = clock();
    let wire = Wire::playing(|seen, before| match before {
        0 => Reply::json(429, json!({})).with("retry-after", "300"),
        _ if seen.path.contains("organization") => Reply::json(200, json!({"value": [{"id": tenant(1)}]})),
        _ => Reply::json(200, json!({"value": []})),
    })
    .await;
    let directory = wire.graph(&clock).app(tenant(1), &credential("s"));
    let error = directory.catalogs().await.unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::Throttled { retry_after: Some(Duration::from_secs(300)) });
    clock.advance(Duration::from_secs(100));
    let error = directory.catalogs().await.unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::Throttled { retry_after: Some(Duration::from_secs(200)) });
    assert_eq!(wire.seen().len(), 1, "the second call was not sent");
    directory.organization().await.expect("another part of Graph is not throttled");
    clock.advance(Duration::from_secs(200));
    directory.catalogs().await.unwrap();
}

#[tokio::test]
async fn a_wait_that_comes_with_503_is_kept_by_everybody_who_stands_in_line() {
    let clock = clock();
    let wire = Wire::playing(|_, before| match before {
        0 => Reply::text(503, "busy").with("retry-after", "20"),
        _ => Reply::json(200, json!({"value": []})),
    })
    .await;
    let limits = Limits { at_once: 1, spared: 0, ..Limits::default() };
    let directory = wire.graph_within(&clock, limits).app(tenant(1), &credential("s"));
    directory.permissions().await.unwrap();
    let begun = clock.now();
    let all = futures::future::join_all((0..3).map(|_| directory.catalogs())).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(wire.seen().len(), 4);
    assert!(clock.now() - begun >= chrono::TimeDelta::seconds(20));
}

#[tokio::test]
async fn a_redirect_is_never_followed() {
    let other = Wire::playing(|_, _| Reply::json(200, json!({"id": "x"}))).await;
    let target = other.base.clone();
    let wire = Wire::playing(move |_, _| Reply::text(302, "").with("location", format!("{target}/x"))).await;
    let directory = wire.graph(&clock()).app(tenant(1), &credential("s"));
    let error = directory.catalogs().await.unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::NotUnderstood);
    let role =
        NewDefenderRole { display_name: "T1".into(), description: "d".into(), actions: vec!["a".into()] };
    let error = directory.create_defender_role(&role).await.unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::LostAnswer, "Defender answers success this way: read back");
    assert!(!wire.seen()[1].body.contains("@odata.type"));
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn an_answer_that_cannot_be_used_is_an_error_that_names_the_call() {
    let broken =
        ["<html>sorry</html>", "{\"value\": [{\"id\": 5}]}", "{\"value\": {}}", "[]", "", "{\"value\": [nul"];
    for body in broken {
        let wire = Wire::playing(move |_, _| Reply::text(200, body).with("request-id", "r-1")).await;
        let directory = wire.graph(&clock()).app(tenant(1), &credential("s"));
        let error = directory.catalogs().await.unwrap_err();
        assert_eq!(error.kind, GraphErrorKind::NotUnderstood, "{body}");
        assert_eq!((error.call, error.request_id.as_deref()), ("GET EM/catalogs", Some("r-1")));
    }
}

#[tokio::test]
async fn too_large_and_too_slow_answers_end() {
    let small = Limits {
        body_bytes: 1000,
        headers: Duration::from_millis(200),
        body_silence: Duration::from_millis(200),
        attempts: 1,
        ..Limits::default()
    };
    let wire = Wire::playing(|_, _| Reply::text(200, &"x".repeat(5000))).await;
    let directory = wire.graph_within(&clock(), small.clone()).app(tenant(1), &credential("s"));
    assert_eq!(directory.catalogs().await.unwrap_err().kind, GraphErrorKind::NotUnderstood);
    assert_eq!(directory.create_catalog(&catalog()).await.unwrap_err().kind, GraphErrorKind::LostAnswer);

    let wire = Wire::playing(|_, _| Reply::Silent).await;
    let directory = wire.graph_within(&clock(), small).app(tenant(1), &credential("s"));
    assert_eq!(directory.catalogs().await.unwrap_err().kind, GraphErrorKind::Unavailable);
    assert_eq!(directory.create_catalog(&catalog()).await.unwrap_err().kind, GraphErrorKind::LostAnswer);
}

#[tokio::test]
async fn membership_that_is_so_already_is_no_error() {
    let wire = Wire::playing(|seen, _| match seen.method.as_str() {
        "POST" => Reply::json(
            400,
            json!({"error": {"code": "Request_BadRequest", "message":
                "One or more added object references already exist for the following modified properties: 'members'."}}),
        ),
        _ => Reply::json(404, json!({"error": {"code": "Request_ResourceNotFound", "message": "gone"}})),
    })
    .await;
    let directory = wire.graph(&clock()).app(tenant(1), &credential("s"));
    let (group, member) = (ID.parse().unwrap(), ID.parse().unwrap());
    assert_eq!(directory.add_group_member(group, member).await.unwrap(), Membership::AlreadySo);
    assert_eq!(directory.remove_group_member(group, member).await.unwrap(), Membership::AlreadySo);
    let reference = wire.seen()[0].json()["@odata.id"].as_str().unwrap().to_owned();
    assert_eq!(reference, format!("{}/v1.0/directoryObjects/{ID}", wire.base));
}

#[tokio::test]
async fn an_id_cannot_lead_a_call_elsewhere() {
    let wire = Wire::playing(|_, _| Reply::json(404, json!({}))).await;
    let directory = wire.graph(&clock()).app(tenant(1), &credential("s"));
    for id in ["..", "."] {
        let error = directory.package(&PackageId::new(id)).await.unwrap_err();
        assert_eq!(error.kind, GraphErrorKind::NotUnderstood);
    }
    assert!(wire.seen().is_empty());
    directory.package(&PackageId::new("../../groups?x#y")).await.unwrap();
    assert!(wire.seen()[0].path.contains("/accessPackages/..%2F..%2Fgroups%3Fx%23y?"));
}

#[tokio::test]
async fn a_domain_is_discovered_at_the_login_host_only() {
    let wire = Wire::playing(|seen, _| match seen.path.as_str() {
        "/contoso.example/v2.0/.well-known/openid-configuration" => {
            let issuer = format!("http://{}/{}/v2.0", seen.headers["host"], tenant(3));
            Reply::json(
                200,
                json!({"issuer": issuer, "tenant_region_scope": "EU", "cloud_instance_name": "x"}),
            )
        }
        "/gov.example/v2.0/.well-known/openid-configuration" => {
            let issuer = format!("https://login.microsoftonline.us/{}/v2.0", tenant(3));
            Reply::json(200, json!({"issuer": issuer, "cloud_instance_name": "microsoftonline.us"}))
        }
        _ => Reply::json(
            400,
            json!({"error": "invalid_tenant", "error_codes": [90002],
            "error_description": "AADSTS90002: Tenant 'x' not found."}),
        ),
    })
    .await;
    let graph = wire.graph(&clock());
    let found = graph.discover("Contoso.example").await.unwrap();
    assert_eq!((found.tenant, found.region.as_deref()), (tenant(3), Some("EU")));
    assert_eq!(graph.discover("nobody.example").await, Err(DiscoveryError::NoSuchTenant));
    let other = graph.discover("gov.example").await;
    assert_eq!(other, Err(DiscoveryError::AnotherCloud("microsoftonline.us".into())));
    assert_eq!(graph.discover("127.0.0.1/x").await, Err(DiscoveryError::Malformed));
    let seen = wire.seen();
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|one| !one.headers.contains_key("authorization")));
}

#[tokio::test]
async fn a_proposed_organization_is_configured_by_its_id() {
    let wire = Wire::playing(|_, _| Reply::text(204, "")).await;
    let directory = wire.graph(&clock()).app(tenant(1), &credential("s"));
    directory.configure_connected_organization(&ConnectedOrganizationId::new(ID)).await.unwrap();
    let sent = wire.seen().remove(0);
    let path = format!("/v1.0/identityGovernance/entitlementManagement/connectedOrganizations/{ID}");
    assert_eq!((sent.method.as_str(), sent.path.as_str()), ("PATCH", path.as_str()));
    assert_eq!(sent.json(), json!({ "state": "configured" }));
}
