//! The journal of a step's writes: what left, what was answered, what a process that died leaves behind.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::types::Json;

use super::runs::touch;
use crate::kit::ids::RunId;
use crate::kit::scope::Tx;
use crate::onboarding::apply::{Mark, Sent, Wrote};
use crate::onboarding::step::StepKey;

/// Says, before it leaves, that a write may have happened from now on.
pub async fn mark_sending(
    tx: &mut Tx,
    run: RunId,
    step: &StepKey,
    what: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    mark(tx, run, step, what, &Mark { at: now, answered: false }).await
}

async fn mark(tx: &mut Tx, run: RunId, step: &StepKey, what: &str, mark: &Mark) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update run_step set sent = sent || $4 where provider_id = $1 and run_id = $2 and step = $3",
        provider.0,
        run.0,
        step.to_string(),
        json!({ what: mark })
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// It surely did not happen.
pub async fn mark_refused(tx: &mut Tx, run: RunId, step: &StepKey, what: &str) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update run_step set sent = sent - $4::text where provider_id = $1 and run_id = $2 and step = $3",
        provider.0,
        run.0,
        step.to_string(),
        what
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// It happened. The first value before, and every value after, are kept.
pub async fn mark_wrote(
    tx: &mut Tx,
    run: RunId,
    step: &StepKey,
    wrote: &Wrote,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    mark(tx, run, step, wrote.what, &Mark { at: now, answered: true }).await?;
    values(tx, run, step, (&wrote.before, &wrote.after)).await?;
    touch(tx, run, now).await
}

/// What was found, or kept by the portal itself.
pub async fn step_found(tx: &mut Tx, run: RunId, step: &StepKey, found: &Value) -> Result<(), sqlx::Error> {
    values(tx, run, step, (&Value::Null, found)).await
}

async fn values(
    tx: &mut Tx,
    run: RunId,
    step: &StepKey,
    (before, after): (&Value, &Value),
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    let told = |value: &Value| if value.is_null() { None } else { Some(value.clone()) };
    sqlx::query!(
        "update run_step set before = coalesce(before, $4::jsonb),
                after = coalesce(after, '{}'::jsonb) || coalesce($5::jsonb, '{}'::jsonb)
          where provider_id = $1 and run_id = $2 and step = $3",
        provider.0,
        run.0,
        step.to_string(),
        told(before),
        told(after)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The writes of a step so far.
pub async fn sent(tx: &mut Tx, run: RunId, step: &StepKey) -> Result<Sent, sqlx::Error> {
    let provider = tx.scope().provider();
    let found = sqlx::query_scalar!(
        r#"select sent as "sent: Json<Sent>" from run_step where provider_id = $1 and run_id = $2 and step = $3"#,
        provider.0,
        run.0,
        step.to_string()
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.map(|sent| sent.0).unwrap_or_default())
}

/// Steps that a process left in the middle. What it may have sent is looked for from now on: however long ago it was
/// sent, nobody has looked since.
pub async fn resume_steps(tx: &mut Tx, run: RunId, now: DateTime<Utc>) -> Result<Vec<String>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_scalar!(
        "update run_step set state = 'pending', sent = (
                select coalesce(jsonb_object_agg(m.key, case when (m.value ->> 'answered')::boolean then m.value
                                                             else m.value || $3 end), '{}')
                  from jsonb_each(sent) m)
          where provider_id = $1 and run_id = $2 and state = 'working' returning step",
        provider.0,
        run.0,
        json!({ "at": now })
    )
    .fetch_all(&mut **tx)
    .await
}

/// Steps that this run cannot do any more.
pub async fn skip_steps(tx: &mut Tx, run: RunId, kind: &str) -> Result<Vec<String>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_scalar!(
        "update run_step set state = 'skipped', problem = null
          where provider_id = $1 and run_id = $2 and split_part(step, '.', 1) = $3
            and state not in ('done', 'skipped') returning step",
        provider.0,
        run.0,
        kind
    )
    .fetch_all(&mut **tx)
    .await
}
