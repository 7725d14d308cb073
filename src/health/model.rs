//! How background work stands.

use chrono::{DateTime, Utc};

use crate::kit::ids::CustomerId;
use crate::reading::model::PartRow;

/// One kind of work over all customers in view.
#[derive(Clone, Debug)]
pub struct KindRow {
    pub kind: String,
    pub all: i64,
    pub asleep: i64,
    pub running: i64,
    /// Failed the last time, and comes again by itself.
    pub failing: i64,
    /// Never came back too often: left for a person.
    pub stopped: i64,
    /// Since when the longest waiting row has been due.
    pub late_since: Option<DateTime<Utc>>,
    pub last_ended: Option<DateTime<Utc>>,
}

/// One cause of failure, with how many customers it meets.
#[derive(Clone, Debug)]
pub struct CauseRow {
    pub cause: String,
    /// What fails for it: kinds of work, `consent-reader`, `consent-operator`, `step`.
    pub kinds: Vec<String>,
    pub many: i64,
    pub stopped: i64,
    /// Most failures in a row that one customer has.
    pub failures: i32,
    pub names: Vec<String>,
}

/// One failing or stopped row.
#[derive(Clone, Debug)]
pub struct FailedRow {
    pub customer: CustomerId,
    pub name: String,
    pub sort_name: String,
    pub kind: String,
    pub cause: String,
    /// Microsoft's words, behind a fold.
    pub detail: String,
    /// Microsoft's code and request id, where they were told.
    pub code: String,
    pub request: String,
    pub failures: i32,
    pub attempts: i32,
    pub ended_at: Option<DateTime<Utc>>,
    pub due_at: Option<DateTime<Utc>>,
    pub stopped: bool,
}

/// A code of Microsoft that the catalogue does not explain.
#[derive(Clone, Debug)]
pub struct UnknownRow {
    pub code: String,
    pub many: i64,
    pub customers: i64,
    pub last_at: DateTime<Utc>,
    /// Of the last time.
    pub call: String,
    pub request: String,
}

/// Customers in view that something keeps from going on, by what it is.
#[derive(Clone, Debug)]
pub struct KeptRow {
    /// `paused`, or the customer's state.
    pub why: String,
    pub many: i64,
    /// Some of them, by name.
    pub ids: Vec<uuid::Uuid>,
    pub names: Vec<String>,
}

/// How old the data of one customer is.
#[derive(Clone, Debug)]
pub struct AgeRow {
    pub customer: CustomerId,
    pub name: String,
    pub requests_at: Option<DateTime<Utc>>,
    pub directory_at: Option<DateTime<Utc>>,
}

/// What the list of readings can be narrowed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    Failing,
    Throttled,
    Late,
    Asleep,
}

impl Only {
    pub const ALL: [Self; 4] = [Self::Failing, Self::Throttled, Self::Late, Self::Asleep];

    /// As the address has it, and `health-sync-<key>`.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Throttled => "throttled",
            Self::Late => "late",
            Self::Asleep => "asleep",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.key() == key)
    }
}

/// One customer and how each part of him is read.
#[derive(Clone, Debug)]
pub struct SyncRow {
    pub customer: CustomerId,
    pub name: String,
    pub sort_name: String,
    pub paused: bool,
    /// State of the reader's consent, and since when.
    pub consent: String,
    pub since: Option<DateTime<Utc>>,
    pub parts: Vec<PartRow>,
}
