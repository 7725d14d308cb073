//! SQL of the audit room: reading only.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kit::ids::{CustomerId, PersonId};
use crate::kit::scope::Tx;
use crate::kit::view::plan_each;

pub const PAGE: i64 = 50;
/// People offered as a filter at most.
const PEOPLE: i64 = 500;

/// Who acted, as a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Person(PersonId),
    /// The portal's own work, and the command line.
    Nobody,
}

/// What the list is asked for; every part comes from the address.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub customer: Option<CustomerId>,
    /// First letters of up to two words of the customer's name, domain or tags.
    pub words: (Option<String>, Option<String>),
    pub by: Option<By>,
    pub action: Option<String>,
    /// The last event of the page before.
    pub after: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct EventRow {
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub actor: String,
    /// `person`, `stranger`, `work`, `command-line`; empty in old events.
    pub actor_kind: String,
    pub person_id: Option<Uuid>,
    pub action: String,
    pub customer_id: Option<Uuid>,
    pub customer_name: Option<String>,
    pub body: Vec<u8>,
}

/// Events in view, newest first, and where the next page begins. Who sees only some customers sees their events only.
pub async fn list(tx: &mut Tx, filter: &Filter) -> Result<(Vec<EventRow>, Option<i64>), sqlx::Error> {
    plan_each(tx).await?;
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let (person, nobody) = match filter.by {
        Some(By::Person(person)) => (Some(person.0), false),
        Some(By::Nobody) => (None, true),
        None => (None, false),
    };
    let mut rows = sqlx::query_as!(
        EventRow,
        r#"select e.seq, e.at, e.actor, e.actor_kind, e.person_id, e.action, e.customer_id,
                  c.name as "customer_name?", e.body
             from audit_event e
             left join customer c on c.provider_id = $1 and c.customer_id = e.customer_id
            where e.provider_id = $1
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = e.customer_id))
              and ($3::uuid is null or e.customer_id = $3)
              and ($4::text is null or e.customer_id in (select s.customer_id from customer_word s
                   where s.provider_id = $1 and s.word >= $4 and s.word < $4 || chr(1114111)))
              and ($5::text is null or e.customer_id in (select s.customer_id from customer_word s
                   where s.provider_id = $1 and s.word >= $5 and s.word < $5 || chr(1114111)))
              and ($6::uuid is null or e.person_id = $6)
              and (not $7 or (e.person_id is null and e.actor_kind <> 'stranger'))
              and ($8::text is null or e.action = $8)
              and ($9::bigint is null or e.seq < $9)
            order by e.seq desc limit $10"#,
        provider.0,
        viewer.map(|person| person.0),
        filter.customer.map(|customer| customer.0),
        filter.words.0,
        filter.words.1,
        person,
        nobody,
        filter.action,
        filter.after,
        PAGE + 1,
    )
    .fetch_all(&mut **tx)
    .await?;
    let more = rows.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    if more {
        rows.pop();
    }
    let next = rows.last().filter(|_| more).map(|row| row.seq);
    Ok((rows, next))
}

/// Actions that ever happened here, by one look into the index each.
pub async fn actions(tx: &mut Tx) -> Result<Vec<String>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_scalar!(
        r#"with recursive known(action) as (
               (select action from audit_event where provider_id = $1 order by action limit 1)
               union all
               select (select e.action from audit_event e where e.provider_id = $1 and e.action > known.action
                        order by e.action limit 1)
                 from known where known.action is not null)
           select action as "action!" from known where action is not null"#,
        provider.0
    )
    .fetch_all(&mut **tx)
    .await
}

/// The provider's people, for the filter; those who left too.
pub async fn people(tx: &mut Tx) -> Result<Vec<(PersonId, String)>, sqlx::Error> {
    let provider = tx.scope().provider();
    let rows = sqlx::query!(
        "select person_id, name from person where provider_id = $1 order by lower(name), person_id limit $2",
        provider.0,
        PEOPLE
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (PersonId(row.person_id), row.name)).collect())
}
