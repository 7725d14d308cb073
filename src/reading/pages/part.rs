//! One part in words: how old it is, when it comes next, why it is late, and whose move that is.

use chrono::{DateTime, Utc};

use crate::kit::text::T;
use crate::reading::model::{PartRow, Why};

pub struct PartView {
    pub title: String,
    pub last: Option<(String, String)>,
    pub next: String,
    /// What happened, whose move it is, what to do.
    pub why: Option<(String, String, String)>,
    pub failures: i32,
}

/// Why nothing of a customer is read, if so.
pub fn asleep(
    t: T,
    paused: bool,
    (consent, since): (&str, Option<DateTime<Utc>>),
    now: DateTime<Utc>,
) -> Option<String> {
    match (paused, consent) {
        (true, _) => Some(t.reading_asleep_paused()),
        (false, "granted") => None,
        (false, "lost") => Some(t.reading_asleep_lost(t.span(&(now - since.unwrap_or(now))))),
        (false, _) => Some(t.reading_asleep_consent()),
    }
}

impl PartView {
    pub fn new(t: T, row: PartRow, now: DateTime<Utc>, asleep: bool) -> Self {
        let why = row.why(now).map(|why| match why {
            Why::Failed(cause) => {
                let part = |part: &str| {
                    t.text(&format!("errors-{cause}-{part}"))
                        .or_else(|| t.text(&format!("health-cause-{cause}-{part}")))
                        .unwrap_or_else(|| t.text_or_key(&format!("health-cause-unknown-{part}")))
                };
                (part("what"), part("whose"), part("fix"))
            }
            Why::Late => (t.reading_late_what(), t.reading_late_whose(), t.reading_late_fix()),
        });
        Self {
            title: t.text(&format!("reading-part-{}", row.part)).unwrap_or_else(|| row.part.clone()),
            last: row.read_at.map(|at| (t.age(&at, &now), t.moment(&at))),
            next: match row.due_at {
                _ if asleep => t.reading_next_never(),
                Some(at) if at > now => t.health_next_in(t.span(&(at - now))),
                _ => t.reading_next_soon(),
            },
            failures: row.failures,
            why: why.filter(|_| !asleep),
        }
    }
}
