//! SQL of the today room; most of what it shows the other rooms know.

use chrono::{DateTime, TimeDelta, Utc};

use crate::access_requests::model::APPROVERS;
use crate::kit::scope::Tx;
use crate::today::model::Pressing;

/// Pending requests of all customers in view that our approvers decide on, by how pressing they are; the same bounds as
/// `access_requests::model`.
pub async fn pressing(tx: &mut Tx, now: DateTime<Utc>) -> Result<Pressing, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    sqlx::query_as!(
        Pressing,
        r#"select count(*) as "all!", count(*) filter (where r.denied_at <= $3) as "over!",
                  count(*) filter (where r.denied_at > $3 and r.denied_at <= $4) as "last_day!",
                  count(*) filter (where r.denied_at > $4 and (r.denied_at - $3) * 2 <= r.denied_at - r.created_at)
                      as "soon!",
                  count(*) filter (where r.denied_at is null) as "unknown!"
             from access_request r
            where r.provider_id = $1 and r.state = 'pendingApproval' and r.package <> $5
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = r.customer_id))"#,
        provider.0,
        viewer.map(|person| person.0),
        now,
        now + TimeDelta::days(1),
        APPROVERS,
    )
    .fetch_one(&mut **tx)
    .await
}
