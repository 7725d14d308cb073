//! How many customers in view stand where, for Today. Paused ones wait for nobody and are not counted.

use crate::customers::model::{State, WhoseMove};
use crate::kit::counted::{Counted, STOP};
use crate::kit::scope::Tx;

/// Customers in each of these states, and those where each of these has the move.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    states: Vec<(String, i64)>,
    moves: Vec<(String, i64)>,
}

impl Counts {
    pub fn in_state(&self, state: State) -> Counted {
        Self::of(&self.states, state.key())
    }

    pub fn moving(&self, whose: WhoseMove) -> Counted {
        Self::of(&self.moves, whose.key())
    }

    fn of(counts: &[(String, i64)], key: &str) -> Counted {
        Counted::of(counts.iter().find(|(of, _)| of == key).map_or(0, |(_, many)| *many))
    }
}

pub async fn counts(tx: &mut Tx, states: &[State], moves: &[WhoseMove]) -> Result<Counts, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider().0, tx.scope().limited_to().map(|person| person.0));
    let states: Vec<String> = states.iter().map(|state| state.key().to_owned()).collect();
    let moves: Vec<String> = moves.iter().map(|whose| whose.key().to_owned()).collect();
    let in_states = sqlx::query!(
        r#"select k.key as "key!", (select count(*) from (
                  select from customer c
                   where c.provider_id = $1 and c.paused_at is null and c.state = k.key
                     and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                          and v.person_id = $2 and v.customer_id = c.customer_id))
                   limit $4) s) as "many!"
             from unnest($3::text[]) as k (key)"#,
        provider,
        viewer,
        &states,
        STOP,
    )
    .fetch_all(&mut **tx)
    .await?;
    let moving = sqlx::query!(
        r#"select k.key as "key!", (select count(*) from (
                  select from customer c
                   where c.provider_id = $1 and c.paused_at is null and c.whose_move = k.key
                     and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                          and v.person_id = $2 and v.customer_id = c.customer_id))
                   limit $4) s) as "many!"
             from unnest($3::text[]) as k (key)"#,
        provider,
        viewer,
        &moves,
        STOP,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(Counts {
        states: in_states.into_iter().map(|row| (row.key, row.many)).collect(),
        moves: moving.into_iter().map(|row| (row.key, row.many)).collect(),
    })
}

/// Whether anybody is a customer yet, as far as this person sees.
pub async fn any(tx: &mut Tx) -> Result<bool, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    sqlx::query_scalar!(
        r#"select exists (select 1 from customer c where c.provider_id = $1
                 and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                      and v.person_id = $2 and v.customer_id = c.customer_id))) as "any!""#,
        provider.0,
        viewer.map(|person| person.0),
    )
    .fetch_one(&mut **tx)
    .await
}
