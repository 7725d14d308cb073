//! Keeping what was read of a customer's assignments and guests; what is equal is not written.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{leaving, matches};
use crate::access::model::{Holding, Ours};
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;
use crate::providers;

/// By what our own people are known at this customer.
pub async fn ours(tx: &mut Tx, customer: CustomerId) -> Result<Ours, sqlx::Error> {
    let provider = tx.scope().provider();
    let organization = sqlx::query_scalar!(
        "select graph_id from owned_object
          where provider_id = $1 and customer_id = $2 and object = 'connected-organization'",
        provider.0,
        customer.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    let domains = providers::store::provider(tx).await?.domains_of_analysts();
    Ok(Ours { organization, domains })
}

/// Keeps every assignment of our packages, all of which were read: what is not among them is listed no more. Returns
/// how many rows were written.
pub async fn keep_assignments(
    tx: &mut Tx,
    customer: CustomerId,
    held: &[Holding],
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let provider = tx.scope().provider();
    let ours = ours(tx, customer).await?;
    let whose = matches::resolve(tx, customer, held, &ours).await?;
    let mut touched: BTreeSet<Uuid> = BTreeSet::new();
    let ids: Vec<String> = held.iter().map(|one| one.id.clone()).collect();
    let of = |one: &Holding| whose.get(&one.account()).copied().unwrap_or_default();
    let matches: Vec<Uuid> = held.iter().map(of).collect();
    let before = sqlx::query_scalar!(
        "select a.match_id from assignment a
           join unnest($3::text[], $4::uuid[]) as n (id, match_id) on n.id = a.assignment_id
          where a.provider_id = $1 and a.customer_id = $2 and a.match_id <> n.match_id",
        provider.0,
        customer.0,
        &ids,
        &matches
    )
    .fetch_all(&mut **tx)
    .await?;
    touched.extend(before);
    let written = write(tx, customer, held, (&ours, &matches), now).await?;
    let gone = sqlx::query_scalar!(
        "update assignment set gone_at = $4, changed_at = $4
          where provider_id = $1 and customer_id = $2 and gone_at is null and assignment_id <> all ($3)
        returning match_id",
        provider.0,
        customer.0,
        &ids,
        now
    )
    .fetch_all(&mut **tx)
    .await?;
    let many = u64::try_from(written.len() + gone.len()).unwrap_or(u64::MAX);
    touched.extend(written);
    touched.extend(gone);
    matches::refresh(tx, &touched).await?;
    next_expiry(tx, customer).await?;
    leaving::follow(tx, customer, now).await?;
    Ok(many)
}

/// Whose each row is by now; only what differs is written.
async fn write(
    tx: &mut Tx,
    customer: CustomerId,
    held: &[Holding],
    (ours, matches): (&Ours, &[Uuid]),
    now: DateTime<Utc>,
) -> Result<Vec<Uuid>, sqlx::Error> {
    let provider = tx.scope().provider();
    let text = |get: fn(&Holding) -> &str| held.iter().map(|one| get(one).to_owned()).collect::<Vec<_>>();
    let time = |get: fn(&Holding) -> Option<DateTime<Utc>>| held.iter().map(get).collect::<Vec<_>>();
    let accounts: Vec<String> = held.iter().map(Holding::account).collect();
    let is_ours: Vec<bool> = held.iter().map(|one| ours.is(one)).collect();
    sqlx::query_scalar!(
        "insert into assignment (provider_id, customer_id, assignment_id, package, package_id, package_name, state,
                                 status, target_oid, target_name, target_mail, organization, ours, account, match_id,
                                 policy_id, starts_at, ends_at, expired_at, first_seen_at, changed_at)
         select $1, $2, n.*, $21::timestamptz, $21
           from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                       $10::text[], $11::text[], $12::text[], $13::bool[], $14::text[], $15::uuid[], $16::text[],
                       $17::timestamptz[], $18::timestamptz[], $19::timestamptz[]) as n
          where $20::bool
         on conflict (provider_id, customer_id, assignment_id) do update
            set package = excluded.package, package_name = excluded.package_name, state = excluded.state,
                status = excluded.status, target_oid = excluded.target_oid, target_name = excluded.target_name,
                target_mail = excluded.target_mail, organization = excluded.organization, ours = excluded.ours,
                account = excluded.account, match_id = excluded.match_id, policy_id = excluded.policy_id,
                starts_at = excluded.starts_at, ends_at = excluded.ends_at, expired_at = excluded.expired_at,
                warned = case when assignment.ends_at is distinct from excluded.ends_at then 0
                              else assignment.warned end,
                changed_at = excluded.changed_at, gone_at = null
          where (assignment.package, assignment.package_name, assignment.state, assignment.status,
                 assignment.target_oid, assignment.target_name, assignment.target_mail, assignment.organization,
                 assignment.ours, assignment.account, assignment.match_id, assignment.policy_id,
                 assignment.starts_at, assignment.ends_at, assignment.expired_at, assignment.gone_at)
                is distinct from
                (excluded.package, excluded.package_name, excluded.state, excluded.status, excluded.target_oid,
                 excluded.target_name, excluded.target_mail, excluded.organization, excluded.ours, excluded.account,
                 excluded.match_id, excluded.policy_id, excluded.starts_at, excluded.ends_at, excluded.expired_at,
                 null::timestamptz)
         returning match_id",
        provider.0,
        customer.0,
        &text(|one| &one.id),
        &text(|one| &one.package),
        &text(|one| &one.package_id),
        &text(|one| &one.package_name),
        &text(|one| &one.state),
        &text(|one| &one.status),
        &text(|one| &one.target_oid),
        &text(|one| &one.target_name),
        &text(|one| &one.target_mail),
        &text(|one| &one.organization),
        &is_ours,
        &accounts,
        matches,
        &text(|one| &one.policy_id),
        &time(|one| one.starts_at) as &[Option<DateTime<Utc>>],
        &time(|one| one.ends_at) as &[Option<DateTime<Utc>>],
        &time(|one| one.expired_at) as &[Option<DateTime<Utc>>],
        !held.is_empty(),
        now,
    )
    .fetch_all(&mut **tx)
    .await
}

/// When the first access at this customer ends; an equal moment writes nothing.
async fn next_expiry(tx: &mut Tx, customer: CustomerId) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update customer c set next_expiry = n.first
           from (select min(a.ends_at) as first from assignment a
                  where a.provider_id = $1 and a.customer_id = $2 and a.holds) n
          where c.provider_id = $1 and c.customer_id = $2 and c.next_expiry is distinct from n.first",
        provider.0,
        customer.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends later than this ago are history: their guests are deleted or somebody's own business.
const LOOKED_AFTER: TimeDelta = TimeDelta::days(60);
/// How often a guest without access is looked at again.
const LOOK_AGAIN: TimeDelta = TimeDelta::hours(24);

/// Guests of ours who hold nothing here any more and were not looked at for a while, some of them; whoever was seen
/// blocked is looked at until he is not, or is deleted.
pub async fn guests_to_see(
    tx: &mut Tx,
    customer: CustomerId,
    most: i64,
    now: DateTime<Utc>,
) -> Result<Vec<String>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_scalar!(
        "select a.target_oid from assignment a
           left join guest g on g.provider_id = $1 and g.customer_id = $2 and g.oid = a.target_oid
          where a.provider_id = $1 and a.customer_id = $2 and a.target_oid <> ''
            and ((a.ours and coalesce(a.expired_at, a.gone_at) > $4)
                 or (g.blocked_at is not null and g.deleted_at is null))
            and (g.looked_at is null or (g.looked_at < $5 and g.deleted_at is null))
          group by a.target_oid, g.looked_at
         having not exists (select from assignment h where h.provider_id = $1 and h.customer_id = $2
                               and h.target_oid = a.target_oid
                               and (h.holds or (h.gone_at is null and h.state = 'delivering')))
          order by g.looked_at nulls first, a.target_oid limit $3",
        provider.0,
        customer.0,
        most,
        now - LOOKED_AFTER,
        now - LOOK_AGAIN,
    )
    .fetch_all(&mut **tx)
    .await
}

/// A guest as he was seen: whether he may sign in, or that he is there no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenGuest {
    pub oid: String,
    pub enabled: Option<bool>,
    pub deleted: bool,
}

pub async fn keep_guests(
    tx: &mut Tx,
    customer: CustomerId,
    seen: &[SeenGuest],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    if seen.is_empty() {
        return Ok(());
    }
    let provider = tx.scope().provider();
    let oids: Vec<String> = seen.iter().map(|one| one.oid.clone()).collect();
    let enabled: Vec<Option<bool>> = seen.iter().map(|one| one.enabled).collect();
    let deleted: Vec<bool> = seen.iter().map(|one| one.deleted).collect();
    sqlx::query!(
        "insert into guest (provider_id, customer_id, oid, match_id, enabled, looked_at, blocked_at, deleted_at)
         select distinct on (n.oid) $1::uuid, $2::uuid, n.oid, a.match_id, n.enabled, $6::timestamptz,
                case when n.enabled = false then $6::timestamptz end, case when n.deleted then $6::timestamptz end
           from unnest($3::text[], $4::bool[], $5::bool[]) as n (oid, enabled, deleted)
           join assignment a on a.provider_id = $1 and a.customer_id = $2 and a.target_oid = n.oid
          order by n.oid, a.changed_at desc
         on conflict (provider_id, customer_id, oid) do update
            set match_id = excluded.match_id, enabled = excluded.enabled, looked_at = excluded.looked_at,
                blocked_at = case when excluded.enabled = false then coalesce(guest.blocked_at, excluded.blocked_at) end,
                deleted_at = coalesce(excluded.deleted_at, guest.deleted_at)",
        provider.0,
        customer.0,
        &oids,
        &enabled as &[Option<bool>],
        &deleted,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
