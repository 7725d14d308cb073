//! Reads a customer's tenant and plans it: after every change that may concern it, and by the clock.

use chrono::TimeDelta;
use serde_json::json;

use super::{EngineError, Known, known};
use crate::app::App;
use crate::customers::store as customers;
use crate::customers::{Standing, State, consent};
use crate::graph::{Directory, GraphError, GraphErrorKind};
use crate::kit::audit::Event;
use crate::kit::happening::{self, Happening, Kind};
use crate::kit::work::{self, Claimed, Outcome, WorkError};
use crate::onboarding::facts::Facts;
use crate::onboarding::observation::Observation;
use crate::onboarding::observe::{Ours, observe};
use crate::onboarding::plan::Plan;
use crate::onboarding::progress;
use crate::onboarding::replan::replan_from;
use crate::onboarding::standing::move_of;
use crate::onboarding::store;
use crate::providers;

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
            } else {
                stands_against(&app, &claimed, &error).await;
            }
            Outcome::Failed { problem: error.problem(), next: None }
        }
        Err(error) => {
            tracing::warn!(customer = %claimed.customer(), %error, "tenant not read");
            Outcome::Failed { problem: json!({ "cause": "internal" }), next: None }
        }
    }
}

/// Somebody has to act before the tenant can be read: it neither passes by itself nor is it a race with whoever changes
/// the tenant meanwhile.
fn lasts(error: &GraphError) -> bool {
    let race = matches!(error.kind, GraphErrorKind::NotFound | GraphErrorKind::Conflict);
    !race && !error.passes() && error.whose_move() != crate::graph::WhoseMove::Microsoft
}

/// A tenant that can no longer be read: the customer's standing says why until it was read again, not only Health. One
/// that was never read says so after any refusal.
pub(super) async fn stands_against(app: &App, claimed: &Claimed, error: &GraphError) {
    let told = async {
        let (now, id, cause) = (app.clock.now(), claimed.customer(), error.cause());
        let mut tx = claimed.begin(&app.db).await?;
        let Some(customer) = customers::find(&mut tx, id).await? else { return Ok(()) };
        let state = customer.standing.state;
        let unasked = matches!(state, State::New | State::ConsentWanted | State::ConsentLost);
        if unasked || error.passes() || (state != State::Reading && !lasts(error)) {
            return Ok(());
        }
        store::set_unreadable(&mut tx, id, cause, now).await?;
        if store::observation(&mut tx, id).await?.is_some() {
            progress::keep(&mut tx, &app.clock, id).await?;
        } else {
            let (whose_move, next_move) = (move_of(cause), format!("onboarding-failed-{cause}"));
            let blocked = Standing { state: State::Blocked, whose_move, next_move, ..customer.standing };
            customers::set_standing(&mut tx, id, &blocked, now).await?;
        }
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
    let Some(Known { mut facts, blueprint: (version, blueprint), reader, customer, .. }) =
        known(app, claimed).await?
    else {
        return Ok(Outcome::Done { next: None });
    };
    // Without the reader's consent there is nothing to read; consent wakes this work.
    if !facts.reader {
        return Ok(Outcome::Done { next: None });
    }
    let Some(reader) = reader else { return Err(no_reader().into()) };
    let directory = app.graph.app(customer.entra_tenant_id, &reader);
    know_domains(app, claimed, &directory, &mut facts).await?;
    let seen = observe(&directory, &blueprint, &facts).await?;
    keep(app, claimed, seen, version).await?;
    let next = match customer.standing.state {
        State::Running | State::Reading => EXPECTED,
        _ => AGAIN,
    };
    Ok(Outcome::Done { next: Some(app.clock.now() + next) })
}

/// Keeps which domains are verified in the analysts' directory, for whoever asks who is ours.
async fn know_domains(
    app: &App,
    claimed: &Claimed,
    directory: &Directory,
    facts: &mut Facts,
) -> Result<(), EngineError> {
    let Some(analysts) = &facts.analysts else { return Ok(()) };
    let Some(verified) = Ours::verified(directory, analysts).await else { return Ok(()) };
    let mut tx = claimed.begin(&app.db).await?;
    if providers::store::provider(&mut tx).await?.analyst_verified_domains == verified {
        return Ok(());
    }
    providers::store::set_verified_domains(&mut tx, analysts.tenant, &verified).await?;
    facts.analyst_domains = providers::store::provider(&mut tx).await?.domains_of_analysts();
    Ok(tx.commit_bookkeeping("domains of the analysts' directory").await?)
}

/// The provider's own app that reads is not set up (any more).
pub(super) fn no_reader() -> GraphError {
    let what = "the app that reads is not set up: the tenant can neither be read nor compared with what was approved";
    GraphError::new(GraphErrorKind::BadCredential, "the engine", what)
}

/// Keeps what was read, what it means for the links, and the plan it gives. Facts are read again: a person may have
/// answered while we were reading. Gives what was read, with what is known from before where it could not be.
pub(super) async fn keep(
    app: &App,
    claimed: &Claimed,
    seen: Observation,
    version: i32,
) -> Result<Observation, EngineError> {
    let now = app.clock.now();
    let customer = claimed.customer();
    let mut tx = claimed.begin(&app.db).await?;
    let (newest, _) = store::current_blueprint(&mut tx, now).await?;
    if newest != version {
        work::wake(&mut tx, customer, LOOK, now).await?;
    }
    store::set_readable(&mut tx, customer).await?;
    let last = store::observation_held(&mut tx, customer).await?.map(|(last, _)| last);
    let seen = seen.with_last_known(last);
    store::keep_observation(&mut tx, customer, &seen, now).await?;
    let made = replan_from(&mut tx, app, customer, &seen).await?;
    store::keep_meaning(&mut tx, customer, &seen, now).await?;
    if made.standing.state == State::Drifted && made.before != State::Drifted {
        let facts = json!({ "many": made.plan.differs().count() });
        let (kind, about) = (Kind::Drifted, now.timestamp().to_string());
        happening::tell(&mut tx, &Happening { kind, customer, about, facts }, now).await?;
        let event = Event::new("customer.drifted").of(customer).after(in_words(&made.plan));
        tx.commit(&app.clock, event).await?;
    } else {
        tx.commit_bookkeeping("a reading, and a plan nobody has decided on").await?;
    }
    Ok(seen)
}

/// Steps that are not as agreed, with what they would change; for the audit log.
fn in_words(plan: &Plan) -> serde_json::Value {
    let steps = plan.differs().map(|step| json!({ "step": step.key, "state": step.state }));
    serde_json::Value::Array(steps.collect())
}
