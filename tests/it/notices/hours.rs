//! Quiet hours hold what is not urgent, and snoozes what nobody wants to hear of.

use mssp_portal::kit::happening::Kind;
use serde_json::json;

use super::{Stage, many};
use crate::support::receiver::{Receiver, Reply};

const NIGHT: &str = "zone=Europe%2FAmsterdam&from=22%3A00&until=07%3A00&digest_at=08%3A00";

#[tokio::test]
async fn at_night_only_what_is_urgent_leaves_and_the_rest_in_the_morning() {
    let (stage, receiver) = (Stage::new().await, Receiver::start().await);
    let (quiet, _) = stage.channel("webhook", &format!("{}/quiet", receiver.url)).await;
    let (urgent, _) = stage.channel("webhook", &format!("{}/urgent", receiver.url)).await;
    stage.rule_to(&quiet, "").await;
    stage.rule_to(&urgent, "&urgent=yes").await;
    stage.form("/admin/notices/times", NIGHT).await;
    stage.move_to("2026-11-23T21:30:00Z");
    stage.told(Kind::ConsentLost, "reader/1", json!({})).await;
    stage.round().await;
    let paths = || receiver.sent().iter().map(|one| one.path.clone()).collect::<Vec<_>>();
    assert_eq!(
        (paths(), stage.states().await),
        (vec!["/urgent".to_owned()], vec![many("sent", 1), many("waiting", 1)])
    );
    stage.move_to("2026-11-24T05:59:00Z");
    stage.round().await;
    assert_eq!(receiver.sent().len(), 1);
    stage.move_to("2026-11-24T06:00:00Z");
    stage.round().await;
    assert_eq!(paths(), ["/urgent", "/quiet"]);
}

#[tokio::test]
async fn what_failed_in_the_evening_does_not_leave_at_night_unless_it_is_urgent() {
    let (stage, receiver) = (Stage::new().await, Receiver::start().await);
    let (quiet, _) = stage.channel("webhook", &format!("{}/quiet", receiver.url)).await;
    let (urgent, _) = stage.channel("webhook", &format!("{}/urgent", receiver.url)).await;
    stage.rule_to(&quiet, "").await;
    stage.rule_to(&urgent, "&urgent=yes").await;
    stage.form("/admin/notices/times", NIGHT).await;
    stage.move_to("2026-11-23T20:59:50Z");
    for _ in 0..2 {
        receiver.reply(Reply::Status(503));
    }
    stage.told(Kind::ConsentLost, "reader/1", json!({})).await;
    stage.round().await;
    assert_eq!((receiver.sent().len(), stage.states().await), (2, vec![many("waiting", 2)]));
    stage.wait(1);
    stage.round().await;
    let paths = || receiver.sent().iter().skip(2).map(|one| one.path.clone()).collect::<Vec<_>>();
    assert_eq!(paths(), ["/urgent"]);
    stage.move_to("2026-11-24T06:00:00Z");
    stage.round().await;
    assert_eq!(
        (paths(), stage.states().await),
        (vec!["/urgent".to_owned(), "/quiet".to_owned()], vec![many("sent", 2)])
    );
}

#[tokio::test]
async fn what_is_held_follows_quiet_hours_when_they_are_changed() {
    let (stage, receiver) = (Stage::new().await, Receiver::start().await);
    let (channel, _) = stage.channel("slack", &receiver.url).await;
    stage.rule_to(&channel, "").await;
    stage.form("/admin/notices/times", NIGHT).await;
    stage.move_to("2026-11-23T21:30:00Z");
    stage.told(Kind::ConsentLost, "reader/1", json!({})).await;
    stage.round().await;
    stage.form("/admin/notices/times", &NIGHT.replace("22%3A00", "23%3A30")).await;
    stage.round().await;
    assert_eq!(receiver.sent().len(), 1);
}

#[tokio::test]
async fn what_was_decided_over_night_is_not_told_in_the_morning() {
    let (stage, receiver) = (Stage::new().await, Receiver::start().await);
    let (channel, _) = stage.channel("slack", &receiver.url).await;
    stage.rule_to(&channel, "").await;
    stage.form("/admin/notices/times", NIGHT).await;
    stage.move_to("2026-11-23T21:30:00Z");
    super::stages::keep(&stage, "r1", "pendingApproval", "2026-11-23T21:00:00Z", 14).await;
    let mut facts = super::request();
    facts["request"] = json!("r1");
    stage.told(Kind::RequestPending, "r1", facts).await;
    stage.round().await;
    super::stages::keep(&stage, "r1", "delivered", "2026-11-23T21:00:00Z", 14).await;
    stage.move_to("2026-11-24T06:00:00Z");
    stage.round().await;
    assert_eq!((receiver.sent().len(), stage.states().await), (0, vec![many("dropped", 1)]));
    assert_eq!(stage.causes().await, ["overtaken"]);
}

#[tokio::test]
async fn a_snooze_has_a_reason_and_an_end_and_what_it_covered_is_not_sent_later() {
    let (stage, receiver) = (Stage::new().await, Receiver::start().await);
    let (channel, _) = stage.channel("slack", &receiver.url).await;
    stage.rule_to(&channel, "").await;
    let path = format!("/customers/{}/notices", stage.customer);
    let form = |reason: &str| format!("customer={}&kind=drifted&days=2&reason={reason}", stage.customer);
    let refused = stage.app.post(Some(&stage.admin), &format!("{path}/snooze"), &form("")).await;
    assert_eq!(refused.status, 422);
    stage.form(&format!("{path}/snooze"), &form("Migration+under+way")).await;
    stage.told(Kind::Drifted, "1", json!({})).await;
    stage.told(Kind::ConsentLost, "1", json!({})).await;
    stage.round().await;
    assert_eq!(receiver.sent().len(), 1, "the other kind is told");
    let page = stage.get(&path).await;
    assert!(
        page.body.contains("Migration under way") && page.body.contains("until 25 Nov 2026"),
        "{}",
        page.body
    );
    stage.wait(2 * 24 * 60);
    stage.round().await;
    assert_eq!(receiver.sent().len(), 1);
    stage.told(Kind::Drifted, "2", json!({})).await;
    stage.round().await;
    assert_eq!(receiver.sent().len(), 2);
    // Ended by hand.
    stage.form(&format!("{path}/snooze"), &form("Again")).await;
    let page = stage.get(&path).await;
    let id =
        page.body.split("name=\"snooze\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    stage.form(&format!("{path}/wake"), &format!("customer={}&snooze={id}", stage.customer)).await;
    stage.told(Kind::Drifted, "3", json!({})).await;
    stage.round().await;
    assert_eq!(receiver.sent().len(), 3);
    let acts = stage.get("/audit").await;
    assert!(acts.body.contains("Snoozed") && acts.body.contains("Migration under way"));
}
