//! SQL of the alerts room.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::alerts::model::{Count, ReadAlert};
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;

/// Keeps open ones, lets go those that were resolved, and brings the customer's figures up to date. Equal rows are not
/// written. Says whether anything changed, and which open ones were not kept before.
pub async fn keep(
    tx: &mut Tx,
    customer: CustomerId,
    read: &[ReadAlert],
) -> Result<(bool, BTreeSet<String>), sqlx::Error> {
    let provider = tx.scope().provider();
    let open: Vec<&ReadAlert> = read.iter().filter(|alert| alert.is_open()).collect();
    let text = |field: fn(&ReadAlert) -> String| open.iter().map(|one| field(one)).collect::<Vec<_>>();
    let created: Vec<DateTime<Utc>> = open.iter().map(|one| one.created_at).collect();
    let updated: Vec<DateTime<Utc>> = open.iter().map(|one| one.updated_at).collect();
    let written = sqlx::query!(
        r#"insert into alert (provider_id, customer_id, alert_id, severity, status, title, created_at, updated_at)
         select distinct on (r.id) $1, $2, r.*
           from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[])
                as r (id, severity, status, title, created_at, updated_at)
          order by r.id, r.updated_at desc
         on conflict (provider_id, customer_id, alert_id) do update
            set severity = excluded.severity, status = excluded.status, title = excluded.title,
                updated_at = excluded.updated_at
          where (alert.severity, alert.status, alert.title, alert.updated_at)
                is distinct from (excluded.severity, excluded.status, excluded.title, excluded.updated_at)
         returning alert_id, (xmax = 0) as "added!""#,
        provider.0,
        customer.0,
        &text(|one| one.id.clone()),
        &text(|one| one.severity.to_owned()),
        &text(|one| one.status.clone()),
        &text(|one| one.title.chars().take(300).collect()),
        &created,
        &updated,
    )
    .fetch_all(&mut **tx)
    .await?;
    let over: Vec<String> = read.iter().filter(|one| !one.is_open()).map(|one| one.id.clone()).collect();
    let dropped = sqlx::query!(
        "delete from alert where provider_id = $1 and customer_id = $2 and alert_id = any ($3)",
        provider.0,
        customer.0,
        &over
    )
    .execute(&mut **tx)
    .await?;
    let counted = sqlx::query!(
        "update customer c
            set open_alerts = n.open, high_alerts = n.high, last_alert_at = greatest(c.last_alert_at, $3),
                alerts_state = 'read'
           from (select count(*)::integer as open, (count(*) filter (where a.severity = 'high'))::integer as high
                   from alert a where a.provider_id = $1 and a.customer_id = $2) n
          where c.provider_id = $1 and c.customer_id = $2
            and (c.open_alerts, c.high_alerts, c.last_alert_at, c.alerts_state)
                is distinct from (n.open, n.high, greatest(c.last_alert_at, $3), 'read')",
        provider.0,
        customer.0,
        read.iter().map(|one| one.created_at).max(),
    )
    .execute(&mut **tx)
    .await?;
    let changed = !written.is_empty() || dropped.rows_affected() + counted.rows_affected() > 0;
    // A row that was there already bears the mark of whoever changed it.
    let added = written.into_iter().filter(|row| row.added).map(|row| row.alert_id).collect();
    Ok((changed, added))
}

/// The customer's consent does not open his alerts: nothing is counted. Says whether that is new.
pub async fn set_closed(tx: &mut Tx, customer: CustomerId) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let closed = sqlx::query!(
        "update customer set alerts_state = 'no-permission', open_alerts = 0, high_alerts = 0, last_alert_at = null
          where provider_id = $1 and customer_id = $2 and alerts_state <> 'no-permission'",
        provider.0,
        customer.0
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("delete from alert where provider_id = $1 and customer_id = $2", provider.0, customer.0)
        .execute(&mut **tx)
        .await?;
    Ok(closed.rows_affected() > 0)
}

/// By severity, in no order.
pub async fn counts(tx: &mut Tx, customer: CustomerId) -> Result<Vec<Count>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        Count,
        r#"select severity, count(*) as "open!", count(*) filter (where status = 'new') as "new!",
                  min(created_at) as oldest
             from alert where provider_id = $1 and customer_id = $2 group by severity"#,
        provider.0,
        customer.0
    )
    .fetch_all(&mut **tx)
    .await
}

/// How the alerts of a customer stand.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Empty, `read`, or `no-permission`.
    pub state: String,
    pub last_alert_at: Option<DateTime<Utc>>,
    pub read_at: Option<DateTime<Utc>>,
    /// Why the last reading failed; empty: it did not.
    pub cause: String,
}

pub async fn standing(tx: &mut Tx, customer: CustomerId) -> Result<Standing, sqlx::Error> {
    let provider = tx.scope().provider();
    let row = sqlx::query_as!(
        Standing,
        r#"select c.alerts_state as state, c.last_alert_at, r.read_at,
                  case when r.failures > 0 then coalesce(r.problem ->> 'cause', '') else '' end as "cause!"
             from customer c
             left join reading r on r.provider_id = $1 and r.customer_id = c.customer_id and r.part = 'alerts'
            where c.provider_id = $1 and c.customer_id = $2"#,
        provider.0,
        customer.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.unwrap_or_default())
}
