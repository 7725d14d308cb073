//! Webhooks: signed as Standard Webhooks says, sent once, retried, and never into a private network.

use mssp_portal::kit::happening::Kind;
use mssp_portal::kit::reach::Allowed;
use serde_json::json;
use standardwebhooks::Webhook;

use super::{Stage, many};
use crate::support::receiver::{Receiver, Reply, Sent};

fn verified(secret: &str, sent: &Sent) -> bool {
    Webhook::new(secret).unwrap().verify(&sent.body, &sent.headers).is_ok()
}

#[tokio::test]
async fn one_event_is_one_signed_message_however_many_rules_and_tellings() {
    let (stage, receiver) = (Stage::today().await, Receiver::start().await);
    let (channel, secret) = stage.channel("webhook", &format!("{}/in", receiver.url)).await;
    stage.rule_to(&channel, "").await;
    stage.rule_to(&channel, "&kinds=request-pending").await;
    for _ in 0..3 {
        stage.asked("r1").await;
        stage.round().await;
    }
    let sent = receiver.sent();
    assert_eq!(sent.len(), 1);
    assert!(verified(&secret, &sent[0]), "the official library takes the signature");
    let mut forged = sent[0].clone();
    forged.body = sent[0].body.iter().copied().chain([b' ']).collect::<Vec<_>>().into();
    assert!(!verified(&secret, &forged));
    let body = sent[0].json();
    assert_eq!(body["type"], "request.pending");
    assert_eq!(body["data"]["customer"]["name"], "Adatum");
    assert_eq!(body["data"]["facts"]["why"], "Incident 4711");
    assert_eq!(body["data"]["link"], format!("http://localhost:8080/customers/{}/requests", stage.customer));
    assert_eq!((body["data"]["severity"].as_str(), sent[0].path.as_str()), (Some("medium"), "/in"));
    // Another identity is another message.
    stage.asked("r2").await;
    stage.round().await;
    assert_eq!(receiver.sent().len(), 2);
    assert_ne!(receiver.sent()[1].header("webhook-id"), sent[0].header("webhook-id"));
}

#[tokio::test]
async fn after_a_rotation_both_secrets_sign_for_a_day_and_then_the_new_one_alone() {
    let (stage, receiver) = (Stage::today().await, Receiver::start().await);
    let (channel, old) = stage.channel("webhook", &receiver.url).await;
    stage.rule_to(&channel, "").await;
    let page = stage.form(&format!("{channel}/secret"), "").await;
    let new = format!("whsec_{}", page.split("whsec_").nth(1).unwrap().split('<').next().unwrap());
    assert_ne!(new, old);
    stage.asked("r1").await;
    stage.round().await;
    let first = receiver.sent()[0].clone();
    assert_eq!(first.header("webhook-signature").split(' ').count(), 2);
    assert!(verified(&old, &first) && verified(&new, &first));
    stage.wait(24 * 60 + 1);
    stage.asked("r2").await;
    stage.round().await;
    let second = receiver.sent()[1].clone();
    assert_eq!(second.header("webhook-signature").split(' ').count(), 1);
    // Nowhere is a secret shown again.
    let pages = [stage.get(&channel).await, stage.get("/audit").await];
    assert!(pages.iter().all(|page| page.status == 200 && !page.body.contains("whsec_")));
    assert!(!pages[0].body.contains(&receiver.url));
}

#[tokio::test]
async fn a_receiver_that_fails_is_tried_again_with_the_same_id_until_it_takes_it() {
    let reach =
        Allowed { private: true, patience: std::time::Duration::from_millis(500), ..Allowed::default() };
    let (stage, receiver) = (Stage::with(reach).await, Receiver::start().await);
    let (channel, _) = stage.channel("webhook", &receiver.url).await;
    stage.rule_to(&channel, "").await;
    for reply in [Reply::Status(503), Reply::Never, Reply::Status(429)] {
        receiver.reply(reply);
    }
    stage.asked("r1").await;
    stage.round().await;
    assert_eq!((receiver.sent().len(), stage.causes().await), (1, vec!["receiver-later".to_owned()]));
    stage.round().await;
    assert_eq!(receiver.sent().len(), 1, "not before its time");
    stage.wait(1);
    stage.round().await;
    assert_eq!((receiver.sent().len(), stage.causes().await), (2, vec!["unreached".to_owned()]));
    for _ in 0..2 {
        stage.wait(10);
        stage.round().await;
    }
    let sent = receiver.sent();
    assert_eq!((sent.len(), stage.states().await), (4, vec![many("sent", 1)]));
    assert!(sent.iter().all(|one| one.header("webhook-id") == sent[0].header("webhook-id")));
    assert!(sent.iter().all(|one| one.body == sent[0].body), "the same bytes at every try");
}

#[tokio::test]
async fn what_no_trying_helps_is_left_for_a_person_who_sends_it_again() {
    let (stage, receiver) = (Stage::new().await, Receiver::start().await);
    let (channel, _) = stage.channel("webhook", &receiver.url).await;
    stage.rule_to(&channel, "").await;
    receiver.reply(Reply::Status(404));
    stage.asked("r1").await;
    stage.round().await;
    assert_eq!(stage.states().await, [many("dead", 1)]);
    // Too many tries end the same way.
    for _ in 0..12 {
        receiver.reply(Reply::Status(500));
    }
    stage.asked("r2").await;
    for _ in 0..14 {
        stage.round().await;
        stage.wait(5 * 60);
    }
    assert_eq!((receiver.sent().len(), stage.states().await), (13, vec![many("dead", 2)]));
    let page = stage.get("/admin/notices/outbox?state=dead").await;
    assert!(
        page.body.contains("The receiver refuses the message.") && page.body.contains("404"),
        "{}",
        page.body
    );
    assert!(stage.get("/admin/notices").await.body.contains("2 messages could not be sent."));
    assert!(stage.get("/health").await.body.contains("2 messages could not be sent."));
    let id = page.body.split("name=\"message\" value=\"").nth(2).unwrap().split('"').next().unwrap();
    stage.form("/admin/notices/outbox/again", &format!("message={id}")).await;
    stage.round().await;
    assert_eq!(stage.states().await, [many("dead", 1), many("sent", 1)]);
    stage.form("/admin/notices/outbox/again", "message=all").await;
    stage.round().await;
    assert_eq!(stage.states().await, [many("sent", 2)]);
}

#[tokio::test]
async fn a_private_address_is_refused_after_its_name_was_looked_up() {
    let receiver = Receiver::start().await;
    let stage = Stage::with(Allowed::default()).await;
    // By name it may be entered; what the name leads to shows when it is used.
    let port = receiver.url.rsplit(':').next().unwrap();
    let (channel, _) = stage.channel("webhook", &format!("https://localhost:{port}/")).await;
    stage.rule_to(&channel, "").await;
    stage.asked("r1").await;
    stage.round().await;
    assert_eq!(
        (stage.states().await, stage.causes().await),
        (vec![many("dead", 1)], vec!["private".to_owned()])
    );
    assert_eq!(receiver.sent().len(), 0);
    for target in [
        "https%3A%2F%2F169.254.169.254%2F",
        "https%3A%2F%2F%5B%3A%3A1%5D%2F",
        "http%3A%2F%2Fhooks.example%2F",
    ] {
        let form = format!("kind=slack&name=X&target={target}&language=en");
        let answer = stage.app.post(Some(&stage.admin), "/admin/notices/channels/add", &form).await;
        assert_eq!(answer.status, 422, "{target}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (stage, receiver, other) = (Stage::new().await, Receiver::start().await, Receiver::start().await);
    let (channel, _) = stage.channel("slack", &receiver.url).await;
    stage.rule_to(&channel, "").await;
    let to: &'static str = Box::leak(other.url.clone().into_boxed_str());
    receiver.reply(Reply::Redirect(to));
    stage.asked("r1").await;
    stage.round().await;
    assert_eq!((stage.causes().await, other.sent().len()), (vec!["redirected".to_owned()], 0));
}

#[tokio::test]
async fn teams_gets_a_card_and_slack_gets_blocks() {
    let (stage, receiver) = (Stage::new().await, Receiver::start().await);
    for kind in ["teams", "slack"] {
        let (channel, _) = stage.channel(kind, &format!("{}/{kind}", receiver.url)).await;
        stage.rule_to(&channel, "").await;
    }
    stage.told(Kind::ConsentLost, "reader/1", json!({ "why": "AADSTS7000229" })).await;
    stage.round().await;
    let sent = receiver.sent();
    assert_eq!(sent.len(), 2);
    for one in sent {
        let body = one.json();
        assert!(one.header("content-type").starts_with("application/json"));
        let (text, link) = match one.path.as_str() {
            "/teams" => {
                let card = &body["attachments"][0];
                assert_eq!(card["contentType"], "application/vnd.microsoft.card.adaptive");
                (card["content"]["fallbackText"].clone(), card["content"]["actions"][0]["url"].clone())
            }
            _ => {
                let blocks = body["blocks"].as_array().unwrap();
                let link = blocks.iter().find(|block| block["type"] == "actions").unwrap();
                (body["text"].clone(), link["elements"][0]["url"].clone())
            }
        };
        assert_eq!(text, "Adatum: Consent is lost");
        assert_eq!(link, format!("http://localhost:8080/customers/{}", stage.customer));
    }
}
