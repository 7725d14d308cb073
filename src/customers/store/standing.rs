//! The standing of a customer, as the engine and the probes find it.

use chrono::{DateTime, Utc};

use super::search::refresh_words;
use crate::customers::model::{Standing, State, WhoseMove, sort_name};
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;

/// The customer's standing, whoever asks: for what is decided without anybody's view of customers.
pub async fn standing_of(tx: &mut Tx, customer: CustomerId) -> Result<Option<Standing>, sqlx::Error> {
    let provider = tx.scope().provider();
    let row = sqlx::query!(
        "select state, whose_move, next_move, steps_done, steps_total from customer
          where provider_id = $1 and customer_id = $2",
        provider.0,
        customer.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Standing {
        state: State::from_key(&row.state).unwrap_or(State::New),
        whose_move: WhoseMove::from_key(&row.whose_move).unwrap_or(WhoseMove::Us),
        next_move: row.next_move,
        steps_done: row.steps_done,
        steps_total: row.steps_total,
    }))
}

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

/// What a directory says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub name: String,
    pub domains: Vec<String>,
    pub default_domain: Option<String>,
}

/// Takes over the organisation's name, unless a person already chose another, and its default domain, unless the one
/// that is kept still belongs to it. Says the domain before and now if it is another; the search words follow.
pub async fn set_identity(
    tx: &mut Tx,
    customer: CustomerId,
    told: &Identity,
) -> Result<Option<(String, String)>, sqlx::Error> {
    let provider = tx.scope().provider();
    // Microsoft's names may be longer than ours.
    let cut = told.name.char_indices().nth(200).map_or(told.name.as_str(), |(at, _)| &told.name[..at]);
    let named = sqlx::query!(
        "update customer set name = case when name in (domain, entra_tenant_id::text) then $3 else name end,
                sort_name = case when name in (domain, entra_tenant_id::text) then $4 else sort_name end,
                name_verified = true
          where provider_id = $1 and customer_id = $2 and not name_verified and $3 <> ''",
        provider.0,
        customer.0,
        cut,
        sort_name(cut),
    )
    .execute(&mut **tx)
    .await?;
    let domains: Vec<String> = told.domains.iter().map(|domain| domain.to_lowercase()).collect();
    let moved = sqlx::query!(
        "update customer c set domain = $3 from customer b
          where c.provider_id = $1 and c.customer_id = $2 and b.provider_id = $1 and b.customer_id = $2
            and $3 <> '' and b.domain <> all ($4)
      returning b.domain as before, c.domain as now",
        provider.0,
        customer.0,
        told.default_domain.as_deref().unwrap_or_default().to_lowercase(),
        &domains,
    )
    .fetch_optional(&mut **tx)
    .await?;
    if named.rows_affected() > 0 || moved.is_some() {
        refresh_words(tx, customer).await?;
    }
    Ok(moved.map(|row| (row.before, row.now)))
}
