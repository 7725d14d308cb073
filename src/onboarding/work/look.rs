//! Reads a customer's tenant and plans it: after every change that may concern it, and by the clock.

use chrono::TimeDelta;
use serde_json::json;

use super::held::held;
use super::{EngineError, Known, known};
use crate::app::App;
use crate::customers::store as customers;
use crate::customers::{Standing, State, WhoseMove, consent};
use crate::graph::GraphError;
use crate::kit::audit::Event;
use crate::kit::work::{self, Claimed, Outcome, WorkError};
use crate::onboarding::observation::Observation;
use crate::onboarding::observe::observe;
use crate::onboarding::plan::Plan;
use crate::onboarding::replan::replan_from;
use crate::onboarding::store;

/// The kind of work.
pub const LOOK: &str = "observe";
/// How often a tenant is read when nothing happens.
const AGAIN: TimeDelta = TimeDelta::minutes(60);
/// How soon again while a run changes it.
const EXPECTED: TimeDelta = TimeDelta::minutes(5);

pub async fn work(app: App, claimed: Claimed) -> Outcome {
    match look(&app, &claimed).await {
        Ok(outcome) => outcome,
        Err(EngineError::Work(WorkError::LeaseLost)) => Outcome::LeaseLost,
        Err(EngineError::Graph(error)) => {
            if error.lost_consent() {
                wake_consent(&app, &claimed).await;
            } else if !error.passes() {
                stands_against(&app, &claimed, &error).await;
            }
            Outcome::Failed {
                problem: json!({ "cause": error.cause(), "detail": error.to_string() }),
                next: None,
            }
        }
        Err(error) => {
            tracing::warn!(customer = %claimed.customer(), %error, "tenant not read");
            Outcome::Failed { problem: json!({ "cause": "internal" }), next: None }
        }
    }
}

/// A tenant that was never read and refuses: the customer's standing says why, not only Health.
async fn stands_against(app: &App, claimed: &Claimed, error: &GraphError) {
    let told = async {
        let mut tx = claimed.begin(&app.db).await?;
        let found = customers::find(&mut tx, claimed.customer()).await?;
        let Some(customer) = found.filter(|one| one.standing.state == State::Reading) else { return Ok(()) };
        let whose_move = match error.whose_move() {
            crate::graph::WhoseMove::Us => WhoseMove::Us,
            crate::graph::WhoseMove::Customer => WhoseMove::Customer,
            crate::graph::WhoseMove::Microsoft => WhoseMove::Microsoft,
        };
        let next_move = format!("errors-{}-fix", error.cause());
        let blocked = Standing { state: State::Blocked, whose_move, next_move, ..customer.standing };
        customers::set_standing(&mut tx, claimed.customer(), &blocked, app.clock.now()).await?;
        tx.commit_bookkeeping("why a tenant cannot be read").await?;
        Ok::<_, WorkError>(())
    };
    if let Err(error) = told.await {
        tracing::warn!(%error, "standing not told");
    }
}

/// The consent check finds out what was lost, and says it.
pub(super) async fn wake_consent(app: &App, claimed: &Claimed) {
    let woken = async {
        let mut tx = claimed.begin(&app.db).await?;
        work::wake(&mut tx, claimed.customer(), consent::WORK, app.clock.now()).await?;
        tx.commit_bookkeeping("a check made due").await?;
        Ok::<_, WorkError>(())
    };
    if let Err(error) = woken.await {
        tracing::warn!(%error, "consent check not woken");
    }
}

async fn look(app: &App, claimed: &Claimed) -> Result<Outcome, EngineError> {
    let Some(Known { facts, blueprint: (version, blueprint), reader, customer, .. }) =
        known(app, claimed).await?
    else {
        return Ok(Outcome::Done { next: None });
    };
    // Without the reader's consent there is nothing to read; consent wakes this work.
    let Some(reader) = reader.filter(|_| facts.reader) else { return Ok(Outcome::Done { next: None }) };
    let directory = app.graph.app(customer.entra_tenant_id, &reader);
    // A slow tenant may take longer than one lease.
    let seen = held(app, claimed, observe(&directory, &blueprint, &facts)).await??;
    keep(app, claimed, &seen, version).await?;
    let next = match customer.standing.state {
        State::Running | State::Reading => EXPECTED,
        _ => AGAIN,
    };
    Ok(Outcome::Done { next: Some(app.clock.now() + next) })
}

/// Keeps what was read, what it means for the links, and the plan it gives. Facts are read again: a person may have
/// answered while we were reading.
pub(super) async fn keep(
    app: &App,
    claimed: &Claimed,
    seen: &Observation,
    version: i32,
) -> Result<(), EngineError> {
    let now = app.clock.now();
    let customer = claimed.customer();
    let mut tx = claimed.begin(&app.db).await?;
    let (newest, _) = store::current_blueprint(&mut tx, now).await?;
    if newest != version {
        work::wake(&mut tx, customer, LOOK, now).await?;
    }
    store::keep_observation(&mut tx, customer, seen, now).await?;
    let made = replan_from(&mut tx, app, customer, seen).await?;
    store::keep_meaning(&mut tx, customer, seen, now).await?;
    if made.standing.state == State::Drifted && made.before != State::Drifted {
        let event = Event::new("customer.drifted").of(customer).after(in_words(&made.plan));
        return Ok(tx.commit(&app.clock, event).await?);
    }
    Ok(tx.commit_bookkeeping("a reading, and a plan nobody has decided on").await?)
}

/// Steps that are not as agreed, with what they would change; for the audit log.
fn in_words(plan: &Plan) -> serde_json::Value {
    let steps = plan.differs().map(|step| json!({ "step": step.key, "state": step.state }));
    serde_json::Value::Array(steps.collect())
}
