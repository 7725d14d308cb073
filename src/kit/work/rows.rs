//! The rows of work: made, woken, claimed for somebody who waits, put to sleep.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Claimed, ENDINGS, LEASE};
use crate::kit::ids::CustomerId;
use crate::kit::scope::{Scope, Tx};

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
