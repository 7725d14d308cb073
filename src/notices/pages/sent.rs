//! A message of the outbox as the pages show it: what, to whom, how far, and what to do where it was not sent.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::kit::text::T;
use crate::notices::post;
use crate::notices::store::OutRow;
use crate::notices::words;

pub struct SentView {
    pub id: String,
    pub title: String,
    pub customer: Option<(String, String)>,
    pub to: String,
    pub state: String,
    pub state_key: String,
    /// When it was made, in words and exactly.
    pub made: (String, String),
    /// When it leaves, or was tried.
    pub when: Option<String>,
    /// What happened, whose move and what to do, and the receiver's words.
    pub problem: Option<Problem>,
}

pub struct Problem {
    pub what: String,
    pub fix: String,
    pub detail: String,
}

impl Problem {
    fn new(t: T, told: &Value) -> Self {
        let cause = told["cause"].as_str().unwrap_or_default();
        let part = |part: &str| {
            let own = t.text(&format!("notices-cause-{cause}-{part}"));
            own.unwrap_or_else(|| t.text_or_key(&format!("notices-cause-unknown-{part}")))
        };
        Self {
            what: part("what"),
            fix: part("fix"),
            detail: told["detail"].as_str().unwrap_or_default().to_owned(),
        }
    }
}

/// What a message tells.
fn title(t: T, told: &Value) -> String {
    match told["what"].as_str() {
        Some("happening") => {
            post::happening(told).map_or_else(|| t.notices_kind_unknown(), |told| words::title(t, &told))
        }
        Some("digest") => t.notices_digest(),
        Some("test") => t.notices_test_subject(),
        _ => t.notices_kind_unknown(),
    }
}

impl SentView {
    pub fn new(t: T, row: OutRow, now: DateTime<Utc>) -> Self {
        let held = row.held && row.state == "waiting";
        let key = if held { "held" } else { row.state.as_str() };
        let tried = row.tried_at.map(|at| t.age(&at, &now));
        let when = match row.due_at {
            Some(at) if at > now => Some(t.notices_leaves(t.span(&(at - now)))),
            Some(_) => Some(t.notices_leaves_now()),
            None => tried,
        };
        Self {
            id: row.id.to_string(),
            title: title(t, &row.told),
            customer: row
                .customer
                .zip(row.customer_name)
                .map(|(id, name)| (format!("/customers/{id}/notices"), name)),
            to: row.to,
            state: t.text_or_key(&format!("notices-state-{key}")),
            state_key: key.to_owned(),
            made: (t.age(&row.made_at, &now), t.moment(&row.made_at)),
            when,
            problem: row.problem.filter(|_| row.state != "sent").map(|told| Problem::new(t, &told)),
        }
    }
}
