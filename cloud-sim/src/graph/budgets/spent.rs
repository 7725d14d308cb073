//! What callers used of their budgets so far: buckets that fill again, and windows that count.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use super::cost::{Kind, Limit};

/// All that is used up; it is not saved with the world.
#[derive(Clone, Debug, Default)]
pub struct Budgets {
    buckets: BTreeMap<String, Bucket>,
    windows: BTreeMap<String, VecDeque<DateTime<Utc>>>,
}

#[derive(Clone, Debug)]
struct Bucket {
    spent: f64,
    /// With what was asked for in vain.
    asked: f64,
    at: DateTime<Utc>,
}

impl Bucket {
    /// The bucket as it is now: its budget comes back evenly over the period.
    fn refilled(&mut self, limit: &Limit, now: DateTime<Utc>) {
        let passed = (now - self.at).num_milliseconds().max(0);
        let back = limit.most * milliseconds(passed) / limit.period();
        self.spent = (self.spent - back).max(0.0);
        self.asked = (self.asked - back).max(self.spent);
        self.at = now;
    }
}

fn milliseconds(number: i64) -> f64 {
    f64::from(i32::try_from(number).unwrap_or(i32::MAX))
}

impl Limit {
    fn period(&self) -> f64 {
        f64::from(self.seconds) * 1000.0
    }
}

impl Budgets {
    fn bucket(&mut self, limit: &Limit, now: DateTime<Utc>) -> &mut Bucket {
        let fresh = || Bucket { spent: 0.0, asked: 0.0, at: now };
        let bucket = self.buckets.entry(limit.key.clone()).or_insert_with(fresh);
        bucket.refilled(limit, now);
        bucket
    }

    fn window(&mut self, limit: &Limit, now: DateTime<Utc>) -> &mut VecDeque<DateTime<Utc>> {
        let window = self.windows.entry(limit.key.clone()).or_default();
        let since = now - TimeDelta::seconds(i64::from(limit.seconds));
        window.retain(|at| *at > since && *at <= now);
        window
    }

    /// The whole seconds after which this call would be let through; none when it is now.
    pub fn wait(&mut self, limit: &Limit, now: DateTime<Utc>) -> Option<i64> {
        let milliseconds = match limit.kind {
            Kind::Bucket => {
                let over = self.bucket(limit, now).spent + limit.cost - limit.most;
                if over <= 0.0 {
                    return None;
                }
                (over / limit.most * limit.period()).ceil() as i64
            }
            Kind::Window => {
                let window = self.window(limit, now);
                if (window.len() as f64) < limit.most {
                    return None;
                }
                let first = window.front().copied().unwrap_or(now);
                (first + TimeDelta::seconds(i64::from(limit.seconds)) - now).num_milliseconds()
            }
        };
        Some((milliseconds + 999).div_euclid(1000).max(1))
    }

    /// Takes the cost; answers the part of the budget that is used up.
    pub fn spend(&mut self, limit: &Limit, now: DateTime<Utc>) -> f64 {
        match limit.kind {
            Kind::Bucket => {
                let bucket = self.bucket(limit, now);
                bucket.spent += limit.cost;
                bucket.asked += limit.cost;
                bucket.asked / limit.most
            }
            Kind::Window => {
                self.window(limit, now).push_back(now);
                0.0
            }
        }
    }

    /// Counts a call that was refused; answers the part of the budget that was asked for.
    pub fn refuse(&mut self, limit: &Limit, now: DateTime<Utc>) -> f64 {
        if limit.kind == Kind::Window {
            return 1.0;
        }
        let bucket = self.bucket(limit, now);
        bucket.asked = (bucket.asked + limit.cost).min(2.0 * limit.most);
        bucket.asked / limit.most
    }
}
