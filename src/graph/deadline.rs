//! When one call must have ended, whatever Microsoft does. Real time, like every guard of a real socket.

use std::time::{Duration, Instant};

use crate::graph::error::{GraphError, GraphErrorKind as Kind};

/// The end of one operation: a single call with all its tries, or all pages of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    pub fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Waits for something that has no effect at Microsoft: dropping it loses nothing.
    pub async fn bound<F: Future>(self, call: &'static str, work: F) -> Result<F::Output, GraphError> {
        tokio::time::timeout(self.left(), work).await.map_err(|_| Self::passed(call))
    }

    pub fn passed(call: &'static str) -> GraphError {
        GraphError::new(Kind::Unavailable, call, "the time for the whole operation is over")
    }
}
