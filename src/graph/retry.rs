//! When and how long to wait before a call is tried again.

use std::time::Duration;

use crate::graph::error::{GraphError, GraphErrorKind as Kind};
use crate::graph::http::Limits;
use crate::kit::chance::Chance;

/// What is left of one call's tries and waiting.
pub(crate) struct Patience {
    tries_left: u32,
    waiting_left: Duration,
    step: Duration,
}

impl Patience {
    pub fn new(limits: &Limits) -> Self {
        Self {
            tries_left: limits.attempts.saturating_sub(1),
            waiting_left: limits.waiting,
            step: Duration::from_millis(500),
        }
    }

    /// The wait before the next try, or None when this error does not pass or patience is at its end. A wait that
    /// Microsoft names is kept exactly; otherwise the steps double, each with up to half of itself as jitter.
    pub fn wait_after(
        &mut self,
        error: &GraphError,
        quiet: Option<Duration>,
        chance: &Chance,
    ) -> Option<Duration> {
        let asked = match &error.kind {
            Kind::Throttled { retry_after } => *retry_after,
            Kind::Unavailable | Kind::LostAnswer => None,
            _ => return None,
        };
        self.wait(asked.max(quiet), chance)
    }

    /// The same for a wait known beforehand.
    pub fn wait(&mut self, asked: Option<Duration>, chance: &Chance) -> Option<Duration> {
        self.tries_left = self.tries_left.checked_sub(1)?;
        let wait = asked.unwrap_or_else(|| self.step + self.step.mul_f64(chance.fraction() / 2.0));
        self.step *= 2;
        self.waiting_left = self.waiting_left.checked_sub(wait)?;
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy(seconds: Option<u64>) -> GraphError {
        let retry_after = seconds.map(Duration::from_secs);
        GraphError::new(Kind::Throttled { retry_after }, "GET /x", "busy")
    }

    #[test]
    fn waits_double_with_jitter_and_end() {
        let chance = Chance::seeded(1);
        let mut patience = Patience::new(&Limits::default());
        let waits: Vec<_> = std::iter::from_fn(|| patience.wait_after(&busy(None), None, &chance)).collect();
        assert_eq!(waits.len(), 3);
        for (wait, base) in waits.iter().zip([500, 1000, 2000]) {
            let base = Duration::from_millis(base);
            assert!(*wait >= base && *wait <= base.mul_f64(1.5), "{wait:?}");
        }
    }

    #[test]
    fn a_named_wait_is_kept_and_one_beyond_patience_goes_to_the_caller() {
        let chance = Chance::seeded(1);
        let mut patience = Patience::new(&Limits::default());
        assert_eq!(patience.wait_after(&busy(Some(10)), None, &chance), Some(Duration::from_secs(10)));
        assert_eq!(patience.wait_after(&busy(Some(25)), None, &chance), None);
        let gone = GraphError::new(Kind::Unavailable, "GET /x", "gone");
        let quiet = Some(Duration::from_secs(7));
        assert_eq!(Patience::new(&Limits::default()).wait_after(&gone, quiet, &chance), quiet);
        assert_eq!(
            Patience::new(&Limits::default()).wait_after(
                &GraphError::new(Kind::Forbidden, "GET /x", "no"),
                None,
                &chance
            ),
            None
        );
    }
}
