//! The error catalogue, row by row, with the words Microsoft uses (contract §1, §9, §14, §15, §23).

use std::collections::BTreeSet;

use mssp_portal::graph::GraphError;
use mssp_portal::graph::WhoseMove::{self, Customer, Microsoft, Us};
use mssp_portal::graph::catalogs::NewCatalog;
use mssp_portal::graph::catalogue::{self, link_of};
use serde_json::{Value, json};

use super::wire::{Reply, Wire, clock, credential, tenant};

const INNER: &str = "93b6f17e-c05d-4f45-ad2a-6665c708d8a0";
const TRACE: &str = "0c5b7d8e-1111-4222-8333-444455556666";

/// Number, status, `error`, words, cause, move: as Entra's token endpoint says it.
const ENTRA: &[(u32, u16, &str, &str, &str, WhoseMove)] = &[
    (
        7000215,
        401,
        "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app 'c1'.",
        "bad-credential",
        Us,
    ),
    (
        7000218,
        401,
        "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        "bad-credential",
        Us,
    ),
    (50012, 401, "invalid_client", "Client assertion contains an invalid signature.", "bad-credential", Us),
    (50013, 401, "invalid_client", "Assertion failed signature validation.", "bad-credential", Us),
    (50027, 401, "invalid_client", "JWT token is invalid or malformed.", "bad-credential", Us),
    (
        700021,
        401,
        "invalid_client",
        "Client assertion application identifier doesn't match 'client_id' parameter.",
        "bad-credential",
        Us,
    ),
    (
        700023,
        401,
        "invalid_client",
        "Client assertion audience claim does not match Realm issuer.",
        "bad-credential",
        Us,
    ),
    (
        700027,
        401,
        "invalid_client",
        "The certificate with identifier used to sign the client assertion is not registered on application.",
        "bad-credential",
        Us,
    ),
    (
        700024,
        401,
        "invalid_client",
        "Client assertion is not within its valid time range.",
        "clock-wrong",
        Us,
    ),
    (
        7000222,
        401,
        "invalid_client",
        "The provided client secret keys for app 'c1' are expired.",
        "credential-expired",
        Us,
    ),
    (
        1000502,
        401,
        "invalid_client",
        "The provided certificate is not within its specified validity period.",
        "credential-expired",
        Us,
    ),
    (
        700016,
        400,
        "unauthorized_client",
        "Application with identifier 'c1' was not found in the directory 'Contoso'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.",
        "app-gone",
        Customer,
    ),
    (
        7000229,
        401,
        "invalid_client",
        "The client application is missing service principal in the tenant.",
        "app-gone",
        Customer,
    ),
    (7000112, 400, "unauthorized_client", "Application 'c1'(Reader) is disabled.", "app-disabled", Customer),
    (
        90002,
        400,
        "invalid_request",
        "Tenant 'x' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.",
        "no-such-tenant",
        Us,
    ),
    (
        900023,
        400,
        "invalid_request",
        "Specified tenant identifier 'x' is neither a valid DNS name, nor a valid external domain.",
        "no-such-tenant",
        Us,
    ),
    (
        500011,
        400,
        "invalid_resource",
        "The resource principal named https://graph.microsoft.com was not found in the tenant named Contoso.",
        "consent-missing",
        Customer,
    ),
    (
        65001,
        400,
        "invalid_grant",
        "The user or administrator has not consented to use the application with ID 'c1' named 'Reader'.",
        "consent-missing",
        Customer,
    ),
    (
        90094,
        400,
        "invalid_grant",
        "An administrator of Contoso has set a policy that prevents you from granting Reader the permissions it is requesting.",
        "consent-missing",
        Customer,
    ),
    (
        65004,
        400,
        "consent_required",
        "User declined to consent to access the app.",
        "consent-declined",
        Customer,
    ),
    (
        50011,
        400,
        "invalid_request",
        "The redirect URI specified in the request does not match the redirect URIs configured for the application 'c1'.",
        "app-misconfigured",
        Us,
    ),
    (
        50059,
        400,
        "invalid_request",
        "No tenant-identifying information found in either the request or implied by any provided credentials.",
        "app-misconfigured",
        Us,
    ),
    (
        70011,
        400,
        "invalid_scope",
        "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid.",
        "app-misconfigured",
        Us,
    ),
    (
        1002012,
        400,
        "invalid_scope",
        "The provided value for scope x is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).",
        "app-misconfigured",
        Us,
    ),
    (
        650057,
        400,
        "invalid_resource",
        "Invalid resource. The client has requested access to a resource which is not listed in the requested permissions in the client's application registration.",
        "app-misconfigured",
        Us,
    ),
    (
        50014,
        400,
        "invalid_grant",
        "GuestUserInPendingState - The user account doesn't exist in the directory.",
        "guest-missing",
        Us,
    ),
    (
        50020,
        400,
        "invalid_grant",
        "User account 'a@soc.example' from identity provider does not exist in tenant 'Contoso' and cannot access the application.",
        "guest-missing",
        Us,
    ),
    (
        50105,
        400,
        "invalid_grant",
        "Your administrator has configured the application Approver ('c1') to block users unless they are specifically granted ('assigned') access to the application.",
        "not-assigned",
        Customer,
    ),
    (
        53000,
        400,
        "invalid_grant",
        "Device is not in required device state: compliant.",
        "conditional-access",
        Customer,
    ),
    (
        53003,
        400,
        "access_denied",
        "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
        "conditional-access",
        Customer,
    ),
    (
        90033,
        500,
        "temporarily_unavailable",
        "A transient error has occurred. Please try again.",
        "unavailable",
        Microsoft,
    ),
    (424242, 400, "invalid_scope", "Something nobody has heard of.", "refused", Us),
];

async fn asked_for_a_token(status: u16, body: Value) -> GraphError {
    let wire = Wire::with_tokens(
        |_, _| Reply::json(200, json!({"value": []})),
        move |_, _, _| Reply::json(status, body.clone()),
    )
    .await;
    wire.graph(&clock()).app(tenant(1), &credential("s")).permissions().await.unwrap_err()
}

#[tokio::test]
async fn entra_numbers_become_causes_moves_and_links() {
    for (number, status, word, words, cause, mover) in ENTRA {
        // Some answers carry the number in the text only.
        for codes in [json!([number]), json!(null)] {
            let description = format!(
                "AADSTS{number}: {words} Trace ID: {TRACE} Correlation ID: {INNER} Timestamp: 2026-11-23 12:00:00Z"
            );
            let body = json!({"error": word, "error_description": description, "error_codes": codes,
                "timestamp": "2026-11-23 12:00:00Z", "trace_id": TRACE, "correlation_id": INNER,
                "error_uri": format!("https://login.microsoftonline.com/error?code={number}")});
            let error = asked_for_a_token(*status, body).await;
            assert_eq!((error.cause(), error.whose_move()), (*cause, *mover), "{error:?}");
            let code = format!("AADSTS{number}");
            assert_eq!(
                (error.code.as_deref(), error.request_id.as_deref()),
                (Some(code.as_str()), Some(TRACE))
            );
            assert!(error.message.contains(words), "{error}");
            let link = link_of(error.cause(), error.code.as_deref()).unwrap();
            assert_eq!(link, format!("https://login.microsoftonline.com/error?code={number}"));
            assert_eq!(error.is_unknown(), *number == 424242, "{error:?}");
        }
    }
}

#[tokio::test]
async fn entra_words_decide_where_no_number_does() {
    for (status, word, cause) in [
        (401, "invalid_client", "bad-credential"),
        (400, "consent_required", "consent-missing"),
        (400, "invalid_tenant", "no-such-tenant"),
        (400, "temporarily_unavailable", "unavailable"),
    ] {
        let error = asked_for_a_token(status, json!({"error": word, "error_codes": [424242]})).await;
        // The number is new all the same; what passes by itself is not counted.
        assert_eq!((error.cause(), error.is_unknown()), (cause, cause != "unavailable"), "{error:?}");
    }
}

/// Status, code, words, cause, move: as Graph and entitlement management say it.
const GRAPH: &[(u16, &str, &str, &str, WhoseMove)] = &[
    (
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
        "forbidden",
        Customer,
    ),
    (403, "AccessDenied", "Access denied.", "forbidden", Customer),
    (403, "accessDenied", "Your tenant has no license for this feature.", "licence", Customer),
    (
        403,
        "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
        "Neither tenant is B2C or tenant doesn't have premium license",
        "licence",
        Customer,
    ),
    (
        401,
        "Authorization_IdentityNotFound",
        "The identity of the calling application could not be established.",
        "app-gone",
        Customer,
    ),
    (
        401,
        "InvalidAuthenticationToken",
        "Lifetime validation failed, the token is expired.",
        "token-refused",
        Us,
    ),
    (401, "SomethingElse", "no", "token-refused", Us),
    (400, "CallerNotResourceOwner", "The caller is not the resource owner.", "not-resource-owner", Customer),
    (400, "ResourceNotFound", "The resource was not found.", "not-found", Us),
    (
        400,
        "ResourceNotFoundInOriginSystem",
        "The resource was not found in the origin system.",
        "not-found",
        Us,
    ),
    (404, "RoleNotFound", "The role was not found.", "not-found", Us),
    (
        404,
        "Request_ResourceNotFound",
        "Resource 'x' does not exist or one of its queried reference-property objects are not present.",
        "not-found",
        Us,
    ),
    (410, "SomethingElse", "gone", "not-found", Us),
    (400, "InvalidModel", "Model is not valid.", "bad-request", Us),
    (400, "ArgumentException", "Requested value 'X' was not found.", "bad-request", Us),
    (
        400,
        "Request_BadRequest",
        "Invalid value specified for property 'mailNickname' of resource 'Group'.",
        "bad-request",
        Us,
    ),
    (
        405,
        "Request_BadRequest",
        "Specified HTTP method is not allowed for the request target.",
        "bad-request",
        Us,
    ),
    (400, "BadRequest", "The roleAssignment field is required.", "bad-request", Us),
    (
        400,
        "BadRequest",
        "microsoft.xdr/secops/securitydata/*/read is not a valid permission for storage",
        "defender-not-ready",
        Customer,
    ),
    (400, "SomethingElse", "Your tenant has no license for this feature.", "licence", Customer),
    (400, "Request_UnsupportedQuery", "Unsupported Query.", "bad-request", Us),
    (406, "SomethingElse", "", "bad-request", Us),
    (411, "SomethingElse", "", "bad-request", Us),
    (413, "SomethingElse", "", "bad-request", Us),
    (415, "SomethingElse", "", "bad-request", Us),
    (416, "SomethingElse", "", "bad-request", Us),
    (422, "SomethingElse", "", "bad-request", Us),
    (400, "UnknownError", "", "unexplained", Microsoft),
    (409, "Conflict", "There.", "conflict", Us),
    (
        400,
        "Request_MultipleObjectsWithSameKeyValue",
        "Another object with the same value for property uniqueName already exists.",
        "conflict",
        Us,
    ),
    (409, "Directory_ConcurrencyViolation", "Another request is changing this object.", "conflict", Us),
    (412, "SomethingElse", "", "conflict", Us),
    (423, "SomethingElse", "", "conflict", Us),
    (
        403,
        "Directory_QuotaExceeded",
        "The directory object quota limit for the Tenant has been exceeded.",
        "quota",
        Customer,
    ),
    (507, "SomethingElse", "", "quota", Customer),
    (429, "TooManyRequests", "Please retry again later.", "throttled", Microsoft),
    (509, "SomethingElse", "Bandwidth limit exceeded", "throttled", Microsoft),
    (500, "generalException", "An error occurred sending the request.", "unavailable", Microsoft),
    (501, "notSupported", "", "unavailable", Microsoft),
    (502, "BadGateway", "", "unavailable", Microsoft),
    (503, "serviceNotAvailable", "The service is temporarily unavailable.", "unavailable", Microsoft),
    (504, "GatewayTimeout", "", "unavailable", Microsoft),
    (400, "SomethingElse", "nobody has heard of it", "refused", Us),
    (403, "SomethingElse", "", "forbidden", Customer),
    (404, "SomethingElse", "", "not-found", Us),
];

async fn refused(status: u16, body: Value) -> (GraphError, GraphError) {
    let wire = Wire::playing(move |_, _| Reply::json(status, body.clone())).await;
    let limits = mssp_portal::graph::Limits { attempts: 1, ..Default::default() };
    let directory = wire.graph_within(&clock(), limits).app(tenant(1), &credential("s"));
    let new = NewCatalog { display_name: "MSSP Accesses".into(), description: "d".into() };
    (directory.catalogs().await.unwrap_err(), directory.create_catalog(&new).await.unwrap_err())
}

#[tokio::test]
async fn graph_codes_and_statuses_become_causes_and_moves_for_reads_and_creates() {
    for (status, code, words, cause, mover) in GRAPH {
        let inner = json!({"date": "2026-11-23T12:00:00", "request-id": INNER, "client-request-id": TRACE});
        let body = json!({"error": {"code": code, "message": words, "innerError": inner}});
        let (read, create) = refused(*status, body).await;
        assert_eq!((read.cause(), read.whose_move()), (*cause, *mover), "{read:?}");
        let of_create = if *cause == "unavailable" { ("lost-answer", Us) } else { (*cause, *mover) };
        assert_eq!((create.cause(), create.whose_move()), of_create, "{create:?}");
        for error in [&read, &create] {
            assert_eq!((error.code.as_deref(), error.request_id.as_deref()), (Some(*code), Some(INNER)));
            assert!(link_of(error.cause(), error.code.as_deref()).is_some());
        }
        let counted = *code == "SomethingElse" && *cause != "throttled";
        assert_eq!(read.is_unknown(), counted, "{read:?}");
        let problem = read.problem();
        assert_eq!((&problem["code"], &problem["request"]), (&json!(code), &json!(INNER)));
        assert_eq!(problem["unknown"], if read.is_unknown() { json!(true) } else { json!(null) });
    }
}

#[tokio::test]
async fn the_documented_body_of_429_is_read() {
    let body = json!({"error": {"code": "TooManyRequests", "innerError": {"code": "429", "date": "2020-08-18T12:51:51",
        "message": "Please retry after", "request-id": INNER, "status": "429"}, "message": "Please retry again later."}});
    let (error, _) = refused(429, body).await;
    assert_eq!((error.cause(), error.request_id.as_deref()), ("throttled", Some(INNER)));
}

#[tokio::test]
async fn an_odd_piece_of_an_error_does_not_hide_its_code() {
    for body in [
        json!({"error": {"code": "InvalidModel", "message": 5, "innerError": "x", "details": {}}}),
        json!({"error": {"code": "InvalidModel", "message": null, "innerError": [INNER], "target": 7}}),
        json!({"error": {"code": "InvalidModel", "innerError": {"request-id": 5}}}),
        json!({"error": {"Code": "InvalidModel", "Message": "Model is not valid."}, "new": [1]}),
        json!({"error": "InvalidModel", "message": "Model is not valid."}),
    ] {
        let (error, _) = refused(400, body.clone()).await;
        assert_eq!((error.code.as_deref(), error.cause()), (Some("InvalidModel"), "bad-request"), "{body}");
    }
    let inner = json!({"error": {"code": "InvalidModel", "innererror": {"requestId": INNER}}});
    assert_eq!(refused(400, inner).await.0.request_id.as_deref(), Some(INNER));
    for codes in [json!(["700016"]), json!("700016"), json!([{}, 700016]), json!({"0": 1})] {
        let body = json!({"error": "unauthorized_client", "error_codes": codes, "trace_id": 5,
            "correlation_id": INNER, "error_description": "AADSTS700016: not found"});
        let error = asked_for_a_token(400, body).await;
        assert_eq!((error.cause(), error.request_id.as_deref()), ("app-gone", Some(INNER)), "{codes}");
    }
}

#[test]
fn every_row_of_the_table_is_tried_by_some_text_here() {
    let mut tried: BTreeSet<String> = ENTRA.iter().map(|row| format!("aadsts{}", row.0)).collect();
    tried.extend(GRAPH.iter().map(|row| row.1.to_lowercase()));
    tried.extend(GRAPH.iter().map(|row| format!("status:{}", row.0)));
    tried.extend(
        ["invalid_client", "consent_required", "invalid_tenant", "temporarily_unavailable"]
            .map(|word| format!("word:{word}")),
    );
    tried.extend(["text:licence", "text:storage"].map(str::to_owned));
    // What the client finds out by itself: tests/it/graph of every other name.
    let own: BTreeSet<String> = catalogue::rows()
        .iter()
        .map(|row| row.code.to_lowercase())
        .filter(|code| !code.starts_with("kind:") && !code.starts_with("step:"))
        .collect();
    let untried: Vec<_> = own.difference(&tried).collect();
    assert!(untried.is_empty(), "{untried:?}");
}
