//! A pending request is told again at half its time, at 80 %, and on its last day; never after it was decided.

use chrono::{DateTime, TimeDelta, Utc};
use mssp_portal::access_requests::model::ReadRequest;
use mssp_portal::access_requests::store::{self as requests, Kept};

use super::Stage;
use crate::support::receiver::Receiver;

/// The request as the directory tells it, with so many days to decide.
pub async fn keep(stage: &Stage, id: &str, state: &str, created: &str, days: i64) {
    let created_at: DateTime<Utc> = created.parse().unwrap();
    let text = |text: &str| text.to_owned();
    let read = ReadRequest {
        id: text(id),
        state: text(state),
        status: String::new(),
        request_type: text("userAdd"),
        package_id: text("p2"),
        package_name: text("Tier 2"),
        requestor_name: text("Ada Analyst"),
        requestor_mail: text("ada@analysts.example"),
        requestor_oid: String::new(),
        justification: text("Incident 4711"),
        created_at,
        ..ReadRequest::default()
    };
    let mut tx = stage.begin().await;
    let denied_at = Some(created_at + TimeDelta::days(days));
    let kept = [Kept { read: &read, package: "tier2", denied_at }];
    requests::keep(&mut tx, stage.customer, &kept, stage.now()).await.unwrap();
    mssp_portal::kit::work::wake(&mut tx, stage.customer, mssp_portal::notices::work::WORK, stage.now())
        .await
        .unwrap();
    tx.commit_bookkeeping("test").await.unwrap();
}

/// The stages that were told, in order.
fn told(receiver: &Receiver) -> Vec<String> {
    let stage = |sent: &crate::support::receiver::Sent| {
        sent.json()["data"]["facts"]["stage"].as_str().unwrap_or("new").to_owned()
    };
    receiver.sent().iter().map(stage).collect()
}

#[tokio::test]
async fn each_stage_is_told_once_and_by_itself() {
    let (stage, receiver) = (Stage::new().await, Receiver::start().await);
    let (channel, _) = stage.channel("webhook", &receiver.url).await;
    stage.rule_to(&channel, "").await;
    keep(&stage, "r1", "pendingApproval", "2026-11-23T12:00:00Z", 14).await;
    stage.round().await;
    // Nobody wakes the work but itself.
    for (until, stages) in [
        ("2026-11-30T11:00:00Z", &[] as &[&str]),
        ("2026-11-30T12:00:00Z", &["50"]),
        ("2026-12-04T16:00:00Z", &["50"]),
        ("2026-12-04T17:00:00Z", &["50", "80"]),
        ("2026-12-06T11:00:00Z", &["50", "80"]),
        ("2026-12-06T12:00:00Z", &["50", "80", "last-day"]),
        ("2026-12-08T12:00:00Z", &["50", "80", "last-day"]),
    ] {
        let until: DateTime<Utc> = until.parse().unwrap();
        while stage.now() < until {
            let left = u64::try_from((until - stage.now()).num_minutes()).unwrap();
            stage.wait(left.min(720));
            stage.round().await;
        }
        assert_eq!(told(&receiver), stages, "at {until}");
    }
}

#[tokio::test]
async fn an_end_that_becomes_known_later_is_told_on_the_way_to_it() {
    let (stage, receiver) = (Stage::new().await, Receiver::start().await);
    let (channel, _) = stage.channel("webhook", &receiver.url).await;
    stage.rule_to(&channel, "").await;
    keep(&stage, "r1", "pendingApproval", "2026-11-23T12:00:00Z", 14).await;
    let end = sqlx::query!("update access_request set denied_at = null");
    end.execute(&stage.app.owner).await.unwrap();
    stage.round().await;
    let end: DateTime<Utc> = "2026-12-07T12:00:00Z".parse().unwrap();
    let known = sqlx::query!("update access_request set denied_at = $1", end);
    known.execute(&stage.app.owner).await.unwrap();
    while stage.now() < "2026-11-30T18:00:00Z".parse::<DateTime<Utc>>().unwrap() {
        stage.wait(6 * 60);
        stage.round().await;
    }
    assert_eq!(told(&receiver), ["50"]);
}

#[tokio::test]
async fn after_an_outage_only_the_last_stage_that_was_missed_is_told() {
    let (stage, receiver) = (Stage::new().await, Receiver::start().await);
    let (channel, _) = stage.channel("webhook", &receiver.url).await;
    stage.rule_to(&channel, "").await;
    keep(&stage, "r1", "pendingApproval", "2026-11-11T12:00:00Z", 14).await;
    stage.round().await;
    assert_eq!(told(&receiver), ["80"]);
}

#[tokio::test]
async fn a_decided_request_is_not_told_again() {
    let (stage, receiver) = (Stage::new().await, Receiver::start().await);
    let (channel, _) = stage.channel("webhook", &receiver.url).await;
    stage.rule_to(&channel, "").await;
    keep(&stage, "r1", "pendingApproval", "2026-11-23T12:00:00Z", 14).await;
    keep(&stage, "r2", "pendingApproval", "2026-11-23T12:00:00Z", 14).await;
    stage.round().await;
    keep(&stage, "r1", "delivered", "2026-11-23T12:00:00Z", 14).await;
    stage.move_to("2026-11-30T12:00:00Z");
    stage.round().await;
    assert_eq!(told(&receiver), ["50"]);
    assert_eq!(receiver.sent()[0].json()["data"]["facts"]["request"], "r2");
}

#[tokio::test]
async fn a_rule_may_tell_some_stages_only() {
    let (stage, receiver) = (Stage::new().await, Receiver::start().await);
    let (channel, _) = stage.channel("webhook", &receiver.url).await;
    stage.rule_to(&channel, "&kinds=request-pending&stages=last-day").await;
    keep(&stage, "r1", "pendingApproval", "2026-11-23T12:00:00Z", 14).await;
    stage.asked("r1").await;
    for at in ["2026-11-30T12:00:00Z", "2026-12-04T17:00:00Z", "2026-12-06T12:00:00Z"] {
        stage.move_to(at);
        stage.round().await;
    }
    assert_eq!(told(&receiver), ["last-day"]);
}
