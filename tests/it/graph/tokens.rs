//! Tokens: how many are asked for, which are refused, and who may see them.

use std::time::Duration;

use base64::Engine;
use futures::future::join_all;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use mssp_portal::graph::catalogs::NewCatalog;
use mssp_portal::graph::preflight::Readable;
use mssp_portal::graph::{AppCredential, CatalogId, ClientId, GraphErrorKind, Proof};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, PublicKeyData};
use serde_json::json;
use sha2::Digest;

use super::wire::{APP, Reply, Seen, Wire, clock, credential, tenant, token_for};

fn nothing(_: &Seen, _: usize) -> Reply {
    Reply::json(200, json!({"value": []}))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_callers_make_one_token_request() {
    let wire = Wire::playing(nothing).await;
    let directory = wire.graph(&clock()).app(tenant(1), &credential("s"));
    let asked = (0..1000).map(|_| {
        let directory = directory.clone();
        tokio::spawn(async move { directory.permissions().await })
    });
    for outcome in join_all(asked).await {
        assert!(outcome.unwrap().unwrap().has("Organization.Read.All"));
    }
    assert_eq!(wire.token_requests().len(), 1);
}

#[tokio::test]
async fn callers_who_waited_together_share_the_failure() {
    let gone = json!({"error": "unauthorized_client", "error_codes": [700016],
        "error_description": "AADSTS700016: Application with identifier was not found in the directory."});
    let wire = Wire::with_tokens(nothing, move |_, _, _| Reply::json(400, gone.clone())).await;
    let directory = wire.graph(&clock()).app(tenant(1), &credential("s"));
    for outcome in join_all((0..50).map(|_| directory.permissions())).await {
        let error = outcome.unwrap_err();
        assert_eq!((error.kind.clone(), error.cause()), (GraphErrorKind::AppGone, "app-gone"));
    }
    assert_eq!(wire.token_requests().len(), 1);
    assert!(directory.permissions().await.is_err(), "a failure is not kept for those who come later");
    assert_eq!(wire.token_requests().len(), 2);
}

#[tokio::test]
async fn a_token_is_renewed_five_minutes_before_it_ends() {
    let (wire, clock) = (Wire::playing(nothing).await, clock());
    let directory = wire.graph(&clock).app(tenant(1), &credential("s"));
    directory.permissions().await.unwrap();
    clock.advance(Duration::from_secs(3599 - 301));
    directory.permissions().await.unwrap();
    assert_eq!(wire.token_requests().len(), 1);
    clock.advance(Duration::from_secs(2));
    directory.permissions().await.unwrap();
    assert_eq!(wire.token_requests().len(), 2);
}

#[tokio::test]
async fn a_living_token_is_used_while_the_token_service_is_away() {
    let clock = clock();
    let wire = Wire::with_tokens(nothing, |base, seen, before| match before {
        0 => token_for(base, seen, json!({})),
        _ => Reply::text(503, "busy"),
    });
    let wire = wire.await;
    let directory = wire.graph(&clock).app(tenant(1), &credential("s"));
    directory.permissions().await.unwrap();
    clock.advance(Duration::from_secs(3400));
    directory.permissions().await.expect("199 seconds are left");
    clock.advance(Duration::from_secs(200));
    assert_eq!(directory.permissions().await.unwrap_err().kind, GraphErrorKind::Unavailable);
}

#[tokio::test]
async fn a_wait_that_the_token_endpoint_asks_for_is_kept() {
    for status in [429, 503] {
        let wire = Wire::with_tokens(nothing, move |base, seen, before| match before {
            0 => Reply::text(status, "{}").with("retry-after", "20"),
            1 => Reply::text(status, "{}").with("retry-after", "300"),
            _ => token_for(base, seen, json!({})),
        })
        .await;
        let clock = clock();
        let directory = wire.graph(&clock).app(tenant(1), &credential("s"));
        let begun = clock.clock().now();
        assert!(
            directory.permissions().await.unwrap_err().passes(),
            "300 seconds are for the caller to wait"
        );
        assert_eq!(clock.clock().now() - begun, chrono::TimeDelta::seconds(20));
        let error = directory.permissions().await.unwrap_err();
        let rest = Duration::from_secs(300);
        assert_eq!(error.kind, GraphErrorKind::Throttled { retry_after: Some(rest) }, "{status}");
        assert_eq!(wire.token_requests().len(), 2, "nobody asks before it ends");
        clock.advance(rest);
        directory.permissions().await.unwrap();
    }
}

#[tokio::test]
async fn a_token_that_is_not_what_was_asked_for_is_refused_and_never_sent() {
    for wrong in [
        json!({"tid": tenant(2)}),
        json!({"tid": null}),
        json!({"aud": "https://management.azure.com"}),
        json!({"appid": "99999999-aaaa-4bbb-8ccc-222222222222"}),
    ] {
        let claims = wrong.clone();
        let wire =
            Wire::with_tokens(nothing, move |base, seen, _| token_for(base, seen, claims.clone())).await;
        let error = wire.graph(&clock()).app(tenant(1), &credential("s")).organization().await.unwrap_err();
        assert_eq!(error.kind, GraphErrorKind::NotUnderstood, "{wrong}");
        assert_eq!(error.code.as_deref(), Some("token-mismatch"), "{wrong}");
        assert!(wire.seen().is_empty(), "{wrong}");
    }
}

#[tokio::test]
async fn a_token_without_roles_means_that_consent_is_missing() {
    let wire =
        Wire::with_tokens(nothing, |base, seen, _| token_for(base, seen, json!({"roles": null}))).await;
    let directory = wire.graph(&clock()).app(tenant(1), &credential("s"));
    let held = directory.permissions().await.unwrap();
    assert_eq!(held.missing(&["Organization.Read.All", "User.Read.All"]).len(), 2);
    let error = directory.organization().await.unwrap_err();
    assert_eq!((error.kind.clone(), error.cause()), (GraphErrorKind::ConsentMissing, "consent-missing"));
    assert_eq!(error.missing, [Box::from("Organization.Read.All")]);
    assert!(wire.seen().is_empty());
}

#[tokio::test]
async fn a_token_without_the_role_a_call_needs_is_not_sent_and_the_error_names_the_role() {
    let roles = json!({"roles": ["User.Read.All", "EntitlementManagement.ReadWrite.All"]});
    let wire = Wire::with_tokens(nothing, move |base, seen, _| token_for(base, seen, roles.clone())).await;
    let directory = wire.graph(&clock()).app(tenant(1), &credential("s"));
    directory.catalogs().await.unwrap();
    let group = "0282e19d-bf41-435d-92a4-99bab93af305".parse().unwrap();
    let error = directory.group(group).await.unwrap_err();
    assert_eq!((error.kind.clone(), error.cause()), (GraphErrorKind::ConsentMissing, "consent-missing"));
    assert!(
        error.lost_consent() && error.message.contains("GroupMember.Read.All or Group.ReadWrite.All"),
        "{error}"
    );
    let catalog = CatalogId::new("c");
    let error = directory.add_group_to_catalog(&catalog, group, "Tier 1").await.unwrap_err();
    assert_eq!(error.missing, [Box::from("Group.ReadWrite.All")], "it needs two, and one is held");
    assert_eq!(directory.authorization_policy().await.unwrap(), Readable::NotReadable);
    assert_eq!(wire.seen().len(), 1, "only what the token opens was sent");
}

#[tokio::test]
async fn a_token_that_is_older_than_the_consent_is_renewed_before_a_call_is_refused() {
    let wire = Wire::with_tokens(nothing, |base, seen, before| {
        let roles = if before == 0 { vec!["User.Read.All"] } else { super::wire::every_permission() };
        token_for(base, seen, json!({ "roles": roles }))
    })
    .await;
    let clock = clock();
    let directory = wire.graph(&clock).app(tenant(1), &credential("s"));
    assert!(directory.catalogs().await.is_err(), "the token is fresh: asking again would give the same");
    assert_eq!(wire.token_requests().len(), 1);
    clock.advance(Duration::from_secs(61));
    directory.catalogs().await.unwrap();
    assert_eq!((wire.token_requests().len(), wire.seen().len()), (2, 1));
}

#[tokio::test]
async fn a_token_is_dropped_when_consent_is_lost() {
    let gone = json!({"error": "unauthorized_client", "error_codes": [700016],
        "error_description": "AADSTS700016: Application with identifier was not found in the directory."});
    let wire = Wire::with_tokens(
        |_, before| match before {
            0 => Reply::json(200, json!({"value": []})),
            _ => Reply::json(403, json!({"error": {"code": "Authorization_RequestDenied", "message": "no"}})),
        },
        move |base, seen, before| match before {
            0 => token_for(base, seen, json!({})),
            _ => Reply::json(400, gone.clone()),
        },
    )
    .await;
    let clock = clock();
    let directory = wire.graph(&clock).app(tenant(1), &credential("s"));
    directory.catalogs().await.unwrap();
    clock.advance(Duration::from_secs(600));
    assert_eq!(directory.catalogs().await.unwrap_err().kind, GraphErrorKind::Forbidden);
    for _ in 0..2 {
        let error = directory.catalogs().await.unwrap_err();
        assert_eq!(error.kind, GraphErrorKind::AppGone, "the token that still lived is not used again");
    }
    assert_eq!(wire.seen().len(), 2);
    let renewed = clock.clone();
    let wire = Wire::with_tokens(nothing, |base, seen, before| match before {
        0 => token_for(base, seen, json!({})),
        _ => Reply::json(400, json!({"error": "unauthorized_client", "error_codes": [7000112]})),
    })
    .await;
    let directory = wire.graph(&clock).app(tenant(1), &credential("s"));
    directory.permissions().await.unwrap();
    renewed.advance(Duration::from_secs(3400));
    assert_eq!(
        directory.permissions().await.unwrap_err().kind,
        GraphErrorKind::AppDisabled,
        "199 s were left"
    );
}

#[tokio::test]
async fn a_claims_challenge_is_answered_with_a_new_token_that_has_the_claims() {
    const CLAIMS: &str = r#"{"access_token":{"nbf":{"essential":true, "value":"1604106651"}}}"#;
    let challenge = format!(
        "Bearer realm=\"\", authorization_uri=\"https://login.example/common/oauth2/authorize\", \
         error=\"insufficient_claims\", claims=\"{}\"",
        base64::engine::general_purpose::STANDARD.encode(CLAIMS)
    );
    let refused = move |times| {
        let challenge = challenge.clone();
        move |_: &Seen, before| {
            let body = json!({"error": {"code": "InvalidAuthenticationToken", "message":
                "Continuous access evaluation resulted in challenge with result: InteractionRequired"}});
            match before < times {
                true => Reply::json(401, body).with("www-authenticate", challenge.clone()),
                false => Reply::json(200, json!({"id": "made", "value": []})),
            }
        }
    };
    let wire = Wire::playing(refused(1)).await;
    let directory = wire.graph(&clock()).app(tenant(1), &credential("s"));
    let new = NewCatalog { display_name: "MSSP Accesses".into(), description: "d".into() };
    directory.create_catalog(&new).await.expect("refused before any effect: sent once more");
    let asked: Vec<_> = wire.token_requests().iter().map(|one| one.field("claims")).collect();
    assert_eq!(asked, [None, Some(CLAIMS.to_owned())]);
    directory.catalogs().await.unwrap();
    assert_eq!(wire.token_requests().len(), 2, "the new token serves on");

    let wire = Wire::playing(refused(9)).await;
    let error = wire.graph(&clock()).app(tenant(1), &credential("s")).catalogs().await.unwrap_err();
    assert_eq!((error.cause(), error.status), ("token-refused", Some(401)));
    assert_eq!((wire.token_requests().len(), wire.seen().len()), (2, 2), "one challenge, one answer");
}

#[tokio::test]
async fn a_federated_assertion_and_a_secret_go_as_documented() {
    let wire = Wire::playing(nothing).await;
    let assertion = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJwb3J0YWwifQ.c2ln";
    let app =
        AppCredential { client_id: ClientId::new(APP), proof: Proof::Federated(assertion.to_owned().into()) };
    assert!(!format!("{app:?}").contains("eyJ"));
    wire.graph(&clock()).app(tenant(1), &app).permissions().await.unwrap();
    wire.graph(&clock()).app(tenant(1), &credential("the secret&=")).permissions().await.unwrap();
    let scope = format!("{}/.default", wire.base);
    let form = |number: usize| -> Vec<(String, String)> {
        let body = wire.token_requests()[number].body.clone();
        url::form_urlencoded::parse(body.as_bytes()).into_owned().collect()
    };
    let pairs = |more: &[(&str, &str)]| -> Vec<(String, String)> {
        let common = [("grant_type", "client_credentials"), ("client_id", APP), ("scope", scope.as_str())];
        common.iter().chain(more).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    assert_eq!(form(0), pairs(&[("client_assertion_type", kind), ("client_assertion", assertion)]));
    assert_eq!(form(1), pairs(&[("client_secret", "the secret&=")]));
    let sent = wire.token_requests();
    assert!(sent.iter().all(|one| !one.headers.contains_key("authorization")));
}

#[tokio::test]
async fn after_a_consent_the_permissions_are_asked_for_anew() {
    let wire = Wire::with_tokens(nothing, |base, seen, before| {
        token_for(
            base,
            seen,
            json!({"roles": if before == 0 { vec![] } else { vec!["Group.ReadWrite.All"] }}),
        )
    })
    .await;
    let directory = wire.graph(&clock()).app(tenant(1), &credential("s"));
    assert!(directory.permissions().await.unwrap().is_empty());
    assert!(directory.permissions_now().await.unwrap().has("Group.ReadWrite.All"));
}

#[tokio::test]
async fn a_401_is_answered_with_one_new_token_and_no_more() {
    let wire = Wire::playing(|_, before| match before {
        0 => Reply::json(401, json!({"error": {"code": "InvalidAuthenticationToken"}})),
        _ => Reply::json(200, json!({"value": []})),
    })
    .await;
    wire.graph(&clock()).app(tenant(1), &credential("s")).catalogs().await.unwrap();
    assert_eq!((wire.token_requests().len(), wire.seen().len()), (2, 2));

    let wire =
        Wire::playing(|_, _| Reply::json(401, json!({"error": {"code": "InvalidAuthenticationToken"}})))
            .await;
    let error = wire.graph(&clock()).app(tenant(1), &credential("s")).catalogs().await.unwrap_err();
    assert_eq!(error.code.as_deref(), Some("InvalidAuthenticationToken"));
    assert_eq!((wire.token_requests().len(), wire.seen().len()), (2, 2));
}

#[tokio::test]
async fn a_wrong_secret_does_not_find_the_token_that_the_right_one_earned() {
    let wire = Wire::with_tokens(nothing, |base, seen, _| match seen.field("client_secret").as_deref() {
        Some("right") => token_for(base, seen, json!({})),
        _ => Reply::json(401, json!({"error": "invalid_client", "error_codes": [7000215]})),
    })
    .await;
    let graph = wire.graph(&clock());
    graph.app(tenant(1), &credential("right")).permissions().await.unwrap();
    let error = graph.app(tenant(1), &credential("wr0ng")).permissions().await.unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::BadCredential);
    assert!(!format!("{error:?} {error} {:?}", credential("wr0ng")).contains("wr0ng"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_carries_the_token_of_another_directory() {
    let wire = Wire::playing(|_, _| Reply::json(404, json!({"error": {"code": "ResourceNotFound"}}))).await;
    let graph = wire.graph(&clock());
    let calls = (0..8 * 25u8).map(|number| {
        let directory = graph.app(tenant(number % 8), &credential("s"));
        tokio::spawn(async move { directory.group_by_unique_name(&directory.tenant().to_string()).await })
    });
    for outcome in join_all(calls).await {
        assert_eq!(outcome.unwrap().unwrap(), None);
    }
    let seen = wire.seen();
    assert_eq!((seen.len(), wire.token_requests().len()), (200, 8));
    for one in seen {
        let tid = one.claims()["tid"].as_str().unwrap().to_owned();
        assert!(one.path.contains(&tid), "{} with a token of {tid}", one.path);
    }
}

#[tokio::test]
async fn a_certificate_signs_a_short_ps256_assertion_for_this_token_endpoint() {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let certificate = CertificateParams::default().self_signed(&key).unwrap();
    let proof = Proof::Certificate { der: certificate.der().to_vec(), key_pem: key.serialize_pem().into() };
    let wire = Wire::playing(nothing).await;
    let app = AppCredential { client_id: ClientId::new(APP), proof };
    wire.graph(&clock()).app(tenant(1), &app).permissions().await.unwrap();

    let asked = &wire.token_requests()[0];
    let assertion = asked.field("client_assertion").unwrap();
    let header = jsonwebtoken::decode_header(&assertion).unwrap();
    let thumbprint =
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(certificate.der()));
    assert_eq!((header.alg, header.x5t_s256), (Algorithm::PS256, Some(thumbprint)));
    let mut rules = Validation::new(Algorithm::PS256);
    rules.set_audience(&[format!("{}/{}/oauth2/v2.0/token", wire.base, tenant(1))]);
    rules.validate_exp = false;
    let public = DecodingKey::from_rsa_der(key.der_bytes());
    let claims = jsonwebtoken::decode::<serde_json::Value>(&assertion, &public, &rules).unwrap().claims;
    assert_eq!((claims["iss"].as_str(), claims["sub"].as_str()), (Some(APP), Some(APP)));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 300);
    assert_eq!(claims["iat"].as_i64().unwrap(), clock().clock().now().timestamp());
    assert_eq!(claims["jti"].as_str().unwrap().len(), 36);
    assert_eq!(asked.field("scope").unwrap(), format!("{}/.default", wire.base));
    assert!(asked.field("client_secret").is_none());
}
