//! The standing of a customer, as the engine and the probes find it.

use chrono::{DateTime, Utc};

use crate::customers::model::{Standing, sort_name, words};
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;

/// Writes the standing, and once when a customer is onboarded first. `since` moves only when the state or whose move changes; an equal standing writes nothing.
pub async fn set_standing(
    tx: &mut Tx,
    customer: CustomerId,
    standing: &Standing,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update customer set state = $3, whose_move = $4, next_move = $5, steps_done = $6, steps_total = $7,
                since = case when state = $3 and whose_move = $4 then since else $8 end,
                onboarded_at = case when $3 = 'onboarded' then coalesce(onboarded_at, $8) else onboarded_at end
          where provider_id = $1 and customer_id = $2
            and (state, whose_move, next_move, steps_done, steps_total) is distinct from ($3, $4, $5, $6, $7)",
        provider.0,
        customer.0,
        standing.state.key(),
        standing.whose_move.key(),
        standing.next_move,
        standing.steps_done,
        standing.steps_total,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes over the organisation's name as its own directory tells it, unless a person already chose another.
pub async fn set_name_verified(tx: &mut Tx, customer: CustomerId, name: &str) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    // Microsoft's names may be longer than ours.
    let cut = name.char_indices().nth(200).map_or(name, |(at, _)| &name[..at]);
    let changed = sqlx::query!(
        "update customer set name = case when name = domain then $3 else name end,
                sort_name = case when name = domain then $4 else sort_name end, name_verified = true
          where provider_id = $1 and customer_id = $2 and not name_verified
      returning name, domain",
        provider.0,
        customer.0,
        cut,
        sort_name(cut),
    )
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(row) = changed {
        add_words(tx, customer, &words([row.name.as_str(), row.domain.as_str(), name])).await?;
    }
    Ok(())
}

pub(super) async fn add_words(
    tx: &mut Tx,
    customer: CustomerId,
    words: &[String],
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "insert into customer_word (provider_id, word, customer_id)
         select $1, w, $2 from unnest($3::text[]) as w on conflict do nothing",
        provider.0,
        customer.0,
        words,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
