//! What the onboarding pages of one customer are made of, read in one transaction.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::app::App;
use crate::customers::Customer;
use crate::kit::error::AppError;
use crate::kit::page::Page;
use crate::onboarding::blueprint::LiveResponse;
use crate::onboarding::facts::Facts;
use crate::onboarding::names::Names;
use crate::onboarding::observation::Observation;
use crate::onboarding::plan::{Plan, plan, unread};
use crate::onboarding::step::StepKey;
use crate::onboarding::store::{self, LogLine, PlanState, Run, RunStep, Stored};

pub struct Shown {
    pub facts: Facts,
    pub observation: Observation,
    pub plan: Plan,
    /// When the tenant was read; none: never, and the plan is what a tenant without anything would need.
    pub read_at: Option<DateTime<Utc>>,
    /// The plan that can be approved, if it is the one shown.
    pub proposed: Option<Stored>,
    /// The newest run, open or not.
    pub run: Option<Run>,
    pub run_steps: Vec<RunStep>,
    pub log: Vec<LogLine>,
    /// By tier key.
    pub live_response: BTreeMap<String, LiveResponse>,
}

impl Shown {
    pub fn run_step(&self, key: &StepKey) -> Option<&RunStep> {
        self.run_steps.iter().find(|step| step.key == *key)
    }

    pub fn names(&self) -> Names<'_> {
        Names { observation: &self.observation, facts: &self.facts }
    }

    pub fn open_run(&self) -> Option<&Run> {
        self.run.as_ref().filter(|run| run.state.open())
    }
}

pub async fn shown(app: &App, page: &Page, customer: &Customer, of: Option<&str>) -> Result<Shown, AppError> {
    let mut tx = page.scope().begin(&app.db).await?;
    let now = app.clock.now();
    let facts = store::facts(&mut tx, customer.id).await?.as_of(now);
    let (_, blueprint) = store::current_blueprint(&mut tx, now).await?;
    let read = store::observation(&mut tx, customer.id).await?;
    let stored = store::stored_plan(&mut tx, customer.id).await?;
    let run = store::latest_run(&mut tx, customer.id).await?;
    let (mut run_steps, mut log) = (Vec::new(), Vec::new());
    if let Some(run) = &run {
        run_steps = store::run_steps(&mut tx, run.id).await?;
        log = store::log_lines(&mut tx, run.id, of).await?;
    }
    tx.commit_bookkeeping("the first look keeps the default blueprint").await?;
    let (made, observation, read_at) = match read {
        Some((seen, at)) => (plan(&blueprint, &seen, &facts), seen, Some(at)),
        None => (unread(&blueprint, &customer.name, &facts), Observation::default(), None),
    };
    let same = |stored: &Stored| {
        stored.state == PlanState::Proposed && stored.fingerprint == made.fingerprint() && facts.reader
    };
    let proposed = stored.filter(|stored| read_at.is_some() && same(stored));
    let live_response = blueprint.tiers.iter().map(|tier| (tier.key.clone(), tier.live_response)).collect();
    Ok(Shown { live_response, facts, observation, plan: made, read_at, proposed, run, run_steps, log })
}
