//! What is kept of a step's writes while they happen: before one leaves, and as soon as it was answered. Whoever goes
//! on after a crash, a lost answer or a lease that went to another, reads here what may be there already.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kit::work::WorkError;

/// How long something that may have been made is looked for before it is made (again).
pub const SETTLE: TimeDelta = TimeDelta::seconds(90);

/// One write that left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// When it was sent; after a crash, when somebody went on.
    pub at: DateTime<Utc>,
    /// Microsoft said that it happened.
    #[serde(default)]
    pub answered: bool,
}

/// The writes of one step in its run, by what they write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sent(pub BTreeMap<String, Mark>);

impl Sent {
    /// It is not seen: may it be there all the same? What was answered is, however late it shows. What was not may
    /// have happened, and is looked for as long as reading may lag.
    pub fn may_be_there(&self, what: &str, now: DateTime<Utc>) -> bool {
        self.0.get(what).is_some_and(|mark| mark.answered || now - mark.at < SETTLE)
    }

    /// Writes of which nobody knows whether they happened.
    pub fn unanswered(&self) -> Vec<&str> {
        self.0.iter().filter(|(_, mark)| !mark.answered).map(|(what, _)| what.as_str()).collect()
    }
}

/// A write that was answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Wrote {
    pub what: &'static str,
    /// Microsoft's id of the step's object, where this write made it.
    pub id: Option<String>,
    pub before: Value,
    pub after: Value,
}

/// Keeps what happens. Each call is committed before it returns.
pub trait Ledger: Sync {
    /// Just before a write leaves. Fails where somebody else has taken over: then nothing may leave.
    fn sending(&self, what: &'static str) -> impl Future<Output = Result<(), WorkError>> + Send;
    /// It surely had no effect.
    fn refused(&self, what: &'static str) -> impl Future<Output = Result<(), WorkError>> + Send;
    /// It had its effect; the id is ours from here on, whatever fails next.
    fn wrote(&self, wrote: Wrote) -> impl Future<Output = Result<(), WorkError>> + Send;
    /// The step's object was found by our own mark.
    fn found(&self, id: &str) -> impl Future<Output = Result<(), WorkError>> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_have_been_made_is_looked_for_and_what_was_made_is_never_made_again() {
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let sent = |answered| Sent(BTreeMap::from([("catalog".to_owned(), Mark { at, answered })]));
        let (soon, late) = (at + TimeDelta::seconds(80), at + TimeDelta::seconds(100));
        assert!(sent(false).may_be_there("catalog", soon));
        assert!(!sent(false).may_be_there("catalog", late));
        assert!(sent(true).may_be_there("catalog", late));
        assert!(!sent(true).may_be_there("package", soon));
        assert_eq!((sent(false).unanswered(), sent(true).unanswered()), (vec!["catalog"], vec![]));
    }

    #[test]
    fn a_mark_is_kept_as_it_was() {
        let kept = serde_json::json!({ "role": { "at": "2027-01-15T08:00:00Z" } });
        let sent: Sent = serde_json::from_value(kept).unwrap();
        assert_eq!(sent.unanswered(), ["role"]);
    }
}
