//! SQL of decisions: what somebody means to decide is kept before Microsoft is asked, and what became of it after.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::wanted::take_up;
use crate::access_requests::model::{Decision, Key, Open, STAGE, UnderWay, Verdict};
use crate::kit::ids::{CustomerId, PersonId};
use crate::kit::scope::Tx;

/// A request that a reading still sees waiting so long after Microsoft took a decision waits.
const SHOWS: TimeDelta = TimeDelta::minutes(5);

/// Asking to deliver once more takes no longer.
const ASKS: TimeDelta = TimeDelta::minutes(5);

/// What somebody means to decide.
#[derive(Clone, Copy, Debug)]
pub struct Intent<'a> {
    pub batch: Uuid,
    pub key: &'a Key,
    pub person: PersonId,
    pub verdict: Verdict,
    pub reason: &'a str,
    /// As whom, in the customer's directory.
    pub account: &'a str,
}

/// What keeping an intent found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is kept: go on.
    Yes,
    /// The same form was sent before; what it began goes on or has ended.
    Before,
    /// This person decides on it, and what became of that is not known yet.
    Busy(String),
    /// It waits no more.
    NotPending,
}

/// Keeps an intent. Nobody else can while it is open.
pub async fn intend(tx: &mut Tx, intent: &Intent<'_>, now: DateTime<Utc>) -> Result<Begun, sqlx::Error> {
    let provider = tx.scope().provider();
    take_up(tx, intent.batch, intent.key).await?;
    let kept = sqlx::query!(
        "insert into decision (provider_id, batch_id, customer_id, request_id, person_id, verdict, reason, state,
                               account_mail, intended_at)
         select $1, $2, $3, $4, $5, $6, $7, 'intended', $8, $9
           from access_request r
          where r.provider_id = $1 and r.customer_id = $3 and r.request_id = $4 and r.state = 'pendingApproval'
         on conflict do nothing",
        provider.0,
        intent.batch,
        intent.key.customer.0,
        intent.key.request,
        intent.person.0,
        intent.verdict.key(),
        intent.reason,
        intent.account,
        now,
    )
    .execute(&mut **tx)
    .await?;
    if kept.rows_affected() > 0 {
        return Ok(Begun::Yes);
    }
    if of_batch_one(tx, intent.batch, intent.key).await? {
        return Ok(Begun::Before);
    }
    let busy = sqlx::query_scalar!(
        "select p.name from decision d
           join person p on p.provider_id = $1 and p.person_id = d.person_id
          where d.provider_id = $1 and d.customer_id = $2 and d.request_id = $3
            and d.state in ('intended', 'sent', 'unknown')",
        provider.0,
        intent.key.customer.0,
        intent.key.request,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(busy.map_or(Begun::NotPending, Begun::Busy))
}

async fn of_batch_one(tx: &mut Tx, batch: Uuid, key: &Key) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let found = sqlx::query_scalar!(
        r#"select 1 as "one!" from decision
            where provider_id = $1 and batch_id = $2 and customer_id = $3 and request_id = $4"#,
        provider.0,
        batch,
        key.customer.0,
        key.request,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.is_some())
}

/// Keeps that something was not even begun, and why; the form's answer is read from here like any other.
pub async fn refuse(
    tx: &mut Tx,
    intent: &Intent<'_>,
    (outcome, detail): (&str, &str),
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    take_up(tx, intent.batch, intent.key).await?;
    let kept = sqlx::query!(
        "insert into decision (provider_id, batch_id, customer_id, request_id, person_id, verdict, reason, state, outcome,
                               detail, account_mail, intended_at, ended_at)
         values ($1, $2, $3, $4, $5, $6, $7, 'refused', $8, $9, $10, $11, $11)
         on conflict do nothing",
        provider.0,
        intent.batch,
        intent.key.customer.0,
        intent.key.request,
        intent.person.0,
        intent.verdict.key(),
        intent.reason,
        outcome,
        detail,
        intent.account,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(kept.rows_affected() > 0)
}

/// Notes that it is on its way to Microsoft. False: it is no more open, and must not be sent.
pub async fn mark_sent(tx: &mut Tx, batch: Uuid, key: &Key, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let sent = sqlx::query!(
        "update decision set state = 'sent', sent_at = $5
          where provider_id = $1 and batch_id = $2 and customer_id = $3 and request_id = $4 and state = 'intended'",
        provider.0,
        batch,
        key.customer.0,
        key.request,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(sent.rows_affected() > 0)
}

/// Keeps what became of an open one. An ended one stays as it is.
pub async fn end(
    tx: &mut Tx,
    batch: Uuid,
    key: &Key,
    (state, outcome, detail): (&str, &str, &str),
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let ended = sqlx::query!(
        "update decision set state = $5, outcome = $6, detail = $7, ended_at = $8
          where provider_id = $1 and batch_id = $2 and customer_id = $3 and request_id = $4
            and state in ('intended', 'sent', 'unknown')",
        provider.0,
        batch,
        key.customer.0,
        key.request,
        state,
        outcome,
        detail,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(ended.rows_affected() > 0)
}

/// Who decided, where it was one of ours by his own connection and it was the last word on it.
pub async fn decided_here(
    tx: &mut Tx,
    key: &Key,
    verdict: Verdict,
    (name, mail, oid): (&str, &str, &str),
    (reason, now): (&str, DateTime<Utc>),
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update access_request
            set decider_name = $4, decider_mail = $5, decider_oid = $6, decided_at = $7, decision = $8,
                decision_from = 'here', decision_reason = $9
          where provider_id = $1 and customer_id = $2 and request_id = $3",
        provider.0,
        key.customer.0,
        key.request,
        name,
        mail,
        oid,
        now,
        verdict.decided(),
        reason,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes that Microsoft is being asked to deliver once more. False: it failed no more, or somebody asks already. Who
/// asked longer ago than a call lasts asks no more: his process ended.
pub async fn ask_redelivery(tx: &mut Tx, key: &Key, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let asked = sqlx::query!(
        "update access_request set redelivery_asked_at = $4
          where provider_id = $1 and customer_id = $2 and request_id = $3
            and state in ('deliveryFailed', 'partiallyDelivered')
            and (redelivery_asked_at is null or redelivery_asked_at <= $5)",
        provider.0,
        key.customer.0,
        key.request,
        now,
        now - ASKS,
    )
    .execute(&mut **tx)
    .await?;
    Ok(asked.rows_affected() > 0)
}

/// Microsoft answered, whatever it said: it may be asked again.
pub async fn redelivery_answered(tx: &mut Tx, key: &Key) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update access_request set redelivery_asked_at = null
          where provider_id = $1 and customer_id = $2 and request_id = $3",
        provider.0,
        key.customer.0,
        key.request,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Microsoft tries again what failed: it is followed as what is being delivered.
pub async fn redelivering(tx: &mut Tx, key: &Key, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let set = sqlx::query!(
        "update access_request set state = 'delivering', completed_at = null, read_at = $4
          where provider_id = $1 and customer_id = $2 and request_id = $3
            and state in ('deliveryFailed', 'partiallyDelivered')",
        provider.0,
        key.customer.0,
        key.request,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(set.rows_affected() > 0)
}

/// The rows of one sent form, for whoever sent it.
pub async fn of_batch(tx: &mut Tx, batch: Uuid, person: PersonId) -> Result<Vec<Decision>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let rows = sqlx::query!(
        r#"select d.customer_id, d.request_id, d.verdict, d.reason, d.state, d.outcome, d.detail, d.account_mail,
                  d.intended_at, d.ended_at, c.name as customer_name, p.name as person_name, r.requestor_name,
                  r.requestor_mail, r.package_name
             from decision d
             join customer c on c.provider_id = $1 and c.customer_id = d.customer_id
             join person p on p.provider_id = $1 and p.person_id = d.person_id
             join access_request r on r.provider_id = $1 and r.customer_id = d.customer_id
                  and r.request_id = d.request_id
            where d.provider_id = $1 and d.batch_id = $2 and d.person_id = $3
              and ($4::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $4 and v.customer_id = d.customer_id))
            order by c.sort_name, d.customer_id, r.requestor_name, d.request_id"#,
        provider.0,
        batch,
        person.0,
        viewer.map(|person| person.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    let shown = rows.into_iter().map(|row| Decision {
        key: Key { customer: CustomerId(row.customer_id), request: row.request_id },
        customer_name: row.customer_name,
        requestor: if row.requestor_name.is_empty() { row.requestor_mail } else { row.requestor_name },
        package_name: row.package_name,
        person: row.person_name,
        account: row.account_mail,
        verdict: Verdict::from_key(&row.verdict).unwrap_or(Verdict::Deny),
        reason: row.reason,
        state: row.state,
        outcome: row.outcome,
        detail: row.detail,
        intended_at: row.intended_at,
        ended_at: row.ended_at,
    });
    Ok(shown.collect())
}

/// Everything that was meant for one request here, the first first.
pub async fn of_request(tx: &mut Tx, key: &Key) -> Result<Vec<Decision>, sqlx::Error> {
    let provider = tx.scope().provider();
    let rows = sqlx::query!(
        "select d.verdict, d.reason, d.state, d.outcome, d.detail, d.account_mail, d.intended_at, d.ended_at,
                p.name as person_name
           from decision d
           join person p on p.provider_id = $1 and p.person_id = d.person_id
          where d.provider_id = $1 and d.customer_id = $2 and d.request_id = $3
          order by d.intended_at, d.batch_id",
        provider.0,
        key.customer.0,
        key.request,
    )
    .fetch_all(&mut **tx)
    .await?;
    let shown = rows.into_iter().map(|row| Decision {
        key: key.clone(),
        customer_name: String::new(),
        requestor: String::new(),
        package_name: String::new(),
        person: row.person_name,
        account: row.account_mail,
        verdict: Verdict::from_key(&row.verdict).unwrap_or(Verdict::Deny),
        reason: row.reason,
        state: row.state,
        outcome: row.outcome,
        detail: row.detail,
        intended_at: row.intended_at,
        ended_at: row.ended_at,
    });
    Ok(shown.collect())
}

/// What is open of a customer's, with where each request stands by the last reading, and when that was.
pub async fn open(tx: &mut Tx, customer: CustomerId) -> Result<Vec<Open>, sqlx::Error> {
    let provider = tx.scope().provider();
    let rows = sqlx::query!(
        r#"select d.batch_id, d.request_id, d.verdict, d.state, coalesce(d.sent_at, d.intended_at) as "at!",
                  r.state as request_state,
                  w.done_at as "read_at?"
             from decision d
             join access_request r on r.provider_id = $1 and r.customer_id = $2 and r.request_id = d.request_id
             left join work w on w.provider_id = $1 and w.customer_id = $2 and w.kind = 'requests'
            where d.provider_id = $1 and d.customer_id = $2 and d.state in ('intended', 'sent', 'unknown')
            order by d.intended_at, d.request_id"#,
        provider.0,
        customer.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let open = rows.into_iter().map(|row| Open {
        batch: row.batch_id,
        key: Key { customer, request: row.request_id },
        verdict: Verdict::from_key(&row.verdict).unwrap_or(Verdict::Deny),
        sent: row.state != "intended",
        at: row.at,
        request_state: row.request_state,
        read_at: row.read_at,
    });
    Ok(open.collect())
}

/// Of each of these requests what was meant last and is on its way, or was taken and is not read yet. A stage that was
/// approved is followed by another, which waits for somebody.
pub async fn under_way(tx: &mut Tx, keys: &[Key]) -> Result<Vec<UnderWay>, sqlx::Error> {
    let provider = tx.scope().provider();
    let customers: Vec<Uuid> = keys.iter().map(|key| key.customer.0).collect();
    let requests: Vec<String> = keys.iter().map(|key| key.request.clone()).collect();
    let rows = sqlx::query!(
        "select distinct on (d.customer_id, d.request_id) d.customer_id, d.request_id, d.verdict, d.state, p.name
           from decision d
           join unnest($2::uuid[], $3::text[]) as w(customer_id, request_id)
             on w.customer_id = d.customer_id and w.request_id = d.request_id
           join person p on p.provider_id = $1 and p.person_id = d.person_id
           left join work k on k.provider_id = $1 and k.customer_id = d.customer_id and k.kind = 'requests'
          where d.provider_id = $1
            and (d.state in ('wanted', 'intended', 'sent', 'unknown')
                 or (d.state = 'accepted' and d.outcome <> $4
                     and (k.done_at is null or k.done_at < d.ended_at + $5::interval)))
          order by d.customer_id, d.request_id, d.intended_at desc",
        provider.0,
        &customers,
        &requests,
        STAGE,
        SHOWS as _,
    )
    .fetch_all(&mut **tx)
    .await?;
    let found = rows.into_iter().map(|row| UnderWay {
        key: Key { customer: CustomerId(row.customer_id), request: row.request_id },
        verdict: Verdict::from_key(&row.verdict).unwrap_or(Verdict::Deny),
        state: row.state,
        person: row.name,
    });
    Ok(found.collect())
}
