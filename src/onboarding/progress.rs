//! Where a customer stands while a run goes on: the plan of the last reading, with what the run has done since.

use crate::customers::{WhoseMove, consent, store as customers};
use crate::kit::clock::Clock;
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;
use crate::onboarding::plan::{Plan, plan};
use crate::onboarding::replan::under;
use crate::onboarding::standing::standing;
use crate::onboarding::step::StepState;
use crate::onboarding::store::{self, RunStep, RunStepState};

/// A reading is minutes old while a run goes on: what the run did counts as done.
pub fn with_done(plan: &Plan, steps: &[RunStep]) -> Plan {
    let mut plan = plan.clone();
    for step in &mut plan.steps {
        if steps.iter().any(|one| one.key == step.key && one.state == RunStepState::Done) {
            (step.state, step.whose_move) = (StepState::Done, WhoseMove::Nobody);
        }
    }
    plan
}

/// Brings the customer's standing, and "step x of n", to what the run has come to. Two steps that end at once see
/// each other, since whoever writes the run's journal holds the run's row.
pub async fn keep(tx: &mut Tx, clock: &Clock, customer: CustomerId) -> Result<(), sqlx::Error> {
    let now = clock.now();
    let Some((seen, _)) = store::observation(tx, customer).await? else { return Ok(()) };
    let (_, blueprint) = store::current_blueprint(tx, now).await?;
    let facts = store::facts(tx, customer).await?.as_of(now);
    let made = plan(&blueprint, &seen, &facts);
    let steps = match store::open_run(tx, customer).await? {
        Some(run) => store::run_steps(tx, run.id).await?,
        None => Vec::new(),
    };
    let found = standing(&with_done(&made, &steps), under(tx, customer).await?);
    let found = consent::settled(tx, customer, found, now).await?;
    customers::set_standing(tx, customer, &found, now).await
}
