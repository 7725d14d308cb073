//! The whole history of one request: what was asked, meant, decided and delivered, by whom and when.

use chrono::{DateTime, Utc};

use super::outcome::outcome;
use super::rows::{asks, decider, state};
use crate::access_requests::model::{Claim, Decision, RequestRow, failed};
use crate::kit::text::T;

pub struct Entry {
    at: DateTime<Utc>,
    pub moment: String,
    pub age: String,
    pub icon: &'static str,
    pub what: String,
    /// What was said with it.
    pub said: String,
    /// What it came to, or Microsoft's words.
    pub note: String,
}

struct Telling<'a> {
    t: T,
    now: &'a DateTime<Utc>,
    entries: Vec<Entry>,
}

impl Telling<'_> {
    fn tell(&mut self, at: DateTime<Utc>, icon: &'static str, (what, said, note): (String, String, String)) {
        let (moment, age) = (self.t.moment(&at), self.t.age(&at, self.now));
        self.entries.push(Entry { at, moment, age, icon, what, said, note });
    }
}

/// Everything known of it, the first first.
pub fn history(
    t: T,
    now: &DateTime<Utc>,
    row: &RequestRow,
    decisions: Vec<Decision>,
    claim: Option<&Claim>,
) -> Vec<Entry> {
    let mut telling = Telling { t, now, entries: Vec::new() };
    let asked = t
        .requests_history_asked()
        .name(row.requestor().to_owned())
        .package(row.package_name.clone())
        .what(asks(t, &row.request_type));
    telling.tell(row.created_at, "send", (asked, row.justification.clone(), String::new()));
    if let Some(claim) = claim {
        let until = t.time_left(&claim.until, now);
        let what = t.requests_history_claimed().name(claim.name.clone()).left(until);
        telling.tell(
            claim.until - crate::access_requests::store::CLAIM,
            "eye",
            (what, String::new(), String::new()),
        );
    }
    for one in decisions {
        let (at, reason) = (one.intended_at, one.reason.clone());
        let told = outcome(t, one);
        let what = t.requests_history_meant().name(told.person).account(told.account).verdict(told.verdict);
        telling.tell(at, "user", (what, reason, format!("{}: {}", told.title, told.what)));
    }
    if let Some(at) = row.decided_at.or(row.waited_until).filter(|_| !row.decision.is_empty()) {
        let by = decider(t, row);
        let (what, icon) = if row.decision == "approved" {
            (t.requests_history_approved(by), "circle-check")
        } else {
            (t.requests_history_denied(by), "circle-x")
        };
        // What was decided here stands above with its reason.
        let said = if row.decision_from == "here" { String::new() } else { row.decision_reason.clone() };
        telling.tell(at, icon, (what, said, String::new()));
    }
    let (told, _) = state(t, &row.state);
    let (icon, end) = match row.state.as_str() {
        "delivered" => ("circle-check", row.completed_at),
        one if failed(one) => ("alert-triangle", row.failed_at.or(row.completed_at)),
        "canceled" => ("x", row.completed_at.or(row.waited_until)),
        "delivering" | "scheduled" => ("loader", row.decided_at.or(row.waited_until)),
        _ => ("circle", None),
    };
    if let Some(at) = end {
        telling.tell(at, icon, (told, String::new(), String::new()));
    }
    if let Some(at) = row.gone_at {
        telling.tell(at, "trash", (t.requests_history_gone(), String::new(), String::new()));
    }
    telling.entries.sort_by_key(|entry| entry.at);
    telling.entries
}
