//! Saying "I am on it", and asking Microsoft to deliver once more what failed.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use serde_json::json;

use crate::access_requests::WORK;
use crate::access_requests::model::{Key, REPROCESS, failed};
use crate::access_requests::store;
use crate::app::App;
use crate::customers::Viewed;
use crate::graph::{AccessRequestId, Directory, GraphError, GraphErrorKind};
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult, Told};
use crate::kit::form::CustomerForm;
use crate::kit::scope::Scope;
use crate::kit::text::T;
use crate::kit::work;
use crate::providers::{self, AppKind};
use crate::sign_in::oidc::safe_back;

#[derive(Deserialize)]
pub struct ClaimForm {
    /// `take` or `release`.
    claim: String,
    #[serde(default)]
    back: String,
}

pub async fn claim(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    Path((_, request)): Path<(String, String)>,
    CustomerForm(form): CustomerForm<ClaimForm>,
) -> AppResult {
    let key = Key { customer: customer.id, request };
    let person = page.scope().person().ok_or(AppError::Forbidden)?;
    let mut tx = page.scope().begin(&app.db).await?;
    store::find(&mut tx, &key).await?.ok_or(AppError::NotFound)?;
    let done = if form.claim == "release" {
        store::release(&mut tx, &key, person).await?;
        "claim-released"
    } else if store::claim(&mut tx, &key, person, app.clock.now()).await? {
        "claimed"
    } else {
        "claimed-before"
    };
    tx.commit_bookkeeping("who looks at a request changes nothing of it").await?;
    let own = format!("/requests/{}", key.path());
    let back = safe_back(&form.back).unwrap_or(&own);
    let joint = if back.contains('?') { '&' } else { '?' };
    Ok(Redirect::to(&format!("{back}{joint}done={done}")).into_response())
}

#[derive(Deserialize)]
pub struct NothingForm {}

/// By the operator app: a person asks it, and Microsoft is asked once, however often he clicks.
pub async fn reprocess(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    Path((_, request)): Path<(String, String)>,
    CustomerForm(NothingForm {}): CustomerForm<NothingForm>,
) -> AppResult {
    let t = page.t;
    let key = Key { customer: customer.id, request };
    let mut tx = page.scope().begin(&app.db).await?;
    let row = store::find(&mut tx, &key).await?.ok_or(AppError::NotFound)?;
    let now = app.clock.now();
    let since = row.failed_at.or(row.completed_at).filter(|_| failed(&row.state));
    if since.is_none_or(|at| at + REPROCESS <= now) {
        return Err(not_failed(t));
    }
    let credential = providers::store::credential(&mut tx, &app.seal, AppKind::Operator).await?;
    let credential = credential.ok_or_else(|| told(t, &GraphError::of_sign_in("invalid_client", "")))?;
    if !store::ask_redelivery(&mut tx, &key, now).await? {
        return Err(asked_already(t));
    }
    let event = Event::new("request.redelivery-asked").of(key.customer);
    tx.commit(&app.clock, event.after(json!({ "request": key.request }))).await?;
    let directory = app.graph.app(customer.entra_tenant_id, &credential).for_person();
    let path = format!("/requests/{}?done=redelivering", key.path());
    let (house, scope) = (app.clone(), page.session.scope.clone());
    // On its own task: who breaks off his request leaves no asking without its outcome, and a stopping process waits.
    let asking = app.aside.spawn(async move { ask_again(&house, &scope, &directory, &key).await });
    match asking.await.map_err(|error| AppError::Internal(error.into()))?? {
        Ok(()) => Ok(Redirect::to(&path).into_response()),
        Err(error) => Err(told(t, &error)),
    }
}

/// Asks Microsoft, and keeps what it said.
async fn ask_again(
    app: &App,
    scope: &Scope,
    directory: &Directory,
    key: &Key,
) -> Result<Result<(), GraphError>, AppError> {
    let asked = directory.reprocess_request(&AccessRequestId::new(key.request.as_str())).await;
    let now = app.clock.now();
    let mut tx = scope.begin(&app.db).await?;
    let event = match &asked {
        Ok(()) => {
            store::redelivering(&mut tx, key, now).await?;
            Event::new("request.redelivery-taken").after(json!({ "request": key.request }))
        }
        Err(error) => Event::new("request.redelivery-refused").after(json!({
            "request": key.request, "cause": error.cause(), "detail": error.to_string(),
        })),
    };
    store::redelivery_answered(&mut tx, key).await?;
    work::wake(&mut tx, key.customer, WORK, now).await?;
    tx.commit(&app.clock, event.of(key.customer)).await?;
    app.nudge.notify_waiters();
    Ok(asked)
}

/// Somebody asks at this moment.
fn asked_already(t: T) -> AppError {
    AppError::Conflict(Told {
        title: t.requests_redeliver_asked_title(),
        what: t.requests_redeliver_asked_what(),
        fix: t.requests_redeliver_asked_fix(),
    })
}

fn not_failed(t: T) -> AppError {
    AppError::Conflict(Told {
        title: t.requests_redeliver_refused_title(),
        what: t.requests_redeliver_late_what(),
        fix: t.requests_redeliver_late_fix(),
    })
}

fn told(t: T, error: &GraphError) -> AppError {
    let cause = error.cause();
    let text = |part: &str| t.text_or_key(&format!("errors-{cause}-{part}"));
    let (what, fix) = if error.kind == GraphErrorKind::LostAnswer {
        (t.requests_redeliver_lost_what(), t.requests_redeliver_lost_fix())
    } else {
        (text("what"), format!("{} {}", text("whose"), text("fix")))
    };
    AppError::Conflict(Told { title: t.requests_redeliver_refused_title(), what, fix })
}
