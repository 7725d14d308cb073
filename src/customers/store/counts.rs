//! How many customers in view stand where, for Today. Paused ones wait for nobody and are not counted.

use uuid::Uuid;

use crate::customers::model::{State, WhoseMove};
use crate::kit::counted::{Counted, STOP};
use crate::kit::scope::Tx;
use crate::kit::view::few;

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
    if let Some(few) = few(tx).await? {
        return of_few(tx, &few).await;
    }
    let (provider, viewer) = (tx.scope().provider().0, tx.scope().limited_to().map(|person| person.0));
    let states: Vec<String> = states.iter().map(|state| state.key().to_owned()).collect();
    let moves: Vec<String> = moves.iter().map(|whose| whose.key().to_owned()).collect();
    let rows = sqlx::query!(
        r#"select true as "in_state!", k.key as "key!", (select count(*) from (
                  select from customer c
                   where c.provider_id = $1 and c.paused_at is null and c.state = k.key
                     and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                          and v.person_id = $2 and v.customer_id = c.customer_id))
                   limit $5) s) as "many!"
             from unnest($3::text[]) as k (key)
           union all
           select false, k.key, (select count(*) from (
                  select from customer c
                   where c.provider_id = $1 and c.paused_at is null and c.whose_move = k.key
                     and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                          and v.person_id = $2 and v.customer_id = c.customer_id))
                   limit $5) s)
             from unnest($4::text[]) as k (key)"#,
        provider,
        viewer,
        &states,
        &moves,
        STOP,
    )
    .fetch_all(&mut **tx)
    .await?;
    let (states, moves): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.in_state);
    Ok(Counts {
        states: states.into_iter().map(|row| (row.key, row.many)).collect(),
        moves: moves.into_iter().map(|row| (row.key, row.many)).collect(),
    })
}

/// The same of a few customers: each is looked at once.
async fn of_few(tx: &mut Tx, few: &[Uuid]) -> Result<Counts, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider().0, tx.scope().limited_to().map(|person| person.0));
    let rows = sqlx::query!(
        r#"select c.state, c.whose_move, count(*) as "many!" from customer c
            where c.provider_id = $1 and c.customer_id = any ($3) and c.paused_at is null
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = c.customer_id))
            group by c.state, c.whose_move"#,
        provider,
        viewer,
        few,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut counts = Counts::default();
    for row in rows {
        for (counts, key) in [(&mut counts.states, row.state), (&mut counts.moves, row.whose_move)] {
            match counts.iter_mut().find(|(of, _)| *of == key) {
                Some((_, many)) => *many += row.many,
                None => counts.push((key, row.many)),
            }
        }
    }
    Ok(counts)
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
