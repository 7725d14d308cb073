//! Keeping what was read of a customer's requests: nothing is written that did not change, and nothing that was decided
//! is ever taken away.

use chrono::{DateTime, TimeDelta, Utc};

use crate::access_requests::model::{self, PENDING, ReadRequest};
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;

/// How long after a change a request that goes on is looked at in every turn; later now and then.
const MOVING: TimeDelta = TimeDelta::hours(1);
/// How long a failed delivery may be tried again (contract §8.1: a week), and a day more.
const MENDABLE: TimeDelta = TimeDelta::days(8);

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

/// Requests that are not at their end, by how often they are looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Followed {
    /// Those we last saw waiting for a decision: in Microsoft's list of these, or vanished.
    pub pending: Vec<String>,
    /// Decided or not yet waiting, and changed lately: looked at one by one in every turn.
    pub moving: Vec<String>,
    /// Not changed for long, or failed and perhaps tried again: looked at now and then.
    pub resting: Vec<String>,
}

impl Followed {
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty() && self.moving.is_empty() && self.resting.is_empty()
    }
}

pub async fn followed(
    tx: &mut Tx,
    customer: CustomerId,
    now: DateTime<Utc>,
) -> Result<Followed, sqlx::Error> {
    let provider = tx.scope().provider();
    let rows = sqlx::query!(
        "select request_id, state, read_at from access_request
          where provider_id = $1 and customer_id = $2 and gone_at is null
            and (state not in ('delivered', 'denied', 'canceled', 'deliveryFailed', 'partiallyDelivered', 'gone')
                 or failed_at > $3)
          order by read_at, request_id",
        provider.0,
        customer.0,
        now - MENDABLE
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut all = Followed::default();
    for row in rows {
        if row.state == PENDING {
            all.pending.push(row.request_id);
        } else if !model::is_final(&row.state) && row.read_at > now - MOVING {
            all.moving.push(row.request_id);
        } else {
            all.resting.push(row.request_id);
        }
    }
    Ok(all)
}

/// Takes away what waits at packages that are not ours (any more): nobody gave us those.
pub async fn forget_others(
    tx: &mut Tx,
    customer: CustomerId,
    ours: &[KnownPackage],
) -> Result<u64, sqlx::Error> {
    let provider = tx.scope().provider();
    let ids: Vec<String> = ours.iter().map(|package| package.package_id.clone()).collect();
    let gone = sqlx::query!(
        "delete from access_request
          where provider_id = $1 and customer_id = $2 and package_id <> all ($3)
            and (state = 'pendingApproval' or package = '')",
        provider.0,
        customer.0,
        &ids
    )
    .execute(&mut **tx)
    .await?;
    Ok(gone.rows_affected())
}

/// One read request with what we add: whose package it is, and when Microsoft will deny it.
#[derive(Clone, Debug)]
pub struct Kept<'a> {
    pub read: &'a ReadRequest,
    pub package: &'a str,
    pub denied_at: Option<DateTime<Utc>>,
}

/// A request that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub id: String,
    /// None: it was not known.
    pub was: Option<String>,
    pub state: String,
}

/// Keeps what was read and tells what changed; a request that did not is not written. What was said of its decision
/// stays, whoever said it.
#[expect(clippy::too_many_lines, reason = "one statement, column by column")]
pub async fn keep(
    tx: &mut Tx,
    customer: CustomerId,
    requests: &[Kept<'_>],
    now: DateTime<Utc>,
) -> Result<Vec<Change>, sqlx::Error> {
    if requests.is_empty() {
        return Ok(Vec::new());
    }
    let provider = tx.scope().provider();
    let text = |field: fn(&ReadRequest) -> &str| {
        requests.iter().map(|kept| field(kept.read).to_owned()).collect::<Vec<String>>()
    };
    let time = |field: &dyn Fn(&Kept<'_>) -> Option<DateTime<Utc>>| {
        requests.iter().map(field).collect::<Vec<Option<DateTime<Utc>>>>()
    };
    let packages: Vec<String> = requests.iter().map(|kept| kept.package.to_owned()).collect();
    let created: Vec<DateTime<Utc>> = requests.iter().map(|kept| kept.read.created_at).collect();
    let answers: Vec<serde_json::Value> =
        requests.iter().map(|kept| serde_json::json!(kept.read.answers)).collect();
    sqlx::query_as!(
        Change,
        r#"with told as (
               select * from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                                    $10::text[], $11::text[], $12::text[], $13::text[], $14::timestamptz[],
                                    $15::timestamptz[], $16::timestamptz[], $18::jsonb[], $19::text[],
                                    $20::timestamptz[], $21::text[], $22::text[], $23::timestamptz[], $24::timestamptz[])
                   as r (request_id, state, status, request_type, package, package_id, package_name, requestor_name,
                         requestor_mail, requestor_oid, justification, created_at, denied_at, completed_at, answers,
                         organization, ends_at, assignment_id, decision, waited_until, failed_at)
           ), news as (
               select r.*, a.state as was
                 from told r
                 left join access_request a on a.provider_id = $1 and a.customer_id = $2
                      and a.request_id = r.request_id
                where a.request_id is null
                   or a.gone_at is not null or a.missed_at is not null
                   or (a.state, a.status, a.package, a.package_name, a.requestor_oid, a.denied_at, a.completed_at,
                       a.ends_at, a.assignment_id, a.failed_at is null)
                      is distinct from
                      (r.state, r.status, r.package, r.package_name, r.requestor_oid,
                       coalesce(r.denied_at, a.denied_at), r.completed_at, r.ends_at, r.assignment_id,
                       r.failed_at is null)
           ), written as (
               insert into access_request as a
                      (provider_id, customer_id, request_id, state, status, request_type, package, package_id,
                       package_name, requestor_name, requestor_mail, requestor_oid, justification, created_at,
                       denied_at, completed_at, answers, organization, ends_at, assignment_id, decision,
                       waited_until, failed_at, first_seen_at, read_at)
               select $1, $2, n.request_id, n.state, n.status, n.request_type, n.package, n.package_id,
                      n.package_name, n.requestor_name, n.requestor_mail, n.requestor_oid, n.justification,
                      n.created_at, n.denied_at, n.completed_at, n.answers, n.organization, n.ends_at,
                      n.assignment_id, n.decision, n.waited_until, n.failed_at, $17, $17
                 from news n
               on conflict (provider_id, customer_id, request_id) do update
                  set state = excluded.state, status = excluded.status, package = excluded.package,
                      package_name = excluded.package_name, requestor_name = excluded.requestor_name,
                      requestor_mail = excluded.requestor_mail, requestor_oid = excluded.requestor_oid,
                      denied_at = coalesce(excluded.denied_at, a.denied_at),
                      completed_at = excluded.completed_at, answers = excluded.answers,
                      organization = excluded.organization, ends_at = excluded.ends_at,
                      assignment_id = excluded.assignment_id,
                      decision = case when a.decision_from = '' then excluded.decision else a.decision end,
                      waited_until = case when excluded.waited_until is not null
                                          then coalesce(a.waited_until, excluded.waited_until) end,
                      failed_at = case when excluded.failed_at is not null
                                       then coalesce(a.failed_at, excluded.failed_at) end,
                      gone_at = null, missed_at = null, read_at = excluded.read_at)
           select n.request_id as "id!", n.was as "was?", n.state as "state!" from news n order by n.created_at, n.request_id"#,
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
        &time(&|kept| kept.denied_at) as &[Option<DateTime<Utc>>],
        &time(&|kept| kept.read.completed_at) as &[Option<DateTime<Utc>>],
        now,
        &answers,
        &text(|read| &read.organization),
        &time(&|kept| kept.read.ends_at) as &[Option<DateTime<Utc>>],
        &text(|read| &read.assignment_id),
        &text(|read| model::decision(&read.request_type, &read.state)),
        &time(&|kept| kept.read.waited_until(now)) as &[Option<DateTime<Utc>>],
        &time(&|kept| kept.read.failed_at(now)) as &[Option<DateTime<Utc>>],
    )
    .fetch_all(&mut **tx)
    .await
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
