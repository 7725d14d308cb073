//! SQL of the page that tells how every customer is read.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::health::model::{Only, SyncRow};
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;
use crate::reading::model::PartRow;

const PAGE: i64 = 50;
/// As `reading::model`: due for so long, a part is late.
const LATE: TimeDelta = TimeDelta::minutes(3);

/// What the list is asked for.
#[derive(Clone, Debug, Default)]
pub struct SyncFilter {
    pub only: Option<Only>,
    /// The last customer of the page before.
    pub after: Option<(String, CustomerId)>,
}

/// Customers in view by name, each with what of him is read; whether there are more.
pub async fn sync(
    tx: &mut Tx,
    filter: &SyncFilter,
    now: DateTime<Utc>,
) -> Result<(Vec<SyncRow>, bool), sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let after = filter.after.as_ref();
    let customers = sqlx::query!(
        r#"select c.customer_id, c.name, c.sort_name, c.paused_at is not null as "paused!",
                  coalesce(k.state, 'missing') as "consent!", k.since as "since?"
             from customer c
             left join consent k on k.provider_id = $1 and k.customer_id = c.customer_id and k.app = 'reader'
             left join work w on w.provider_id = $1 and w.customer_id = c.customer_id and w.kind = 'requests'
            where c.provider_id = $1
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = c.customer_id))
              and ($3::text is null or (c.sort_name, c.customer_id) > ($3, $4::uuid))
              and case $5
                  when 'asleep' then w.due_at is null
                  when 'failing' then w.due_at is not null and (w.outcome in ('failed', 'crashed')
                       or exists (select 1 from reading r where r.provider_id = $1
                                   and r.customer_id = c.customer_id and r.failures > 0))
                  when 'throttled' then w.due_at is not null
                       and ((w.outcome = 'failed' and w.problem ->> 'cause' = 'throttled')
                            or exists (select 1 from reading r where r.provider_id = $1
                                        and r.customer_id = c.customer_id and r.failures > 0
                                        and r.problem ->> 'cause' = 'throttled'))
                  when 'late' then w.due_at < $6
                       or (w.due_at is not null
                           and exists (select 1 from reading r where r.provider_id = $1
                                        and r.customer_id = c.customer_id and r.due_at < $6))
                  else true end
            order by c.sort_name, c.customer_id limit $7"#,
        provider.0,
        viewer.map(|person| person.0),
        after.map(|after| after.0.clone()),
        after.map(|after| after.1.0),
        filter.only.map_or("", Only::key),
        now - LATE,
        PAGE + 1,
    )
    .fetch_all(&mut **tx)
    .await?;
    let most = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let more = customers.len() > most;
    let ids: Vec<uuid::Uuid> = customers.iter().take(most).map(|row| row.customer_id).collect();
    let mut parts = parts(tx, &ids).await?;
    let rows = customers.into_iter().take(most).map(|row| SyncRow {
        parts: parts.remove(&row.customer_id).unwrap_or_default(),
        customer: CustomerId(row.customer_id),
        name: row.name,
        sort_name: row.sort_name,
        paused: row.paused,
        consent: row.consent,
        since: row.since,
    });
    Ok((rows.collect(), more))
}

/// The parts of all these customers at once.
async fn parts(
    tx: &mut Tx,
    customers: &[uuid::Uuid],
) -> Result<HashMap<uuid::Uuid, Vec<PartRow>>, sqlx::Error> {
    let provider = tx.scope().provider();
    let rows = sqlx::query!(
        r#"select w.customer_id as "customer_id!", 'requests' as "part!", w.done_at as read_at, w.due_at,
                  case when w.outcome in ('failed', 'crashed') then greatest(w.failures, 1) else 0 end as "failures!",
                  coalesce(w.problem ->> 'cause', '') as "cause!"
             from work w where w.provider_id = $1 and w.customer_id = any ($2) and w.kind = 'requests'
           union all
           select r.customer_id, r.part, r.read_at, r.due_at, r.failures, coalesce(r.problem ->> 'cause', '')
             from reading r where r.provider_id = $1 and r.customer_id = any ($2) and r.part <> 'requests'
            order by 1, 2"#,
        provider.0,
        customers
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut by: HashMap<uuid::Uuid, Vec<PartRow>> = HashMap::new();
    for row in rows {
        by.entry(row.customer_id).or_default().push(PartRow {
            part: row.part,
            read_at: row.read_at,
            due_at: row.due_at,
            failures: row.failures,
            cause: row.cause,
        });
    }
    Ok(by)
}
