//! SQL of the people room.

mod addresses;

pub use addresses::{Taken, addresses, oneself, say, seen_asking, unsay};

use chrono::{DateTime, Utc};

use crate::kit::ids::{CustomerId, PersonId};
use crate::kit::scope::Tx;
use crate::people::model::{Given, Person};

pub const PAGE: i64 = 50;
/// Customers of one person shown at once.
const GIVEN: i64 = 200;

/// Where a page of the list ends: the name in lower case, and the id that makes it unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub name: String,
    pub id: PersonId,
}

/// People whose name or address holds `search`, by name; and where the next page begins.
pub async fn list(
    tx: &mut Tx,
    search: &str,
    after: Option<&Cursor>,
) -> Result<(Vec<Person>, Option<Cursor>), sqlx::Error> {
    let provider = tx.scope().provider();
    let mut people = sqlx::query_as!(
        Person,
        r#"select p.person_id as "id: PersonId", p.name, p.mail, p.roles, p.sees_all, p.seen_at, p.created_at,
                  p.disabled_at, p.disabled_reason,
                  (select count(*) from person_customer v where v.provider_id = $1
                     and v.person_id = p.person_id) as "given!"
             from person p
            where p.provider_id = $1
              and ($2 = '' or position($2 in lower(p.name)) > 0 or position($2 in lower(p.mail)) > 0)
              and ($4::uuid is null or (lower(p.name), p.person_id) > ($3::text, $4))
            order by lower(p.name), p.person_id limit $5"#,
        provider.0,
        search.trim().to_lowercase(),
        after.map(|cursor| cursor.name.clone()),
        after.map(|cursor| cursor.id.0),
        PAGE + 1,
    )
    .fetch_all(&mut **tx)
    .await?;
    let more = people.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    if more {
        people.pop();
    }
    let next = people.last().filter(|_| more).map(|person| person.id);
    let next = match next {
        Some(id) => Some(Cursor { name: lower_name(tx, id).await?, id }),
        None => None,
    };
    Ok((people, next))
}

/// The name as the database orders it.
async fn lower_name(tx: &mut Tx, person: PersonId) -> Result<String, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_scalar!(
        r#"select lower(name) as "name!" from person where provider_id = $1 and person_id = $2"#,
        provider.0,
        person.0
    )
    .fetch_one(&mut **tx)
    .await
}

pub async fn find(tx: &mut Tx, person: PersonId) -> Result<Option<Person>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        Person,
        r#"select p.person_id as "id: PersonId", p.name, p.mail, p.roles, p.sees_all, p.seen_at, p.created_at,
                  p.disabled_at, p.disabled_reason,
                  (select count(*) from person_customer v where v.provider_id = $1
                     and v.person_id = p.person_id) as "given!"
             from person p where p.provider_id = $1 and p.person_id = $2"#,
        provider.0,
        person.0
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Customers given to this person, as far as the one who asks sees them himself.
pub async fn given(tx: &mut Tx, person: PersonId) -> Result<Vec<Given>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    sqlx::query_as!(
        Given,
        r#"select c.customer_id as "customer: CustomerId", c.name, c.domain
             from person_customer g
             join customer c on c.provider_id = $1 and c.customer_id = g.customer_id
            where g.provider_id = $1 and g.person_id = $2
              and ($3::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $3 and v.customer_id = c.customer_id))
            order by c.sort_name, c.customer_id limit $4"#,
        provider.0,
        person.0,
        viewer.map(|viewer| viewer.0),
        GIVEN,
    )
    .fetch_all(&mut **tx)
    .await
}

pub async fn set_sees_all(tx: &mut Tx, person: PersonId, all: bool) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update person set sees_all = $3 where provider_id = $1 and person_id = $2",
        provider.0,
        person.0,
        all
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether that changed anything.
pub async fn give(tx: &mut Tx, person: PersonId, customer: CustomerId) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let done = sqlx::query!(
        "insert into person_customer (provider_id, person_id, customer_id) values ($1, $2, $3)
         on conflict do nothing",
        provider.0,
        person.0,
        customer.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Whether that changed anything.
pub async fn take(tx: &mut Tx, person: PersonId, customer: CustomerId) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let done = sqlx::query!(
        "delete from person_customer where provider_id = $1 and person_id = $2 and customer_id = $3",
        provider.0,
        person.0,
        customer.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Shuts the person out: his sessions end now, and a sign-in is refused.
pub async fn disable(
    tx: &mut Tx,
    person: PersonId,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update person set disabled_at = $3, disabled_reason = $4 where provider_id = $1 and person_id = $2",
        provider.0,
        person.0,
        now,
        reason
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("delete from session where provider_id = $1 and person_id = $2", provider.0, person.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Lets the person in again; he signs in anew.
pub async fn enable(tx: &mut Tx, person: PersonId) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update person set disabled_at = null, disabled_reason = null where provider_id = $1 and person_id = $2",
        provider.0,
        person.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
