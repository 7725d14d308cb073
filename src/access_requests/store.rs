//! SQL of the requests room.

use chrono::{DateTime, Utc};

use crate::access_requests::model::{PENDING, ReadRequest, RequestRow};
use crate::kit::ids::{CustomerId, EntraTenantId};
use crate::kit::scope::Tx;

pub const PAGE: i64 = 50;

/// A package of the customer that is ours, and how long its requests may wait.
#[derive(Clone, Debug)]
pub struct KnownPackage {
    pub key: String,
    pub package_id: String,
}

/// The customer's packages that have a link.
pub async fn packages(tx: &mut Tx, customer: CustomerId) -> Result<Vec<KnownPackage>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        KnownPackage,
        "select package as key, package_id from link where provider_id = $1 and customer_id = $2",
        provider.0,
        customer.0
    )
    .fetch_all(&mut **tx)
    .await
}

/// Ids of the requests that we last saw waiting for a decision.
pub async fn known_pending(tx: &mut Tx, customer: CustomerId) -> Result<Vec<String>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_scalar!(
        "select request_id from access_request
          where provider_id = $1 and customer_id = $2 and state = 'pendingApproval'",
        provider.0,
        customer.0
    )
    .fetch_all(&mut **tx)
    .await
}

/// One read request with what we add: whose package it is, and when Microsoft will deny it.
#[derive(Clone, Debug)]
pub struct Kept<'a> {
    pub read: &'a ReadRequest,
    pub package: &'a str,
    pub denied_at: Option<DateTime<Utc>>,
}

/// Keeps what was read; a request that did not change is not written. Returns how many were.
pub async fn keep(
    tx: &mut Tx,
    customer: CustomerId,
    requests: &[Kept<'_>],
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    if requests.is_empty() {
        return Ok(0);
    }
    let provider = tx.scope().provider();
    let text = |field: fn(&ReadRequest) -> &String| {
        requests.iter().map(|kept| field(kept.read).clone()).collect::<Vec<_>>()
    };
    let packages: Vec<String> = requests.iter().map(|kept| kept.package.to_owned()).collect();
    let created: Vec<DateTime<Utc>> = requests.iter().map(|kept| kept.read.created_at).collect();
    let denied: Vec<Option<DateTime<Utc>>> = requests.iter().map(|kept| kept.denied_at).collect();
    let completed: Vec<Option<DateTime<Utc>>> = requests.iter().map(|kept| kept.read.completed_at).collect();
    let written = sqlx::query!(
        "insert into access_request (provider_id, customer_id, request_id, state, status, request_type, package,
                package_id, package_name, requestor_name, requestor_mail, requestor_oid, justification,
                created_at, denied_at, completed_at, first_seen_at, read_at)
         select $1, $2, r.*, $17, $17
           from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                       $10::text[], $11::text[], $12::text[], $13::text[], $14::timestamptz[],
                       $15::timestamptz[], $16::timestamptz[]) as r
         on conflict (provider_id, customer_id, request_id) do update
            set state = excluded.state, status = excluded.status, package = excluded.package,
                package_name = excluded.package_name, requestor_name = excluded.requestor_name,
                requestor_mail = excluded.requestor_mail, requestor_oid = excluded.requestor_oid,
                denied_at = coalesce(excluded.denied_at, access_request.denied_at),
                completed_at = excluded.completed_at, read_at = excluded.read_at
          where (access_request.state, access_request.status, access_request.package, access_request.package_name,
                 access_request.requestor_oid, access_request.completed_at)
                is distinct from (excluded.state, excluded.status, excluded.package, excluded.package_name,
                 excluded.requestor_oid, excluded.completed_at)",
        provider.0,
        customer.0,
        &text(|read| &read.id),
        &text(|read| &read.state),
        &text(|read| &read.status),
        &text(|read| &read.request_type),
        &packages,
        &text(|read| &read.package_id),
        &text(|read| &read.package_name),
        &text(|read| &read.requestor_name),
        &text(|read| &read.requestor_mail),
        &text(|read| &read.requestor_oid),
        &text(|read| &read.justification),
        &created,
        &denied as &[Option<DateTime<Utc>>],
        &completed as &[Option<DateTime<Utc>>],
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(written.rows_affected())
}

/// Brings the customer's figure of open requests up to date; an equal figure writes nothing.
pub async fn count_open(tx: &mut Tx, customer: CustomerId) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update customer c set open_requests = n.many
           from (select count(*)::integer as many from access_request r where r.provider_id = $1
                  and r.customer_id = $2 and r.state = 'pendingApproval') n
          where c.provider_id = $1 and c.customer_id = $2 and c.open_requests <> n.many",
        provider.0,
        customer.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

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
    pub after: Option<Cursor>,
}

pub struct Page {
    pub rows: Vec<RequestRow>,
    pub next: Option<Cursor>,
}

/// Pending requests of every customer in view, least time left first. The age of a row is that of its customer's
/// last reading.
pub async fn pending(tx: &mut Tx, filter: &Filter, own_mail: &str) -> Result<Page, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let after = filter.after.as_ref();
    let rows = sqlx::query!(
        r#"select r.customer_id, c.name as customer_name, c.domain, c.entra_tenant_id, r.request_id, r.package,
                  r.package_name, r.requestor_name, r.requestor_mail, r.justification, r.created_at, r.denied_at,
                  coalesce(w.ended_at, r.read_at) as "read_at!",
                  coalesce(r.denied_at, 'epoch'::timestamptz) as "key!"
             from access_request r
             join customer c on c.provider_id = $1 and c.customer_id = r.customer_id
             left join work w on w.provider_id = $1 and w.customer_id = r.customer_id and w.kind = 'requests'
                   and w.outcome = 'done'
            where r.provider_id = $1 and r.state = 'pendingApproval'
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = r.customer_id))
              and ($3::uuid is null or r.customer_id = $3)
              and ($4::text is null or r.package = $4)
              and ($5::timestamptz is null or (coalesce(r.denied_at, 'epoch'::timestamptz), r.customer_id, r.request_id)
                   > ($5, $6::uuid, $7::text))
            order by coalesce(r.denied_at, 'epoch'::timestamptz), r.customer_id, r.request_id
            limit $8"#,
        provider.0,
        viewer.map(|person| person.0),
        filter.customer.map(|customer| customer.0),
        filter.package,
        after.map(|cursor| cursor.denied_at),
        after.map(|cursor| cursor.customer.0),
        after.map(|cursor| cursor.id.clone()),
        PAGE + 1,
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
            own: !own_mail.is_empty() && row.requestor_mail.eq_ignore_ascii_case(own_mail),
            customer: CustomerId(row.customer_id),
            customer_name: row.customer_name,
            domain: row.domain,
            entra_tenant_id: EntraTenantId(row.entra_tenant_id),
            id: row.request_id,
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
