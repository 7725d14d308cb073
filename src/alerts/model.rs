//! What is kept of an alert.

use chrono::{DateTime, Utc};

/// Severities, the most pressing first, as Microsoft names them.
pub const SEVERITIES: [&str; 5] = ["high", "medium", "low", "informational", "unknown"];

/// Of the list of severities, the one that this word is; a word we do not know is the last.
pub fn severity(word: &str) -> &'static str {
    SEVERITIES.into_iter().find(|known| known.eq_ignore_ascii_case(word)).unwrap_or("unknown")
}

/// An alert as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadAlert {
    pub id: String,
    pub severity: &'static str,
    /// `new`, `inProgress`, `resolved`, or a word we do not know: that counts as open.
    pub status: String,
    pub title: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl ReadAlert {
    pub fn is_open(&self) -> bool {
        !self.status.eq_ignore_ascii_case("resolved")
    }

    pub fn is_new(&self) -> bool {
        self.status.eq_ignore_ascii_case("new")
    }
}

/// How many are open, and how many of these nobody has looked at, of one severity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    pub severity: String,
    pub open: i64,
    pub new: i64,
    pub oldest: Option<DateTime<Utc>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_severity_that_nobody_knows_is_none_of_the_known_ones() {
        assert_eq!((severity("High"), severity("unknownFutureValue")), ("high", "unknown"));
    }
}
