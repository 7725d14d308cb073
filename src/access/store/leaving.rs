//! What belongs to somebody's removal: what he holds when it begins, and what comes to him after.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::access::model::LEFT;
use crate::access::work::WORK;
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;
use crate::kit::work;

/// What is known of him when it begins.
pub struct NewLeaver<'a> {
    pub id: Uuid,
    pub match_id: Uuid,
    pub name: &'a str,
    pub mail: &'a str,
    pub why: &'a str,
}

/// Begins the removal of everything he holds at the customers in view; gives those customers. What another removal of
/// his is at work on already is left to it.
pub async fn start(
    tx: &mut Tx,
    new: &NewLeaver<'_>,
    now: DateTime<Utc>,
) -> Result<Vec<CustomerId>, sqlx::Error> {
    let (provider, viewer, by) = (tx.scope().provider(), tx.scope().limited_to(), tx.scope().person());
    sqlx::query!(
        "insert into leaver (provider_id, leaver_id, match_id, name, mail, why, started_by, started_at, whole)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        provider.0,
        new.id,
        new.match_id,
        new.name,
        new.mail,
        new.why,
        by.map(|by| by.0),
        now,
        viewer.is_none()
    )
    .execute(&mut **tx)
    .await?;
    let customers = sqlx::query_scalar!(
        "insert into leaver_removal (provider_id, leaver_id, customer_id, assignment_id, package, package_id,
                                     package_name, target_oid, target_name, target_mail, ends_at, state)
         select $1, $2, a.customer_id, a.assignment_id, a.package, a.package_id, a.package_name, a.target_oid,
                a.target_name, a.target_mail, a.ends_at, 'waiting'
           from assignment a
          where a.provider_id = $1 and a.match_id = $3 and a.gone_at is null
            and a.state in ('delivered', 'partiallyDelivered', 'delivering')
            and ($4::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                 and v.person_id = $4 and v.customer_id = a.customer_id))
            and not exists (select from leaver_removal r where r.provider_id = $1 and r.customer_id = a.customer_id
                 and r.assignment_id = a.assignment_id and r.state <> 'verified')
         returning customer_id",
        provider.0,
        new.id,
        new.match_id,
        viewer.map(|person| person.0)
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut customers: Vec<CustomerId> = customers.into_iter().map(CustomerId).collect();
    customers.sort_unstable();
    customers.dedup();
    Ok(customers)
}

/// What came to leavers at this customer since they left joins their last removal: what was on its way then, or was
/// asked for before, whenever it comes; anything else for [`LEFT`], after which he counts as come back.
pub(super) async fn follow(tx: &mut Tx, customer: CustomerId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    let joined = sqlx::query!(
        "insert into leaver_removal (provider_id, leaver_id, customer_id, assignment_id, package, package_id,
                                     package_name, target_oid, target_name, target_mail, ends_at, state)
         select $1, l.leaver_id, a.customer_id, a.assignment_id, a.package, a.package_id, a.package_name, a.target_oid,
                a.target_name, a.target_mail, a.ends_at, 'waiting'
           from assignment a
           cross join lateral (
             select o.leaver_id, o.started_at, o.started_by, o.whole from leaver o
              where o.provider_id = $1 and o.match_id = a.match_id
              order by o.started_at desc, o.leaver_id limit 1) l
          where a.provider_id = $1 and a.customer_id = $2 and a.gone_at is null
            and a.state in ('delivered', 'partiallyDelivered', 'delivering')
            and a.first_seen_at >= l.started_at
            and (coalesce(a.starts_at, a.first_seen_at) < l.started_at + make_interval(secs => $3)
                 or exists (select from access_request q where q.provider_id = $1 and q.customer_id = a.customer_id
                      and q.assignment_id = a.assignment_id and q.assignment_id <> ''
                      and q.created_at <= l.started_at))
            and (l.whole or exists (select 1 from person_customer v where v.provider_id = $1
                 and v.person_id = l.started_by and v.customer_id = a.customer_id))
            and not exists (select from leaver_removal r where r.provider_id = $1 and r.customer_id = a.customer_id
                 and r.assignment_id = a.assignment_id and (r.state <> 'verified' or r.leaver_id = l.leaver_id))
             on conflict do nothing",
        provider.0,
        customer.0,
        LEFT.as_seconds_f64(),
    )
    .execute(&mut **tx)
    .await?;
    if joined.rows_affected() > 0 {
        work::wake(tx, customer, WORK, now).await?;
    }
    Ok(())
}
