//! How many calls an app sends to one part of Graph in one directory: below what Microsoft publishes (contract §14),
//! and background reading keeps a part of it for what a person does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::graph::lane::Workload;
use crate::graph::turns::Urgency;
use crate::kit::clock::Clock;

/// So many calls in so many seconds, of which background may use a part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rate {
    pub calls: u32,
    pub background: u32,
    pub seconds: u32,
}

impl Workload {
    pub(crate) const fn rate(self) -> Rate {
        match self {
            // Nothing is published. INFERRED (contract §14): 5 a second.
            Self::Entitlement => Rate { calls: 50, background: 30, seconds: 10 },
            Self::Defender => Rate { calls: 60, background: 25, seconds: 10 },
            // Published: 5 in 10 seconds.
            Self::Audit => Rate { calls: 5, background: 4, seconds: 10 },
            // Published: 150 a minute.
            Self::Security => Rate { calls: 150, background: 100, seconds: 60 },
            // Published: 3,500 resource units in 10 seconds for the smallest tenant; a call of ours costs up to 5.
            Self::Directory => Rate { calls: 600, background: 350, seconds: 10 },
        }
    }
}

/// What is left: it fills again evenly.
struct Bucket {
    left: f64,
    at: DateTime<Utc>,
}

impl Bucket {
    /// Takes one call, or says how long until one may be taken.
    fn take(&mut self, rate: Rate, urgency: Urgency, now: DateTime<Utc>) -> Result<(), Duration> {
        let per_second = f64::from(rate.calls) / f64::from(rate.seconds);
        let since = (now - self.at).max(TimeDelta::zero()).as_seconds_f64();
        self.left = (self.left + since * per_second).min(f64::from(rate.calls));
        self.at = now;
        let kept = match urgency {
            Urgency::Person => 0.0,
            Urgency::Background => f64::from(rate.calls - rate.background),
        };
        if self.left >= kept + 1.0 {
            self.left -= 1.0;
            return Ok(());
        }
        // A little more than needed, so that rounding does not ask for another wait of nothing.
        Err(Duration::from_secs_f64((kept + 1.0 - self.left) / per_second) + Duration::from_millis(1))
    }
}

type Key = (String, Workload);
type Queue = Arc<tokio::sync::Mutex<()>>;

/// The budgets of one directory, one per app and part of Graph.
#[derive(Default)]
pub(crate) struct Budget {
    buckets: Mutex<HashMap<Key, Bucket>>,
    /// Those who wait do so in the order they came, background apart from people.
    queues: Mutex<HashMap<(Key, Urgency), Queue>>,
}

impl Budget {
    /// Waits until the budget has room for one call.
    pub async fn wait(&self, app: &str, workload: Workload, urgency: Urgency, clock: &Clock) {
        let key = (app.to_owned(), workload);
        let queue = {
            let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
            queues.entry((key.clone(), urgency)).or_default().clone()
        };
        let _first = queue.lock().await;
        while let Err(wait) = self.take(&key, urgency, clock.now()) {
            clock.sleep(wait).await;
        }
    }

    /// Takes room for one call if there is any now; else how long until there may be.
    pub fn take_now(
        &self,
        app: &str,
        workload: Workload,
        urgency: Urgency,
        now: DateTime<Utc>,
    ) -> Result<(), Duration> {
        self.take(&(app.to_owned(), workload), urgency, now)
    }

    fn take(&self, key: &Key, urgency: Urgency, now: DateTime<Utc>) -> Result<(), Duration> {
        let rate = key.1.rate();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let full = || Bucket { left: f64::from(rate.calls), at: now };
        buckets.entry(key.clone()).or_insert_with(full).take(rate, urgency, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(budget: &Budget, urgency: Urgency, now: DateTime<Utc>) -> u32 {
        let key = ("app".to_owned(), Workload::Audit);
        (0..100).map_while(|_| budget.take(&key, urgency, now).ok()).count().try_into().unwrap()
    }

    #[test]
    fn background_leaves_a_part_for_a_person_and_what_was_spent_comes_back_with_time() {
        let (budget, now) = (Budget::default(), "2026-11-23T12:00:00Z".parse::<DateTime<Utc>>().unwrap());
        assert_eq!(taken(&budget, Urgency::Background, now), 4);
        assert_eq!(taken(&budget, Urgency::Person, now), 1);
        assert_eq!(taken(&budget, Urgency::Person, now), 0);
        let wait = budget.take(&("app".into(), Workload::Audit), Urgency::Background, now).unwrap_err();
        assert_eq!(wait, Duration::from_millis(4001), "two calls must come back before background has one");
        assert_eq!(taken(&budget, Urgency::Background, now + wait), 1);
        assert_eq!(
            taken(&budget, Urgency::Background, now + TimeDelta::hours(1)),
            4,
            "no more than it holds"
        );
        let other = ("other".to_owned(), Workload::Audit);
        assert!(budget.take(&other, Urgency::Background, now).is_ok(), "an app of its own");
    }

    #[test]
    fn every_budget_is_below_the_published_limit_and_keeps_something_for_people() {
        for workload in Workload::ALL {
            let rate = workload.rate();
            assert!(rate.background >= 1 && rate.background < rate.calls, "{workload:?}");
        }
        assert_eq!((Workload::Audit.rate().calls, Workload::Audit.rate().seconds), (5, 10));
        assert_eq!((Workload::Security.rate().calls, Workload::Security.rate().seconds), (150, 60));
        assert!(Workload::Directory.rate().calls * 5 <= 3500);
    }
}
