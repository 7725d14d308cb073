//! What stands around a list of requests: how many wait, what its filters choose from, and whose requests are not up to
//! date. Each stops at a bound.

use chrono::{DateTime, Utc};

use crate::access_requests::model::PENDING;
use crate::kit::counted::{Counted, STOP};
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;
use crate::kit::view::few;

/// Choices of a filter, and customers named as not up to date, at most.
pub const CHOICES: i64 = 200;
const NAMED: i64 = 5;

/// How many requests wait, over all customers in view.
pub async fn pending_count(tx: &mut Tx) -> Result<Counted, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let few = few(tx).await?;
    let many = sqlx::query_scalar!(
        r#"select count(*) as "many!" from (
              select from access_request r where r.provider_id = $1 and r.state = $3
                 and ($5::uuid[] is null or r.customer_id = any ($5))
                 and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                      and v.person_id = $2 and v.customer_id = r.customer_id))
               limit $4) s"#,
        provider.0,
        viewer.map(|person| person.0),
        PENDING,
        STOP,
        few.as_deref(),
    );
    Ok(Counted::of(many.fetch_one(&mut **tx).await?))
}

/// A filter's choice: what it filters by, and what it is called.
#[derive(Clone, Debug)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

/// Customers in view with pending requests, by name.
pub async fn waiting_customers(tx: &mut Tx) -> Result<Vec<Choice>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let few = few(tx).await?;
    sqlx::query_as!(
        Choice,
        r#"select c.customer_id::text as "value!", c.name as label
             from customer c
            where c.provider_id = $1 and c.open_requests > 0
                 and ($4::uuid[] is null or c.customer_id = any ($4))
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = c.customer_id))
            order by c.sort_name, c.customer_id limit $3"#,
        provider.0,
        viewer.map(|person| person.0),
        CHOICES,
        few.as_deref(),
    )
    .fetch_all(&mut **tx)
    .await
}

/// Packages that are asked for, by our key. From each to the next by index, however many ask.
pub async fn waiting_packages(tx: &mut Tx) -> Result<Vec<Choice>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let few = few(tx).await?;
    sqlx::query_as!(
        Choice,
        r#"with recursive found as (
               (select r.package, r.package_name from access_request r
                 where r.provider_id = $1 and r.state = 'pendingApproval' and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = r.customer_id))
                 and ($4::uuid[] is null or r.customer_id = any ($4))
                       order by r.package limit 1)
               union all
               select n.package, n.package_name from found f cross join lateral (
                      select r.package, r.package_name from access_request r
                       where r.provider_id = $1 and r.state = 'pendingApproval' and r.package > f.package and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = r.customer_id))
                       and ($4::uuid[] is null or r.customer_id = any ($4))
                       order by r.package limit 1) n)
           select f.package as "value!", f.package_name as "label!" from found f limit $3"#,
        provider.0,
        viewer.map(|person| person.0),
        CHOICES,
        few.as_deref(),
    )
    .fetch_all(&mut **tx)
    .await
}

/// Customers in view of whom a request ended, by name.
pub async fn ended_customers(tx: &mut Tx) -> Result<Vec<Choice>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let few = few(tx).await?;
    sqlx::query_as!(
        Choice,
        r#"select c.customer_id::text as "value!", c.name as label
             from customer c
            where c.provider_id = $1
                 and ($4::uuid[] is null or c.customer_id = any ($4))
              and exists (select 1 from access_request r where r.provider_id = $1
                   and r.customer_id = c.customer_id and r.waited_until is not null)
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = c.customer_id))
            order by c.sort_name, c.customer_id limit $3"#,
        provider.0,
        viewer.map(|person| person.0),
        CHOICES,
        few.as_deref(),
    )
    .fetch_all(&mut **tx)
    .await
}

/// Packages of ours at customers in view, by our key. From each to the next by index.
pub async fn known_packages(tx: &mut Tx) -> Result<Vec<Choice>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let few = few(tx).await?;
    sqlx::query_as!(
        Choice,
        r#"with recursive found as (
               (select r.package, r.name from link r
                 where r.provider_id = $1 and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = r.customer_id))
                 and ($4::uuid[] is null or r.customer_id = any ($4))
                       order by r.package limit 1)
               union all
               select n.package, n.name from found f cross join lateral (
                      select r.package, r.name from link r
                       where r.provider_id = $1 and r.package > f.package and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = r.customer_id))
                       and ($4::uuid[] is null or r.customer_id = any ($4))
                       order by r.package limit 1) n)
           select f.package as "value!", f.name as "label!" from found f limit $3"#,
        provider.0,
        viewer.map(|person| person.0),
        CHOICES,
        few.as_deref(),
    )
    .fetch_all(&mut **tx)
    .await
}

/// Customers in view whose requests should be read and were not, since then: how many, and some of them.
#[derive(Clone, Debug, Default)]
pub struct Unread {
    pub many: Counted,
    pub some: Vec<UnreadOne>,
}

#[derive(Clone, Debug)]
pub struct UnreadOne {
    pub customer: CustomerId,
    pub name: String,
    /// Consent for reading was taken back.
    pub lost: bool,
    /// Why reading his requests failed the last time; empty: it did not fail.
    pub cause: String,
}

/// A customer counts once his reader was ever allowed in; a paused one does not.
pub async fn unread(
    tx: &mut Tx,
    customer: Option<CustomerId>,
    before: DateTime<Utc>,
) -> Result<Unread, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let few = few(tx).await?;
    let rows = sqlx::query!(
        r#"with late as (
              select w.customer_id, w.done_at, w.outcome, w.problem from work w
               where w.provider_id = $1 and w.kind = 'requests' and w.done_at < $3
              union all
              select w.customer_id, w.done_at, w.outcome, w.problem from work w
               where w.provider_id = $1 and w.kind = 'requests' and w.done_at is null
           ), those as (
              select c.customer_id, c.name, c.sort_name, k.state, l.outcome, l.problem
                from late l
                join consent k on k.provider_id = $1 and k.customer_id = l.customer_id and k.app = 'reader'
                     and k.state in ('granted', 'lost') and coalesce(l.done_at, k.since) < $3
                join customer c on c.provider_id = $1 and c.customer_id = l.customer_id and c.paused_at is null
               where ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                      and v.person_id = $2 and v.customer_id = l.customer_id))
                 and ($4::uuid is null or l.customer_id = $4)
                 and ($7::uuid[] is null or l.customer_id = any ($7))
               limit $6
           )
           select t.customer_id as "customer_id!", t.name as "name!", t.state = 'lost' as "lost!",
                  (select count(*) from those) as "many!",
                  case when t.outcome in ('failed', 'crashed') then coalesce(t.problem ->> 'cause', '')
                       else '' end as "cause!"
             from those t order by t.sort_name, t.customer_id limit $5"#,
        provider.0,
        viewer.map(|person| person.0),
        before,
        customer.map(|customer| customer.0),
        NAMED,
        STOP,
        few.as_deref(),
    )
    .fetch_all(&mut **tx)
    .await?;
    let many = Counted::of(rows.first().map_or(0, |row| row.many));
    let some = rows.into_iter().map(|row| UnreadOne {
        customer: CustomerId(row.customer_id),
        name: row.name,
        lost: row.lost,
        cause: row.cause,
    });
    Ok(Unread { many, some: some.collect() })
}
