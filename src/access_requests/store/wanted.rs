//! SQL of wishes: what a form decides on is kept whole before the first of it is begun, so that each has its row whatever
//! becomes of the process.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Intent;
use crate::access_requests::model::Key;
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;

/// Keeps the wishes of a form that are not kept yet: sent twice, it is the same form.
pub async fn want(tx: &mut Tx, wishes: &[Intent<'_>], now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let provider = tx.scope().provider();
    let batches: Vec<Uuid> = wishes.iter().map(|wish| wish.batch).collect();
    let customers: Vec<Uuid> = wishes.iter().map(|wish| wish.key.customer.0).collect();
    let people: Vec<Uuid> = wishes.iter().map(|wish| wish.person.0).collect();
    let text = |field: &dyn Fn(&Intent<'_>) -> String| wishes.iter().map(field).collect::<Vec<String>>();
    let kept = sqlx::query!(
        "insert into decision (provider_id, batch_id, customer_id, request_id, person_id, verdict, reason, state,
                               intended_at)
         select $1, w.batch_id, w.customer_id, w.request_id, w.person_id, w.verdict, w.reason, 'wanted', $8
           from unnest($2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::text[])
                as w (batch_id, customer_id, request_id, person_id, verdict, reason)
           join access_request r on r.provider_id = $1 and r.customer_id = w.customer_id
                and r.request_id = w.request_id
         on conflict do nothing",
        provider.0,
        &batches,
        &customers,
        &text(&|wish| wish.key.request.clone()),
        &people,
        &text(&|wish| wish.verdict.key().to_owned()),
        &text(&|wish| wish.reason.to_owned()),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(kept.rows_affected())
}

/// Its turn has come: what it comes to takes the wish's place.
pub(super) async fn take_up(tx: &mut Tx, batch: Uuid, key: &Key) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "delete from decision where provider_id = $1 and batch_id = $2 and customer_id = $3 and request_id = $4
            and state = 'wanted'",
        provider.0,
        batch,
        key.customer.0,
        key.request,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends wishes of a customer's that were made before then and never begun: the process ended. How many; and how many
/// still wait for their turn.
pub async fn give_up(
    tx: &mut Tx,
    customer: CustomerId,
    before: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(u64, i64), sqlx::Error> {
    let provider = tx.scope().provider();
    let ended = sqlx::query!(
        "update decision set state = 'refused', outcome = 'not-begun', ended_at = $4
          where provider_id = $1 and customer_id = $2 and state = 'wanted' and intended_at < $3",
        provider.0,
        customer.0,
        before,
        now,
    )
    .execute(&mut **tx)
    .await?;
    let left = sqlx::query_scalar!(
        r#"select count(*) as "many!" from decision
            where provider_id = $1 and customer_id = $2 and state = 'wanted'"#,
        provider.0,
        customer.0,
    );
    Ok((ended.rows_affected(), left.fetch_one(&mut **tx).await?))
}
