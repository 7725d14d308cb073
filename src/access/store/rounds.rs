//! Keeping the rounds of reviews: definitions, their instances, and what was decided about whom.

use chrono::{DateTime, TimeDelta, Utc};

use crate::access::model::{Decision, Definition, Round};
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;

/// Rounds whose decisions may still change: definition and round. What began long ago is left alone.
pub async fn unsettled(
    tx: &mut Tx,
    customer: CustomerId,
    now: DateTime<Utc>,
) -> Result<Vec<(String, String)>, sqlx::Error> {
    let provider = tx.scope().provider();
    let rows = sqlx::query!(
        "select definition_id, instance_id from review
          where provider_id = $1 and customer_id = $2 and not settled and gone_at is null
            and starts_at <= $3 and starts_at > $4 and state not in ('Initializing', 'NotStarted', 'Starting')
          order by starts_at, instance_id limit 6",
        provider.0,
        customer.0,
        now,
        now - TimeDelta::days(400)
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.definition_id, row.instance_id)).collect())
}

/// Policies that are known to be a package's, by what is held under them: for a definition that names its policy only.
pub async fn policies(
    tx: &mut Tx,
    customer: CustomerId,
) -> Result<Vec<(String, String, String)>, sqlx::Error> {
    let provider = tx.scope().provider();
    let rows = sqlx::query!(
        "select distinct policy_id, package, package_id from assignment
          where provider_id = $1 and customer_id = $2 and policy_id <> ''",
        provider.0,
        customer.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.policy_id, row.package, row.package_id)).collect())
}

/// Keeps the definitions of our packages, all of which were read. Returns how many rows were written.
pub async fn keep_definitions(
    tx: &mut Tx,
    customer: CustomerId,
    read: &[Definition],
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let provider = tx.scope().provider();
    let text = |get: fn(&Definition) -> &str| read.iter().map(|one| get(one).to_owned()).collect::<Vec<_>>();
    let ids = text(|one| &one.id);
    let written = sqlx::query!(
        "insert into review_definition (provider_id, customer_id, definition_id, package, package_id, policy_id, name,
                                        state)
         select $1, $2, n.* from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[]) as n
         on conflict (provider_id, customer_id, definition_id) do update
            set package = excluded.package, package_id = excluded.package_id, policy_id = excluded.policy_id,
                name = excluded.name, state = excluded.state, gone_at = null
          where (review_definition.package, review_definition.package_id, review_definition.policy_id,
                 review_definition.name, review_definition.state, review_definition.gone_at)
                is distinct from (excluded.package, excluded.package_id, excluded.policy_id, excluded.name,
                                  excluded.state, null::timestamptz)",
        provider.0,
        customer.0,
        &ids,
        &text(|one| &one.package),
        &text(|one| &one.package_id),
        &text(|one| &one.policy_id),
        &text(|one| &one.name),
        &text(|one| &one.state),
    )
    .execute(&mut **tx)
    .await?;
    // Nobody lists the rounds of a definition that is gone: what was not over then never will be.
    let gone = sqlx::query_scalar!(
        r#"with definitions as (
             update review_definition set gone_at = $4
              where provider_id = $1 and customer_id = $2 and gone_at is null and definition_id <> all ($3)
             returning 1),
           rounds as (
             update review set gone_at = $4, changed_at = $4
              where provider_id = $1 and customer_id = $2 and gone_at is null and definition_id <> all ($3)
                and state not in ('Completed', 'AutoReviewed', 'Applied', 'Completing', 'AutoReviewing')
             returning 1)
           select (select count(*) from definitions) + (select count(*) from rounds) as "many!""#,
        provider.0,
        customer.0,
        &ids,
        now
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(written.rows_affected() + u64::try_from(gone).unwrap_or_default())
}

/// Keeps the rounds of these definitions, all of which were read.
pub async fn keep_rounds(
    tx: &mut Tx,
    customer: CustomerId,
    of: &[String],
    read: &[Round],
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let provider = tx.scope().provider();
    let text = |get: fn(&Round) -> &str| read.iter().map(|one| get(one).to_owned()).collect::<Vec<_>>();
    let time = |get: fn(&Round) -> Option<DateTime<Utc>>| read.iter().map(get).collect::<Vec<_>>();
    let ids = text(|one| &one.id);
    let written = sqlx::query!(
        "insert into review (provider_id, customer_id, instance_id, definition_id, package, package_name, state,
                             starts_at, due_at, first_seen_at, changed_at)
         select $1, $2, n.id, n.definition, d.package,
                coalesce((select l.name from link l where l.provider_id = $1 and l.customer_id = $2
                             and l.package = d.package), d.package),
                n.state, n.starts_at, n.due_at, $8::timestamptz, $8
           from unnest($3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[])
                as n (id, definition, state, starts_at, due_at)
           join review_definition d on d.provider_id = $1 and d.customer_id = $2 and d.definition_id = n.definition
         on conflict (provider_id, customer_id, instance_id) do update
            set state = excluded.state, starts_at = excluded.starts_at, due_at = excluded.due_at,
                changed_at = excluded.changed_at, gone_at = null, settled = false
          where (review.state, review.starts_at, review.due_at, review.gone_at)
                is distinct from (excluded.state, excluded.starts_at, excluded.due_at, null::timestamptz)",
        provider.0,
        customer.0,
        &ids,
        &text(|one| &one.definition),
        &text(|one| &one.state),
        &time(|one| one.starts_at) as &[Option<DateTime<Utc>>],
        &time(|one| one.due_at) as &[Option<DateTime<Utc>>],
        now
    )
    .execute(&mut **tx)
    .await?;
    // A round that is over stays in the record; one that had not begun and is listed no more never was.
    let gone = sqlx::query!(
        "update review set gone_at = $5, changed_at = $5
          where provider_id = $1 and customer_id = $2 and definition_id = any ($3) and instance_id <> all ($4)
            and gone_at is null",
        provider.0,
        customer.0,
        of,
        &ids,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(written.rows_affected() + gone.rows_affected())
}

/// Keeps the decisions of these rounds and their figures; a round that is over is settled by it.
pub async fn keep_decisions(
    tx: &mut Tx,
    customer: CustomerId,
    of: &[String],
    read: &[Decision],
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let provider = tx.scope().provider();
    let text = |get: fn(&Decision) -> &str| read.iter().map(|one| get(one).to_owned()).collect::<Vec<_>>();
    let at: Vec<Option<DateTime<Utc>>> = read.iter().map(|one| one.decided_at).collect();
    let written = sqlx::query!(
        "insert into review_decision (provider_id, customer_id, instance_id, decision_id, principal_oid,
                                      principal_name, decision, recommendation, result, decided_by, decided_at, reason)
         select $1, $2, n.* from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                                        $9::text[], $10::text[], $11::timestamptz[], $12::text[]) as n
         on conflict (provider_id, customer_id, instance_id, decision_id) do update
            set principal_oid = excluded.principal_oid, principal_name = excluded.principal_name,
                decision = excluded.decision, recommendation = excluded.recommendation, result = excluded.result,
                decided_by = excluded.decided_by, decided_at = excluded.decided_at, reason = excluded.reason
          where (review_decision.principal_oid, review_decision.decision, review_decision.recommendation,
                 review_decision.result, review_decision.decided_by, review_decision.decided_at,
                 review_decision.reason)
                is distinct from (excluded.principal_oid, excluded.decision, excluded.recommendation,
                 excluded.result, excluded.decided_by, excluded.decided_at, excluded.reason)",
        provider.0,
        customer.0,
        &text(|one| &one.round),
        &text(|one| &one.id),
        &text(|one| &one.principal_oid),
        &text(|one| &one.principal_name),
        &text(|one| &one.decision),
        &text(|one| &one.recommendation),
        &text(|one| &one.result),
        &text(|one| &one.decided_by),
        &at as &[Option<DateTime<Utc>>],
        &text(|one| &one.reason),
    )
    .execute(&mut **tx)
    .await?;
    let figures = sqlx::query!(
        "update review r set people = n.people, approved = n.approved, denied = n.denied, settled = n.settled,
                changed_at = $4
           from (select v.instance_id,
                        v.state in ('Completed', 'Applied')
                          and count(d.decision_id) = count(d.decision_id) filter (where d.result <> 'New') as settled,
                        count(d.decision_id)::integer as people,
                        (count(*) filter (where d.decision = 'Approve'))::integer as approved,
                        (count(*) filter (where d.decision = 'Deny'))::integer as denied
                   from review v
                   left join review_decision d on d.provider_id = $1 and d.customer_id = $2
                        and d.instance_id = v.instance_id
                  where v.provider_id = $1 and v.customer_id = $2 and v.instance_id = any ($3)
                  group by v.instance_id, v.state) n
          where r.provider_id = $1 and r.customer_id = $2 and r.instance_id = n.instance_id
            and (r.people, r.approved, r.denied, r.settled)
                is distinct from (n.people, n.approved, n.denied, n.settled)",
        provider.0,
        customer.0,
        of,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(written.rows_affected() + figures.rows_affected())
}

/// A round that is open and about somebody of whom nobody has decided.
#[derive(Clone, Debug)]
pub struct Undecided {
    pub id: String,
    pub package: String,
    pub package_name: String,
    pub due_at: Option<DateTime<Utc>>,
    pub people: i32,
    pub approved: i32,
    pub denied: i32,
}

pub async fn undecided(
    tx: &mut Tx,
    customer: CustomerId,
    now: DateTime<Utc>,
) -> Result<Vec<Undecided>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        Undecided,
        "select instance_id as id, package, package_name, due_at, people, approved, denied from review
          where provider_id = $1 and customer_id = $2 and open and state = 'InProgress' and starts_at <= $3
            and people > approved + denied
          order by due_at, instance_id limit 20",
        provider.0,
        customer.0,
        now
    )
    .fetch_all(&mut **tx)
    .await
}
