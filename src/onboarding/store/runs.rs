//! Runs: the journal of an approved plan, step by step.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;

use crate::kit::ids::{CustomerId, PlanId, RunId};
use crate::kit::scope::Tx;
use crate::onboarding::apply::Sent;
use crate::onboarding::frozen::Frozen;
use crate::onboarding::step::StepKey;

macro_rules! states {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $key:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($variant),* }

        impl $name {
            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => $key),* }
            }

            fn of(key: &str) -> Option<Self> {
                [$(Self::$variant),*].into_iter().find(|one| one.key() == key)
            }
        }
    )*};
}

states! {
    RunState {
        Running = "running", Waiting = "waiting", Failed = "failed", Cancelling = "cancelling",
        Cancelled = "cancelled", Done = "done",
    }
    /// `Working` is written before the first call: whoever finds it after a crash knows that a write may have
    /// happened. `Settling`: written, not yet visible.
    RunStepState {
        Pending = "pending", Working = "working", Settling = "settling", Done = "done", Failed = "failed",
        Skipped = "skipped",
    }
}

impl RunState {
    pub fn open(self) -> bool {
        !matches!(self, Self::Cancelled | Self::Done)
    }

    /// The states it may follow. Nothing opens a run that was stopped or has ended; whoever looked a moment ago does not
    /// know of it.
    fn after(self) -> Vec<String> {
        let going = [Self::Running, Self::Waiting, Self::Failed];
        let stopping = (!self.open()).then_some(Self::Cancelling);
        going.into_iter().chain(stopping).map(|state| state.key().to_owned()).collect()
    }
}

#[derive(Clone, Debug)]
pub struct Run {
    pub id: RunId,
    pub plan: PlanId,
    pub state: RunState,
    pub started_by: Option<String>,
    pub started_at: DateTime<Utc>,
    pub changed_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug)]
pub struct RunStep {
    pub key: StepKey,
    pub state: RunStepState,
    pub attempts: i32,
    pub before: Option<Value>,
    pub after: Option<Value>,
    pub problem: Option<Value>,
    /// Writes that left in this run.
    pub sent: Sent,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
}

impl RunStep {
    /// The key of the cause of its last problem.
    pub fn cause(&self) -> Option<&str> {
        self.problem.as_ref()?.get("cause")?.as_str()
    }
}

/// Starts the run of an approved plan, by what is answered now. False: another run of this customer is still open.
pub async fn start_run(
    tx: &mut Tx,
    id: RunId,
    (customer, plan): (CustomerId, PlanId),
    steps: &[StepKey],
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let (provider, person) = (tx.scope().provider(), tx.scope().person());
    let facts = Frozen::of(&super::facts(tx, customer).await?);
    let started = sqlx::query!(
        "insert into run (provider_id, run_id, customer_id, plan_id, state, started_by, started_at, changed_at, facts)
         values ($1, $2, $3, $4, 'running', $5, $6, $6, $7) on conflict do nothing",
        provider.0,
        id.0,
        customer.0,
        plan.0,
        person.map(|person| person.0),
        now,
        Json(&facts) as _
    )
    .execute(&mut **tx)
    .await?;
    if started.rows_affected() == 0 {
        return Ok(false);
    }
    let keys: Vec<String> = steps.iter().map(ToString::to_string).collect();
    sqlx::query!(
        "insert into run_step (provider_id, run_id, step, ordinal, state)
         select $1, $2, s.step, s.ordinal::integer, 'pending'
           from unnest($3::text[]) with ordinality as s (step, ordinal)",
        provider.0,
        id.0,
        &keys
    )
    .execute(&mut **tx)
    .await?;
    Ok(true)
}

/// What was approved besides the plan; none for a run that a portal started which did not keep it.
pub async fn frozen(tx: &mut Tx, run: RunId) -> Result<Option<Frozen>, sqlx::Error> {
    let provider = tx.scope().provider();
    let found = sqlx::query_scalar!(
        r#"select facts as "facts: Json<Frozen>" from run where provider_id = $1 and run_id = $2"#,
        provider.0,
        run.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.flatten().map(|facts| facts.0))
}

/// Keeps it where it was not kept.
pub async fn freeze(tx: &mut Tx, run: RunId, facts: &Frozen) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update run set facts = $3 where provider_id = $1 and run_id = $2 and facts is null",
        provider.0,
        run.0,
        Json(facts) as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The open run of the customer, else the newest one.
pub async fn latest_run(tx: &mut Tx, customer: CustomerId) -> Result<Option<Run>, sqlx::Error> {
    let provider = tx.scope().provider();
    let found = sqlx::query!(
        r#"select r.run_id, r.plan_id, r.state, r.started_at, r.changed_at, r.ended_at, p.name as "started_by?"
             from run r left join person p on p.provider_id = $1 and p.person_id = r.started_by
            where r.provider_id = $1 and r.customer_id = $2
            order by r.state in ('cancelled', 'done'), r.started_at desc, r.run_id desc limit 1"#,
        provider.0,
        customer.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.and_then(|row| {
        Some(Run {
            id: RunId(row.run_id),
            plan: PlanId(row.plan_id),
            state: RunState::of(&row.state)?,
            started_by: row.started_by,
            started_at: row.started_at,
            changed_at: row.changed_at,
            ended_at: row.ended_at,
        })
    }))
}

pub async fn open_run(tx: &mut Tx, customer: CustomerId) -> Result<Option<Run>, sqlx::Error> {
    Ok(latest_run(tx, customer).await?.filter(|run| run.state.open()))
}

pub async fn run_steps(tx: &mut Tx, run: RunId) -> Result<Vec<RunStep>, sqlx::Error> {
    let provider = tx.scope().provider();
    let rows = sqlx::query!(
        r#"select step, state, attempts, before, after, problem, sent as "sent: Json<Sent>", started_at, ended_at
             from run_step where provider_id = $1 and run_id = $2 order by ordinal"#,
        provider.0,
        run.0
    )
    .fetch_all(&mut **tx)
    .await?;
    let steps = rows.into_iter().filter_map(|row| {
        Some(RunStep {
            key: row.step.parse().ok()?,
            state: RunStepState::of(&row.state)?,
            attempts: row.attempts,
            before: row.before,
            after: row.after,
            problem: row.problem,
            sent: row.sent.0,
            started_at: row.started_at,
            ended_at: row.ended_at,
        })
    });
    Ok(steps.collect())
}

/// Says, before the first call, that the step is being done.
pub async fn begin_step(
    tx: &mut Tx,
    run: RunId,
    step: &StepKey,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update run_step set state = 'working', attempts = attempts + 1, started_at = $4, ended_at = null
          where provider_id = $1 and run_id = $2 and step = $3",
        provider.0,
        run.0,
        step.to_string(),
        now
    )
    .execute(&mut **tx)
    .await?;
    touch(tx, run, now).await
}

/// How a step's attempt ended.
pub async fn end_step(
    tx: &mut Tx,
    run: RunId,
    (step, state): (&StepKey, RunStepState),
    problem: Option<&Value>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update run_step set state = $4, problem = $5, ended_at = $6
          where provider_id = $1 and run_id = $2 and step = $3",
        provider.0,
        run.0,
        step.to_string(),
        state.key(),
        problem,
        now
    )
    .execute(&mut **tx)
    .await?;
    touch(tx, run, now).await
}

/// Failed steps, or one of them, are to be tried again from here. A person asks: what Microsoft said it made and never
/// showed may be made again, once it was looked for.
pub async fn retry_steps(tx: &mut Tx, run: RunId, step: Option<&StepKey>) -> Result<u64, sqlx::Error> {
    let provider = tx.scope().provider();
    let retried = sqlx::query!(
        "update run_step set state = 'pending', attempts = 0, problem = null,
                sent = (select coalesce(jsonb_object_agg(m.key, m.value - 'answered'), '{}') from jsonb_each(sent) m)
          where provider_id = $1 and run_id = $2 and state = 'failed' and ($3::text is null or step = $3)",
        provider.0,
        run.0,
        step.map(ToString::to_string)
    )
    .execute(&mut **tx)
    .await?;
    Ok(retried.rows_affected())
}

/// False: meanwhile the run was stopped or has ended, and nothing was changed.
pub async fn set_run_state(
    tx: &mut Tx,
    run: RunId,
    state: RunState,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let set = sqlx::query!(
        "update run set state = $3, changed_at = $4, ended_at = case when $5 then $4::timestamptz end
          where provider_id = $1 and run_id = $2 and ended_at is null and state = any($6)",
        provider.0,
        run.0,
        state.key(),
        now,
        !state.open(),
        &state.after()
    )
    .execute(&mut **tx)
    .await?;
    if set.rows_affected() == 0 {
        return Ok(false);
    }
    if state == RunState::Cancelled {
        sqlx::query!(
            "update run_step set state = 'skipped' where provider_id = $1 and run_id = $2
                and state in ('pending', 'working', 'settling', 'failed')",
            provider.0,
            run.0
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(true)
}

pub(super) async fn touch(tx: &mut Tx, run: RunId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update run set changed_at = $3 where provider_id = $1 and run_id = $2",
        provider.0,
        run.0,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A line of the journal: `onboarding-log-<message>`.
#[derive(Clone, Debug)]
pub struct LogLine {
    pub step: String,
    pub at: DateTime<Utc>,
    pub message: String,
    pub arguments: BTreeMap<String, String>,
}

pub async fn log(
    tx: &mut Tx,
    run: RunId,
    (step, message): (&str, &str),
    arguments: &[(&str, String)],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    let arguments: BTreeMap<&str, &String> = arguments.iter().map(|(key, value)| (*key, value)).collect();
    let arguments = serde_json::to_value(arguments).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    // Whoever writes the journal holds the run's row, so numbers follow each other. Always by an update: a row that is
    // updated and then locked harder has those who wait for it deadlock.
    touch(tx, run, now).await?;
    sqlx::query!(
        "insert into run_log (provider_id, run_id, seq, step, at, message, arguments)
         select $1, $2, coalesce(max(l.seq), 0) + 1, $3, $4, $5, $6
           from run_log l where l.provider_id = $1 and l.run_id = $2",
        provider.0,
        run.0,
        step,
        now,
        message,
        arguments
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The journal's last lines, oldest first; of one step, or of all.
pub async fn log_lines(tx: &mut Tx, run: RunId, step: Option<&str>) -> Result<Vec<LogLine>, sqlx::Error> {
    let provider = tx.scope().provider();
    let rows = sqlx::query!(
        "select step, at, message, arguments from run_log
          where provider_id = $1 and run_id = $2 and ($3::text is null or step = $3)
          order by seq desc limit 200",
        provider.0,
        run.0,
        step
    )
    .fetch_all(&mut **tx)
    .await?;
    let lines = rows.into_iter().rev().map(|row| LogLine {
        step: row.step,
        at: row.at,
        message: row.message,
        arguments: serde_json::from_value(row.arguments).unwrap_or_default(),
    });
    Ok(lines.collect())
}

/// When plan, run or standing of the customer last moved, if since then.
pub async fn moved(
    tx: &mut Tx,
    customer: CustomerId,
    since: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    let provider = tx.scope().provider();
    let latest = sqlx::query_scalar!(
        "select greatest(
                  (select max(changed_at) from run where provider_id = $1 and customer_id = $2),
                  (select max(made_at) from plan where provider_id = $1 and customer_id = $2),
                  (select read_at from observation where provider_id = $1 and customer_id = $2),
                  (select max(declared_at) from fact where provider_id = $1 and customer_id = $2),
                  (select since from customer where provider_id = $1 and customer_id = $2))",
        provider.0,
        customer.0
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(latest.filter(|at| *at > since))
}
