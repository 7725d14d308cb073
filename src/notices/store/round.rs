//! What a provider's own round keeps and takes away.

use chrono::{DateTime, TimeDelta, Utc};

use crate::kit::scope::Tx;

/// How long messages are kept that were sent, or that nobody needed any more.
const SENT: TimeDelta = TimeDelta::days(90);
/// And those that were left for a person, and happenings that were weighed.
const LONG: TimeDelta = TimeDelta::days(400);
/// Taken away of each in one round, at most.
const STEP: i64 = 1_000;

/// Notes which end of an app's key, and which step before it, is told; `false`: it was.
pub async fn key_told(tx: &mut Tx, app: &str, mark: &str) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let done = sqlx::query!(
        "update app_registration set end_told = $3 where provider_id = $1 and app = $2 and end_told <> $3",
        provider.0,
        app,
        mark
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Takes away a bounded part of what was kept long enough: the oldest; says how many rows went.
pub async fn prune(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let provider = tx.scope().provider();
    let mut gone = 0;
    for (state, kept) in [("sent", SENT), ("dropped", SENT), ("dead", LONG)] {
        let done = sqlx::query!(
            "delete from outgoing where provider_id = $1 and outgoing_id in (
                 select o.outgoing_id from outgoing o
                  where o.provider_id = $1 and o.state = $2 and o.made_at < $3
                  order by o.made_at, o.outgoing_id limit $4)",
            provider.0,
            state,
            now - kept,
            STEP
        )
        .execute(&mut **tx)
        .await?;
        gone += done.rows_affected();
    }
    let done = sqlx::query!(
        "delete from happening h using (
             select o.kind, o.customer_id, o.about from happening o
              where o.provider_id = $1 and o.at < $2 and o.weighed_at < $2
              order by o.at limit $3) old
          where h.provider_id = $1 and h.kind = old.kind and h.customer_id = old.customer_id
            and h.about = old.about",
        provider.0,
        now - LONG,
        STEP
    )
    .execute(&mut **tx)
    .await?;
    Ok(gone + done.rows_affected())
}
