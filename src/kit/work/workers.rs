//! The loop that claims due rows and runs what the rooms do for them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Claimed, LEASE, MAX_ATTEMPTS, Outcome};
use crate::kit::chance::Chance;
use crate::kit::clock::Clock;
use crate::kit::db::Db;
use crate::kit::ids::{CustomerId, ProviderId};
use crate::kit::scope::Scope;

/// How often a quiet process looks for due work.
const POLL: Duration = Duration::from_millis(500);
/// The part of a process's places that is filled by one claim.
const SHARE: usize = 8;

type Handler<A> = Arc<dyn Fn(A, Claimed) -> BoxFuture<'static, Outcome> + Send + Sync>;

/// What is done for a kind, and how far what comes round by itself stands back behind what somebody waits for.
struct Kind<A> {
    patience: TimeDelta,
    handler: Handler<A>,
}

/// The rooms' kinds of work. `A` is the assembled portal.
pub struct Kinds<A> {
    handlers: BTreeMap<&'static str, Kind<A>>,
}

impl<A> Default for Kinds<A> {
    fn default() -> Self {
        Self { handlers: BTreeMap::new() }
    }
}

impl<A: Clone + Send + 'static> Kinds<A> {
    /// A kind that somebody always waits for.
    #[must_use]
    pub fn with<F, R>(self, kind: &'static str, handler: F) -> Self
    where
        F: Fn(A, Claimed) -> R + Send + Sync + 'static,
        R: Future<Output = Outcome> + Send + 'static,
    {
        self.patient(kind, TimeDelta::zero(), handler)
    }

    /// A kind that comes round by itself: then, not when it is woken, it lets go first whatever is due up to
    /// `patience` later.
    #[must_use]
    pub fn patient<F, R>(mut self, kind: &'static str, patience: TimeDelta, handler: F) -> Self
    where
        F: Fn(A, Claimed) -> R + Send + Sync + 'static,
        R: Future<Output = Outcome> + Send + 'static,
    {
        let handler: Handler<A> = Arc::new(move |app, claimed| handler(app, claimed).boxed());
        self.handlers.insert(kind, Kind { patience, handler });
        self
    }
}

/// Claims and runs due work of the given kinds.
pub struct Workers<A> {
    kinds: Kinds<A>,
    app: A,
    db: Db,
    clock: Clock,
    chance: Chance,
    nudge: Arc<Notify>,
}

impl<A: Clone + Send + Sync + 'static> Workers<A> {
    /// `nudge` wakes a waiting process before its next look.
    pub fn new(kinds: Kinds<A>, app: A, db: Db, clock: Clock, chance: Chance, nudge: Arc<Notify>) -> Self {
        Self { kinds, app, db, clock, chance, nudge }
    }

    /// Claims at most so many due rows, fair between providers and between customers.
    pub async fn claim(&self, most: usize) -> Result<Vec<Claimed>, sqlx::Error> {
        let now = self.clock.now();
        let names: Vec<String> = self.kinds.handlers.keys().map(|&name| name.to_owned()).collect();
        let rows = sqlx::query!(
            r#"select provider_id as "provider_id!", customer_id as "customer_id!", kind as "kind!",
                      fence as "fence!", failures as "failures!"
                 from door_claim_work($1, $2, $3, $4, $5)"#,
            now,
            now + LEASE,
            i32::try_from(most).unwrap_or(i32::MAX),
            MAX_ATTEMPTS,
            &names,
        )
        .fetch_all(self.db.pool())
        .await?;
        let claimed = rows.into_iter().filter_map(|row| {
            let (&kind, Kind { patience, .. }) = self.kinds.handlers.get_key_value(row.kind.as_str())?;
            Some(Claimed {
                scope: Scope::of_work(ProviderId(row.provider_id), kind),
                customer: CustomerId(row.customer_id),
                kind,
                fence: row.fence,
                failures: row.failures,
                patience: *patience,
                for_person: false,
            })
        });
        Ok(claimed.collect())
    }

    /// Runs one claimed row to its end and gives it back.
    pub async fn run_one(&self, claimed: Claimed) {
        let Some(Kind { handler, .. }) = self.kinds.handlers.get(claimed.kind) else { return };
        let work = handler(self.app.clone(), claimed.clone());
        claimed.carry_out((&self.db, &self.clock, &self.chance), work).await;
    }

    /// Runs what is due now, until nothing is; returns how many pieces ran. Tests call this.
    pub async fn run_due(&self) -> Result<usize, sqlx::Error> {
        let mut ran = 0;
        loop {
            let claimed = self.claim(32).await?;
            if claimed.is_empty() {
                return Ok(ran);
            }
            ran += claimed.len();
            futures::future::join_all(claimed.into_iter().map(|one| self.run_one(one))).await;
        }
    }

    /// Runs until told to stop; then waits for what is under way.
    pub async fn run(self: Arc<Self>, at_once: usize, stop: CancellationToken) {
        let mut under_way: JoinSet<()> = JoinSet::new();
        // A claim costs the same for one place or several: a place alone waits for others, or for the next look.
        let (several, mut look) = (at_once.div_ceil(SHARE), true);
        while !stop.is_cancelled() {
            while under_way.try_join_next().is_some() {}
            let free = at_once.saturating_sub(under_way.len());
            let claims = free > 0 && (look || free >= several);
            let claimed = if claims { self.claim(free).await } else { Ok(Vec::new()) };
            let idle = match claimed {
                Ok(claimed) => {
                    let idle = claimed.is_empty();
                    for one in claimed {
                        let workers = Arc::clone(&self);
                        under_way.spawn(async move { workers.run_one(one).await });
                    }
                    idle
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot claim work");
                    true
                }
            };
            if idle {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = self.nudge.notified() => look = true,
                    () = self.clock.sleep(POLL) => look = true,
                    Some(_) = under_way.join_next(), if !under_way.is_empty() => look = false,
                }
            }
        }
        while under_way.join_next().await.is_some() {}
    }
}
