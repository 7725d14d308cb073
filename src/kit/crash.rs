//! Where tests watch the portal and let it die: before and after every call to Microsoft and every commit.
//!
//! Without the feature `crash-points`, which a release cannot have, all of this is nothing.

use uuid::Uuid;

/// Before or after what the point is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum When {
    Before,
    After,
}

/// One point that was reached.
#[derive(Clone, Debug)]
pub enum Point<'a> {
    /// A request to Microsoft, with what it was meant for.
    Call {
        when: When,
        call: &'static str,
        tenant: Uuid,
        app: &'a str,
        request: &'a str,
    },
    /// A transaction: what it is about.
    Commit {
        when: When,
        what: &'static str,
    },
    /// A piece of work was claimed with this fence, or a transaction opened that holds its lease.
    Claimed {
        kind: &'static str,
        customer: Uuid,
        fence: i64,
    },
    Held {
        kind: &'static str,
        customer: Uuid,
        fence: i64,
    },
}

#[cfg(feature = "crash-points")]
mod watched {
    use std::sync::Arc;

    use futures::future::BoxFuture;

    use super::Point;

    /// Sees every point of the work it is set over. What it gives back is waited for: for ever, if the process dies.
    pub trait Watch: Send + Sync {
        fn reached(&self, point: &Point<'_>) -> Option<BoxFuture<'static, ()>>;
    }

    tokio::task_local! {
        static WATCH: Arc<dyn Watch>;
    }

    /// Runs work under the eyes of `watch`.
    pub async fn watched<F: Future>(watch: Arc<dyn Watch>, work: F) -> F::Output {
        WATCH.scope(watch, work).await
    }

    pub async fn point<'a>(point: impl FnOnce() -> Point<'a>) {
        let waits = WATCH.try_with(|watch| watch.reached(&point())).ok().flatten();
        if let Some(waits) = waits {
            waits.await;
        }
    }
}

#[cfg(feature = "crash-points")]
pub use watched::{Watch, point, watched};

#[cfg(not(feature = "crash-points"))]
#[inline]
#[expect(clippy::unused_async, reason = "the same as with the feature")]
pub async fn point<'a>(_point: impl FnOnce() -> Point<'a>) {}
