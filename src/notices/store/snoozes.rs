//! Snoozes: for a while nobody is told of a customer, or of one kind of thing about him.

use chrono::{DateTime, Utc};

use crate::kit::ids::{CustomerId, PersonId, SnoozeId};
use crate::kit::scope::Tx;
use crate::notices::model::Snoozed;

#[derive(Clone, Debug)]
pub struct SnoozeRow {
    pub id: SnoozeId,
    pub customer: CustomerId,
    pub customer_name: String,
    /// Empty: every kind.
    pub kind: String,
    pub reason: String,
    pub by: String,
    pub made_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
}

/// What is snoozed of a customer now.
pub async fn snoozed(
    tx: &mut Tx,
    customer: CustomerId,
    now: DateTime<Utc>,
) -> Result<Vec<Snoozed>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        Snoozed,
        "select kind, ends_at from notice_snooze where provider_id = $1 and customer_id = $2 and ends_at > $3",
        provider.0,
        customer.0,
        now
    )
    .fetch_all(&mut **tx)
    .await
}

/// The customer's snoozes under way, the first to end first.
pub async fn snoozes(
    tx: &mut Tx,
    customer: CustomerId,
    now: DateTime<Utc>,
) -> Result<Vec<SnoozeRow>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        SnoozeRow,
        r#"select s.snooze_id as "id: SnoozeId", s.customer_id as "customer: CustomerId", c.name as customer_name,
                  s.kind, s.reason, p.name as by, s.made_at, s.ends_at
             from notice_snooze s
             join customer c on c.provider_id = $1 and c.customer_id = s.customer_id
             join person p on p.provider_id = $1 and p.person_id = s.made_by
            where s.provider_id = $1 and s.customer_id = $2 and s.ends_at > $3
            order by s.ends_at, s.snooze_id limit 50"#,
        provider.0,
        customer.0,
        now
    )
    .fetch_all(&mut **tx)
    .await
}

/// Every snooze under way at a customer in view.
pub async fn active(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<SnoozeRow>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    sqlx::query_as!(
        SnoozeRow,
        r#"select s.snooze_id as "id: SnoozeId", s.customer_id as "customer: CustomerId", c.name as customer_name,
                  s.kind, s.reason, p.name as by, s.made_at, s.ends_at
             from notice_snooze s
             join customer c on c.provider_id = $1 and c.customer_id = s.customer_id
             join person p on p.provider_id = $1 and p.person_id = s.made_by
            where s.provider_id = $1 and s.ends_at > $2
              and ($3::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $3 and v.customer_id = s.customer_id))
            order by s.ends_at, s.snooze_id limit 50"#,
        provider.0,
        now,
        viewer.map(|person| person.0),
    )
    .fetch_all(&mut **tx)
    .await
}

/// `false`: the person is nobody here.
pub async fn snooze(
    tx: &mut Tx,
    id: SnoozeId,
    customer: CustomerId,
    by: PersonId,
    (kind, reason): (&str, &str),
    (now, ends_at): (DateTime<Utc>, DateTime<Utc>),
) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let done = sqlx::query!(
        "insert into notice_snooze (provider_id, snooze_id, customer_id, kind, reason, made_by, made_at, ends_at)
         select $1, $2, $3, $4, $5, p.person_id, $7, $8 from person p where p.provider_id = $1 and p.person_id = $6",
        provider.0,
        id.0,
        customer.0,
        kind,
        reason,
        by.0,
        now,
        ends_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Ends it now; says its kind, if it was under way.
pub async fn end_snooze(
    tx: &mut Tx,
    id: SnoozeId,
    customer: CustomerId,
    now: DateTime<Utc>,
) -> Result<Option<String>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_scalar!(
        "delete from notice_snooze where provider_id = $1 and snooze_id = $2 and customer_id = $3 and ends_at > $4
      returning kind",
        provider.0,
        id.0,
        customer.0,
        now
    )
    .fetch_optional(&mut **tx)
    .await
}
