//! Keeping what was read of a customer's requests.

use chrono::{DateTime, Utc};

use crate::access_requests::model::ReadRequest;
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;

/// A package of the customer that is ours, and how long its requests may wait.
#[derive(Clone, Debug)]
pub struct KnownPackage {
    pub key: String,
    pub package_id: String,
    /// Seconds from the asking to Microsoft's own denial; `None` where the policy is not known.
    pub decide_within: Option<i64>,
}

/// The customer's packages that are ours: made by us or taken over, with a link or not yet.
pub async fn packages(tx: &mut Tx, customer: CustomerId) -> Result<Vec<KnownPackage>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        KnownPackage,
        r#"select l.package as "key!", l.package_id as "package_id!", l.decide_within
             from link l where l.provider_id = $1 and l.customer_id = $2
           union all
           select split_part(o.object, '.', 2), o.graph_id, null
             from owned_object o where o.provider_id = $1 and o.customer_id = $2
              and starts_with(o.object, 'package.')
              and not exists (select 1 from link l where l.provider_id = $1 and l.customer_id = $2
                   and l.package_id = o.graph_id)"#,
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

/// Takes away what waits at packages that are not ours (any more).
pub async fn forget_others(
    tx: &mut Tx,
    customer: CustomerId,
    ours: &[KnownPackage],
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    let ids: Vec<String> = ours.iter().map(|package| package.package_id.clone()).collect();
    sqlx::query!(
        "delete from access_request
          where provider_id = $1 and customer_id = $2 and package_id <> all ($3)
            and (state = 'pendingApproval' or package = '')",
        provider.0,
        customer.0,
        &ids
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
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
                created_at, denied_at, completed_at, first_seen_at, read_at, waited_until, failed_at, decision)
         select $1, $2, r.*, $17, $17, case when r.state <> 'pendingApproval' then coalesce(r.completed, $17) end,
                case when r.state in ('deliveryFailed', 'partiallyDelivered') then coalesce(r.completed, $17) end,
                case r.state when 'denied' then 'denied' when 'delivered' then 'approved' else '' end
           from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                       $10::text[], $11::text[], $12::text[], $13::text[], $14::timestamptz[],
                       $15::timestamptz[], $16::timestamptz[])
                as r(id, state, status, kind, package, package_id, package_name, name, mail, oid, why, created,
                     denied, completed)
         on conflict (provider_id, customer_id, request_id) do update
            set state = excluded.state, status = excluded.status, package = excluded.package,
                package_name = excluded.package_name, requestor_name = excluded.requestor_name,
                requestor_mail = excluded.requestor_mail, requestor_oid = excluded.requestor_oid,
                denied_at = coalesce(excluded.denied_at, access_request.denied_at),
                completed_at = excluded.completed_at, read_at = excluded.read_at,
                waited_until = coalesce(access_request.waited_until, excluded.waited_until),
                failed_at = coalesce(access_request.failed_at, excluded.failed_at),
                decision = case when access_request.decision = '' then excluded.decision else access_request.decision end
          where (access_request.state, access_request.status, access_request.package, access_request.package_name,
                 access_request.requestor_oid, access_request.denied_at, access_request.completed_at)
                is distinct from (excluded.state, excluded.status, excluded.package, excluded.package_name,
                 excluded.requestor_oid, coalesce(excluded.denied_at, access_request.denied_at),
                 excluded.completed_at)",
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

/// Requests that waited and that the directory no longer knows: Microsoft removes old ones.
pub async fn mark_gone(
    tx: &mut Tx,
    customer: CustomerId,
    requests: &[String],
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let provider = tx.scope().provider();
    let written = sqlx::query!(
        "update access_request set state = 'gone', read_at = $4, gone_at = $4, waited_until = coalesce(waited_until, $4)
          where provider_id = $1 and customer_id = $2 and request_id = any ($3) and state = 'pendingApproval'",
        provider.0,
        customer.0,
        requests,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(written.rows_affected())
}
