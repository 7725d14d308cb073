//! Keeps a lease while a long piece of work goes on, and breaks the work off once the lease is somebody else's.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use chrono::TimeDelta;
use futures::FutureExt;

use crate::app::App;
use crate::kit::work::{Claimed, WorkError};

/// A quarter of the lease. No call to Microsoft lasts longer than another half, and each wakes us.
const OFTEN: TimeDelta = TimeDelta::seconds(30);

/// Does the work to its end. There is no timer: the work itself wakes whenever a call or a wait of it is over, and then
/// the clock is asked how long ago the lease was prolonged.
///
/// # Errors
/// Somebody else has taken over; the work was dropped where it was.
pub(super) async fn held<T>(
    app: &App,
    claimed: &Claimed,
    work: impl Future<Output = T>,
) -> Result<T, WorkError> {
    let mut work = pin!(work);
    let mut renewed = app.clock.now();
    let mut renewal = None;
    poll_fn(|context| {
        let now = app.clock.now();
        if renewal.is_none() && now - renewed >= OFTEN {
            renewed = now;
            renewal = Some(claimed.renew(&app.db, &app.clock).boxed());
        }
        if let Some(Poll::Ready(outcome)) = renewal.as_mut().map(|renewal| renewal.as_mut().poll(context)) {
            renewal = None;
            match outcome {
                Err(WorkError::LeaseLost) => return Poll::Ready(Err(WorkError::LeaseLost)),
                Err(WorkError::Sql(error)) => tracing::warn!(%error, "lease not prolonged, tried again soon"),
                Ok(()) => {}
            }
        }
        work.as_mut().poll(context).map(Ok)
    })
    .await
}
