//! What a daily digest tells, for everybody who gets one, with a few queries in all.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kit::ids::PersonId;
use crate::kit::scope::Tx;
use crate::people::model::MAILED_FOR;

/// Lines of one kind in one digest.
const LINES: i64 = 10;

/// People of these roles who still come in and want a digest.
pub async fn digest_readers(
    tx: &mut Tx,
    roles: &[String],
    now: DateTime<Utc>,
) -> Result<Vec<(PersonId, Vec<String>)>, sqlx::Error> {
    let provider = tx.scope().provider();
    let rows = sqlx::query!(
        "select p.person_id, p.roles from person p
           left join notice_choice n on n.provider_id = $1 and n.person_id = p.person_id
          where p.provider_id = $1 and p.disabled_at is null and p.mail <> '' and coalesce(n.digest, true)
            and p.seen_at > $3 and exists (select 1 from unnest(p.roles) as r where r = any ($2))
          order by p.person_id",
        provider.0,
        roles,
        now - MAILED_FOR
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (PersonId(row.person_id), row.roles)).collect())
}

/// Figures over the customers that one person sees, and over those he is account manager of.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    pub person: Uuid,
    pub requests: i64,
    pub moves: i64,
    pub lost: i64,
    pub own_requests: i64,
    pub own_lost: i64,
}

pub async fn figures(tx: &mut Tx, people: &[Uuid]) -> Result<Vec<Figures>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        Figures,
        r#"select p.person_id as person, coalesce(sum(c.open_requests), 0) as "requests!",
                  count(*) filter (where c.whose_move = 'us' and c.paused_at is null) as "moves!",
                  count(*) filter (where c.state = 'consent-lost') as "lost!",
                  coalesce(sum(c.open_requests) filter (where c.account_manager = p.person_id), 0) as "own_requests!",
                  count(*) filter (where c.state = 'consent-lost' and c.account_manager = p.person_id) as "own_lost!"
             from person p
             join customer c on c.provider_id = $1
                  and (p.sees_all or exists (select 1 from person_customer g where g.provider_id = $1
                       and g.person_id = p.person_id and g.customer_id = c.customer_id))
            where p.provider_id = $1 and p.person_id = any ($2)
            group by p.person_id"#,
        provider.0,
        people
    )
    .fetch_all(&mut **tx)
    .await
}

/// A pending request in somebody's digest.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub person: Uuid,
    pub customer: String,
    pub package: String,
    pub who: String,
    pub until: Option<DateTime<Utc>>,
}

/// The requests with least time left of each.
pub async fn waiting(tx: &mut Tx, people: &[Uuid]) -> Result<Vec<Waiting>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        Waiting,
        r#"select p.person_id as person, x.name as customer, x.package_name as package, x.requestor_name as who,
                  x.denied_at as until
             from person p
            cross join lateral (
              select c.name, r.package_name, r.requestor_name, r.denied_at, r.customer_id, r.request_id
                from access_request r
                join customer c on c.provider_id = $1 and c.customer_id = r.customer_id
               where r.provider_id = $1 and r.state = 'pendingApproval'
                 and (p.sees_all or exists (select 1 from person_customer g where g.provider_id = $1
                      and g.person_id = p.person_id and g.customer_id = r.customer_id))
               order by coalesce(r.denied_at, '9999-01-01 00:00:00+00'::timestamptz), r.customer_id, r.request_id
               limit $3
            ) x
            where p.provider_id = $1 and p.person_id = any ($2)
            order by p.person_id, coalesce(x.denied_at, '9999-01-01 00:00:00+00'::timestamptz), x.customer_id,
                  x.request_id"#,
        provider.0,
        people,
        LINES,
    )
    .fetch_all(&mut **tx)
    .await
}

/// A customer of an account manager where access ends soon.
#[derive(Clone, Debug)]
pub struct Ending {
    pub person: Uuid,
    pub customer: String,
    pub until: DateTime<Utc>,
}

pub async fn endings(
    tx: &mut Tx,
    people: &[Uuid],
    before: DateTime<Utc>,
) -> Result<Vec<Ending>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        Ending,
        r#"select p.person_id as person, x.name as customer, x.next_expiry as "until!"
             from person p
            cross join lateral (
              select c.name, c.next_expiry, c.customer_id from customer c
               where c.provider_id = $1 and c.account_manager = p.person_id and c.next_expiry < $3
                 and (p.sees_all or exists (select 1 from person_customer g where g.provider_id = $1
                      and g.person_id = p.person_id and g.customer_id = c.customer_id))
               order by c.next_expiry, c.customer_id limit $4
            ) x
            where p.provider_id = $1 and p.person_id = any ($2)
            order by p.person_id, x.next_expiry, x.customer_id"#,
        provider.0,
        people,
        before,
        LINES,
    )
    .fetch_all(&mut **tx)
    .await
}

/// How often each kind of thing happened at customers of each person since then.
pub async fn happened(
    tx: &mut Tx,
    people: &[Uuid],
    since: DateTime<Utc>,
) -> Result<Vec<(Uuid, String, i64)>, sqlx::Error> {
    let provider = tx.scope().provider();
    let rows = sqlx::query!(
        r#"select p.person_id, h.kind, count(*) as "many!"
             from person p
             join happening h on h.provider_id = $1 and h.at >= $3
                  and (p.sees_all or exists (select 1 from person_customer g where g.provider_id = $1
                       and g.person_id = p.person_id and g.customer_id = h.customer_id))
            where p.provider_id = $1 and p.person_id = any ($2)
            group by p.person_id, h.kind order by p.person_id, count(*) desc, h.kind"#,
        provider.0,
        people,
        since
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.person_id, row.kind, row.many)).collect())
}
