//! Approving a plan, cancelling its run, trying again.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

use crate::app::App;
use crate::customers::{State as Stand, Viewed, WhoseMove};
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult, Told};
use crate::kit::form::CustomerForm;
use crate::kit::ids::{CustomerId, PlanId, RunId};
use crate::kit::text::T;
use crate::kit::work;
use crate::onboarding::replan::under;
use crate::onboarding::standing::{Under, standing};
use crate::onboarding::step::{StepKey, StepState};
use crate::onboarding::store::{self, PlanState, RunState};
use crate::onboarding::work::RUN;

pub(super) fn back(customer: CustomerId, done: &str) -> Response {
    Redirect::to(&format!("/customers/{customer}/onboarding?done={done}")).into_response()
}

pub(super) fn changed(t: T) -> AppError {
    AppError::Conflict(Told {
        title: t.onboarding_changed_title(),
        what: t.onboarding_changed_what(),
        fix: t.onboarding_changed_fix(),
    })
}

/// Somebody asked to stop the run: trying again would undo it.
fn stopping(t: T) -> AppError {
    AppError::Conflict(Told {
        title: t.onboarding_stopping_title(),
        what: t.onboarding_stopping_what(),
        fix: t.onboarding_stopping_fix(),
    })
}

#[derive(Deserialize)]
pub struct ApproveForm {
    plan: PlanId,
}

/// Approves exactly the plan that was shown, and starts its run.
pub async fn approve(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    CustomerForm(form): CustomerForm<ApproveForm>,
) -> AppResult {
    let now = app.clock.now();
    let mut tx = page.scope().begin(&app.db).await?;
    let stored = store::stored_plan(&mut tx, customer.id).await?;
    let Some(stored) = stored.filter(|one| one.id == form.plan && one.state == PlanState::Proposed) else {
        return Err(changed(page.t));
    };
    let open = stored.plan.questions().next().is_some()
        || stored.plan.steps.iter().any(|step| step.state == StepState::Blocked);
    let acts: Vec<StepKey> = stored.plan.acts().map(|step| step.key.clone()).collect();
    if open || acts.is_empty() || customer.pause.is_some() {
        return Err(changed(page.t));
    }
    let run = RunId::new(&app.clock, &app.chance);
    let approved = store::approve(&mut tx, customer.id, stored.id, now).await?
        && store::start_run(&mut tx, run, (customer.id, stored.id), &acts, now).await?;
    if !approved {
        return Err(changed(page.t));
    }
    store::log(&mut tx, run, ("", "approved"), &[("name", page.session.person_name.clone())], now).await?;
    let facts = store::facts(&mut tx, customer.id).await?;
    let under = match under(&mut tx, customer.id).await? {
        Under::Run(_) if !facts.operator => Under::Run(RunState::Waiting),
        under => under,
    };
    let found = standing(&stored.plan, under);
    crate::customers::store::set_standing(&mut tx, customer.id, &found, now).await?;
    work::wake(&mut tx, customer.id, RUN, now).await?;
    let event = Event::new("plan.approved").of(customer.id).after(json!({
        "plan": stored.id, "run": run, "steps": acts,
    }));
    tx.commit(&app.clock, event).await?;
    app.nudge.notify_waiters();
    Ok(back(customer.id, if facts.operator { "approved" } else { "approved-waiting" }))
}

#[derive(Deserialize)]
pub struct RunForm {
    run: RunId,
}

/// Stops between two steps; what was written stays.
pub async fn cancel(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    CustomerForm(form): CustomerForm<RunForm>,
) -> AppResult {
    let now = app.clock.now();
    let mut tx = page.scope().begin(&app.db).await?;
    let run = store::open_run(&mut tx, customer.id).await?.filter(|run| run.id == form.run);
    let Some(run) = run else { return Err(changed(page.t)) };
    if !store::set_run_state(&mut tx, run.id, RunState::Cancelling, now).await? {
        return Err(changed(page.t));
    }
    store::log(&mut tx, run.id, ("", "cancelling"), &[("name", page.session.person_name.clone())], now)
        .await?;
    work::wake(&mut tx, customer.id, RUN, now).await?;
    let event = Event::new("run.cancel-asked").of(customer.id).after(json!({ "run": run.id }));
    tx.commit(&app.clock, event).await?;
    app.nudge.notify_waiters();
    Ok(back(customer.id, "cancelling"))
}

#[derive(Deserialize)]
pub struct RetryForm {
    run: RunId,
    /// One step, or empty for all that failed.
    #[serde(default)]
    step: String,
}

/// Tries failed steps again from where they stand.
pub async fn retry(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    CustomerForm(form): CustomerForm<RetryForm>,
) -> AppResult {
    let now = app.clock.now();
    let step: Option<StepKey> = match form.step.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|_| AppError::Bad("no such step"))?),
    };
    let mut tx = page.scope().begin(&app.db).await?;
    let run = store::open_run(&mut tx, customer.id).await?.filter(|run| run.id == form.run);
    let Some(run) = run else { return Err(changed(page.t)) };
    if run.state == RunState::Cancelling {
        return Err(stopping(page.t));
    }
    if store::retry_steps(&mut tx, run.id, step.as_ref()).await? == 0 {
        return Err(changed(page.t));
    }
    if !store::set_run_state(&mut tx, run.id, RunState::Running, now).await? {
        return Err(changed(page.t));
    }
    let key = step.as_ref().map(ToString::to_string).unwrap_or_default();
    store::log(&mut tx, run.id, (&key, "retry"), &[("name", page.session.person_name.clone())], now).await?;
    let running = crate::customers::Standing {
        state: Stand::Running,
        whose_move: WhoseMove::Microsoft,
        next_move: "onboarding-next-running".to_owned(),
        ..customer.standing.clone()
    };
    crate::customers::store::set_standing(&mut tx, customer.id, &running, now).await?;
    work::wake(&mut tx, customer.id, RUN, now).await?;
    let event = Event::new("run.retried").of(customer.id).after(json!({ "run": run.id, "step": key }));
    tx.commit(&app.clock, event).await?;
    app.nudge.notify_waiters();
    Ok(back(customer.id, "retried"))
}
