//! SQL of the health room.

use chrono::{DateTime, Utc};

use crate::health::model::{AgeRow, CauseRow, FailedRow, KindRow};
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;
use crate::kit::work::MAX_ATTEMPTS;

pub const PAGE: i64 = 50;
/// Customers named beside a cause, and customers shown as slowest.
const NAMED: i32 = 5;
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

/// What fails, by cause; the most frequent first.
pub async fn causes(tx: &mut Tx) -> Result<Vec<CauseRow>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    sqlx::query_as!(
        CauseRow,
        r#"select w.kind, coalesce(w.problem ->> 'cause', '') as "cause!", count(*) as "many!",
                  count(*) filter (where w.attempts >= $3) as "stopped!", max(w.failures) as "failures!",
                  (array_agg(c.name order by c.sort_name, c.customer_id))[1:$4] as "names!"
             from work w
             join customer c on c.provider_id = $1 and c.customer_id = w.customer_id
            where w.provider_id = $1 and w.due_at is not null
              and (w.outcome in ('failed', 'crashed') or w.attempts >= $3)
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = w.customer_id))
            group by w.kind, 2 order by count(*) desc, w.kind, 2"#,
        provider.0,
        viewer.map(|person| person.0),
        MAX_ATTEMPTS,
        NAMED,
    )
    .fetch_all(&mut **tx)
    .await
}

/// What the list of failing rows is asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub kind: Option<String>,
    pub cause: Option<String>,
    pub stopped: bool,
    /// The last row of the page before.
    pub after: Option<(String, CustomerId, String)>,
}

/// Failing and stopped rows, by customer.
pub async fn failed(tx: &mut Tx, filter: &Filter) -> Result<(Vec<FailedRow>, bool), sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let after = filter.after.as_ref();
    let mut rows = sqlx::query_as!(
        FailedRow,
        r#"select w.customer_id as "customer: CustomerId", c.name, c.sort_name, w.kind,
                  coalesce(w.problem ->> 'cause', '') as "cause!", coalesce(w.problem ->> 'detail', '') as "detail!",
                  w.failures, w.attempts, w.ended_at, w.due_at, w.attempts >= $3 as "stopped!"
             from work w
             join customer c on c.provider_id = $1 and c.customer_id = w.customer_id
            where w.provider_id = $1 and w.due_at is not null
              and (w.outcome in ('failed', 'crashed') or w.attempts >= $3)
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = w.customer_id))
              and ($4::text is null or w.kind = $4)
              and ($5::text is null or coalesce(w.problem ->> 'cause', '') = $5)
              and (not $6 or w.attempts >= $3)
              and ($7::text is null or (c.sort_name, c.customer_id, w.kind) > ($7, $8::uuid, $9::text))
            order by c.sort_name, c.customer_id, w.kind limit $10"#,
        provider.0,
        viewer.map(|person| person.0),
        MAX_ATTEMPTS,
        filter.kind,
        filter.cause,
        filter.stopped,
        after.map(|after| after.0.clone()),
        after.map(|after| after.1.0),
        after.map(|after| after.2.clone()),
        PAGE + 1,
    )
    .fetch_all(&mut **tx)
    .await?;
    let more = rows.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    if more {
        rows.pop();
    }
    Ok((rows, more))
}

/// How many rows of any kind fail or are stopped.
pub async fn failing(tx: &mut Tx) -> Result<(i64, i64), sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let row = sqlx::query!(
        r#"select count(*) filter (where w.attempts < $3) as "failing!",
                  count(*) filter (where w.attempts >= $3) as "stopped!"
             from work w
            where w.provider_id = $1 and w.due_at is not null
              and (w.outcome in ('failed', 'crashed') or w.attempts >= $3)
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = w.customer_id))"#,
        provider.0,
        viewer.map(|person| person.0),
        MAX_ATTEMPTS,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.failing, row.stopped))
}

/// The customers in view whose requests were read longest ago, of those that can be read.
pub async fn slowest(tx: &mut Tx) -> Result<Vec<AgeRow>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    sqlx::query_as!(
        AgeRow,
        r#"select c.customer_id as "customer: CustomerId", c.name, g.read_at as "requests_at?",
                  c.read_at as directory_at
             from consent k
             join customer c on c.provider_id = $1 and c.customer_id = k.customer_id and c.paused_at is null
             left join access_request_reading g on g.provider_id = $1 and g.customer_id = k.customer_id
            where k.provider_id = $1 and k.app = 'reader' and k.state = 'granted'
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = k.customer_id))
            order by coalesce(g.read_at, k.since), c.customer_id limit $3"#,
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

/// The same for every customer in view whom this cause meets; how many.
pub async fn again_all(tx: &mut Tx, kind: &str, cause: &str, now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let done = sqlx::query!(
        "update work w set due_at = $5, rank_at = $5, woken = w.leased_until is not null, attempts = 0, failures = 0
          where w.provider_id = $1 and w.kind = $3 and w.due_at is not null
            and (w.outcome in ('failed', 'crashed') or w.attempts >= $6)
            and coalesce(w.problem ->> 'cause', '') = $4
            and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                 and v.person_id = $2 and v.customer_id = w.customer_id))",
        provider.0,
        viewer.map(|person| person.0),
        kind,
        cause,
        now,
        MAX_ATTEMPTS,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}
