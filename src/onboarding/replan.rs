//! Plans a customer anew from what was read last and what is known now: after every reading, answer and declaration.

use chrono::{DateTime, Utc};

use crate::customers::store as customers;
use crate::customers::{Standing, State, consent};
use crate::kit::chance::Chance;
use crate::kit::clock::Clock;
use crate::kit::ids::{CustomerId, PlanId};
use crate::kit::scope::Tx;
use crate::onboarding::observation::Observation;
use crate::onboarding::plan::{Plan, plan};
use crate::onboarding::standing::{Under, standing};
use crate::onboarding::store::{self, RunState, RunStep, RunStepState};
use crate::providers::AppKind;

/// A new plan and where it puts the customer.
pub struct Replanned {
    pub plan: Plan,
    pub before: State,
    pub standing: Standing,
    /// It is another plan than the one that stood proposed.
    pub news: bool,
}

/// Plans from the stored observation; none as long as the tenant was never read.
pub async fn replan(
    tx: &mut Tx,
    (clock, chance): (&Clock, &Chance),
    customer: CustomerId,
) -> Result<Option<Replanned>, sqlx::Error> {
    match store::observation(tx, customer).await? {
        Some((seen, _)) => replan_from(tx, (clock, chance), customer, &seen).await.map(Some),
        None => Ok(None),
    }
}

/// The same from an observation at hand. Keeps claims, plan and standing; nobody has decided anything yet.
pub async fn replan_from(
    tx: &mut Tx,
    (clock, chance): (&Clock, &Chance),
    customer: CustomerId,
    seen: &Observation,
) -> Result<Replanned, sqlx::Error> {
    let now: DateTime<Utc> = clock.now();
    let (version, blueprint) = store::current_blueprint(tx, now).await?;
    let facts = store::facts(tx, customer).await?.as_of(now);
    let made = plan(&blueprint, seen, &facts);
    for (object, id) in &made.claims {
        store::own(tx, customer, object, id, now).await?;
    }
    let before = customers::find(tx, customer).await?.map_or(State::New, |found| found.standing.state);
    let found = standing(&made, under(tx, customer).await?);
    customers::set_standing(tx, customer, &found, now).await?;
    let run = store::open_run(tx, customer).await?;
    // While a run applies a plan, another one would only confuse.
    let news = run.is_none()
        && store::propose(tx, customer, PlanId::new(clock, chance), (version, &made), now).await?;
    Ok(Replanned { plan: made, before, standing: found, news })
}

/// What else decides where the customer stands: his consent, his run, and whether he was onboarded once.
pub async fn under(tx: &mut Tx, customer: CustomerId) -> Result<Under, sqlx::Error> {
    let consents = consent::store::all(tx, customer).await?;
    if consents.iter().any(|one| one.app == AppKind::Reader && one.state == "lost") {
        return Ok(Under::ConsentLost);
    }
    let Some(run) = store::open_run(tx, customer).await? else {
        let found = customers::find(tx, customer).await?;
        return Ok(Under::Nothing { before: found.is_some_and(|one| one.onboarded_at.is_some()) });
    };
    if run.state == RunState::Failed {
        let steps = store::run_steps(tx, run.id).await?;
        let failed = steps.iter().find(|step| step.state == RunStepState::Failed);
        return Ok(Under::Failed(failed.and_then(RunStep::cause).unwrap_or_default().to_owned()));
    }
    Ok(Under::Run(run.state))
}
