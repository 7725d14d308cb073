//! Plans a customer anew from what was read last and what is known now: after every reading, answer and declaration.

use chrono::{DateTime, Utc};

use crate::customers::store as customers;
use crate::customers::{Standing, State};
use crate::kit::chance::Chance;
use crate::kit::clock::Clock;
use crate::kit::ids::{CustomerId, PlanId};
use crate::kit::scope::Tx;
use crate::onboarding::observation::Observation;
use crate::onboarding::plan::{Plan, plan};
use crate::onboarding::progress::with_done;
use crate::onboarding::standing::{Under, standing};
use crate::onboarding::store;

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
    let facts = store::facts(tx, customer).await?;
    let made = plan(&blueprint, seen, &facts);
    for (object, id) in &made.claims {
        store::own(tx, customer, object, id, now).await?;
    }
    let run = store::open_run(tx, customer).await?;
    let before = customers::find(tx, customer).await?.map_or(State::New, |found| found.standing.state);
    let under = match &run {
        Some(run) => Under::Run(run.state),
        None => Under::Nothing { before: matches!(before, State::Onboarded | State::Drifted) },
    };
    let done = match &run {
        Some(run) => store::run_steps(tx, run.id).await?,
        None => Vec::new(),
    };
    let found = standing(&with_done(&made, &done), under);
    customers::set_standing(tx, customer, &found, now).await?;
    // While a run applies a plan, another one would only confuse.
    let news = run.is_none()
        && store::propose(tx, customer, PlanId::new(clock, chance), (version, &made), now).await?;
    Ok(Replanned { plan: made, before, standing: found, news })
}
