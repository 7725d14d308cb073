//! A provider's own round: keys that end are told, what is over goes, whatever becomes of his customers.

use chrono::{DateTime, TimeDelta, Utc};
use mssp_portal::kit::happening::Kind;
use serde_json::json;

use super::{Stage, many};
use crate::support::receiver::Receiver;

async fn app_until(stage: &Stage, app: &str, client: &str, end: DateTime<Utc>) {
    sqlx::query!(
        "insert into app_registration (provider_id, app, client_id, proof, not_after, changed_at)
         values ($1, $2, $3, 'certificate', $4, $5)
         on conflict (provider_id, app) do update set not_after = excluded.not_after",
        stage.provider.0,
        app,
        client,
        end,
        stage.now()
    )
    .execute(&stage.app.owner)
    .await
    .unwrap();
}

#[tokio::test]
async fn a_key_that_ends_is_told_at_60_30_and_7_days_once_each_though_the_oldest_customer_is_paused() {
    let (stage, receiver) = (Stage::new().await, Receiver::start().await);
    sqlx::query!(
        "update customer set paused_at = $2, paused_by = $3, paused_reason = 'Test' where customer_id = $1",
        stage.customer.0,
        stage.now(),
        stage.admin.id.0
    )
    .execute(&stage.app.owner)
    .await
    .unwrap();
    let (channel, _) = stage.channel("webhook", &receiver.url).await;
    stage.rule_to(&channel, "&kinds=credential-ending").await;
    let end = stage.now() + TimeDelta::days(70);
    app_until(&stage, "reader", "11111111-1111-4111-8111-111111111111", end).await;
    // An app that is not set up has no key that anybody waits for.
    app_until(&stage, "operator", "", stage.now()).await;
    for (day, steps) in [
        (5_i64, &[] as &[i64]),
        (11, &[60]),
        (12, &[60]),
        (39, &[60]),
        (41, &[60, 30]),
        (62, &[60, 30]),
        (64, &[60, 30, 7]),
        (69, &[60, 30, 7]),
        (90, &[60, 30, 7]),
    ] {
        stage.move_to(&(end - TimeDelta::days(70 - day)).to_rfc3339());
        for _ in 0..2 {
            stage.round().await;
        }
        let told: Vec<i64> =
            receiver.sent().iter().map(|one| one.json()["data"]["facts"]["days"].as_i64().unwrap()).collect();
        assert_eq!(told, steps, "on day {day}");
    }
    let body = receiver.sent()[0].json();
    assert_eq!(body["type"], "credential.ending");
    assert_eq!(body["data"]["summary"], "Provider contoso: A key is about to expire");
    assert_eq!(body["data"]["link"], "http://localhost:8080/admin/apps/reader");
    assert!(body["data"]["customer"].is_null(), "it is no customer's");
    // Another key: another end, told anew.
    app_until(&stage, "reader", "", stage.now() + TimeDelta::days(20)).await;
    stage.wait(15);
    stage.round().await;
    assert_eq!(receiver.sent().len(), 4);
    assert_eq!(receiver.sent()[3].json()["data"]["facts"]["days"], 30);
}

#[tokio::test]
async fn what_was_kept_long_enough_goes_and_nothing_else() {
    let (stage, receiver) = (Stage::new().await, Receiver::start().await);
    let (channel, _) = stage.channel("slack", &receiver.url).await;
    stage.rule_to(&channel, "").await;
    stage.told(Kind::Drifted, "sent", json!({})).await;
    stage.round().await;
    receiver.reply(crate::support::receiver::Reply::Status(404));
    stage.told(Kind::Drifted, "dead", json!({})).await;
    stage.round().await;
    assert_eq!(stage.states().await, [many("dead", 1), many("sent", 1)]);
    let happenings = async || {
        let many = sqlx::query_scalar!(r#"select count(*) as "n!" from happening"#);
        many.fetch_one(&stage.app.owner).await.unwrap()
    };
    for (days, states, told) in [
        (89_u64, vec![many("dead", 1), many("sent", 1)], 2),
        (2, vec![many("dead", 1)], 2),
        (308, vec![many("dead", 1)], 2),
        (2, vec![], 0),
    ] {
        stage.wait(days * 24 * 60);
        stage.round().await;
        assert_eq!((stage.states().await, happenings().await), (states, told));
    }
}
