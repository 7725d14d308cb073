//! The simulation's time: an injected clock plus an offset that `/sim/clock` moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// Gives the present instant.
pub type Now = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// The machine's clock: the only place where the simulation reads it.
#[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
pub fn machine() -> Now {
    Arc::new(Utc::now)
}

/// A clock that can be set off by a number of seconds.
pub struct Clock {
    base: Now,
    offset: AtomicI64,
}

impl Clock {
    pub fn new(base: Now, offset_seconds: i64) -> Self {
        Self { base, offset: AtomicI64::new(offset_seconds) }
    }

    /// The present instant of the simulation, in whole milliseconds.
    pub fn now(&self) -> DateTime<Utc> {
        ((self.base)() + TimeDelta::seconds(self.offset())).trunc_subsecs(3)
    }

    pub fn offset(&self) -> i64 {
        self.offset.load(Ordering::SeqCst)
    }

    pub fn set_offset(&self, seconds: i64) {
        self.offset.store(seconds, Ordering::SeqCst);
    }
}
