//! Who may be told about a customer, and what each chose for himself.

use chrono::{DateTime, Utc};

use crate::kit::ids::{CustomerId, PersonId};
use crate::kit::scope::Tx;
use crate::notices::model::Reader;
use crate::people::model::MAILED_FOR;

/// People who see this customer, may come in and still do, have a mail address and want mail.
pub async fn readers(
    tx: &mut Tx,
    customer: CustomerId,
    now: DateTime<Utc>,
) -> Result<Vec<Reader>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        Reader,
        r#"select p.person_id as "id: PersonId", p.roles, coalesce(p.language, v.default_language) as "language!",
                  (c.account_manager is not distinct from p.person_id) as "is_manager!"
             from person p
             join provider v on v.provider_id = $1
             join customer c on c.provider_id = $1 and c.customer_id = $2
             left join notice_choice n on n.provider_id = $1 and n.person_id = p.person_id
            where p.provider_id = $1 and p.disabled_at is null and p.roles <> '{}' and p.mail <> ''
              and coalesce(n.mail, true) and p.seen_at > $3
              and (p.sees_all or exists (select 1 from person_customer g where g.provider_id = $1
                   and g.person_id = p.person_id and g.customer_id = $2))
            order by p.person_id"#,
        provider.0,
        customer.0,
        now - MAILED_FOR
    )
    .fetch_all(&mut **tx)
    .await
}

/// People who may come in and still do, have a mail address and want mail: for what concerns the provider himself.
pub async fn everybody(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<Reader>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        Reader,
        r#"select p.person_id as "id: PersonId", p.roles, coalesce(p.language, v.default_language) as "language!",
                  false as "is_manager!"
             from person p
             join provider v on v.provider_id = $1
             left join notice_choice n on n.provider_id = $1 and n.person_id = p.person_id
            where p.provider_id = $1 and p.disabled_at is null and p.roles <> '{}' and p.mail <> ''
              and coalesce(n.mail, true) and p.seen_at > $2
            order by p.person_id"#,
        provider.0,
        now - MAILED_FOR
    )
    .fetch_all(&mut **tx)
    .await
}

/// What somebody chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Choice {
    pub mail: bool,
    pub digest: bool,
}

pub async fn choice(tx: &mut Tx, person: PersonId) -> Result<Choice, sqlx::Error> {
    let provider = tx.scope().provider();
    let chosen = sqlx::query_as!(
        Choice,
        "select mail, digest from notice_choice where provider_id = $1 and person_id = $2",
        provider.0,
        person.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(chosen.unwrap_or(Choice { mail: true, digest: true }))
}

pub async fn set_choice(
    tx: &mut Tx,
    person: PersonId,
    to: Choice,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "insert into notice_choice (provider_id, person_id, mail, digest, changed_at) values ($1, $2, $3, $4, $5)
         on conflict (provider_id, person_id) do update
            set mail = excluded.mail, digest = excluded.digest, changed_at = excluded.changed_at",
        provider.0,
        person.0,
        to.mail,
        to.digest,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
