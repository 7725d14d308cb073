//! Background work as a reconciler: one row per (provider, customer, kind), claimed under a lease, fenced,
//! coalescing by construction. A handler takes no input but the row's ids: it reads the world again.

mod rows;
mod workers;

use chrono::{DateTime, TimeDelta, Utc};
use futures::FutureExt;
use serde_json::{Value, json};

use crate::kit::chance::Chance;
use crate::kit::clock::Clock;
use crate::kit::crash::{self, Point};
use crate::kit::db::Db;
use crate::kit::held::{Held, held};
use crate::kit::ids::CustomerId;
use crate::kit::planted::{self, Bug};
use crate::kit::scope::{Scope, Tx};
use crate::kit::unknown;

pub use rows::{begin, claim_now, sleep, wake, wake_each};
pub use workers::{Kinds, Workers};

/// Claims in a row that never came back after which a row is left for a person.
pub const MAX_ATTEMPTS: i32 = 5;
/// How long a claim is good for. A handler that needs longer renews.
pub const LEASE: TimeDelta = TimeDelta::seconds(120);
/// A kind that asks nothing of Microsoft and goes on while a customer is paused: what is known to end does end.
pub const ENDINGS: &str = "endings";

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
