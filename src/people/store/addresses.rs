//! SQL of the addresses people have in the analysts' directory.

use chrono::{DateTime, Utc};

use crate::kit::db::violates;
use crate::kit::ids::PersonId;
use crate::kit::scope::Tx;
use crate::people::model::{ADDRESSES, Address, Oneself};

/// By which addresses this person knows his own requests.
pub async fn oneself(tx: &mut Tx, person: PersonId) -> Result<Oneself, sqlx::Error> {
    let provider = tx.scope().provider();
    let found = sqlx::query_as!(
        Oneself,
        r#"select p.name, lower(p.mail) as "mail!", lower(v.analyst_domain) as analyst_domain,
                  array(select a.address from analyst_address a where a.provider_id = $1 and a.person_id = $2
                         and a.is_his order by a.address) as "his!",
                  array(select a.address from analyst_address a where a.provider_id = $1 and a.person_id = $2
                         and not a.is_his order by a.address) as "anothers!"
             from person p join provider v on v.provider_id = $1
            where p.provider_id = $1 and p.person_id = $2"#,
        provider.0,
        person.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.unwrap_or_default())
}

/// Everything that was said of addresses of this person, his own first.
pub async fn addresses(tx: &mut Tx, person: PersonId) -> Result<Vec<Address>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        Address,
        r#"select a.address, a.is_his, a.said_at, s.name as "said_by?"
             from analyst_address a
             left join person s on s.provider_id = $1 and s.person_id = a.said_by
            where a.provider_id = $1 and a.person_id = $2
            order by not a.is_his, a.address limit $3"#,
        provider.0,
        person.0,
        i64::try_from(ADDRESSES).unwrap_or(i64::MAX)
    )
    .fetch_all(&mut **tx)
    .await
}

/// Whether somebody of that name asked by that address, at a customer in view.
pub async fn seen_asking(tx: &mut Tx, name: &str, address: &str) -> Result<bool, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    sqlx::query_scalar!(
        r#"select exists (select 1 from access_request r where r.provider_id = $1
                   and lower(r.requestor_mail) = $3 and lower(trim(r.requestor_name)) = lower(trim($4))
                   and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                        and v.person_id = $2 and v.customer_id = r.customer_id))) as "seen!""#,
        provider.0,
        viewer.map(|viewer| viewer.0),
        address,
        name
    )
    .fetch_one(&mut **tx)
    .await
}

/// The address is another person's already.
#[derive(Debug, thiserror::Error)]
pub enum Taken {
    #[error("another person's address")]
    Anothers,
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// Says whose the address is; what was said of it before is replaced.
pub async fn say(
    tx: &mut Tx,
    person: PersonId,
    address: &str,
    is_his: bool,
    now: DateTime<Utc>,
) -> Result<(), Taken> {
    let (provider, by) = (tx.scope().provider(), tx.scope().person());
    sqlx::query!(
        "insert into analyst_address (provider_id, person_id, address, is_his, said_by, said_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (provider_id, person_id, address) do update
            set is_his = excluded.is_his, said_by = excluded.said_by, said_at = excluded.said_at",
        provider.0,
        person.0,
        address,
        is_his,
        by.map(|by| by.0),
        now
    )
    .execute(&mut **tx)
    .await
    .map_err(|error| {
        if violates(&error, "analyst_address_once") { Taken::Anothers } else { Taken::Sql(error) }
    })?;
    Ok(())
}

/// Takes back what was said.
pub async fn unsay(tx: &mut Tx, person: PersonId, address: &str) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "delete from analyst_address where provider_id = $1 and person_id = $2 and address = $3",
        provider.0,
        person.0,
        address
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
