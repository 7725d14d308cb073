//! Applies an approved plan, step by step, through the operator app; resumable at any point.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use serde_json::json;

use super::look::{LOOK, keep, no_reader, stands_against, wake_consent};
use super::turn::{Turn, turn};
use super::{EngineError, Known, known};
use crate::app::App;
use crate::customers::store as customers;
use crate::graph::GraphErrorKind;
use crate::kit::audit::Event;
use crate::kit::happening::{self, Happening, Kind};
use crate::kit::work::{self, Claimed, Outcome, WorkError};
use crate::onboarding::blueprint::{APPROVERS, Blueprint};
use crate::onboarding::facts::{Facts, Rbac};
use crate::onboarding::frozen::Frozen;
use crate::onboarding::observe::{observe, seated};
use crate::onboarding::plan::{Plan, plan};
use crate::onboarding::progress;
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
            } else {
                // What is refused here is reading: what a step's writes meet stands in the journal.
                stands_against(&app, &claimed, &error).await;
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
    let mut tx = claimed.begin(&app.db).await?;
    let Some(run) = store::open_run(&mut tx, claimed.customer()).await? else { return Ok(None) };
    let Some(stored) = store::plan_of_run(&mut tx, run.id).await? else { return Ok(None) };
    let blueprint = store::blueprint(&mut tx, stored.blueprint_version).await?.unwrap_or_default();
    let kept = store::frozen(&mut tx, run.id).await?;
    drop(tx);
    if run.state == RunState::Failed {
        return Ok(None);
    }
    // Before anything else, so that it ends while the customer is paused too.
    if run.state == RunState::Cancelling {
        end(app, claimed, &run, RunState::Cancelled, "cancelled").await?;
        return Ok(None);
    }
    let Some(known) = known(app, claimed).await? else { return Ok(None) };
    let frozen = match kept {
        Some(kept) => kept,
        None => freeze(app, claimed, &run, &known.facts).await?,
    };
    let steps = resume(app, claimed, &run).await?;
    // A retry counts attempts anew, and what was sent before it stays sent. A link that is kept is no write.
    let untouched = steps.iter().all(|step| step.sent.0.is_empty() && step.state != RunStepState::Done);
    if untouched && frozen != Frozen::of(&known.facts) {
        end(app, claimed, &run, RunState::Cancelled, "facts-changed").await?;
        return Ok(None);
    }
    if untouched && known.facts.operator && world_changed(app, claimed, &known, &run, &stored).await? {
        end(app, claimed, &run, RunState::Cancelled, "world-changed").await?;
        return Ok(None);
    }
    let compared = !untouched || known.facts.operator;
    rounds(app, claimed, &known, &Applying { run, plan: stored.plan, blueprint, frozen, compared }).await
}

pub(super) struct Applying {
    pub run: Run,
    pub plan: Plan,
    pub blueprint: Blueprint,
    /// What was approved besides the plan.
    frozen: Frozen,
    /// The tenant was compared with what the approval saw, or something was written already.
    compared: bool,
}

/// A run that an older portal started: what is answered when it is first seen here, holds from here on.
async fn freeze(app: &App, claimed: &Claimed, run: &Run, facts: &Facts) -> Result<Frozen, EngineError> {
    let frozen = Frozen::of(facts);
    let mut tx = claimed.begin(&app.db).await?;
    store::freeze(&mut tx, run.id, &frozen).await?;
    tx.commit_bookkeeping("what an older portal did not keep").await?;
    Ok(frozen)
}

/// The run's steps. One that is being done is nobody's any more: this claim is new, and the last one never ended it.
async fn resume(app: &App, claimed: &Claimed, run: &Run) -> Result<Vec<RunStep>, EngineError> {
    let now = app.clock.now();
    let mut tx = claimed.begin(&app.db).await?;
    for step in store::resume_steps(&mut tx, run.id, now).await? {
        store::log(&mut tx, run.id, (&step, "resumed"), &[], now).await?;
    }
    let steps = store::run_steps(&mut tx, run.id).await?;
    tx.commit_bookkeeping("journal: somebody goes on").await?;
    Ok(steps)
}

/// Reads the tenant again before the first write: an approval is good for the world it saw.
async fn world_changed(
    app: &App,
    claimed: &Claimed,
    known: &Known,
    run: &Run,
    stored: &Stored,
) -> Result<bool, EngineError> {
    let Some(reader) = &known.reader else {
        stands_against(app, claimed, &no_reader()).await;
        cannot(app, claimed, run, "reader-missing").await?;
        return Err(no_reader().into());
    };
    let directory = app.graph.app(known.customer.entra_tenant_id, reader).for_person();
    let (version, blueprint) = &known.blueprint;
    let seen = observe(&directory, blueprint, &known.facts).await?;
    let seen = keep(app, claimed, seen, *version).await?;
    let fresh = plan(blueprint, &seen, &known.facts);
    Ok(fresh.fingerprint() != stored.fingerprint)
}

/// Our own app is not set up: nothing is written, and whose move it is stands in the list and in the journal.
async fn cannot(app: &App, claimed: &Claimed, run: &Run, why: &str) -> Result<(), EngineError> {
    let now = app.clock.now();
    let mut tx = claimed.begin(&app.db).await?;
    let current = store::open_run(&mut tx, claimed.customer()).await?;
    if current.is_none_or(|run| !matches!(run.state, RunState::Running | RunState::Waiting)) {
        return Ok(());
    }
    if !store::set_run_state(&mut tx, run.id, RunState::Waiting, now).await? {
        return Ok(());
    }
    let lines = store::log_lines(&mut tx, run.id, Some("")).await?;
    if lines.last().is_none_or(|line| line.message != why) {
        store::log(&mut tx, run.id, ("", why), &[], now).await?;
    }
    progress::keep(&mut tx, &app.clock, claimed.customer()).await?;
    Ok(tx.commit_bookkeeping("why a run cannot go on").await?)
}

/// What there is to know before each round.
struct Round {
    facts: Facts,
    steps: Vec<RunStep>,
}

impl Applying {
    /// None: the run is over, or the customer was paused.
    async fn round(&self, app: &App, claimed: &Claimed) -> Result<Option<Round>, EngineError> {
        let now = app.clock.now();
        let mut tx = claimed.begin(&app.db).await?;
        let current = store::open_run(&mut tx, claimed.customer()).await?;
        if current.is_none_or(|run| run.state == RunState::Cancelling) {
            drop(tx);
            end(app, claimed, &self.run, RunState::Cancelled, "cancelled").await?;
            return Ok(None);
        }
        let customer = customers::find(&mut tx, claimed.customer()).await?;
        if customer.is_none_or(|customer| customer.pause.is_some()) {
            return Ok(None);
        }
        let facts = self.frozen.over(store::facts(&mut tx, claimed.customer()).await?.as_of(now));
        if facts.rbac == Some(Rbac::Classic) {
            // Planned while nobody had said so: classic roles are made by people only.
            for step in store::skip_steps(&mut tx, self.run.id, StepKind::DefenderRole.key()).await? {
                store::log(&mut tx, self.run.id, (&step, "skipped-classic"), &[], now).await?;
            }
        }
        let steps = store::run_steps(&mut tx, self.run.id).await?;
        tx.commit_bookkeeping("journal: steps that people do").await?;
        if steps.iter().all(|step| matches!(step.state, RunStepState::Done | RunStepState::Skipped)) {
            end(app, claimed, &self.run, RunState::Done, "done").await?;
            return Ok(None);
        }
        Ok(Some(Round { facts, steps }))
    }
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
    while let Some(Round { facts, steps }) = applying.round(app, claimed).await? {
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
        let Some(operator) = &known.operator else {
            cannot(app, claimed, &applying.run, "operator-missing").await?;
            return Ok(Some(app.clock.now() + GATE));
        };
        let directory = app.graph.app(known.customer.entra_tenant_id, operator).for_person();
        if !set_state(app, claimed, applying, RunState::Running).await? {
            // Somebody stopped it since the round began: the next one ends it.
            continue;
        }
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
    }
    Ok(None)
}

/// What people have to have done before certain steps.
struct Gates {
    operator: bool,
    /// Unified roles are on. Only what the portal makes through the API waits for it.
    rbac: bool,
    approvers: bool,
}

async fn gates(
    app: &App,
    known: &Known,
    facts: &Facts,
    applying: &Applying,
    steps: &[RunStep],
) -> Result<Gates, EngineError> {
    let mut approvers = applying.plan.step(&StepKind::FirstApprovers.into()).is_none_or(|step| step.done());
    let link = StepKey::new(StepKind::Link, APPROVERS);
    let linked = steps.iter().all(|step| step.key != link || step.state == RunStepState::Done);
    let group = facts.owned(&format!("group.{APPROVERS}")).and_then(|id| id.parse().ok());
    // The reader sees more of our own directory than the operator, by which our people are known.
    let app_of = known.reader.as_ref().filter(|_| facts.reader).or(known.operator.as_ref());
    if let (false, true, true, Some(credential), Some(group)) =
        (approvers, linked, facts.operator, app_of, group)
    {
        let directory = app.graph.app(known.customer.entra_tenant_id, credential);
        // Nobody sits in a group that somebody deleted meanwhile: the run waits, and can be stopped and planned anew.
        approvers = match seated(&directory, facts, group).await {
            Err(error) if error.kind == GraphErrorKind::NotFound => false,
            seats => seats? > 0,
        };
    }
    let declared = facts.declared.contains_key(StepKind::Rbac.key());
    let rbac = declared && facts.rbac == Some(Rbac::Unified);
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

/// The run's state and with it the customer's standing. False: somebody stopped the run, or it has ended.
async fn set_state(
    app: &App,
    claimed: &Claimed,
    applying: &Applying,
    state: RunState,
) -> Result<bool, EngineError> {
    let now = app.clock.now();
    let mut tx = claimed.begin(&app.db).await?;
    let before = store::open_run(&mut tx, claimed.customer()).await?;
    match before.map(|run| run.state) {
        Some(before) if before == state => return Ok(true),
        // The row decides: a stop may be on its way that was not seen here.
        Some(_) if store::set_run_state(&mut tx, applying.run.id, state, now).await? => {}
        _ => return Ok(false),
    }
    if state != RunState::Running {
        let failed = state == RunState::Failed;
        let message = if failed { "halted" } else { state.key() };
        if failed {
            // It may be tried again, and fail again.
            let about = format!("{}/{}", applying.run.id, now.timestamp());
            let (kind, customer) = (Kind::RunFailed, claimed.customer());
            happening::tell(&mut tx, &Happening { kind, customer, about, facts: json!({}) }, now).await?;
        }
        store::log(&mut tx, applying.run.id, ("", message), &[], now).await?;
        // The list shows what the newest reading gives; it is renewed right away.
        work::wake(&mut tx, claimed.customer(), LOOK, now).await?;
    }
    progress::keep(&mut tx, &app.clock, claimed.customer()).await?;
    tx.commit_bookkeeping("the run's own state").await?;
    Ok(true)
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
    // Writes of steps that never came to their end, and of which nobody knows whether they happened.
    let steps = store::run_steps(&mut tx, run.id).await?;
    let open = steps.iter().filter(|step| step.state != RunStepState::Done);
    let unanswered: BTreeMap<String, Vec<&str>> = open
        .map(|step| (step.key.to_string(), step.sent.unanswered()))
        .filter(|(_, sent)| !sent.is_empty())
        .collect();
    if !store::set_run_state(&mut tx, run.id, state, now).await? {
        return Ok(());
    }
    store::log(&mut tx, run.id, ("", why), &[], now).await?;
    work::wake(&mut tx, claimed.customer(), LOOK, now).await?;
    // A paused customer is not read: his standing is what the last reading gives.
    progress::keep(&mut tx, &app.clock, claimed.customer()).await?;
    let action = if state == RunState::Done { "run.done" } else { "run.cancelled" };
    let after = json!({ "run": run.id, "why": why, "unanswered": unanswered });
    tx.commit(&app.clock, Event::new(action).of(claimed.customer()).after(after)).await?;
    app.nudge.notify_waiters();
    Ok(())
}
