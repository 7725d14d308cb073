//! Who is who, said by a person with a reason: two are one, or an account is somebody else's. Nobody gets access
//! by it; whoever removes a person everywhere removes every account of his.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::person::{Asked, find, view};
use crate::access::store::{self, Account, PersonRow};
use crate::app::App;
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult, Told};
use crate::kit::form::Form;
use crate::kit::ids::CustomerId;
use crate::kit::page::Page;
use crate::kit::scope::{Tx, in_view};

/// What is said of one person holds for every customer: only who sees them all may say it.
fn sees_all(page: &Page) -> Result<(), AppError> {
    if page.scope().limited_to().is_none() {
        return Ok(());
    }
    let t = page.t;
    Err(AppError::Conflict(Told {
        title: t.access_refused(),
        what: t.access_refused_view(),
        fix: t.people_refused_all_fix(),
    }))
}

fn reason(typed: &str) -> Option<String> {
    let why: String = typed.trim().chars().take(500).collect();
    (!why.is_empty()).then_some(why)
}

async fn asked_again(app: &App, page: &Page, tx: &mut Tx, person: PersonRow) -> AppResult {
    let mut view = view(app, page, tx, person, &Asked::default()).await?;
    view.errors.add("why", page.t.access_why_missing());
    page.show_again(&view)
}

fn back(id: Uuid) -> Response {
    Redirect::to(&format!("/access/people/{id}?done=saved")).into_response()
}

#[derive(Deserialize)]
pub struct MergeForm {
    other: String,
    why: String,
}

pub async fn merge(
    State(app): State<App>,
    page: Page,
    Path(id): Path<String>,
    Form(form): Form<MergeForm>,
) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let person = find(&mut tx, &id).await?;
    sees_all(&page)?;
    let Some(why) = reason(&form.why) else { return asked_again(&app, &page, &mut tx, person).await };
    let other = find(&mut tx, &form.other).await?;
    if store::merge(&mut tx, person.id, other.id, &why, app.clock.now()).await? {
        let event = Event::new("match.merged")
            .before(json!({ "person": other.name, "mail": other.mail }))
            .after(json!({ "person": person.name, "mail": person.mail }))
            .why(why);
        tx.commit(&app.clock, event).await?;
    }
    Ok(back(person.id))
}

#[derive(Deserialize)]
pub struct SplitForm {
    what: String,
    why: String,
}

/// `mail:address`, or the customer and the account.
fn account(what: &str) -> Result<Account, AppError> {
    if let Some(mail) = what.strip_prefix("mail:") {
        return Ok(Account::Mail(mail.to_owned()));
    }
    let (customer, account) = what.split_once('/').ok_or(AppError::NotFound)?;
    let customer: CustomerId = customer.parse().map_err(|_| AppError::NotFound)?;
    Ok(Account::At(customer, account.to_owned()))
}

pub async fn split(
    State(app): State<App>,
    page: Page,
    Path(id): Path<String>,
    Form(form): Form<SplitForm>,
) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let person = find(&mut tx, &id).await?;
    sees_all(&page)?;
    let Some(why) = reason(&form.why) else { return asked_again(&app, &page, &mut tx, person).await };
    let account = account(&form.what)?;
    let mut event = Event::new("match.split").why(why.clone());
    if let Account::At(customer, _) = &account {
        if !in_view(&mut tx, *customer).await? {
            return Err(AppError::NotFound);
        }
        event = event.of(*customer);
    }
    let now = app.clock.now();
    let Some(to) = store::split(&mut tx, person.id, &account, &why, now).await? else {
        return Err(AppError::NotFound);
    };
    let address = match &account {
        Account::Mail(mail) => mail,
        Account::At(_, account) => account,
    };
    event = event.before(json!({ "person": person.name, "address": address }));
    tx.commit(&app.clock, event).await?;
    Ok(back(to))
}
