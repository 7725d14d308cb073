//! Work that failed or stopped is started again by a person.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use serde_json::json;

use crate::app::App;
use crate::customers::Viewed;
use crate::health::store;
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult};
use crate::kit::form::{CustomerForm, Form};
use crate::kit::page::Page;

#[derive(Deserialize)]
pub struct OneForm {
    kind: String,
}

/// One customer's work of one kind.
pub async fn one(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    CustomerForm(form): CustomerForm<OneForm>,
) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    if !store::again(&mut tx, customer.id, &form.kind, app.clock.now()).await? {
        return Err(AppError::NotFound);
    }
    let event = Event::new("work.again").of(customer.id).after(json!({ "kind": form.kind }));
    tx.commit(&app.clock, event).await?;
    app.nudge.notify_waiters();
    Ok(Redirect::to("/health?done=again").into_response())
}

#[derive(Deserialize)]
pub struct AllForm {
    /// One kind of work only.
    #[serde(default)]
    kind: String,
    cause: String,
}

/// All customers in view that one cause meets.
pub async fn all(State(app): State<App>, page: Page, Form(form): Form<AllForm>) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let many = store::again_all(&mut tx, &form.kind, &form.cause, app.clock.now()).await?;
    if many > 0 {
        let after = json!({ "kind": form.kind, "cause": form.cause, "customers": many });
        tx.commit(&app.clock, Event::new("work.again").after(after)).await?;
        app.nudge.notify_waiters();
    }
    Ok(Redirect::to("/health?done=again").into_response())
}
