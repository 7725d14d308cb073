//! Reads that go together: each part has its own answer and its own fate.

use std::time::Duration;

use mssp_portal::graph::requests::{self, AssignmentRequest, RequestState};
use mssp_portal::graph::{AccessRequestId, Directory, GraphErrorKind, Limits, Slot, audits};
use serde_json::{Value, json};

use super::wire::{Reply, Seen, Wire, clock, credential, tenant, token_for};

/// Answers each part by its relative address; the whole in turned order, as Microsoft may.
fn batch(seen: &Seen, part: impl Fn(&str) -> Option<Value>) -> Reply {
    let asked = seen.json()["requests"].as_array().unwrap().clone();
    let answers = asked.iter().rev().filter_map(|one| {
        let mut answer = part(one["url"].as_str().unwrap())?;
        if answer["id"].is_null() {
            answer["id"] = one["id"].clone();
        }
        Some(answer)
    });
    Reply::json(200, json!({ "responses": answers.collect::<Vec<_>>() }))
}

fn ok(body: Value) -> Option<Value> {
    Some(json!({ "status": 200, "headers": { "Content-Type": "application/json" }, "body": body }))
}

fn refused(status: u16, code: &str, headers: Value) -> Option<Value> {
    let body = json!({ "error": { "code": code, "message": "m", "innerError": { "request-id": "inner" } } });
    Some(json!({ "status": status, "headers": headers, "body": body }))
}

fn directory(wire: &Wire) -> Directory {
    wire.graph(&clock()).app(tenant(1), &credential("s"))
}

fn pending() -> mssp_portal::graph::Ask {
    requests::requests_ask(Some(&RequestState::PendingApproval), None)
}

fn one(id: &str) -> mssp_portal::graph::Ask {
    requests::request_ask(&AccessRequestId::new(id))
}

fn audit(id: &str) -> mssp_portal::graph::Ask {
    audits::about_ask(&AccessRequestId::new(id))
}

#[tokio::test]
async fn several_reads_are_one_request_and_each_finds_its_answer() {
    let wire = Wire::playing(|seen, _| {
        batch(seen, |url| match url {
            url if url.contains("assignmentRequests?") => {
                ok(json!({ "value": [{ "id": "r1" }, { "id": "r2" }] }))
            }
            url if url.contains("/r3?") => ok(json!({ "id": "r3", "state": "delivered" })),
            _ => refused(404, "ResourceNotFound", json!({})),
        })
    })
    .await;
    let mut batch = directory(&wire).batch();
    let all: Slot<Vec<AssignmentRequest>> = batch.list(pending());
    let there: Slot<Option<AssignmentRequest>> = batch.find(one("r3"));
    let gone: Slot<Option<AssignmentRequest>> = batch.find(one("r4"));
    assert_eq!((batch.len(), batch.room()), (3, 17));
    let mut answers = batch.send().await.unwrap();
    assert_eq!(answers.take(gone).await.unwrap(), None, "not found is an answer");
    assert_eq!(answers.take(all).await.unwrap().len(), 2);
    assert_eq!(answers.take(there).await.unwrap().unwrap().state, Some(RequestState::Delivered));
    let seen = wire.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].method.as_str(), seen[0].path.as_str()), ("POST", "/v1.0/$batch"));
    let first = &seen[0].json()["requests"][0];
    let url = "/identityGovernance/entitlementManagement/assignmentRequests?\
               $expand=requestor($expand=connectedOrganization),accessPackage,assignment&$filter=state%20eq%20'pendingApproval'";
    let headers = json!({ "prefer": "include-unknown-enum-members" });
    assert_eq!(*first, json!({ "id": "1", "method": "GET", "url": url, "headers": headers }));
}

#[tokio::test]
async fn a_throttled_part_fails_alone_and_its_part_of_graph_is_left_in_peace() {
    let clock = clock();
    let wire = Wire::playing(|seen, _| {
        batch(seen, |url| match url.contains("auditLogs") {
            true => refused(429, "TooManyRequests", json!({ "Retry-After": "120" })),
            false => ok(json!({ "value": [] })),
        })
    })
    .await;
    let directory = wire.graph(&clock).app(tenant(1), &credential("s"));
    let read = async || {
        let mut batch = directory.batch();
        let all: Slot<Vec<AssignmentRequest>> = batch.list(pending());
        let log: Slot<Vec<audits::AuditRow>> = batch.list(audit("r1"));
        let mut answers = batch.send().await.unwrap();
        assert!(answers.take(all).await.unwrap().is_empty());
        answers.take(log).await.unwrap_err()
    };
    let throttled = |seconds| GraphErrorKind::Throttled { retry_after: Some(Duration::from_secs(seconds)) };
    let error = read().await;
    assert_eq!((error.kind.clone(), error.call), (throttled(120), "GET /auditLogs/directoryAudits"));
    assert_eq!(error.request_id.as_deref(), Some("inner"));
    clock.advance(Duration::from_secs(20));
    assert_eq!(read().await.kind, throttled(100));
    let parts = |at: usize| wire.seen()[at].json()["requests"].as_array().unwrap().len();
    assert_eq!((parts(0), parts(1)), (2, 1), "not asked before the time has passed");
    clock.advance(Duration::from_secs(101));
    read().await;
    assert_eq!(parts(2), 2);
}

#[tokio::test]
async fn a_part_without_a_single_readable_answer_spoils_no_other() {
    let wire = Wire::playing(|seen, _| {
        batch(seen, |url| match url {
            url if url.contains("/missing?") => None,
            url if url.contains("/odd?") => Some(json!({ "status": "fine" })),
            // The same part answered twice.
            url if url.contains("/twice?") => {
                Some(json!({ "id": "1", "status": 200, "body": { "id": "x" } }))
            }
            url if url.contains("/list?") => ok(json!([{ "id": "list" }])),
            url if url.contains("/text?") => ok(json!("eyJpZCI6ICJ4In0=")),
            url if url.contains("/empty?") => Some(json!({ "status": 200 })),
            url if url.contains("/dependent?") => refused(424, "FailedDependency", json!({})),
            url if url.contains("/broken?") => refused(500, "UnknownError", json!(null)),
            _ => ok(json!({ "id": "fine" })),
        })
    })
    .await;
    let names = ["first", "missing", "odd", "twice", "list", "text", "empty", "dependent", "broken", "last"];
    let mut batch = directory(&wire).batch();
    let slots: Vec<Slot<Option<AssignmentRequest>>> =
        names.iter().map(|name| batch.find(one(name))).collect();
    let mut answers = batch.send().await.unwrap();
    let mut causes = Vec::new();
    for slot in slots {
        causes.push(match answers.take(slot).await {
            Ok(found) => found.unwrap().id.to_string(),
            Err(error) => {
                assert_eq!(error.call, "GET EM/assignmentRequests/{id}");
                error.cause().to_owned()
            }
        });
    }
    let not = "not-understood";
    assert_eq!(causes, [not, not, not, not, not, not, not, "refused", "unavailable", "fine"]);
}

#[tokio::test]
async fn what_is_no_batch_at_all_is_told_for_the_whole() {
    for body in [json!({}), json!([]), json!({ "responses": {} }), json!({ "value": [] })] {
        let wire = Wire::playing(move |_, _| Reply::json(200, body.clone())).await;
        let mut batch = directory(&wire).batch();
        let _slot: Slot<Vec<AssignmentRequest>> = batch.list(pending());
        let error = batch.send().await.err().unwrap();
        assert_eq!((error.kind, error.call), (GraphErrorKind::NotUnderstood, "POST /$batch"));
    }
}

#[tokio::test]
async fn a_list_goes_on_by_ordinary_calls_and_never_elsewhere() {
    let wire = Wire::playing(|seen, _| {
        let base = format!("http://{}", seen.headers["host"]);
        let list = "/v1.0/identityGovernance/entitlementManagement/assignmentRequests";
        if seen.method == "GET" {
            return Reply::json(200, json!({ "value": [{ "id": "r2" }] }));
        }
        batch(seen, |url| {
            let next = match url.contains("createdDateTime") {
                true => format!("{base}/v1.0/users?$skiptoken=x"),
                false => format!("{base}{list}?$skiptoken=x"),
            };
            ok(json!({ "value": [{ "id": "r1" }], "@odata.nextLink": next }))
        })
    })
    .await;
    let mut batch = directory(&wire).batch();
    let good: Slot<Vec<AssignmentRequest>> = batch.list(pending());
    let bad: Slot<Vec<AssignmentRequest>> =
        batch.list(requests::requests_ask(None, Some("2026-11-01T00:00:00Z".parse().unwrap())));
    let mut answers = batch.send().await.unwrap();
    let ids: Vec<String> =
        answers.take(good).await.unwrap().iter().map(|request| request.id.to_string()).collect();
    assert_eq!(ids, ["r1", "r2"]);
    assert_eq!(answers.take(bad).await.unwrap_err().kind, GraphErrorKind::NotUnderstood);
    assert_eq!(wire.seen().len(), 2);
}

#[tokio::test]
async fn a_twenty_first_part_is_refused_and_the_others_go() {
    let wire = Wire::playing(|seen, _| batch(seen, |_| ok(json!({ "id": "x" })))).await;
    let mut batch = directory(&wire).batch();
    let slots: Vec<Slot<Option<AssignmentRequest>>> =
        (0..21).map(|number| batch.find(one(&number.to_string()))).collect();
    assert_eq!(batch.room(), 0);
    let mut answers = batch.send().await.unwrap();
    let mut came = Vec::new();
    for slot in slots {
        came.push(answers.take(slot).await.is_ok());
    }
    assert!(came[..20].iter().all(|&came| came) && !came[20]);
    assert_eq!(wire.seen()[0].json()["requests"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn the_whole_is_tried_again_where_it_failed_as_a_whole() {
    let wire = Wire::playing(|seen, before| match before {
        0 => Reply::Lost,
        1 => Reply::text(503, "busy"),
        2 => Reply::json(401, json!({})),
        _ => batch(seen, |_| ok(json!({ "value": [] }))),
    })
    .await;
    let mut batch = directory(&wire).batch();
    let all: Slot<Vec<AssignmentRequest>> = batch.list(pending());
    let mut answers = batch.send().await.unwrap();
    assert!(answers.take(all).await.unwrap().is_empty());
    assert_eq!((wire.seen().len(), wire.token_requests().len()), (4, 2));

    let wire = Wire::playing(|_, _| Reply::json(429, json!({})).with("retry-after", "300")).await;
    let mut batch = directory(&wire).batch();
    let _slot: Slot<Vec<AssignmentRequest>> = batch.list(pending());
    let error = batch.send().await.err().unwrap();
    assert_eq!(error.kind, GraphErrorKind::Throttled { retry_after: Some(Duration::from_secs(300)) });
    assert_eq!(wire.seen().len(), 1);

    // Nothing of it changes anything, so an answer that was lost is no lost write.
    let wire = Wire::playing(|_, _| Reply::Lost).await;
    let limits = Limits { attempts: 1, ..Limits::default() };
    let mut batch = wire.graph_within(&clock(), limits).app(tenant(1), &credential("s")).batch();
    let _slot: Slot<Vec<AssignmentRequest>> = batch.list(pending());
    assert_eq!(batch.send().await.err().unwrap().kind, GraphErrorKind::Unavailable);
}

#[tokio::test]
async fn what_the_token_does_not_open_is_not_asked() {
    let wire = Wire::with_tokens(
        |seen, _| batch(seen, |_| ok(json!({ "value": [] }))),
        |base, seen, _| token_for(base, seen, json!({ "roles": ["EntitlementManagement.Read.All"] })),
    )
    .await;
    let directory = directory(&wire);
    let mut batch = directory.batch();
    let all: Slot<Vec<AssignmentRequest>> = batch.list(pending());
    let log: Slot<Vec<audits::AuditRow>> = batch.list(audit("r1"));
    let mut answers = batch.send().await.unwrap();
    assert!(answers.take(all).await.is_ok());
    let error = answers.take(log).await.unwrap_err();
    assert_eq!((error.kind, &*error.missing[0]), (GraphErrorKind::ConsentMissing, "AuditLog.Read.All"));
    assert_eq!(wire.seen()[0].json()["requests"].as_array().unwrap().len(), 1);
    // And where nothing is left to ask, nothing goes out.
    let mut batch = directory.batch();
    let log: Slot<Vec<audits::AuditRow>> = batch.list(audit("r1"));
    assert!(batch.send().await.unwrap().take(log).await.is_err());
    assert!(directory.batch().send().await.is_ok());
    assert_eq!(wire.seen().len(), 1);
}

#[tokio::test]
async fn each_part_is_counted_against_its_budget() {
    let wire = Wire::playing(|seen, _| batch(seen, |_| ok(json!({ "value": [] })))).await;
    let mut batch = directory(&wire).batch();
    let slots: Vec<Slot<Vec<audits::AuditRow>>> =
        (0..6).map(|number| batch.list(audit(&format!("r{number}")))).collect();
    let mut answers = batch.send().await.unwrap();
    let mut came = Vec::new();
    for slot in slots {
        came.push(match answers.take(slot).await {
            Ok(_) => "read",
            Err(error) => error.cause(),
        });
    }
    let throttled = "throttled";
    assert_eq!(
        came,
        ["read", "read", "read", "read", throttled, throttled],
        "5 in 10 seconds, one for people"
    );
}
