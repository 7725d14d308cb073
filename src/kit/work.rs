//! Background work as a reconciler: one row per (provider, customer, kind), claimed under a lease, fenced,
//! coalescing by construction. A handler takes no input but the row's ids: it reads the world again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::kit::chance::Chance;
use crate::kit::clock::Clock;
use crate::kit::crash::{self, Point};
use crate::kit::db::Db;
use crate::kit::held::{Held, held};
use crate::kit::ids::{CustomerId, ProviderId};
use crate::kit::planted::{self, Bug};
use crate::kit::scope::{Scope, Tx};
use crate::kit::unknown;

/// Claims in a row that never came back after which a row is left for a person.
pub const MAX_ATTEMPTS: i32 = 5;
/// How long a claim is good for. A handler that needs longer renews.
pub const LEASE: TimeDelta = TimeDelta::seconds(120);
/// A kind that asks nothing of Microsoft and goes on while a customer is paused: what is known to end does end.
pub const ENDINGS: &str = "endings";
/// How often a quiet process looks for due work.
const POLL: Duration = Duration::from_millis(500);
/// The part of a process's places that is filled by one claim.
const SHARE: usize = 8;

/// How a piece of work ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Done; due again then, or asleep until woken.
    Done { next: Option<DateTime<Utc>> },
    /// Failed in a known way; comes again after a growing wait, or then if a time is given.
    Failed { problem: Value, next: Option<DateTime<Utc>> },
    /// The lease went to somebody else; nothing more may be written.
    LeaseLost,
}

/// One claimed row: the third door to a `Scope`.
#[derive(Clone, Debug)]
pub struct Claimed {
    scope: Scope,
    customer: CustomerId,
    kind: &'static str,
    fence: i64,
    failures: i32,
    patience: TimeDelta,
    for_person: bool,
}

/// The lease is no longer ours.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    #[error("the lease went to somebody else")]
    LeaseLost,
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

impl Claimed {
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    pub fn customer(&self) -> CustomerId {
        self.customer
    }

    pub fn kind(&self) -> &'static str {
        self.kind
    }

    pub fn fence(&self) -> i64 {
        self.fence
    }

    /// Somebody waits for it there and then.
    pub fn for_person(&self) -> bool {
        self.for_person
    }

    /// A transaction that holds the lease's row: whoever lost the lease gets `LeaseLost`, not a write. It keeps out
    /// claims, which lock the row harder, and nobody else: two pieces of work may wake each other at once.
    pub async fn begin(&self, db: &Db) -> Result<Tx, WorkError> {
        let mut tx = self.scope.begin(db).await?;
        let held = sqlx::query_scalar!(
            "select fence from work where provider_id = $1 and customer_id = $2 and kind = $3 and fence = $4
                and leased_until is not null for key share",
            self.scope.provider().0,
            self.customer.0,
            self.kind,
            self.fence,
        )
        .fetch_optional(&mut *tx)
        .await?;
        if held.is_none() && !planted::has(Bug::Unfenced) {
            return Err(WorkError::LeaseLost);
        }
        let (kind, customer, fence) = (self.kind, self.customer.0, self.fence);
        crash::point(|| Point::Held { kind, customer, fence }).await;
        Ok(tx)
    }

    /// Prolongs the lease; between the parts of a long piece of work.
    pub async fn renew(&self, db: &Db, clock: &Clock) -> Result<(), WorkError> {
        let mut tx = self.scope.begin(db).await?;
        let renewed = sqlx::query!(
            "update work set leased_until = $5 where provider_id = $1 and customer_id = $2 and kind = $3
                and fence = $4 and leased_until is not null",
            self.scope.provider().0,
            self.customer.0,
            self.kind,
            self.fence,
            clock.now() + LEASE,
        )
        .execute(&mut *tx)
        .await?;
        if renewed.rows_affected() == 0 {
            return Err(WorkError::LeaseLost);
        }
        Ok(tx.commit_bookkeeping("a lease is no act").await?)
    }

    /// Does the work under the lease and gives the row back.
    pub async fn carry_out(
        &self,
        (db, clock, chance): (&Db, &Clock, &Chance),
        work: impl Future<Output = Outcome>,
    ) {
        let (kind, customer, fence) = (self.kind, self.customer.0, self.fence);
        crash::point(|| Point::Claimed { kind, customer, fence }).await;
        let work = held(db, clock, self, work);
        let end = match std::panic::AssertUnwindSafe(work).catch_unwind().await {
            Ok(Held::Came(outcome)) => End::Came(outcome),
            Ok(Held::LeaseLost) => End::Came(Outcome::LeaseLost),
            Ok(Held::TooLong) => {
                End::Came(Outcome::Failed { problem: json!({ "cause": "too-long" }), next: None })
            }
            Err(_) => End::Panicked,
        };
        if let End::Came(Outcome::Failed { problem, .. }) = &end {
            tracing::warn!(kind, customer = %self.customer, %problem, "work failed");
        }
        if let Err(error) = self.finish(db, clock, chance, end).await {
            tracing::warn!(kind, customer = %self.customer, %error, "work not given back");
        }
    }

    /// Gives the row back with its outcome. A stale holder changes nothing.
    async fn finish(&self, db: &Db, clock: &Clock, chance: &Chance, end: End) -> Result<(), WorkError> {
        let now = clock.now();
        let (outcome, problem, failures, attempts, next) = match end {
            End::Came(Outcome::LeaseLost) => return Err(WorkError::LeaseLost),
            End::Came(Outcome::Done { next }) => ("done", None, 0, Some(0), next),
            End::Came(Outcome::Failed { problem, next }) => {
                let failures = self.failures.saturating_add(1);
                let next = next.unwrap_or_else(|| now + back_off(failures, chance));
                ("failed", Some(problem), failures, Some(0), Some(next))
            }
            End::Panicked => {
                let failures = self.failures.saturating_add(1);
                let next = now + back_off(failures, chance);
                ("crashed", Some(json!({ "cause": "crashed" })), failures, None, Some(next))
            }
        };
        let mut tx = self.scope.begin(db).await?;
        let counted = problem.clone();
        let finished = sqlx::query!(
            "update work set leased_until = null, ended_at = $5::timestamptz, outcome = $6, problem = $7, failures = $8,
                    done_at = case when $6 = 'done' and $10::timestamptz is not null then $5::timestamptz else done_at end,
                    attempts = coalesce($9, attempts), due_at = case when woken then $5::timestamptz else $10 end,
                    rank_at = case when woken then $5::timestamptz else $11 end, woken = false
              where provider_id = $1 and customer_id = $2 and kind = $3 and fence = $4
                and leased_until is not null",
            self.scope.provider().0,
            self.customer.0,
            self.kind,
            self.fence,
            now,
            outcome,
            problem,
            failures,
            attempts,
            next,
            next.map(|next| next + self.patience),
        )
        .execute(&mut *tx)
        .await?;
        if finished.rows_affected() == 0 {
            return Err(WorkError::LeaseLost);
        }
        if let Some(problem) = counted {
            unknown::count(&mut tx, self.customer, &problem, now).await?;
        }
        Ok(tx.commit_bookkeeping("the row's own outcome").await?)
    }
}

enum End {
    Came(Outcome),
    Panicked,
}

/// 5 s, 10 s, 20 s … at most 15 min, times 0.8–1.2.
fn back_off(failures: i32, chance: &Chance) -> TimeDelta {
    let doublings = u32::try_from(failures.clamp(1, 12) - 1).unwrap_or(0);
    let seconds = (5_i64 << doublings).min(900);
    let jitter = 0.8 + 0.4 * chance.fraction();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "seconds, far below 2^52"
    )]
    TimeDelta::milliseconds((seconds as f64 * 1000.0 * jitter) as i64)
}

/// Moves the row's due time forward, inside the transaction that changed the world.
pub async fn wake(
    tx: &mut Tx,
    customer: CustomerId,
    kind: &'static str,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "insert into work (provider_id, customer_id, kind, due_at, rank_at) values ($1, $2, $3, $4, $4)
         on conflict (provider_id, customer_id, kind) do update
            set due_at = least(coalesce(work.due_at, excluded.due_at), excluded.due_at),
                rank_at = least(coalesce(work.rank_at, excluded.rank_at), excluded.rank_at),
                woken = work.leased_until is not null, attempts = 0, failures = 0",
        provider.0,
        customer.0,
        kind,
        at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The same for many customers with one statement.
pub async fn wake_each(
    tx: &mut Tx,
    customers: &[CustomerId],
    kind: &'static str,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    // In one order always: two who wake the same rows never wait for each other in a circle.
    let mut ids: Vec<uuid::Uuid> = customers.iter().map(|customer| customer.0).collect();
    ids.sort_unstable();
    ids.dedup();
    sqlx::query!(
        "insert into work (provider_id, customer_id, kind, due_at, rank_at)
         select $1, n.customer_id, $3, $4, $4 from unnest($2::uuid[]) as n (customer_id)
         on conflict (provider_id, customer_id, kind) do update
            set due_at = least(coalesce(work.due_at, excluded.due_at), excluded.due_at),
                rank_at = least(coalesce(work.rank_at, excluded.rank_at), excluded.rank_at),
                woken = work.leased_until is not null, attempts = 0, failures = 0",
        provider.0,
        &ids,
        kind,
        at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Claims the row for a person who waits for it, whenever it is due. None: it sleeps, or is under way.
pub async fn claim_now(
    tx: &mut Tx,
    customer: CustomerId,
    (kind, patience): (&'static str, TimeDelta),
    now: DateTime<Utc>,
) -> Result<Option<Claimed>, sqlx::Error> {
    let provider = tx.scope().provider();
    let row = sqlx::query!(
        "update work set leased_until = $5, fence = fence + 1, attempts = attempts + 1, started_at = $4, woken = false
          where provider_id = $1 and customer_id = $2 and kind = $3 and due_at is not null
            and (leased_until is null or leased_until <= $4)
         returning fence, failures",
        provider.0,
        customer.0,
        kind,
        now,
        now + LEASE
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Claimed {
        scope: Scope::of_work(provider, kind),
        customer,
        kind,
        fence: row.fence,
        failures: row.failures,
        patience,
        for_person: true,
    }))
}

/// A first row of this kind, due then; one that is there already stays as it is.
pub async fn begin(
    tx: &mut Tx,
    customer: CustomerId,
    kind: &'static str,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "insert into work (provider_id, customer_id, kind, due_at, rank_at) values ($1, $2, $3, $4, $4)
             on conflict (provider_id, customer_id, kind) do nothing",
        provider.0,
        customer.0,
        kind,
        at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Puts the rows to sleep; a paused customer's, say. What goes on meanwhile does.
pub async fn sleep(tx: &mut Tx, customer: CustomerId) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update work set due_at = null, rank_at = null, woken = false
          where provider_id = $1 and customer_id = $2 and kind <> $3",
        provider.0,
        customer.0,
        ENDINGS
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

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
