//! Plans a customer anew from what was read last and what is known now: after every reading, answer and declaration.

use chrono::{DateTime, Utc};

use crate::app::App;
use crate::customers::store as customers;
use crate::customers::{Standing, State, consent};
use crate::graph::PackageId;
use crate::kit::ids::{CustomerId, PlanId};
use crate::kit::scope::Tx;
use crate::onboarding::facts::Facts;
use crate::onboarding::observation::Observation;
use crate::onboarding::plan::{Plan, plan};
use crate::onboarding::progress::with_done;
use crate::onboarding::standing::{Under, standing};
use crate::onboarding::step::{Step, StepKey, StepKind, StepState};
use crate::onboarding::store::{self, RunState, RunStep, RunStepState};
use crate::providers::{self, AppKind};

/// A new plan and where it puts the customer.
pub struct Replanned {
    pub plan: Plan,
    pub before: State,
    pub standing: Standing,
    /// It is another plan than the one that stood proposed.
    pub news: bool,
}

/// Plans from the stored observation; none as long as the tenant was never read. It is held meanwhile: a reading that
/// plans beside us would not see our plan, nor we its, and both would stand proposed.
pub async fn replan(tx: &mut Tx, app: &App, customer: CustomerId) -> Result<Option<Replanned>, sqlx::Error> {
    match store::observation_held(tx, customer).await? {
        Some((seen, _)) => replan_from(tx, app, customer, &seen).await.map(Some),
        None => Ok(None),
    }
}

/// The same from an observation at hand, which the caller holds. Keeps claims, links that follow from it, plan and standing; nobody has
/// decided anything yet.
pub async fn replan_from(
    tx: &mut Tx,
    app: &App,
    customer: CustomerId,
    seen: &Observation,
) -> Result<Replanned, sqlx::Error> {
    let now: DateTime<Utc> = app.clock.now();
    let (version, blueprint) = store::current_blueprint(tx, now).await?;
    let run = store::open_run(tx, customer).await?;
    let made = loop {
        let facts = store::facts(tx, customer).await?.as_of(now);
        let made = plan(&blueprint, seen, &facts);
        for (object, id) in &made.claims {
            store::own(tx, customer, object, id, now).await?;
        }
        let ready = if run.is_some() { Vec::new() } else { ready_links(&made, &facts) };
        if ready.is_empty() {
            break made;
        }
        for (step, package) in ready {
            let url = app.cloud.package_link(&seen.hint, &PackageId::new(package.as_str()));
            let within = Some(i64::from(blueprint.access.decide_days) * 86_400);
            let link = (package.as_str(), step.name.as_str(), url.as_str());
            store::store_link(tx, customer, &step.key.of, link, within, now).await?;
        }
    };
    let before = customers::find(tx, customer).await?.map_or(State::New, |found| found.standing.state);
    let done = match &run {
        Some(run) => store::run_steps(tx, run.id).await?,
        None => Vec::new(),
    };
    let found = standing(&with_done(&made, &done), under(tx, customer).await?);
    let found = consent::settled(tx, customer, found, now).await?;
    // While a run applies a plan, another one would only confuse.
    let news = run.is_none()
        && store::propose(tx, customer, PlanId::new(&app.clock, &app.chance), (version, &made), now).await?;
    // Last: see `store::keep_meaning`.
    customers::set_standing(tx, customer, &found, now).await?;
    Ok(Replanned { plan: made, before, standing: found, news })
}

/// What else decides where the customer stands: his consent, his run, and whether he was onboarded once.
pub async fn under(tx: &mut Tx, customer: CustomerId) -> Result<Under, sqlx::Error> {
    let consents = consent::store::all(tx, customer).await?;
    if consents.iter().any(|one| one.app == AppKind::Reader && one.state == "lost") {
        return Ok(Under::ConsentLost);
    }
    let run = store::open_run(tx, customer).await?;
    // A run that goes on needs to be read for too.
    let goes_on = |run: &store::Run| matches!(run.state, RunState::Running | RunState::Waiting);
    if run.as_ref().is_none_or(goes_on)
        && let Some(cause) = store::unreadable(tx, customer).await?
    {
        return Ok(Under::Unreadable(cause));
    }
    let Some(run) = run else {
        let found = customers::find(tx, customer).await?;
        return Ok(Under::Nothing { before: found.is_some_and(|one| one.onboarded_at.is_some()) });
    };
    if run.state == RunState::Failed {
        let steps = store::run_steps(tx, run.id).await?;
        let failed = steps.iter().find(|step| step.state == RunStepState::Failed);
        return Ok(Under::Failed(failed.and_then(RunStep::cause).unwrap_or_default().to_owned()));
    }
    let apps = providers::store::apps(tx).await?;
    let writes = apps
        .iter()
        .any(|one| one.app == AppKind::Operator.key() && one.has_proof && !one.client_id.is_empty());
    Ok(if goes_on(&run) && !writes { Under::NoOperatorApp } else { Under::Run(run.state) })
}

/// Links of packages that are as wanted and that nobody was given yet, each with its package's id. Keeping one writes
/// nothing in the tenant: neither an approval nor the operator's consent is wanted for it.
fn ready_links<'a>(plan: &'a Plan, facts: &Facts) -> Vec<(&'a Step, String)> {
    let new = |step: &&Step| {
        let link = step.key.kind == StepKind::Link && step.state == StepState::Create;
        link && !facts.links.contains_key(&step.key.of) && settled(plan, step)
    };
    let package = |step: &Step| {
        let object = StepKey::new(StepKind::Package, &step.key.of).to_string();
        let claimed = plan.claims.iter().find(|(key, _)| *key == object).map(|(_, id)| id.as_str());
        claimed.or_else(|| facts.owned(&object)).map(str::to_owned)
    };
    plan.steps.iter().filter(new).filter_map(|step| Some((step, package(step)?))).collect()
}

/// Everything that a step builds on is done; the operator's consent is for writing only.
fn settled(plan: &Plan, step: &Step) -> bool {
    let mut needs = step.needs.iter().filter(|need| need.kind != StepKind::OperatorConsent);
    needs.all(|need| plan.step(need).is_none_or(|need| need.done() && settled(plan, need)))
}
