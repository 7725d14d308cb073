//! What an administrator changes of a person. Nobody changes himself: another administrator must.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::person::{find, view as person_view};
use crate::app::App;
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult, Told};
use crate::kit::form::Form;
use crate::kit::ids::CustomerId;
use crate::kit::page::Page;
use crate::kit::scope::{Tx, in_view};
use crate::people::model::Person;
use crate::people::store;

fn back(person: &Person, done: &str) -> Response {
    Redirect::to(&format!("/admin/people/{}?done={done}", person.id)).into_response()
}

fn told(person: &Person, more: Value) -> Value {
    let mut told = json!({ "person": person.name, "person_id": person.id });
    if let (Some(told), Value::Object(more)) = (told.as_object_mut(), more) {
        told.extend(more);
    }
    told
}

fn refused(page: &Page, what: String, fix: String) -> AppError {
    AppError::Conflict(Told { title: page.t.people_refused(), what, fix })
}

/// The person in the address, if he is another than the one who acts.
async fn other(page: &Page, tx: &mut Tx, id: &str) -> Result<Person, AppError> {
    let person = find(tx, id).await?;
    if page.scope().person() == Some(person.id) {
        return Err(refused(page, page.t.people_refused_oneself(), page.t.people_refused_oneself_fix()));
    }
    Ok(person)
}

/// Who sees only some customers may not narrow or shut out somebody who sees all: nobody could undo it.
fn beyond(page: &Page, person: &Person) -> Result<(), AppError> {
    if person.sees_all && page.scope().limited_to().is_some() {
        return Err(refused(page, page.t.people_refused_beyond(), page.t.people_refused_all_fix()));
    }
    Ok(())
}

#[derive(Deserialize)]
pub struct ViewForm {
    sees: String,
}

/// All customers, or these.
pub async fn view(
    State(app): State<App>,
    page: Page,
    Path(id): Path<String>,
    Form(form): Form<ViewForm>,
) -> AppResult {
    let all = match form.sees.as_str() {
        "all" => true,
        "these" => false,
        _ => return Err(AppError::Bad("a person sees all customers or these")),
    };
    let mut tx = page.scope().begin(&app.db).await?;
    let person = other(&page, &mut tx, &id).await?;
    if all && page.scope().limited_to().is_some() {
        return Err(refused(&page, page.t.people_refused_all(), page.t.people_refused_all_fix()));
    }
    beyond(&page, &person)?;
    if all != person.sees_all {
        store::set_sees_all(&mut tx, person.id, all).await?;
        let sees = |all: bool| json!({ "sees": if all { "all" } else { "these" } });
        let event =
            Event::new("person.view-changed").before(sees(person.sees_all)).after(told(&person, sees(all)));
        tx.commit(&app.clock, event).await?;
    }
    Ok(back(&person, "saved"))
}

#[derive(Deserialize)]
pub struct CustomerForm {
    which: String,
}

impl CustomerForm {
    /// Only a customer that the administrator sees himself.
    async fn seen(&self, tx: &mut Tx) -> Result<CustomerId, AppError> {
        let customer: CustomerId = self.which.parse().map_err(|_| AppError::NotFound)?;
        if in_view(tx, customer).await? { Ok(customer) } else { Err(AppError::NotFound) }
    }
}

pub async fn give(
    State(app): State<App>,
    page: Page,
    Path(id): Path<String>,
    Form(form): Form<CustomerForm>,
) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let person = other(&page, &mut tx, &id).await?;
    let customer = form.seen(&mut tx).await?;
    if store::give(&mut tx, person.id, customer).await? {
        let event = Event::new("person.customer-given").of(customer).after(told(&person, json!({})));
        tx.commit(&app.clock, event).await?;
    }
    Ok(back(&person, "saved"))
}

pub async fn take(
    State(app): State<App>,
    page: Page,
    Path(id): Path<String>,
    Form(form): Form<CustomerForm>,
) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let person = other(&page, &mut tx, &id).await?;
    let customer = form.seen(&mut tx).await?;
    if store::take(&mut tx, person.id, customer).await? {
        let event = Event::new("person.customer-taken").of(customer).before(told(&person, json!({})));
        tx.commit(&app.clock, event).await?;
    }
    Ok(back(&person, "saved"))
}

#[derive(Deserialize)]
pub struct ReasonForm {
    reason: String,
}

pub async fn disable(
    State(app): State<App>,
    page: Page,
    Path(id): Path<String>,
    Form(form): Form<ReasonForm>,
) -> AppResult {
    decide(&app, &page, &id, &form.reason, true).await
}

pub async fn enable(
    State(app): State<App>,
    page: Page,
    Path(id): Path<String>,
    Form(form): Form<ReasonForm>,
) -> AppResult {
    decide(&app, &page, &id, &form.reason, false).await
}

/// Shuts out or lets in again; why is asked both times.
async fn decide(app: &App, page: &Page, id: &str, reason: &str, shut: bool) -> AppResult {
    let reason: String = reason.trim().chars().take(500).collect();
    let mut tx = page.scope().begin(&app.db).await?;
    let person = other(page, &mut tx, id).await?;
    if reason.is_empty() {
        let mut view = person_view(app, page, &mut tx, person, String::new()).await?;
        view.errors.add("reason", page.t.people_reason_missing());
        return page.show_again(&view);
    }
    if shut == person.disabled_at.is_some() {
        return Ok(back(&person, "saved"));
    }
    beyond(page, &person)?;
    if shut {
        store::disable(&mut tx, person.id, &reason, app.clock.now()).await?;
    } else {
        store::enable(&mut tx, person.id).await?;
    }
    let action = if shut { "person.disabled" } else { "person.enabled" };
    let event = Event::new(action).after(told(&person, json!({}))).why(reason);
    tx.commit(&app.clock, event).await?;
    Ok(back(&person, if shut { "disabled" } else { "enabled" }))
}
