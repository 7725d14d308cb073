//! Observations and the plans made of them.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use sqlx::types::Json;

use crate::kit::ids::{CustomerId, PlanId, RunId};
use crate::kit::scope::Tx;
use crate::onboarding::observation::Observation;
use crate::onboarding::plan::Plan;
use crate::onboarding::policy::Stage;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanState {
    Proposed,
    Approved,
    Superseded,
}

impl PlanState {
    fn of(text: &str) -> Self {
        match text {
            "proposed" => Self::Proposed,
            "approved" => Self::Approved,
            _ => Self::Superseded,
        }
    }
}

/// A plan as it was stored; it never changes.
#[derive(Clone, Debug)]
pub struct Stored {
    pub id: PlanId,
    pub blueprint_version: i32,
    pub plan: Plan,
    pub fingerprint: Vec<u8>,
    pub state: PlanState,
    pub made_at: DateTime<Utc>,
}

/// Keeps what was read.
pub async fn keep_observation(
    tx: &mut Tx,
    customer: CustomerId,
    seen: &Observation,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    let document = serde_json::to_vec(seen).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    sqlx::query!(
        "insert into observation (provider_id, customer_id, document, fingerprint, read_at)
         values ($1, $2, $3, $4, $5)
         on conflict (provider_id, customer_id) do update
            set document = excluded.document, fingerprint = excluded.fingerprint, read_at = excluded.read_at",
        provider.0,
        customer.0,
        Json(seen) as _,
        Sha256::digest(&document).to_vec(),
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What it says about the links we gave out, and about the customer: when he was read, and when the first access of
/// ours ends. After what is ours was kept: whoever does a step takes its object first, then the run, then the customer,
/// and nobody may wait for another in a circle.
pub async fn keep_meaning(
    tx: &mut Tx,
    customer: CustomerId,
    seen: &Observation,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    if seen.governance_unread {
        // Nothing was seen of links and of who holds what: they stay as they were.
        sqlx::query!(
            "update customer set read_at = $3 where provider_id = $1 and customer_id = $2",
            provider.0,
            customer.0,
            now
        )
        .execute(&mut **tx)
        .await?;
        return Ok(());
    }
    let alive: Vec<String> = seen.packages.iter().map(|package| package.id.clone()).collect();
    let decide = |stage: &Stage| stage.decide_within.and_then(|seconds| i64::try_from(seconds).ok());
    let within: Vec<Option<i64>> = seen
        .packages
        .iter()
        .map(|package| {
            package.policies.iter().flat_map(|policy| policy.facts.stages.first()).find_map(decide)
        })
        .collect();
    sqlx::query!(
        "update link l set alive = r.id is not null, checked_at = $3, decide_within = r.within
           from link k left join unnest($4::text[], $5::bigint[]) as r (id, within) on r.id = k.package_id
          where l.provider_id = $1 and l.customer_id = $2 and k.provider_id = $1 and k.customer_id = $2
            and k.package = l.package",
        provider.0,
        customer.0,
        now,
        &alive,
        &within as &[Option<i64>]
    )
    .execute(&mut **tx)
    .await?;
    let ends: Vec<Option<DateTime<Utc>>> = seen.packages.iter().map(|package| package.first_end).collect();
    sqlx::query!(
        "update customer set read_at = $3, next_expiry = (
                select min(r.first_end) from unnest($4::text[], $5::timestamptz[]) as r (id, first_end)
                  join owned_object o on o.provider_id = $1 and o.customer_id = $2 and o.graph_id = r.id)
          where provider_id = $1 and customer_id = $2",
        provider.0,
        customer.0,
        now,
        &alive,
        &ends as &[Option<DateTime<Utc>>]
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn observation(
    tx: &mut Tx,
    customer: CustomerId,
) -> Result<Option<(Observation, DateTime<Utc>)>, sqlx::Error> {
    let provider = tx.scope().provider();
    let found = sqlx::query!(
        r#"select document as "document: Json<Observation>", read_at from observation
            where provider_id = $1 and customer_id = $2"#,
        provider.0,
        customer.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.map(|row| (row.document.0, row.read_at)))
}

/// What was read last of each of these customers.
pub async fn observations(
    tx: &mut Tx,
    customers: &[CustomerId],
) -> Result<Vec<(CustomerId, Observation, DateTime<Utc>)>, sqlx::Error> {
    let provider = tx.scope().provider();
    let ids: Vec<uuid::Uuid> = customers.iter().map(|customer| customer.0).collect();
    let rows = sqlx::query!(
        r#"select customer_id, document as "document: Json<Observation>", read_at from observation
            where provider_id = $1 and customer_id = any ($2)"#,
        provider.0,
        &ids
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (CustomerId(row.customer_id), row.document.0, row.read_at)).collect())
}

/// The same, kept from being replaced until the transaction ends.
pub async fn observation_held(
    tx: &mut Tx,
    customer: CustomerId,
) -> Result<Option<(Observation, DateTime<Utc>)>, sqlx::Error> {
    let provider = tx.scope().provider();
    let found = sqlx::query!(
        r#"select document as "document: Json<Observation>", read_at from observation
            where provider_id = $1 and customer_id = $2 for update"#,
        provider.0,
        customer.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.map(|row| (row.document.0, row.read_at)))
}

/// The plan that stands proposed, else the newest one.
pub async fn stored_plan(tx: &mut Tx, customer: CustomerId) -> Result<Option<Stored>, sqlx::Error> {
    let provider = tx.scope().provider();
    let found = sqlx::query!(
        r#"select plan_id, blueprint_version, document as "document: Json<Plan>", fingerprint, state, made_at
             from plan where provider_id = $1 and customer_id = $2
            order by state <> 'proposed', made_at desc, plan_id desc limit 1"#,
        provider.0,
        customer.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.map(|row| Stored {
        id: PlanId(row.plan_id),
        blueprint_version: row.blueprint_version,
        plan: row.document.0,
        fingerprint: row.fingerprint,
        state: PlanState::of(&row.state),
        made_at: row.made_at,
    }))
}

/// The plan that a run applies.
pub async fn plan_of_run(tx: &mut Tx, run: RunId) -> Result<Option<Stored>, sqlx::Error> {
    let provider = tx.scope().provider();
    let found = sqlx::query!(
        r#"select p.plan_id, p.blueprint_version, p.document as "document: Json<Plan>", p.fingerprint, p.state,
                  p.made_at
             from run r join plan p on p.provider_id = $1 and p.plan_id = r.plan_id
            where r.provider_id = $1 and r.run_id = $2"#,
        provider.0,
        run.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.map(|row| Stored {
        id: PlanId(row.plan_id),
        blueprint_version: row.blueprint_version,
        plan: row.document.0,
        fingerprint: row.fingerprint,
        state: PlanState::of(&row.state),
        made_at: row.made_at,
    }))
}

/// Puts a new plan in the place of the one that stands proposed. A plan equal to the newest is not stored again.
/// Returns whether it was.
pub async fn propose(
    tx: &mut Tx,
    customer: CustomerId,
    id: PlanId,
    (version, plan): (i32, &Plan),
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let newest = stored_plan(tx, customer).await?;
    let same = newest.is_some_and(|newest| {
        newest.state == PlanState::Proposed && newest.plan == *plan && newest.blueprint_version == version
    });
    if same {
        return Ok(false);
    }
    supersede(tx, customer).await?;
    let provider = tx.scope().provider();
    sqlx::query!(
        "insert into plan (provider_id, plan_id, customer_id, blueprint_version, document, fingerprint, state,
                           made_at)
         values ($1, $2, $3, $4, $5, $6, 'proposed', $7)",
        provider.0,
        id.0,
        customer.0,
        version,
        Json(plan) as _,
        plan.fingerprint(),
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(true)
}

/// No plan stands proposed any more.
pub async fn supersede(tx: &mut Tx, customer: CustomerId) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update plan set state = 'superseded' where provider_id = $1 and customer_id = $2 and state = 'proposed'",
        provider.0,
        customer.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Approves exactly this plan. False: it does not stand proposed any more.
pub async fn approve(
    tx: &mut Tx,
    customer: CustomerId,
    id: PlanId,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let (provider, person) = (tx.scope().provider(), tx.scope().person());
    let approved = sqlx::query!(
        "update plan set state = 'approved', approved_by = $4, approved_at = $5
          where provider_id = $1 and plan_id = $2 and customer_id = $3 and state = 'proposed'",
        provider.0,
        id.0,
        customer.0,
        person.map(|person| person.0),
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(approved.rows_affected() > 0)
}

/// Takes back the answer about one object, so that it is asked again. Nothing that we made is touched. False: there
/// was none.
pub async fn forget_answers(tx: &mut Tx, customer: CustomerId, object: &str) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let answered = sqlx::query!(
        "delete from fact where provider_id = $1 and customer_id = $2 and fact = $3",
        provider.0,
        customer.0,
        format!("answer:{object}")
    )
    .execute(&mut **tx)
    .await?;
    let adopted = sqlx::query!(
        "delete from owned_object where provider_id = $1 and customer_id = $2 and object = $3 and adopted",
        provider.0,
        customer.0,
        object
    )
    .execute(&mut **tx)
    .await?;
    Ok(answered.rows_affected() + adopted.rows_affected() > 0)
}
