//! Sends a message in the form of its receiver.

mod card;
mod mail;
pub mod webhook;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::model::ChannelKind;
use super::store::{self, Settings, ToChannel, ToPerson};
use super::words::Said;
use crate::app::App;
use crate::kit::ids::{ChannelId, ProviderId};
use crate::kit::outbox;
use crate::kit::seal::Place;

/// What a failure leaves to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaves {
    /// Trying again may help without anybody acting.
    Again,
    /// It went out, and no answer came: the receiver may have it.
    Doubt,
    /// Trying again helps nothing.
    Nothing,
}

/// Why a message was not sent.
#[derive(Clone, Debug)]
pub struct Failure {
    pub leaves: Leaves,
    /// `cause`, whose words are `notices-cause-…`, and `detail`, what the receiver said.
    pub problem: Value,
}

impl Failure {
    pub fn passing(cause: &'static str, detail: impl Into<String>) -> Self {
        Self { leaves: Leaves::Again, problem: problem(cause, detail.into()) }
    }

    pub fn dead(cause: &'static str, detail: impl Into<String>) -> Self {
        Self { leaves: Leaves::Nothing, problem: problem(cause, detail.into()) }
    }

    /// It went out, and what became of it is not known.
    pub fn lost(detail: impl Into<String>) -> Self {
        Self { leaves: Leaves::Doubt, problem: problem("answer-lost", detail.into()) }
    }
}

fn problem(cause: &str, detail: String) -> Value {
    let detail: String = super::words::one_line(&detail).chars().take(300).collect();
    json!({ "cause": cause, "detail": detail })
}

/// Where a channel's address is sealed, its secret, and the secret before it.
pub fn target_place(provider: ProviderId, row: &str) -> Place<'_> {
    Place { provider, column: "notice_channel.sealed_target", row, kind: "target" }
}

pub fn secret_place(provider: ProviderId, row: &str) -> Place<'_> {
    // The same place for both: rotation moves one to the other as it is.
    Place { provider, column: "notice_channel.sealed_secret", row, kind: "webhook-secret" }
}

/// Where the mail server's password is sealed.
pub fn mail_place(provider: ProviderId) -> Place<'static> {
    Place { provider, column: "notice_settings.mail_sealed", row: "", kind: "password" }
}

fn open(app: &App, place: &Place<'_>, sealed: &[u8]) -> Result<SecretString, Failure> {
    app.seal.open(place, sealed).map_err(|error| Failure::dead("sealed", format!("{error:#}")))
}

pub async fn to_person(
    app: &App,
    letter: &outbox::Letter,
    person: &ToPerson,
    settings: &Settings,
    said: &Said,
) -> Result<(), Failure> {
    let to = (person.name.as_str(), person.mail.as_str());
    mail::send(app, letter, settings, to, said).await
}

pub async fn to_channel(
    app: &App,
    letter: &outbox::Letter,
    full: &store::Letter,
    channel: &ToChannel,
    settings: &Settings,
    said: &Said,
) -> Result<(), Failure> {
    let provider = letter.scope().provider();
    let row = channel.id.to_string();
    let target = open(app, &target_place(provider, &row), &channel.sealed.target)?;
    match channel.kind {
        ChannelKind::Mail => mail::send(app, letter, settings, ("", target.expose_secret()), said).await,
        ChannelKind::Teams => webhook::post(app, &target, &card::teams(said)?, &[]).await,
        ChannelKind::Slack => webhook::post(app, &target, &card::slack(said)?, &[]).await,
        ChannelKind::Webhook => {
            let secrets = secrets(app, provider, channel.id, &channel.sealed, app.clock.now())?;
            let body = webhook::body(full, said);
            let headers = webhook::signed(letter, &body, &secrets, app.clock.now())?;
            // Its receiver knows the message by its id and drops what he has: without an answer it is not there.
            webhook::post(app, &target, &body, &headers).await.map_err(|failure| match failure.leaves {
                Leaves::Doubt => Failure {
                    leaves: Leaves::Again,
                    problem: json!({ "cause": "unreached", "detail": failure.problem["detail"] }),
                },
                Leaves::Again | Leaves::Nothing => failure,
            })
        }
    }
}

/// The secrets that sign: the one in use and, for a while after a rotation, the one before it.
fn secrets(
    app: &App,
    provider: ProviderId,
    channel: ChannelId,
    sealed: &store::Sealed,
    now: DateTime<Utc>,
) -> Result<Vec<SecretString>, Failure> {
    let row = channel.to_string();
    let place = secret_place(provider, &row);
    let before = sealed.before.as_ref().filter(|(_, until)| *until > now).map(|(sealed, _)| sealed);
    sealed.secret.iter().chain(before).map(|sealed| open(app, &place, sealed)).collect()
}
