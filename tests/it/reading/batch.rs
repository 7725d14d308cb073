//! A batch of reads against the simulated cloud.

use std::time::Duration;

use mssp_portal::graph::requests::{self, AssignmentRequest, RequestState};
use mssp_portal::graph::{
    AccessRequestId, AppCredential, ClientId, Directory, GraphErrorKind, Proof, Slot, audits,
};
use mssp_portal::providers::AppKind;
use serde_json::{Value, json};

use crate::access_requests::live::There;

fn reader(there: &There) -> Directory {
    let credential = AppCredential {
        client_id: ClientId::new(there.contoso.client_id(AppKind::Reader)),
        proof: Proof::Secret("the-secret-of-contoso-reader".to_owned().into()),
    };
    there.app.app.graph.app(there.tenant, &credential)
}

#[tokio::test]
async fn a_batch_reads_lists_of_several_pages_and_one_throttled_part_spoils_no_other() {
    let there = There::new().await;
    let mut asked = Vec::new();
    for who in ["ada", "ben", "cleo"] {
        asked.push(there.ask(who).await);
    }
    there.cloud.control("POST", "/switches", json!({ "page.size": 2 })).await;
    let directory = reader(&there);
    let pending = || requests::requests_ask(Some(&RequestState::PendingApproval), None);
    let since = there.app.app.clock.now() - chrono::TimeDelta::hours(1);
    let mut batch = directory.batch();
    let waiting: Slot<Vec<AssignmentRequest>> = batch.list(pending());
    let recent: Slot<Vec<AssignmentRequest>> = batch.list(requests::requests_ask(None, Some(since)));
    let one: Slot<Option<AssignmentRequest>> =
        batch.find(requests::request_ask(&AccessRequestId::new(asked[1].as_str())));
    let gone: Slot<Option<AssignmentRequest>> =
        batch.find(requests::request_ask(&AccessRequestId::new("2c0aabb6-1e03-4e9b-8ac4-4d2d7d6c2f11")));
    let log: Slot<Vec<audits::AuditRow>> =
        batch.list(audits::about_ask(&AccessRequestId::new(asked[0].as_str())));
    let mut answers = batch.send().await.unwrap();
    assert_eq!(answers.take(waiting).await.unwrap().len(), 3);
    assert_eq!(answers.take(recent).await.unwrap().len(), 3);
    let one = answers.take(one).await.unwrap().unwrap();
    assert_eq!(one.requestor.unwrap().display_name.as_deref(), Some("Ben Approver"));
    assert_eq!(answers.take(gone).await.unwrap(), None);
    let log = answers.take(log).await.unwrap();
    assert!(log.iter().all(|row| row.is_about(&asked[0])));
    let asking =
        log.iter().find(|row| row.activity_display_name.starts_with("User requests access")).unwrap();
    assert_eq!(asking.detail("justification"), Some("On duty"));
    let chain = directory.audits_of(&asking.correlation_id).await.unwrap();
    assert!(chain.contains(asking));
    assert_eq!(directory.audits_about(&AccessRequestId::new(asked[0].as_str())).await.unwrap(), log);

    let fault = json!({ "path": "/v1.0/auditLogs", "fault": "429", "retryAfter": 40, "times": 9 });
    there.cloud.control("POST", "/faults", fault).await;
    let read = async || {
        let mut batch = directory.batch();
        let waiting: Slot<Vec<AssignmentRequest>> = batch.list(pending());
        let log: Slot<Vec<audits::AuditRow>> = batch.list(audits::about_ask(&AccessRequestId::new("r")));
        let mut answers = batch.send().await.unwrap();
        (answers.take(waiting).await.map(|all| all.len()), answers.take(log).await.unwrap_err().kind)
    };
    let throttled = |seconds| GraphErrorKind::Throttled { retry_after: Some(Duration::from_secs(seconds)) };
    assert_eq!(read().await, (Ok(3), throttled(40)));
    there.cloud.control("DELETE", "/faults", Value::Null).await;
    assert_eq!(read().await, (Ok(3), throttled(40)), "left in peace though it would answer");
    there.cloud.end().await;
}

#[tokio::test]
async fn a_part_that_is_lost_broken_or_spoiled_fails_alone() {
    let there = There::new().await;
    there.ask("ada").await;
    let pending = || requests::requests_ask(Some(&RequestState::PendingApproval), None);
    for (fault, cause) in [
        ("lost-answer", "not-understood"),
        ("500", "unavailable"),
        ("504", "unavailable"),
        ("html", "not-understood"),
    ] {
        there.cloud.control("DELETE", "/faults", Value::Null).await;
        let fault = json!({ "path": "/v1.0/auditLogs", "fault": fault, "times": 9 });
        there.cloud.control("POST", "/faults", fault.clone()).await;
        let mut batch = reader(&there).batch();
        let log: Slot<Vec<audits::AuditRow>> = batch.list(audits::about_ask(&AccessRequestId::new("r")));
        let waiting: Slot<Vec<AssignmentRequest>> = batch.list(pending());
        let mut answers = batch.send().await.unwrap();
        assert_eq!(answers.take(waiting).await.unwrap().len(), 1, "{fault}");
        assert_eq!(answers.take(log).await.unwrap_err().cause(), cause, "{fault}");
    }
    there.cloud.end().await;
}
