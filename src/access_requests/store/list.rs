//! The list of pending requests over all customers in view, its filters, and what changed since.

use chrono::{DateTime, Utc};

use crate::access_requests::model::{APPROVERS, Decided, PENDING, Pressing, RequestRow};
use crate::kit::ids::{CustomerId, EntraTenantId};
use crate::kit::live::Change;
use crate::kit::scope::Tx;

pub const PAGE: i64 = 50;
/// Choices of a filter, and customers named as not up to date, at most.
const CHOICES: i64 = 200;
const NAMED: i64 = 5;

/// Where a page of the list ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub denied_at: DateTime<Utc>,
    pub customer: CustomerId,
    pub id: String,
}

/// What the list is asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub customer: Option<CustomerId>,
    /// The blueprint's key of a package.
    pub package: Option<String>,
    /// Only what is so pressing at this moment.
    pub pressing: Option<(Pressing, DateTime<Utc>)>,
    /// Only what our approvers decide on.
    pub ours: bool,
    pub after: Option<Cursor>,
}

pub struct Page {
    pub rows: Vec<RequestRow>,
    pub next: Option<Cursor>,
}

/// Pending requests of every customer in view, least time left first; those whose end is not known come last. The age
/// of a row is that of its customer's last reading.
pub async fn pending(tx: &mut Tx, filter: &Filter) -> Result<Page, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let after = filter.after.as_ref();
    let rows = sqlx::query!(
        r#"select r.customer_id, c.name as customer_name, c.domain, c.entra_tenant_id, r.request_id, r.request_type,
                  r.package, r.package_name, r.requestor_name, r.requestor_mail, r.justification, r.created_at, r.denied_at,
                  coalesce(g.done_at, r.read_at) as "read_at!",
                  coalesce(r.denied_at, '9999-01-01 00:00:00+00'::timestamptz) as "key!"
             from access_request r
             join customer c on c.provider_id = $1 and c.customer_id = r.customer_id
             left join work g on g.provider_id = $1 and g.customer_id = r.customer_id and g.kind = 'requests'
            where r.provider_id = $1 and r.state = 'pendingApproval'
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = r.customer_id))
              and ($3::uuid is null or r.customer_id = $3)
              and ($4::text is null or r.package = $4)
              and (not $11 or r.package <> $12)
              and ($5::timestamptz is null or (coalesce(r.denied_at, '9999-01-01 00:00:00+00'::timestamptz), r.customer_id, r.request_id)
                   > ($5, $6::uuid, $7::text))
              and ($9::text is null
                   or ($9 = 'last-day' and r.denied_at <= $10::timestamptz + interval '1 day')
                   or ($9 = 'soon' and r.denied_at > $10 + interval '1 day'
                       and (r.denied_at - $10) * 2 <= r.denied_at - r.created_at))
            order by coalesce(r.denied_at, '9999-01-01 00:00:00+00'::timestamptz), r.customer_id, r.request_id
            limit $8"#,
        provider.0,
        viewer.map(|person| person.0),
        filter.customer.map(|customer| customer.0),
        filter.package,
        after.map(|cursor| cursor.denied_at),
        after.map(|cursor| cursor.customer.0),
        after.map(|cursor| cursor.id.clone()),
        PAGE + 1,
        filter.pressing.map(|(pressing, _)| pressing.key()),
        filter.pressing.map(|(_, now)| now),
        filter.ours,
        APPROVERS,
    )
    .fetch_all(&mut **tx)
    .await?;
    let more = rows.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    let mut next = None;
    let mut shown = Vec::with_capacity(rows.len());
    for row in rows.into_iter().take(usize::try_from(PAGE).unwrap_or(usize::MAX)) {
        next = Some(Cursor {
            denied_at: row.key,
            customer: CustomerId(row.customer_id),
            id: row.request_id.clone(),
        });
        shown.push(RequestRow {
            customer: CustomerId(row.customer_id),
            customer_name: row.customer_name,
            domain: row.domain,
            entra_tenant_id: EntraTenantId(row.entra_tenant_id),
            id: row.request_id,
            request_type: row.request_type,
            package: row.package,
            package_name: row.package_name,
            requestor_name: row.requestor_name,
            requestor_mail: row.requestor_mail,
            justification: row.justification,
            created_at: row.created_at,
            denied_at: row.denied_at,
            read_at: row.read_at,
        });
    }
    Ok(Page { rows: shown, next: next.filter(|_| more) })
}

/// How many requests wait, over all customers in view.
pub async fn pending_count(tx: &mut Tx) -> Result<i64, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    sqlx::query_scalar!(
        r#"select count(*) as "many!" from access_request r
            where r.provider_id = $1 and r.state = $3
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = r.customer_id))"#,
        provider.0,
        viewer.map(|person| person.0),
        PENDING,
    )
    .fetch_one(&mut **tx)
    .await
}

/// A filter's choice: what it filters by, what it is called, how many wait.
#[derive(Clone, Debug)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub many: i64,
}

/// Customers in view with pending requests, by name.
pub async fn waiting_customers(tx: &mut Tx) -> Result<Vec<Choice>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    sqlx::query_as!(
        Choice,
        r#"select c.customer_id::text as "value!", c.name as label, c.open_requests::bigint as "many!"
             from customer c
            where c.provider_id = $1 and c.open_requests > 0
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = c.customer_id))
            order by c.sort_name, c.customer_id limit $3"#,
        provider.0,
        viewer.map(|person| person.0),
        CHOICES,
    )
    .fetch_all(&mut **tx)
    .await
}

/// Packages that are asked for, by our key.
pub async fn waiting_packages(tx: &mut Tx) -> Result<Vec<Choice>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    sqlx::query_as!(
        Choice,
        r#"select r.package as value, min(r.package_name) as "label!", count(*) as "many!"
             from access_request r
            where r.provider_id = $1 and r.state = 'pendingApproval'
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = r.customer_id))
            group by r.package order by r.package limit $3"#,
        provider.0,
        viewer.map(|person| person.0),
        CHOICES,
    )
    .fetch_all(&mut **tx)
    .await
}

/// Customers in view whose requests should be read and were not, since then: how many, and some of them.
#[derive(Clone, Debug, Default)]
pub struct Unread {
    pub many: i64,
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
    let rows = sqlx::query!(
        r#"select c.customer_id, c.name, k.state = 'lost' as "lost!", count(*) over () as "many!",
                  case when w.outcome in ('failed', 'crashed') then coalesce(w.problem ->> 'cause', '')
                       else '' end as "cause!"
             from consent k
             join customer c on c.provider_id = $1 and c.customer_id = k.customer_id and c.paused_at is null
             left join work w on w.provider_id = $1 and w.customer_id = k.customer_id and w.kind = 'requests'
            where k.provider_id = $1 and k.app = 'reader' and k.state in ('granted', 'lost')
              and coalesce(w.done_at, k.since) < $3
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = k.customer_id))
              and ($4::uuid is null or k.customer_id = $4)
            order by c.sort_name, c.customer_id limit $5"#,
        provider.0,
        viewer.map(|person| person.0),
        before,
        customer.map(|customer| customer.0),
        NAMED,
    )
    .fetch_all(&mut **tx)
    .await?;
    let many = rows.first().map_or(0, |row| row.many);
    let some = rows.into_iter().map(|row| UnreadOne {
        customer: CustomerId(row.customer_id),
        name: row.name,
        lost: row.lost,
        cause: row.cause,
    });
    Ok(Unread { many, some: some.collect() })
}

/// The customer's requests that were decided last.
pub async fn decided(tx: &mut Tx, customer: CustomerId, most: i64) -> Result<Vec<Decided>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        Decided,
        r#"select state, package_name, requestor_name, requestor_mail, created_at,
                  coalesce(completed_at, read_at) as "decided_at!"
             from access_request
            where provider_id = $1 and customer_id = $2 and state <> 'pendingApproval'
            order by coalesce(completed_at, read_at) desc, request_id limit $3"#,
        provider.0,
        customer.0,
        most
    )
    .fetch_all(&mut **tx)
    .await
}

/// Requests in view that changed since that moment, the newest ones; ids only.
pub async fn changes(
    tx: &mut Tx,
    customer: Option<CustomerId>,
    since: DateTime<Utc>,
) -> Result<Vec<Change>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    sqlx::query_as!(
        Change,
        "select r.request_id as id, r.read_at as at from access_request r
          where r.provider_id = $1 and r.read_at >= $2
            and ($3::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                 and v.person_id = $3 and v.customer_id = r.customer_id))
            and ($4::uuid is null or r.customer_id = $4)
          order by r.read_at desc limit $5",
        provider.0,
        since,
        viewer.map(|person| person.0),
        customer.map(|customer| customer.0),
        CHOICES,
    )
    .fetch_all(&mut **tx)
    .await
}
