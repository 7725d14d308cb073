//! Keeps a lease while a piece of work goes on, and breaks the work off once the lease is somebody else's or it has
//! lasted too long.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use chrono::TimeDelta;
use futures::FutureExt;

use crate::kit::clock::Clock;
use crate::kit::db::Db;
use crate::kit::work::{Claimed, LEASE, WorkError};

/// A quarter of the lease. No call to Microsoft lasts longer than another half, and each wakes us.
const OFTEN: TimeDelta = TimeDelta::seconds(30);
/// The longest a piece of work may last. It begins anew later; a tenant that answers drop by drop holds no place for
/// ever.
pub const LONGEST: TimeDelta = TimeDelta::minutes(30);

/// How a piece of work that was held ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Held<T> {
    Came(T),
    /// Somebody else has taken over; the work was dropped where it was.
    LeaseLost,
    /// Dropped after [`LONGEST`].
    TooLong,
}

/// Does the work to its end. There is no timer: the work itself wakes whenever a call or a wait of it is over, and then
/// the clock is asked how long ago the lease was prolonged.
pub(super) async fn held<T>(
    db: &Db,
    clock: &Clock,
    claimed: &Claimed,
    work: impl Future<Output = T>,
) -> Held<T> {
    let mut work = pin!(work);
    let begun = clock.now();
    let (mut asked, mut good_until) = (begun, begun + LEASE);
    let mut renewal = None;
    poll_fn(|context| {
        let now = clock.now();
        if renewal.is_none() && now - asked >= OFTEN {
            asked = now;
            renewal = Some(claimed.renew(db, clock).boxed());
        }
        match renewal.as_mut().map(|renewal| renewal.as_mut().poll(context)) {
            Some(Poll::Ready(outcome)) => {
                renewal = None;
                match outcome {
                    Ok(()) => good_until = asked + LEASE,
                    Err(WorkError::LeaseLost) => return Poll::Ready(Held::LeaseLost),
                    // Nobody can say whose it is by now.
                    Err(WorkError::Sql(_)) if now >= good_until => return Poll::Ready(Held::LeaseLost),
                    Err(WorkError::Sql(error)) => {
                        tracing::warn!(%error, "lease not prolonged, tried again soon");
                    }
                }
            }
            // Who slept past his lease does nothing more before it is proven his.
            Some(Poll::Pending) if now >= good_until => return Poll::Pending,
            Some(Poll::Pending) | None => {}
        }
        match work.as_mut().poll(context) {
            Poll::Ready(came) => Poll::Ready(Held::Came(came)),
            Poll::Pending if now - begun > LONGEST => Poll::Ready(Held::TooLong),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
