//! When a pending request is told again: at half its time, at 80 %, and on the last day before it is denied. Pure.

use chrono::{DateTime, TimeDelta, Utc};

use super::model::Stage;

/// A pending request whose end is known.
#[derive(Clone, Debug)]
pub struct Running {
    pub created_at: DateTime<Utc>,
    pub denied_at: DateTime<Utc>,
}

impl Running {
    /// The stages in order of time. A request that has a day or less in all has no last day of its own.
    fn stages(&self) -> Vec<(DateTime<Utc>, Stage)> {
        let whole = self.denied_at - self.created_at;
        let mut all =
            vec![(self.created_at + whole / 2, Stage::Half), (self.created_at + whole * 4 / 5, Stage::Most)];
        if whole > TimeDelta::days(1) {
            all.push((self.denied_at - TimeDelta::days(1), Stage::LastDay));
        }
        all.sort_unstable();
        all
    }

    /// The last stage that was reached, unless the end was reached too: only that one is told, whatever was missed.
    pub fn reached(&self, now: DateTime<Utc>) -> Option<Stage> {
        if self.denied_at <= now {
            return None;
        }
        self.stages().into_iter().rev().find(|(at, _)| *at <= now).map(|(_, stage)| stage)
    }

    /// When the next stage is reached.
    pub fn next(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.stages().into_iter().map(|(at, _)| at).find(|at| *at > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(days: i64) -> Running {
        let created_at = "2026-11-01T00:00:00Z".parse().unwrap();
        Running { created_at, denied_at: created_at + TimeDelta::days(days) }
    }

    #[test]
    fn fourteen_days_are_told_after_seven_eleven_and_thirteen() {
        let of = running(14);
        let at = |hours: i64| of.created_at + TimeDelta::hours(hours);
        for (hours, stage) in [
            (0, None),
            (7 * 24 - 1, None),
            (7 * 24, Some(Stage::Half)),
            (269, Some(Stage::Most)),
            (13 * 24, Some(Stage::LastDay)),
            (14 * 24 - 1, Some(Stage::LastDay)),
            (14 * 24, None),
        ] {
            assert_eq!(of.reached(at(hours)), stage, "after {hours} h");
        }
        assert_eq!(of.next(at(0)), Some(at(7 * 24)));
        assert_eq!(of.next(at(7 * 24)), Some(of.created_at + TimeDelta::minutes(16_128)));
        assert_eq!(of.next(at(13 * 24)), None);
    }

    #[test]
    fn of_a_short_request_the_last_day_may_come_before_half_its_time_or_not_at_all() {
        let (short, shorter) = (running(1), running(2));
        assert_eq!(short.reached(short.created_at), None);
        assert_eq!(short.reached(short.created_at + TimeDelta::hours(20)), Some(Stage::Most));
        // Two days: half the time and the last day are the same moment.
        assert_eq!(shorter.reached(shorter.created_at + TimeDelta::hours(24)), Some(Stage::LastDay));
        assert_eq!(shorter.reached(shorter.created_at + TimeDelta::hours(39)), Some(Stage::Most));
    }
}
