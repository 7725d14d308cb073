//! Whether a claimed message may leave now, and what becomes of it otherwise.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::store::{Letter, Settings};
use crate::kit::outbox::{self, End};

/// A receiver that was not reached so often in a row is let rest for a while.
const GIVEN_UP: u32 = 2;
const REST: TimeDelta = TimeDelta::minutes(1);

/// What was prepared under the lease.
pub enum Ready {
    Send(Box<Letter>, Box<Settings>),
    Over(End),
    /// The lease went to somebody else, or a round was made.
    Nothing,
}

/// Whether it may leave now, or what becomes of it instead.
pub fn may_leave(
    letter: &outbox::Letter,
    full: Letter,
    settings: Settings,
    (unreached, now): (u32, DateTime<Utc>),
) -> Ready {
    if let Some(why) = needless(&full) {
        return Ready::Over(End::Dropped(json!({ "cause": why })));
    }
    if let Some(until) = settings.quiet().until(now).filter(|_| !full.urgent) {
        return Ready::Over(End::Waits { until, held: true });
    }
    if letter.doubts >= outbox::MAX_DOUBTS && !full.drops_what_it_has() {
        return Ready::Over(End::Dead(json!({ "cause": "answer-lost" })));
    }
    if letter.attempts > outbox::MAX_TRIES {
        return Ready::Over(End::Dead(json!({ "cause": "crashed" })));
    }
    if unreached >= GIVEN_UP {
        return Ready::Over(End::Waits { until: now + REST, held: false });
    }
    Ready::Send(Box::new(full), Box::new(settings))
}

/// Why nobody needs the message any more.
fn needless(full: &Letter) -> Option<&'static str> {
    if full.waits == Some(false) && full.told["facts"]["request"].is_string() {
        return Some("overtaken");
    }
    if full.person.as_ref().is_some_and(|person| !person.wanted) {
        return Some("not-wanted");
    }
    if full.channel.as_ref().is_some_and(|channel| !channel.enabled) && full.told["what"] != "test" {
        return Some("channel-off");
    }
    None
}
