//! How a part of a customer stands, as it is shown.

use chrono::{DateTime, TimeDelta, Utc};

/// After so long without a reading a part that should be read by now is late.
const LATE: TimeDelta = TimeDelta::minutes(3);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartRow {
    pub part: String,
    pub read_at: Option<DateTime<Utc>>,
    pub due_at: Option<DateTime<Utc>>,
    pub failures: i32,
    /// Key of the cause; empty: it did not fail.
    pub cause: String,
}

/// Why a part is not as fresh as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It failed the last time, for this cause.
    Failed(String),
    /// It is due and its turn has not come.
    Late,
}

impl PartRow {
    pub fn why(&self, now: DateTime<Utc>) -> Option<Why> {
        if self.failures > 0 {
            return Some(Why::Failed(self.cause.clone()));
        }
        self.due_at.is_some_and(|due| now - due > LATE).then_some(Why::Late)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_tells_why_and_else_a_long_wait_does() {
        let now: DateTime<Utc> = "2026-11-23T12:00:00Z".parse().unwrap();
        let row = |due: i64, failures| PartRow {
            part: "requests".to_owned(),
            read_at: None,
            due_at: Some(now - TimeDelta::seconds(due)),
            failures,
            cause: "throttled".to_owned(),
        };
        assert_eq!(row(10, 0).why(now), None);
        assert_eq!(row(200, 0).why(now), Some(Why::Late));
        assert_eq!(row(200, 1).why(now), Some(Why::Failed("throttled".to_owned())));
    }
}
