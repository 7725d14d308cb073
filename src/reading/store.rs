//! SQL of the reading room.

use chrono::{DateTime, Utc};

use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;
use crate::reading::model::PartRow;

/// Every part of the customer that is read. The requests are read in every turn: theirs is the work's own row.
pub async fn parts(tx: &mut Tx, customer: CustomerId) -> Result<Vec<PartRow>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        PartRow,
        r#"select 'requests' as "part!", w.done_at as read_at, w.due_at,
                  case when w.outcome in ('failed', 'crashed') then greatest(w.failures, 1) else 0 end as "failures!",
                  coalesce(w.problem ->> 'cause', '') as "cause!"
             from work w where w.provider_id = $1 and w.customer_id = $2 and w.kind = 'requests'
           union all
           select r.part, r.read_at, r.due_at, r.failures, coalesce(r.problem ->> 'cause', '')
             from reading r where r.provider_id = $1 and r.customer_id = $2 and r.part <> 'requests'
            order by 1"#,
        provider.0,
        customer.0
    )
    .fetch_all(&mut **tx)
    .await
}

/// Whether somebody had the customer read since then.
pub async fn refreshed_since(
    tx: &mut Tx,
    customer: CustomerId,
    since: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let last = sqlx::query_scalar!(
        "select at from audit_event where provider_id = $1 and customer_id = $2 and action = 'customer.refreshed'
          order by seq desc limit 1",
        provider.0,
        customer.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(last.is_some_and(|at| at > since))
}
