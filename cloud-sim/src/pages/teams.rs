//! A channel of Teams that takes messages by a workflow's webhook, and shows them.
//!
//! Body and answer are those of the workflow "When a Teams webhook request is received": an envelope of type `message`
//! with Adaptive Cards, answered by 202. A channel comes to be with its first message.

use askama::Template;
use serde_json::Value;

use super::html;
use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::simulation::Shared;
use crate::world::Posted;

const CARD: &str = "application/vnd.microsoft.card.adaptive";
/// A message that is larger is refused by Teams.
const MOST: usize = 28 * 1024;
/// How many messages of one channel are kept, and how many its page shows.
const KEPT: usize = 200;
const SHOWN: usize = 50;

/// `POST /teams/{channel}`.
pub fn post(shared: &Shared, call: &Call, channel: &str) -> Outcome {
    if call.body.len() > MOST {
        return Err(Answer::error(413, "RequestEntityTooLarge", "The message is larger than 28 KB."));
    }
    let refused = || {
        let said = "The body is no message with an Adaptive Card among its attachments.";
        Answer::error(400, "InvalidRequestContent", said)
    };
    let message: Value = serde_json::from_slice(&call.body).map_err(|_| refused())?;
    let attachments = message["attachments"].as_array().filter(|all| !all.is_empty()).ok_or_else(refused)?;
    let understood = |one: &Value| one["contentType"] == CARD && one["content"]["type"] == "AdaptiveCard";
    if message["type"] != "message" || !attachments.iter().all(understood) {
        return Err(refused());
    }
    let mut world = shared.world();
    let posted = world.channels.entry(channel.to_owned()).or_default();
    posted.extend(attachments.iter().map(|one| Posted { at: Some(call.now), card: one["content"].clone() }));
    let over = posted.len().saturating_sub(KEPT);
    posted.drain(..over);
    Ok(Answer::empty(202))
}

/// A piece of a line of a card.
struct Piece<'a> {
    text: &'a str,
    bold: bool,
}

struct Message<'a> {
    at: String,
    lines: Vec<Vec<Piece<'a>>>,
    /// Texts and addresses of its buttons.
    links: Vec<(&'a str, &'a str)>,
}

#[derive(Template)]
#[template(path = "teams.html")]
struct Channel<'a> {
    place: &'a str,
    name: &'a str,
    messages: Vec<Message<'a>>,
}

/// `GET /teams/{channel}`: the newest messages, the last first.
pub fn page(shared: &Shared, channel: &str) -> Answer {
    let world = shared.world();
    let messages = world.channels.get(channel).into_iter().flatten().rev().take(SHOWN).map(message).collect();
    html(200, &Channel { place: "Teams", name: channel, messages })
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn line(block: &Value) -> Vec<Piece<'_>> {
    let piece = |one| Piece { text: text(one, "text"), bold: text(one, "weight") == "bolder" };
    list(&block["inlines"]).map(piece).collect()
}

fn message(posted: &Posted) -> Message<'_> {
    let links = list(&posted.card["actions"]).filter(|one| one["type"] == "Action.OpenUrl");
    Message {
        at: posted.at.map(|at| at.format("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default(),
        lines: list(&posted.card["body"]).map(line).collect(),
        links: links.map(|one| (text(one, "title"), text(one, "url"))).collect(),
    }
}
