//! What became of decisions whose answer nobody kept: a process ended, or none came. Nothing is sent again; the request
//! as it is read tells whether it was decided or still waits, and the customer's audit log tells by whom.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::access_requests::model::{Open, PENDING};
use crate::access_requests::store;
use crate::app::App;
use crate::kit::audit::Event;
use crate::kit::work::{self, Claimed, Outcome, WorkError};

/// Kind of work: settles what was decided without an answer.
pub const WORK: &str = "decisions";
/// When it looks first after something was meant: most have ended by then.
pub const FIRST: TimeDelta = TimeDelta::seconds(40);
/// How soon it looks again while something is open.
const AGAIN: TimeDelta = TimeDelta::seconds(20);
/// A request that a reading still saw waiting so long after it was sent was not decided by it: longer than a call
/// lasts, and than Microsoft takes to show what it took.
const PATIENCE: TimeDelta = TimeDelta::minutes(5);

/// A form's wishes have all had their turn by then, or their process ended.
const BEGINS: TimeDelta = TimeDelta::minutes(10);

pub async fn work(app: App, claimed: Claimed) -> Outcome {
    match settle(&app, &claimed).await {
        Ok(outcome) => outcome,
        Err(WorkError::LeaseLost) => Outcome::LeaseLost,
        Err(error) => {
            tracing::warn!(customer = %claimed.customer(), %error, "decisions not settled");
            Outcome::Failed { problem: json!({ "cause": "internal" }), next: None }
        }
    }
}

async fn settle(app: &App, claimed: &Claimed) -> Result<Outcome, WorkError> {
    let now = app.clock.now();
    let mut tx = claimed.begin(&app.db).await?;
    let open = store::open(&mut tx, claimed.customer()).await?;
    let mut events = Vec::new();
    for one in &open {
        let Some(outcome) = settled_as(one) else { continue };
        if store::end(&mut tx, one.batch, &one.key, ("settled", outcome, ""), now).await? {
            events.push(Event::new("decision.settled").of(claimed.customer()).after(json!({
                "request": one.key.request, "verdict": one.verdict.key(), "outcome": outcome,
            })));
        }
    }
    let (_, wanted) = store::give_up(&mut tx, claimed.customer(), now - BEGINS, now).await?;
    let left = open.len() - events.len();
    if left > 0 && open.iter().all(|one| one.read_at.is_none_or(|read| read < one.at)) {
        // What is shown is older than what was sent: have it read.
        work::wake(&mut tx, claimed.customer(), super::WORK, now).await?;
    }
    if events.is_empty() {
        tx.commit_bookkeeping("nothing was settled").await?;
    } else {
        tx.commit_all(&app.clock, events).await?;
    }
    Ok(Outcome::Done { next: (left > 0 || wanted > 0).then(|| now + AGAIN) })
}

/// As what an open decision is settled; none: not known yet.
fn settled_as(one: &Open) -> Option<&'static str> {
    if one.request_state != PENDING {
        let as_meant = one.sent && one.verdict.fits(&one.request_state);
        return Some(if as_meant { "as-meant" } else { "otherwise" });
    }
    let sure: DateTime<Utc> = one.at + PATIENCE;
    one.read_at.is_some_and(|read| read > sure).then_some("pending")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access_requests::model::{Key, Verdict};
    use crate::kit::ids::CustomerId;

    fn open(state: &str, sent: bool, read_after: Option<i64>) -> Open {
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        Open {
            batch: uuid::Uuid::nil(),
            key: Key { customer: CustomerId(uuid::Uuid::nil()), request: String::new() },
            verdict: Verdict::Approve,
            sent,
            at,
            request_state: state.to_owned(),
            read_at: read_after.map(|minutes| at + TimeDelta::minutes(minutes)),
        }
    }

    #[test]
    fn a_changed_request_settles_it_at_once_and_a_waiting_one_only_when_a_late_reading_still_saw_it() {
        for state in ["delivering", "delivered", "deliveryFailed", "partiallyDelivered", "scheduled"] {
            assert_eq!(settled_as(&open(state, true, None)), Some("as-meant"), "{state}");
        }
        for state in ["denied", "canceled", "gone"] {
            assert_eq!(settled_as(&open(state, true, None)), Some("otherwise"), "{state}");
        }
        assert_eq!(settled_as(&open("delivered", false, None)), Some("otherwise"), "it was never sent");
        for (read, settled) in [(None, None), (Some(1), None), (Some(5), None), (Some(6), Some("pending"))] {
            assert_eq!(settled_as(&open(PENDING, true, read)), settled, "{read:?}");
        }
    }
}
