//! Access reviews of packages: one review each time a policy's schedule says so.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::entitlement::Requestor;

/// One review that has begun: Graph's `accessReviewInstance`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Review {
    pub id: String,
    pub policy: String,
    pub starts: DateTime<Utc>,
    pub ends: DateTime<Utc>,
    /// When the reviewers are told.
    pub mailed: DateTime<Utc>,
    /// When what was decided is carried out, once it is over.
    pub apply_at: Option<DateTime<Utc>>,
    pub applied: Option<DateTime<Utc>>,
    /// The policy's settings as they were when it began.
    pub settings: Value,
    /// Object ids of those who are asked; each reviewed person himself when it is a self-review.
    pub reviewers: Vec<String>,
    pub people: Vec<Reviewed>,
}

/// Somebody's assignment under review.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Reviewed {
    pub id: String,
    pub assignment: String,
    pub target: Requestor,
    /// `NotReviewed`, `Approve`, `Deny` or `DontKnow`.
    pub decision: String,
    pub recommendation: String,
    pub justification: String,
    /// Object id of whoever decided; absent when nobody did.
    pub by: Option<String>,
    pub at: Option<DateTime<Utc>>,
    /// `New`, `AppliedSuccessfully`, or `AppliedSuccessfullyButObjectNotFound`.
    pub result: String,
    pub applied: Option<DateTime<Utc>>,
}

impl Review {
    /// It is open for decisions.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.apply_at.is_none() && self.starts <= now
    }
}
