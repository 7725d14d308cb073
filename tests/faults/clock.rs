//! Time that costs nothing: whoever waits moves the clock to the end of his wait.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use mssp_portal::kit::clock::{Clock, Ticking};

/// A clock for portal and cloud. Two that wait ten seconds side by side are both done ten seconds later, not twenty.
#[derive(Clone)]
pub struct Hours(Arc<Mutex<DateTime<Utc>>>);

/// Noon of a day on which nothing special happens.
pub fn noon() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

impl Hours {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(noon())))
    }

    pub fn clock(&self) -> Clock {
        Clock::new(self.clone())
    }

    pub fn set(&self, at: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    /// Never back.
    pub fn reach(&self, at: DateTime<Utc>) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = at.max(*now);
    }
}

impl Ticking for Hours {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        let (hours, end) = (self.clone(), self.now() + TimeDelta::from_std(time).unwrap());
        Box::pin(async move {
            // Whoever is under way does what he can before time passes.
            for _ in 0..4 {
                tokio::task::yield_now().await;
            }
            hours.reach(end);
        })
    }
}
