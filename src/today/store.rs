//! SQL of the today room; most of what it shows the other rooms know.

use chrono::{DateTime, TimeDelta, Utc};

use crate::access_requests::model::APPROVERS;
use crate::kit::counted::{Counted, STOP};
use crate::kit::scope::Tx;
use crate::kit::view::few;
use crate::today::model::Pressing;

/// Pending requests of all customers in view that our approvers decide on, by how pressing they are; the same bounds as
/// `access_requests::model`. Counted among the most pressing ones: where there are more, the figure of all says so.
pub async fn pressing(tx: &mut Tx, now: DateTime<Utc>) -> Result<Pressing, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let few = few(tx).await?;
    let row = sqlx::query!(
        r#"select count(*) as "all!", count(*) filter (where r.denied_at <= $4) as "last_day!",
                  count(*) filter (where r.denied_at > $4 and (r.denied_at - $3) * 2 <= r.denied_at - r.created_at)
                      as "soon!"
             from (select r.denied_at, r.created_at from access_request r
                    where r.provider_id = $1 and r.state = 'pendingApproval' and r.package <> $5
                      and ($7::uuid[] is null or r.customer_id = any ($7))
                      and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                           and v.person_id = $2 and v.customer_id = r.customer_id))
                    order by coalesce(r.denied_at, '9999-01-01 00:00:00+00'::timestamptz), r.customer_id, r.request_id
                    limit $6) r"#,
        provider.0,
        viewer.map(|person| person.0),
        now,
        now + TimeDelta::days(1),
        APPROVERS,
        STOP,
        few.as_deref(),
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Pressing {
        all: Counted::of(row.all),
        last_day: Counted::of(row.last_day),
        soon: Counted::of(row.soon),
    })
}
