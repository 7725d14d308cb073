//! A list being taken away, page by page. The session is looked up again before each page, as a stream of events does:
//! whoever may no longer see the list gets no more of it, however slowly he reads. Each page takes a connection, so
//! neither one session nor all together may take away without end.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use futures::stream::{self, Stream};
use http::HeaderMap;
use uuid::Uuid;

use crate::kit::again::SessionAgain;
use crate::kit::csv::Row;
use crate::kit::error::{AppError, Problem};
use crate::kit::right::Right;
use crate::kit::router::House;
use crate::kit::scope::Scope;

/// Downloads of one session side by side.
const PER_SESSION: usize = 2;
/// Downloads of this process; the pool has a few connections more.
const IN_ALL: usize = 8;
/// A download that is not through by then breaks off, and no longer holds its place.
const WHOLE: TimeDelta = TimeDelta::minutes(10);

#[derive(Debug)]
struct Taken {
    id: Uuid,
    session: Vec<u8>,
    ends_at: DateTime<Utc>,
}

/// The downloads under way in this process.
#[derive(Clone, Debug, Default)]
pub struct Exports(Arc<Mutex<Vec<Taken>>>);

/// The place of one download; free again once it is dropped.
#[derive(Debug)]
struct Seat {
    exports: Exports,
    id: Uuid,
}

impl Exports {
    /// `None`: enough are under way. One that is past its end has nothing more to come and counts no more.
    fn take(&self, id: Uuid, session: Vec<u8>, now: DateTime<Utc>) -> Option<Seat> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|one| one.ends_at > now);
        let his = open.iter().filter(|one| one.session == session).count();
        if his >= PER_SESSION || open.len() >= IN_ALL {
            return None;
        }
        open.push(Taken { id, session, ends_at: now + WHOLE });
        drop(open);
        Some(Seat { exports: self.clone(), id })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.exports.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|one| one.id != self.id);
    }
}

/// A download that has its place.
pub struct Export<H> {
    house: H,
    right: Right,
    again: SessionAgain,
    ends_at: DateTime<Utc>,
    _seat: Seat,
}

impl<H: House> Export<H> {
    /// # Errors
    /// Enough downloads are under way, in this session or in all.
    pub fn begin(house: &H, right: Right, headers: &HeaderMap) -> Result<Self, Problem> {
        let again = SessionAgain::of(headers);
        let now = house.clock().now();
        let id = house.chance().uuid_v4();
        let seat = house.exports().take(id, again.hash(), now).ok_or(Problem::Exports)?;
        Ok(Self { house: house.clone(), right, again, ends_at: now + WHOLE, _seat: seat })
    }

    /// In whose view the next page is read.
    async fn scope(&self) -> Result<Scope, AppError> {
        if self.house.clock().now() >= self.ends_at {
            return Err(AppError::Internal(anyhow::anyhow!("a download took longer than {WHOLE}")));
        }
        Ok(self.again.session(&self.house, self.right).await?.scope)
    }

    /// All pages, from `first` on: `page` reads one, and says where the next begins. The first is read in the view that
    /// was verified for the request itself.
    pub fn pages<P, F, R>(
        self,
        verified: Scope,
        first: P,
        page: F,
    ) -> impl Stream<Item = Result<Vec<Row>, AppError>> + Send + 'static
    where
        P: Send + 'static,
        F: Fn(Scope, P) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(Vec<Row>, Option<P>), AppError>> + Send,
    {
        let begun = (self, page, Some(verified), Some(first));
        stream::try_unfold(begun, async |(export, page, verified, place)| {
            let Some(place) = place else { return Ok(None) };
            let scope = match verified {
                Some(scope) => scope,
                None => export.scope().await?,
            };
            let (rows, next) = page(scope, place).await?;
            Ok(Some((rows, (export, page, None, next))))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_takes_two_lists_away_and_a_process_eight_and_what_is_past_its_end_holds_no_place() {
        let (exports, now) = (Exports::default(), DateTime::UNIX_EPOCH);
        let mut number = 0;
        let mut take = |session: u8, at| {
            number += 1;
            exports.take(Uuid::from_u128(number), vec![session], at)
        };
        let mut seats: Vec<Seat> =
            (0..4).flat_map(|one| [one, one]).filter_map(|one| take(one, now)).collect();
        assert_eq!(seats.len(), 8);
        assert!(take(9, now).is_none(), "a ninth");
        seats.pop();
        assert!(take(0, now).is_none(), "a third of one session");
        let ninth = take(9, now);
        assert!(ninth.is_some() && take(9, now).is_none());
        assert!(take(9, now + WHOLE).is_some());
        drop(ninth);
    }
}
