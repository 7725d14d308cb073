//! SQL of the health room: work by kind, the oldest data, and starting work again.

mod causes;
mod kept;
mod sync;
mod unknown;

use chrono::{DateTime, Utc};

use crate::customers::consent;
use crate::health::model::{AgeRow, KindRow};
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;
use crate::kit::work::MAX_ATTEMPTS;

pub use causes::{Filter, PAGE, causes, failed, failing};
pub use kept::kept;
pub use sync::{SyncFilter, sync};
pub use unknown::unknown_codes;

const SLOWEST: i64 = 10;

/// Every kind of work that any customer in view has.
pub async fn kinds(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<KindRow>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    sqlx::query_as!(
        KindRow,
        r#"select w.kind, count(*) as "all!", count(*) filter (where w.due_at is null) as "asleep!",
                  count(*) filter (where w.leased_until > $3) as "running!",
                  count(*) filter (where w.due_at is not null and w.outcome in ('failed', 'crashed')
                                     and w.attempts < $4) as "failing!",
                  count(*) filter (where w.due_at is not null and w.attempts >= $4
                                     and (w.leased_until is null or w.leased_until <= $3)) as "stopped!",
                  min(w.due_at) filter (where w.due_at <= $3 and w.attempts < $4
                                     and (w.leased_until is null or w.leased_until <= $3)) as late_since,
                  max(w.ended_at) as last_ended
             from work w
            where w.provider_id = $1
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = w.customer_id))
            group by w.kind order by w.kind"#,
        provider.0,
        viewer.map(|person| person.0),
        now,
        MAX_ATTEMPTS,
    )
    .fetch_all(&mut **tx)
    .await
}

/// The customers in view whose requests were read longest ago, of those that can be read.
pub async fn slowest(tx: &mut Tx) -> Result<Vec<AgeRow>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    sqlx::query_as!(
        AgeRow,
        r#"select c.customer_id as "customer: CustomerId", c.name, g.done_at as "requests_at?",
                  c.read_at as directory_at
             from consent k
             join customer c on c.provider_id = $1 and c.customer_id = k.customer_id and c.paused_at is null
             left join work g on g.provider_id = $1 and g.customer_id = k.customer_id and g.kind = 'requests'
            where k.provider_id = $1 and k.app = 'reader' and k.state = 'granted'
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = k.customer_id))
            order by coalesce(g.done_at, k.since), c.customer_id limit $3"#,
        provider.0,
        viewer.map(|person| person.0),
        SLOWEST,
    )
    .fetch_all(&mut **tx)
    .await
}

/// Has one customer's work of this kind come again now; whether there is such work.
pub async fn again(
    tx: &mut Tx,
    customer: CustomerId,
    kind: &str,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let done = sqlx::query!(
        "update work set due_at = $4, rank_at = $4, woken = leased_until is not null, attempts = 0, failures = 0
          where provider_id = $1 and customer_id = $2 and kind = $3",
        provider.0,
        customer.0,
        kind,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The same for every customer in view whom this cause meets: work of this kind or, with none named, of every kind; and
/// the check of a consent that fails for it. How many.
pub async fn again_all(tx: &mut Tx, kind: &str, cause: &str, now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let done = sqlx::query!(
        "update work w set due_at = $5, rank_at = $5, woken = w.leased_until is not null, attempts = 0, failures = 0
          where w.provider_id = $1 and ($3 = '' or w.kind = $3) and w.due_at is not null
            and (((w.outcome in ('failed', 'crashed') or w.attempts >= $6)
                  and coalesce(w.problem ->> 'cause', '') = $4)
                 or ($3 = '' and w.kind = $7 and exists (select 1 from consent k where k.provider_id = $1
                     and k.customer_id = w.customer_id and k.state <> 'granted' and k.cause = $4)))
            and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                 and v.person_id = $2 and v.customer_id = w.customer_id))",
        provider.0,
        viewer.map(|person| person.0),
        kind,
        cause,
        now,
        MAX_ATTEMPTS,
        consent::WORK,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}
