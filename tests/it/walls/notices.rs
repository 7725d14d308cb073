//! The notices of a furnished provider.

use chrono::TimeDelta;
use mssp_portal::alerts::model::ReadAlert;
use mssp_portal::kit::ids::{ChannelId, CustomerId, OutgoingId, PersonId, ProviderId, RuleId, SnoozeId};
use mssp_portal::kit::outbox::{self, New};
use mssp_portal::notices::model::{ChannelKind, Rule, Severity};
use mssp_portal::notices::store::{self, Choice, Mail, NewChannel, Settings};
use serde_json::json;

use super::world::begin;
use crate::support::app::TestApp;

#[derive(Clone, Copy, Debug)]
pub struct Notices {
    pub channel: ChannelId,
    pub rule: RuleId,
    pub dead: OutgoingId,
    /// Waits for quiet hours.
    pub held: OutgoingId,
    pub snooze: SnoozeId,
}

pub fn alert(word: &str, at: chrono::DateTime<chrono::Utc>) -> ReadAlert {
    ReadAlert {
        id: word.to_owned(),
        severity: "high",
        status: "new".to_owned(),
        title: word.to_owned(),
        created_at: at,
        updated_at: at,
    }
}

/// What nobody has.
pub fn nothing() -> Notices {
    let id = super::world::nothing();
    Notices {
        channel: ChannelId(id),
        rule: RuleId(id),
        dead: OutgoingId(id),
        held: OutgoingId(id),
        snooze: SnoozeId(id),
    }
}

pub fn new_channel(app: &TestApp, word: &str) -> NewChannel {
    NewChannel {
        id: ChannelId(app.app.chance.uuid_v4()),
        kind: ChannelKind::Webhook,
        name: format!("{word} channel"),
        language: "en".to_owned(),
        shown: format!("{}.example", word.to_lowercase()),
        target: word.as_bytes().to_vec(),
        secret: Some(word.as_bytes().to_vec()),
    }
}

pub fn new_rule(app: &TestApp, word: &str) -> Rule {
    Rule {
        id: RuleId(app.app.chance.uuid_v4()),
        name: format!("{word} rule"),
        kinds: Vec::new(),
        stages: Vec::new(),
        tiers: Vec::new(),
        tags: vec![word.to_owned()],
        severity: Severity::Low,
        channel: None,
        roles: vec!["approver".to_owned()],
        language: String::new(),
        urgent: false,
        enabled: true,
    }
}

/// A message to this channel about this customer.
pub fn message(
    word: &str,
    channel: ChannelId,
    customer: CustomerId,
    at: chrono::DateTime<chrono::Utc>,
) -> New {
    New {
        event: format!("drifted/{customer}/{word}"),
        recipient: format!("channel:{channel}"),
        customer: Some(customer),
        channel: Some(channel),
        person: None,
        told: json!({ "what": "happening", "kind": "drifted", "about": word, "at": at, "facts": { "why": word } }),
        due_at: at,
        held: false,
        urgent: false,
    }
}

pub async fn furnish(
    app: &TestApp,
    provider: ProviderId,
    word: &str,
    person: PersonId,
    (other, customer): (PersonId, CustomerId),
) -> Notices {
    let (clock, chance, now) = (&app.app.clock, &app.app.chance, app.app.clock.now());
    let (channel, rule) = (new_channel(app, word), new_rule(app, word));
    let mut tx = begin(app, provider).await;
    let mail = Mail {
        host: format!("{}.example", word.to_lowercase()),
        from: word.to_owned(),
        ..Settings::default().mail
    };
    store::set_mail(&mut tx, &mail, Some(word.as_bytes()), now).await.unwrap();
    store::set_times(
        &mut tx,
        &Settings { digest_roles: vec!["approver".to_owned()], ..Settings::default() },
        now,
    )
    .await
    .unwrap();
    store::add_channel(&mut tx, &channel, now).await.unwrap();
    store::add_rule(&mut tx, &rule, now).await.unwrap();
    store::set_choice(&mut tx, person, Choice { mail: true, digest: true }, now).await.unwrap();
    store::set_choice(&mut tx, other, Choice { mail: false, digest: false }, now).await.unwrap();
    mssp_portal::alerts::store::keep(&mut tx, customer, &[alert(word, now)]).await.unwrap();
    // Dead, held by quiet hours, and to come again tomorrow.
    let dead = message(word, channel.id, customer, now);
    let held =
        New { event: format!("{word} held"), held: true, due_at: now + TimeDelta::hours(1), ..dead.clone() };
    outbox::put(&mut tx, clock, chance, &[dead, held]).await.unwrap();
    store::set_round(&mut tx, OutgoingId::new(clock, chance), Some(now + TimeDelta::days(1)), now)
        .await
        .unwrap();
    tx.commit_bookkeeping("test").await.unwrap();
    let id = sqlx::query_scalar!(
        r#"update outgoing set state = 'dead', due_at = null, problem = $3
            where provider_id = $1 and recipient <> 'nobody' and not held and channel_id = $2
        returning outgoing_id as "id: OutgoingId""#,
        provider.0,
        channel.id.0,
        json!({ "cause": "unreached", "detail": word })
    );
    let dead = id.fetch_one(&app.owner).await.unwrap();
    let held = sqlx::query_scalar!(
        r#"select outgoing_id as "id: OutgoingId" from outgoing where provider_id = $1 and held and channel_id = $2"#,
        provider.0,
        channel.id.0
    );
    let held = held.fetch_one(&app.owner).await.unwrap();
    let snooze = SnoozeId::new(clock, chance);
    let mut tx = begin(app, provider).await;
    let ends_at = now + TimeDelta::days(1);
    assert!(
        store::snooze(&mut tx, snooze, customer, person, ("drifted", word), (now, ends_at)).await.unwrap()
    );
    tx.commit_bookkeeping("test").await.unwrap();
    Notices { channel: channel.id, rule: rule.id, dead, held, snooze }
}
