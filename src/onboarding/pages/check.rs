//! "Check now" on a step: the few calls that tell of this step are made there and then; the rest is read as ever, by the
//! queue.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use serde_json::json;

use crate::app::App;
use crate::customers::{Customer, Viewed, consent, store as customers};
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult};
use crate::kit::form::CustomerForm;
use crate::kit::page::Page;
use crate::kit::work;
use crate::onboarding::observe::{Part, look_at};
use crate::onboarding::plan::{plan, unread};
use crate::onboarding::replan::replan_from;
use crate::onboarding::step::StepKey;
use crate::onboarding::store;
use crate::providers::{self, AppKind};

/// Nobody waits longer for an answer; what came late is read by the queue.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
pub struct CheckForm {}

pub async fn check(
    State(app): State<App>,
    Path((_, step)): Path<(String, String)>,
    Viewed { page, customer }: Viewed,
    CustomerForm(CheckForm {}): CustomerForm<CheckForm>,
) -> AppResult {
    let key: StepKey = step.parse().map_err(|_| AppError::NotFound)?;
    let part = seen(&app, &page, &customer, &key).await?;
    let (now, told) = (app.clock.now(), part.is_some());
    let mut tx = page.scope().begin(&app.db).await?;
    if let Some(part) = part
        && let Some((last, read_at)) = store::observation_held(&mut tx, customer.id).await?
    {
        let seen = part.over(last);
        // The age that is shown stays that of the whole.
        store::keep_observation(&mut tx, customer.id, &seen, read_at).await?;
        replan_from(&mut tx, &app, customer.id, &seen).await?;
    }
    customers::wake_all(&mut tx, customer.id, now).await?;
    work::wake(&mut tx, customer.id, consent::WORK, now).await?;
    let event = Event::new("step.checked").of(customer.id).after(json!({ "step": key, "told": told }));
    tx.commit(&app.clock, event).await?;
    app.nudge.notify_waiters();
    let done = if told { "step-checked" } else { "reading" };
    let back = format!("/customers/{}/onboarding/steps/{key}?done={done}", customer.id);
    Ok(Redirect::to(&back).into_response())
}

/// None: few calls cannot tell of this step, there is nothing yet to lay it over, or Microsoft did not answer in time.
/// What refuses is told by the reading that the queue does.
async fn seen(app: &App, page: &Page, customer: &Customer, key: &StepKey) -> Result<Option<Part>, AppError> {
    let now = app.clock.now();
    let mut tx = page.scope().begin(&app.db).await?;
    let facts = store::facts(&mut tx, customer.id).await?.as_of(now);
    let (_, blueprint) = store::current_blueprint(&mut tx, now).await?;
    let last = store::observation(&mut tx, customer.id).await?;
    let reader = providers::store::credential(&mut tx, &app.seal, AppKind::Reader).await?;
    tx.commit_bookkeeping("the first look keeps the default blueprint").await?;
    let plan = match &last {
        Some((last, _)) => plan(&blueprint, last, &facts),
        None => unread(&blueprint, &customer.name, &facts),
    };
    if plan.step(key).is_none() {
        return Err(AppError::NotFound);
    }
    let (Some((last, _)), Some(reader), true, None) = (last, reader, facts.reader, &customer.pause) else {
        return Ok(None);
    };
    let directory = app.graph.app(customer.entra_tenant_id, &reader).for_person();
    // A deadline of real calls, as those of graph::http: not a wait.
    let look = look_at(&directory, (&blueprint, &facts), key, &last);
    match tokio::time::timeout(PATIENCE, look).await {
        Ok(Ok(part)) => Ok(part),
        Ok(Err(error)) => {
            tracing::info!(customer = %customer.id, step = %key, %error, "step not checked");
            Ok(None)
        }
        Err(_) => Ok(None),
    }
}
