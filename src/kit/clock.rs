//! Time as an argument: the machine's clock, one that tests move, or the simulated cloud's.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;

/// What a source of time can do.
pub trait Ticking: Send + Sync {
    fn now(&self) -> DateTime<Utc>;
    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()>;
}

/// The house's clock. SQL never calls `now()`, and nothing waits but through this.
#[derive(Clone)]
pub struct Clock(Arc<dyn Ticking>);

impl Clock {
    pub fn new(source: impl Ticking + 'static) -> Self {
        Self(Arc::new(source))
    }

    /// The machine's clock.
    pub fn system() -> Self {
        Self::new(SystemClock)
    }

    /// The present moment, cut to microseconds: what Postgres keeps, so that a stored time equals the one that was given.
    pub fn now(&self) -> DateTime<Utc> {
        let now = self.0.now();
        DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
    }

    pub async fn sleep(&self, time: Duration) {
        self.0.sleep(time).await;
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

struct SystemClock;

impl Ticking for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that waits")]
    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(time))
    }
}

/// A clock that stands still until it is moved. Waiting on it moves it, so that no test waits for real.
#[derive(Clone)]
pub struct SetClock(Arc<Mutex<DateTime<Utc>>>);

impl SetClock {
    pub fn at(start: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(start)))
    }

    pub fn advance(&self, time: Duration) {
        let mut now = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *now += time;
    }

    pub fn clock(&self) -> Clock {
        Clock::new(self.clone())
    }
}

impl Ticking for SetClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        self.advance(time);
        Box::pin(tokio::task::yield_now())
    }
}
