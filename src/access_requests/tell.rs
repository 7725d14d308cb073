//! What of a reading people may want to be told.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::access_requests::model::{self, PENDING};
use crate::access_requests::store::{Change, Kept};
use crate::kit::happening::{Happening, Kind};
use crate::kit::ids::CustomerId;

/// What was not known and ended longer ago is history: a package came to be ours, or a list was incomplete once.
const NEWS: TimeDelta = TimeDelta::days(1);

/// Of a first reading only what waits now is news: the rest is history.
pub fn happenings(
    customer: CustomerId,
    (changes, kept, first): (&[Change], &[Kept<'_>], bool),
    now: DateTime<Utc>,
) -> Vec<Happening> {
    let told = changes.iter().filter_map(|change| {
        let kept = kept.iter().find(|kept| kept.read.id == change.id)?;
        let (kind, about) = kind(change, kept, first, now)?;
        Some(Happening { kind, customer, about, facts: facts(kept) })
    });
    told.collect()
}

fn kind(change: &Change, kept: &Kept<'_>, first: bool, now: DateTime<Utc>) -> Option<(Kind, String)> {
    let id = change.id.clone();
    let waited = change.was.as_deref().is_none_or(|was| model::waits(was) || was == "gone");
    let ended = kept.read.completed_at.unwrap_or(now);
    if change.state == PENDING {
        return (change.was.as_deref() != Some(PENDING)).then_some((Kind::RequestPending, id));
    }
    if change.was.is_none() && (first || ended < now - NEWS) {
        return None;
    }
    // It may be tried again, and fail again.
    if kept.read.failed_at(now).is_some() {
        return Some((Kind::DeliveryFailed, format!("{id}/{}", ended.timestamp())));
    }
    match model::decision(&kept.read.request_type, &change.state) {
        "denied" if waited && kept.denied_at.is_some_and(|end| ended >= end) => {
            Some((Kind::RequestExpired, id))
        }
        "approved" | "denied" if waited => Some((Kind::RequestDecided, id)),
        _ => None,
    }
}

fn facts(kept: &Kept<'_>) -> Value {
    let read = kept.read;
    let mut facts = json!({ "request": read.id, "package": kept.package });
    let texts = [
        ("name", &read.package_name),
        ("who", &read.requestor_name),
        ("mail", &read.requestor_mail),
        ("why", &read.justification),
    ];
    for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        facts[name] = json!(text);
    }
    match model::decision(&read.request_type, &read.state) {
        "" => {
            if let Some(until) = kept.denied_at.filter(|_| read.state == PENDING) {
                facts["until"] = json!(until);
            }
        }
        decision => facts["decision"] = json!(decision),
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access_requests::model::ReadRequest;

    #[test]
    fn each_turn_of_a_request_is_told_once_and_history_is_not() {
        let now: DateTime<Utc> = "2026-11-23T12:00:00Z".parse().unwrap();
        let told = |was: Option<&str>, state: &str, first, end: TimeDelta| {
            let read = ReadRequest {
                id: "r".to_owned(),
                state: state.to_owned(),
                request_type: "userAdd".to_owned(),
                completed_at: Some(now),
                ..ReadRequest::default()
            };
            let change = Change { id: "r".to_owned(), was: was.map(str::to_owned), state: state.to_owned() };
            let kept = Kept { read: &read, package: "tier1", denied_at: Some(now + end) };
            let customer = CustomerId(uuid::Uuid::nil());
            let told = happenings(customer, (&[change], &[kept], first), now);
            told.first().map(|one| one.kind)
        };
        let (later, before) = (TimeDelta::days(3), TimeDelta::minutes(-1));
        assert_eq!(told(None, PENDING, true, later), Some(Kind::RequestPending));
        assert_eq!(told(Some(PENDING), PENDING, false, later), None, "only its words changed");
        assert_eq!(told(Some(PENDING), "delivering", false, later), Some(Kind::RequestDecided));
        assert_eq!(told(Some("delivering"), "delivered", false, later), None);
        assert_eq!(told(Some("delivering"), "deliveryFailed", false, later), Some(Kind::DeliveryFailed));
        assert_eq!(told(None, "denied", false, later), Some(Kind::RequestDecided), "between two readings");
        assert_eq!(told(Some(PENDING), "denied", false, before), Some(Kind::RequestExpired));
        assert_eq!(told(None, "denied", true, later), None, "history");
        assert_eq!(told(Some(PENDING), "canceled", false, later), None);
        assert_eq!(
            told(Some("gone"), "denied", false, later),
            Some(Kind::RequestDecided),
            "it was there after all"
        );
    }
}
