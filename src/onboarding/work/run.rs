//! Applies an approved plan, step by step, through the operator app; resumable at any point.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use serde_json::json;

use super::look::{LOOK, keep, wake_consent};
use super::turn::{Turn, turn};
use super::{EngineError, Known, known};
use crate::app::App;
use crate::customers::store as customers;
use crate::kit::audit::Event;
use crate::kit::work::{self, Claimed, Outcome, WorkError};
use crate::onboarding::blueprint::{APPROVERS, Blueprint};
use crate::onboarding::observe::observe;
use crate::onboarding::plan::{Plan, plan};
use crate::onboarding::standing::{Under, standing};
use crate::onboarding::step::{StepKey, StepKind};
use crate::onboarding::store::{self, Run, RunState, RunStep, RunStepState, Stored};

/// The kind of work.
pub const RUN: &str = "run";
/// Steps done side by side.
const AT_ONCE: usize = 4;
/// How soon a run that waits for people looks again.
const GATE: TimeDelta = TimeDelta::seconds(60);

pub async fn work(app: App, claimed: Claimed) -> Outcome {
    match go_on(&app, &claimed).await {
        Ok(next) => Outcome::Done { next },
        Err(EngineError::Work(WorkError::LeaseLost)) => Outcome::LeaseLost,
        Err(EngineError::Graph(error)) => {
            if error.lost_consent() {
                wake_consent(&app, &claimed).await;
            }
            Outcome::Failed { problem: error.problem(), next: None }
        }
        Err(error) => {
            tracing::warn!(customer = %claimed.customer(), %error, "run broke off");
            Outcome::Failed { problem: json!({ "cause": "internal" }), next: None }
        }
    }
}

/// When to come back; none: the run is over or waits to be woken.
async fn go_on(app: &App, claimed: &Claimed) -> Result<Option<DateTime<Utc>>, EngineError> {
    let Some(known) = known(app, claimed).await? else { return Ok(None) };
    let mut tx = claimed.begin(&app.db).await?;
    let Some(run) = store::open_run(&mut tx, claimed.customer()).await? else { return Ok(None) };
    let Some(stored) = store::plan_of_run(&mut tx, run.id).await? else { return Ok(None) };
    let blueprint = store::blueprint(&mut tx, stored.blueprint_version).await?.unwrap_or_default();
    let steps = store::run_steps(&mut tx, run.id).await?;
    drop(tx);
    if run.state == RunState::Failed {
        return Ok(None);
    }
    if run.state == RunState::Cancelling {
        end(app, claimed, &run, RunState::Cancelled, "cancelled").await?;
        return Ok(None);
    }
    let untouched = steps.iter().all(|step| step.attempts == 0);
    if untouched && known.facts.operator && world_changed(app, claimed, &known, &stored).await? {
        end(app, claimed, &run, RunState::Cancelled, "world-changed").await?;
        return Ok(None);
    }
    let compared = !untouched || known.facts.operator;
    rounds(app, claimed, &known, &Applying { run, plan: stored.plan, blueprint, compared }).await
}

pub(super) struct Applying {
    pub run: Run,
    pub plan: Plan,
    pub blueprint: Blueprint,
    /// The tenant was compared with what the approval saw, or something was written already.
    compared: bool,
}

/// Reads the tenant again before the first write: an approval is good for the world it saw.
async fn world_changed(
    app: &App,
    claimed: &Claimed,
    known: &Known,
    stored: &Stored,
) -> Result<bool, EngineError> {
    let Some(reader) = &known.reader else { return Ok(false) };
    let directory = app.graph.app(known.customer.entra_tenant_id, reader).for_person();
    let (version, blueprint) = &known.blueprint;
    let seen = observe(&directory, blueprint, &known.facts).await?;
    let fresh = plan(blueprint, &seen, &known.facts);
    keep(app, claimed, &seen, *version).await?;
    Ok(fresh.fingerprint() != stored.fingerprint)
}

/// Does whatever can be done now, side by side, until nothing can.
async fn rounds(
    app: &App,
    claimed: &Claimed,
    known: &Known,
    applying: &Applying,
) -> Result<Option<DateTime<Utc>>, EngineError> {
    let mut soonest: Option<DateTime<Utc>> = None;
    let mut tried: BTreeSet<StepKey> = BTreeSet::new();
    loop {
        let mut tx = claimed.begin(&app.db).await?;
        let facts = store::facts(&mut tx, claimed.customer()).await?;
        let steps = store::run_steps(&mut tx, applying.run.id).await?;
        let current = store::open_run(&mut tx, claimed.customer()).await?;
        drop(tx);
        if current.is_none_or(|run| run.state == RunState::Cancelling) {
            end(app, claimed, &applying.run, RunState::Cancelled, "cancelled").await?;
            return Ok(None);
        }
        if steps.iter().all(|step| step.state == RunStepState::Done) {
            end(app, claimed, &applying.run, RunState::Done, "done").await?;
            return Ok(None);
        }
        if facts.operator && !applying.compared {
            // Consent came while we were reading: nothing is written before the tenant is compared.
            return Ok(Some(app.clock.now()));
        }
        let gates = gates(app, known, &facts, applying, &steps).await?;
        let ready: Vec<&RunStep> = steps
            .iter()
            .filter(|step| {
                !matches!(step.state, RunStepState::Done | RunStepState::Failed | RunStepState::Skipped)
            })
            .filter(|step| !tried.contains(&step.key) && gates.open(&applying.plan, &steps, &step.key))
            .take(AT_ONCE)
            .collect();
        if ready.is_empty() {
            return rest(app, claimed, applying, &steps, soonest).await;
        }
        let Some(operator) = &known.operator else { return rest(app, claimed, applying, &steps, None).await };
        let directory = app.graph.app(known.customer.entra_tenant_id, operator).for_person();
        set_state(app, claimed, applying, RunState::Running).await?;
        let turns = ready.iter().map(|step| turn(app, claimed, applying, &facts, &directory, step));
        for (step, outcome) in ready.iter().zip(join_all(turns).await) {
            match outcome? {
                Turn::Done => {}
                Turn::Later(at) => {
                    tried.insert(step.key.clone());
                    soonest = Some(soonest.map_or(at, |soonest| soonest.min(at)));
                }
                Turn::Failed => {
                    tried.insert(step.key.clone());
                }
                Turn::ConsentLost => {
                    wake_consent(app, claimed).await;
                    return rest(app, claimed, applying, &steps, None).await;
                }
            }
        }
        claimed.renew(&app.db, &app.clock).await?;
    }
}

/// What people have to have done before certain steps.
struct Gates {
    operator: bool,
    rbac: bool,
    approvers: bool,
}

async fn gates(
    app: &App,
    known: &Known,
    facts: &crate::onboarding::facts::Facts,
    applying: &Applying,
    steps: &[RunStep],
) -> Result<Gates, EngineError> {
    let mut approvers = applying.plan.step(&StepKind::FirstApprovers.into()).is_none_or(|step| step.done());
    let link = StepKey::new(StepKind::Link, APPROVERS);
    let linked = steps.iter().all(|step| step.key != link || step.state == RunStepState::Done);
    let group = facts.owned(&format!("group.{APPROVERS}")).and_then(|id| id.parse().ok());
    if let (false, true, true, Some(operator), Some(group)) =
        (approvers, linked, facts.operator, &known.operator, group)
    {
        let directory = app.graph.app(known.customer.entra_tenant_id, operator);
        approvers = !directory.group_members(group).await?.is_empty();
    }
    let rbac = facts.declared.contains_key(StepKind::Rbac.key());
    Ok(Gates { operator: facts.operator, rbac, approvers })
}

impl Gates {
    fn open(&self, plan: &Plan, steps: &[RunStep], key: &StepKey) -> bool {
        let Some(step) = plan.step(key) else { return false };
        self.operator
            && step.needs.iter().all(|need| match need.kind {
                StepKind::OperatorConsent => self.operator,
                StepKind::Rbac => self.rbac,
                StepKind::FirstApprovers => self.approvers,
                _ => steps
                    .iter()
                    .find(|one| one.key == *need)
                    .is_none_or(|one| one.state == RunStepState::Done),
            })
    }
}

/// Nothing can be done right now: the run failed, waits for people, or comes back when something should be visible.
async fn rest(
    app: &App,
    claimed: &Claimed,
    applying: &Applying,
    steps: &[RunStep],
    soonest: Option<DateTime<Utc>>,
) -> Result<Option<DateTime<Utc>>, EngineError> {
    if soonest.is_some() {
        return Ok(soonest);
    }
    let mut tx = claimed.begin(&app.db).await?;
    let steps =
        if steps.is_empty() { Vec::new() } else { store::run_steps(&mut tx, applying.run.id).await? };
    drop(tx);
    if steps.iter().any(|step| step.state == RunStepState::Failed) {
        set_state(app, claimed, applying, RunState::Failed).await?;
        return Ok(None);
    }
    set_state(app, claimed, applying, RunState::Waiting).await?;
    Ok(Some(app.clock.now() + GATE))
}

/// The run's state and with it the customer's standing.
async fn set_state(
    app: &App,
    claimed: &Claimed,
    applying: &Applying,
    state: RunState,
) -> Result<(), EngineError> {
    let now = app.clock.now();
    let mut tx = claimed.begin(&app.db).await?;
    let before = store::open_run(&mut tx, claimed.customer()).await?;
    if before.is_none_or(|run| run.state == state || run.state == RunState::Cancelling) {
        return Ok(());
    }
    store::set_run_state(&mut tx, applying.run.id, state, now).await?;
    if state != RunState::Running {
        let message = if state == RunState::Failed { "halted" } else { state.key() };
        store::log(&mut tx, applying.run.id, ("", message), &[], now).await?;
        // The list shows what the newest reading gives; it is renewed right away.
        work::wake(&mut tx, claimed.customer(), LOOK, now).await?;
    }
    let found = standing(&applying.plan, Under::Run(state));
    customers::set_standing(&mut tx, claimed.customer(), &found, now).await?;
    Ok(tx.commit_bookkeeping("the run's own state").await?)
}

/// Ends the run; the tenant is read and planned again.
async fn end(
    app: &App,
    claimed: &Claimed,
    run: &Run,
    state: RunState,
    why: &'static str,
) -> Result<(), EngineError> {
    let now = app.clock.now();
    let mut tx = claimed.begin(&app.db).await?;
    store::set_run_state(&mut tx, run.id, state, now).await?;
    store::log(&mut tx, run.id, ("", why), &[], now).await?;
    work::wake(&mut tx, claimed.customer(), LOOK, now).await?;
    let action = if state == RunState::Done { "run.done" } else { "run.cancelled" };
    let event = Event::new(action).of(claimed.customer()).after(json!({ "run": run.id, "why": why }));
    tx.commit(&app.clock, event).await?;
    app.nudge.notify_waiters();
    Ok(())
}
