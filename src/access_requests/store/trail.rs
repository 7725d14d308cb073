//! The history of requests: who decided, what Microsoft lists no more, and how long it is kept.

use chrono::{DateTime, TimeDelta, Utc};

use crate::access_requests::model::{Decider, Who};
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;

/// Requests taken away in one go; the next turn takes the rest.
const AT_ONCE: i64 = 1_000;

/// A request that was decided, nobody knows yet by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecided {
    pub id: String,
    /// `approved` or `denied`, as its state tells.
    pub decision: String,
    pub waited_until: DateTime<Utc>,
}

/// Some of them since that moment (older ones are not in Microsoft's log any more), those since `fresh` first; else in
/// another order each time, so that one of which the log never tells keeps no other waiting.
pub async fn undecided(
    tx: &mut Tx,
    customer: CustomerId,
    (since, fresh): (DateTime<Utc>, DateTime<Utc>),
    most: i64,
    now: DateTime<Utc>,
) -> Result<Vec<Undecided>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        Undecided,
        r#"select request_id as id, decision, waited_until as "waited_until!" from access_request
            where provider_id = $1 and customer_id = $2 and decision <> '' and decision_from = ''
              and waited_until > $3
            order by waited_until <= $4, md5(request_id || $5) limit $6"#,
        provider.0,
        customer.0,
        since,
        fresh,
        now.timestamp().to_string(),
        most
    )
    .fetch_all(&mut **tx)
    .await
}

/// Keeps who decided, as the log tells. What was decided here, or is known already, stays; whether it was news.
pub async fn decided_by(
    tx: &mut Tx,
    customer: CustomerId,
    request: &str,
    decider: &Decider,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let who = decider.who.as_ref();
    let field = |field: fn(&Who) -> &String| who.map(field).cloned().unwrap_or_default();
    let written = sqlx::query!(
        "update access_request
            set decision_from = $4, decider_name = $5, decider_mail = $6, decider_oid = $7, decided_at = $8,
                decision_reason = $9, read_at = $10
          where provider_id = $1 and customer_id = $2 and request_id = $3 and decision <> ''
            and decision_from = ''",
        provider.0,
        customer.0,
        request,
        if who.is_some() { "log" } else { "nobody" },
        field(|who| &who.name),
        field(|who| &who.mail),
        field(|who| &who.oid),
        decider.at,
        decider.reason,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(written.rows_affected() > 0)
}

/// When the oldest request was made that Microsoft still lists, as far as we know.
pub async fn oldest_listed(tx: &mut Tx, customer: CustomerId) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_scalar!(
        "select min(created_at) from access_request
          where provider_id = $1 and customer_id = $2 and gone_at is null",
        provider.0,
        customer.0
    )
    .fetch_one(&mut **tx)
    .await
}

/// Marks what a whole list since that moment did not hold: it stays, marked.
pub async fn mark_unlisted(
    tx: &mut Tx,
    customer: CustomerId,
    (listed, since): (&[String], DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let provider = tx.scope().provider();
    let written = sqlx::query!(
        "update access_request set gone_at = $5, read_at = $5
          where provider_id = $1 and customer_id = $2 and gone_at is null and created_at >= $4
            and request_id <> all ($3)
            and state in ('delivered', 'denied', 'canceled', 'deliveryFailed', 'partiallyDelivered')",
        provider.0,
        customer.0,
        listed,
        since,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(written.rows_affected())
}

/// One answer that a request is not there may be of a replica that lags: only a second one, later, is believed.
const ONCE: TimeDelta = TimeDelta::seconds(30);

/// Requests that were not at their end and that the directory does not know any more, for the second time.
pub async fn mark_gone(
    tx: &mut Tx,
    customer: CustomerId,
    requests: &[String],
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let provider = tx.scope().provider();
    let written = sqlx::query!(
        "update access_request
            set gone_at = $4, read_at = $4, waited_until = coalesce(waited_until, $4), missed_at = null,
                state = case when state in ('delivered', 'denied', 'canceled', 'deliveryFailed', 'partiallyDelivered')
                             then state else 'gone' end
          where provider_id = $1 and customer_id = $2 and request_id = any ($3) and gone_at is null
            and missed_at <= $5",
        provider.0,
        customer.0,
        requests,
        now,
        now - ONCE,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update access_request set missed_at = $4
          where provider_id = $1 and customer_id = $2 and request_id = any ($3) and gone_at is null
            and missed_at is null",
        provider.0,
        customer.0,
        requests,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(written.rows_affected())
}

/// Takes away the provider's requests that are older than he keeps them, of whatever customer; how many.
pub async fn forget_old(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let provider = tx.scope().provider();
    let gone = sqlx::query!(
        "delete from access_request r
          where r.provider_id = $1 and (r.customer_id, r.request_id) in (
                select o.customer_id, o.request_id
                  from access_request o
                  join provider p on p.provider_id = $1
                 where o.provider_id = $1
                   and o.waited_until < $2::timestamptz - make_interval(days => p.keep_requests_days)
                 order by o.waited_until limit $3)",
        provider.0,
        now,
        AT_ONCE
    )
    .execute(&mut **tx)
    .await?;
    Ok(gone.rows_affected())
}
