//! What a report says, from what the portal keeps. Bounded, and a report that is cut says so.

use chrono::{DateTime, Utc};

use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;

/// Lines of each table at most.
pub const MOST: i64 = 2000;

/// Somebody's access to one package, now or in the period.
#[derive(Clone, Debug)]
pub struct Access {
    pub name: String,
    pub mail: String,
    pub package_name: String,
    pub since: DateTime<Utc>,
    /// When it ends by itself; where it is over, when it did end, as far as is known.
    pub until: Option<DateTime<Utc>>,
    /// Of the request that gave it: who approved and when; both missing where that is not known.
    pub approver: Option<String>,
    pub approved_at: Option<DateTime<Utc>>,
    /// Nobody had to approve.
    pub by_nobody: bool,
}

/// Who has access (`now`), or whose access ended from `from` on: what is still on its way, or never came, did not end.
pub async fn access(
    tx: &mut Tx,
    customer: CustomerId,
    now: bool,
    from: DateTime<Utc>,
) -> Result<Vec<Access>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        Access,
        r#"select a.target_name as name, a.target_mail as mail, a.package_name,
                  coalesce(a.starts_at, a.first_seen_at) as "since!",
                  case when a.holds then a.ends_at else coalesce(a.expired_at, a.gone_at, a.changed_at) end as until,
                  nullif(r.decider, '') as approver, r.at as approved_at, coalesce(r.by_nobody, false) as "by_nobody!"
             from assignment a
             left join lateral (
                  select coalesce(nullif(q.decider_name, ''), q.decider_mail) as decider,
                         coalesce(q.decided_at, q.waited_until) as at, q.decision_from = 'nobody' as by_nobody
                    from access_request q
                   where q.provider_id = $1 and q.customer_id = $2 and q.assignment_id = a.assignment_id
                     and q.assignment_id <> '' and q.decision = 'approved'
                   order by q.waited_until desc limit 1
                  ) r on true
            where a.provider_id = $1 and a.customer_id = $2
              and case when $3 then a.holds
                       else (a.state = 'expired'
                             or (a.gone_at is not null and a.state in ('delivered', 'partiallyDelivered')))
                            and coalesce(a.expired_at, a.gone_at, a.changed_at) >= $4 end
            order by a.package_name, a.target_name, a.assignment_id limit $5"#,
        provider.0,
        customer.0,
        now,
        from,
        MOST
    )
    .fetch_all(&mut **tx)
    .await
}

/// A round of a review that was due in the period or is under way. One that was withdrawn before it was over is none.
#[derive(Clone, Debug)]
pub struct Round {
    pub package_name: String,
    pub starts_at: Option<DateTime<Utc>>,
    pub due_at: Option<DateTime<Utc>>,
    pub open: bool,
    pub people: i32,
    pub approved: i32,
    pub denied: i32,
}

pub async fn rounds(
    tx: &mut Tx,
    customer: CustomerId,
    from: DateTime<Utc>,
) -> Result<Vec<Round>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        Round,
        r#"select package_name, starts_at, due_at, open as "open!", people, approved, denied
             from review
            where provider_id = $1 and customer_id = $2 and (open or due_at >= $3)
              and (gone_at is null
                   or state in ('Completed', 'AutoReviewed', 'Applied', 'Completing', 'AutoReviewing'))
            order by due_at, package_name, instance_id limit $4"#,
        provider.0,
        customer.0,
        from,
        MOST
    )
    .fetch_all(&mut **tx)
    .await
}

/// How many requests ended how in the period, and how many wait.
#[derive(Clone, Copy, Debug, Default)]
pub struct Requests {
    pub approved: i64,
    /// By somebody who is known.
    pub denied: i64,
    /// In time, and it is not known (yet) by whom.
    pub denied_by_unknown: i64,
    /// Denied by nobody: the time to decide was over.
    pub expired: i64,
    pub failed: i64,
    pub waiting: i64,
}

pub async fn requests(
    tx: &mut Tx,
    customer: CustomerId,
    from: DateTime<Utc>,
) -> Result<Requests, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        Requests,
        r#"select count(*) filter (where decision = 'approved' and waited_until >= $3) as "approved!",
                  count(*) filter (where decision = 'denied' and decision_from not in ('nobody', '') and waited_until >= $3) as "denied!",
                  count(*) filter (where decision = 'denied' and decision_from = '' and waited_until >= $3
                                     and not coalesce(waited_until >= denied_at, false)) as "denied_by_unknown!",
                  count(*) filter (where decision = 'denied' and waited_until >= $3
                                     and (decision_from = 'nobody'
                                          or (decision_from = '' and coalesce(waited_until >= denied_at, false)))) as "expired!",
                  count(*) filter (where failed_at >= $3) as "failed!",
                  count(*) filter (where state = 'pendingApproval') as "waiting!"
             from access_request
            where provider_id = $1 and customer_id = $2
              and (waited_until >= $3 or failed_at >= $3 or state = 'pendingApproval')"#,
        provider.0,
        customer.0,
        from
    )
    .fetch_one(&mut **tx)
    .await
}

/// When the customer's access was read last; `None`: never yet.
pub async fn read_at(tx: &mut Tx, customer: CustomerId) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    let provider = tx.scope().provider();
    let read = sqlx::query_scalar!(
        "select read_at from reading where provider_id = $1 and customer_id = $2 and part = 'assignments'",
        provider.0,
        customer.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(read.flatten())
}
