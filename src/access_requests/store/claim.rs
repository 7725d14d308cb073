//! SQL of claims: who says that he is on a request, and until when.

use chrono::{DateTime, TimeDelta, Utc};

use crate::access_requests::model::{Claim, Key};
use crate::kit::ids::{CustomerId, PersonId};
use crate::kit::scope::Tx;

/// How long a claim holds others off.
pub const CLAIM: TimeDelta = TimeDelta::minutes(30);

/// Claims the request, or prolongs one's own claim. False: somebody else has it, or it waits no more.
pub async fn claim(
    tx: &mut Tx,
    key: &Key,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let taken = sqlx::query!(
        "insert into request_claim (provider_id, customer_id, request_id, person_id, claimed_at, until)
         select $1, $2, $3, $4, $5, $6 from access_request r
          where r.provider_id = $1 and r.customer_id = $2 and r.request_id = $3 and r.state = 'pendingApproval'
         on conflict (provider_id, customer_id, request_id) do update
            set person_id = excluded.person_id, claimed_at = excluded.claimed_at, until = excluded.until
          where request_claim.provider_id = $1
            and (request_claim.person_id = excluded.person_id or request_claim.until <= $5)",
        provider.0,
        key.customer.0,
        key.request,
        person.0,
        now,
        now + CLAIM,
    )
    .execute(&mut **tx)
    .await?;
    Ok(taken.rows_affected() > 0)
}

/// Gives one's own claim back.
pub async fn release(tx: &mut Tx, key: &Key, person: PersonId) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let gone = sqlx::query!(
        "delete from request_claim
          where provider_id = $1 and customer_id = $2 and request_id = $3 and person_id = $4",
        provider.0,
        key.customer.0,
        key.request,
        person.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(gone.rows_affected() > 0)
}

/// The claims that hold of these requests.
pub async fn claims(tx: &mut Tx, keys: &[Key], now: DateTime<Utc>) -> Result<Vec<Claim>, sqlx::Error> {
    let provider = tx.scope().provider();
    let customers: Vec<uuid::Uuid> = keys.iter().map(|key| key.customer.0).collect();
    let requests: Vec<String> = keys.iter().map(|key| key.request.clone()).collect();
    let rows = sqlx::query!(
        "select k.customer_id, k.request_id, k.person_id, p.name, k.until
           from request_claim k
           join unnest($2::uuid[], $3::text[]) as w(customer_id, request_id)
             on w.customer_id = k.customer_id and w.request_id = k.request_id
           join person p on p.provider_id = $1 and p.person_id = k.person_id
          where k.provider_id = $1 and k.until > $4",
        provider.0,
        &customers,
        &requests,
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    let found = rows.into_iter().map(|row| Claim {
        key: Key { customer: CustomerId(row.customer_id), request: row.request_id },
        person: PersonId(row.person_id),
        name: row.name,
        until: row.until,
    });
    Ok(found.collect())
}
