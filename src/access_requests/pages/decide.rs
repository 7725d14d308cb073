//! Deciding: on one request, or on several at once with one reason; and what became of each.

use std::time::Duration;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use futures::future::join_all;
use http::HeaderMap;
use serde::Deserialize;
use uuid::Uuid;

use super::asked::Asked;
use super::list::{Again, show_again};
use super::outcome::{OutcomeView, outcome};
use crate::access_requests::deciding::{self, Wish};
use crate::access_requests::model::{Key, Verdict};
use crate::access_requests::store;
use crate::app::App;
use crate::customers::{Customer, Viewed, store as customers};
use crate::kit::again::SessionAgain;
use crate::kit::error::{AppError, AppResult};
use crate::kit::form::{CustomerForm, Form};
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::right::Right;
use crate::kit::scope::in_view;
use crate::kit::session::Session;
use crate::kit::text::T;
use crate::sign_in::oidc::safe_back;

/// Requests that one form decides on, at most.
const MOST: usize = 50;
/// Characters of a reason, at most.
const REASON: usize = 1000;
/// After so long the page shows what is known; the rest goes on and is shown when it is loaded again.
const SHOWN_WITHIN: Duration = Duration::from_secs(20);

#[derive(Deserialize)]
pub struct SeveralForm {
    batch: Uuid,
    #[serde(default)]
    back: String,
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    reason: String,
    /// `customer/request`, each.
    #[serde(default)]
    which: Vec<String>,
}

#[derive(Deserialize)]
pub struct OneForm {
    batch: Uuid,
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    reason: String,
}

/// What was typed, or the sentence about what is missing.
fn read(t: T, verdict: &str, reason: &str) -> Result<(Verdict, String), String> {
    let verdict = Verdict::from_key(verdict).ok_or_else(|| t.requests_decide_no_verdict())?;
    let reason = reason.trim();
    match reason.chars().count() {
        0 => Err(t.requests_decide_no_reason()),
        1..=REASON => Ok((verdict, reason.to_owned())),
        _ => Err(t.requests_decide_long_reason()),
    }
}

/// The session as it is now, if it may still decide at this customer.
async fn still(app: &App, again: &SessionAgain, customer: &Customer) -> Result<Option<Session>, AppError> {
    let session = match again.session(app, Right::Decide).await {
        Ok(session) => session,
        Err(AppError::SignIn | AppError::Forbidden) => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut tx = session.scope.begin(&app.db).await?;
    Ok(in_view(&mut tx, customer.id).await?.then_some(session))
}

/// One wish, with the rights its person has by now: a form may wish for many, and they take their time.
async fn carry_one(
    app: &App,
    (begun, again): (&Session, &SessionAgain),
    customer: &Customer,
    wish: &Wish,
) -> Result<(), AppError> {
    match still(app, again, customer).await? {
        Some(session) => deciding::decide(app, &session, customer, wish).await,
        None => deciding::leave(app, begun, customer, wish).await,
    }
}

/// One after another at a customer, whose directory takes one change at a time; customers side by side. It goes on to
/// its end when the browser goes away, and a stopping process waits for it.
async fn carry_out(
    app: &App,
    (session, headers): (&Session, &HeaderMap),
    wishes: Vec<(Customer, Vec<Wish>)>,
) -> Result<(), AppError> {
    deciding::want(app, session, &wishes).await?;
    let all = wishes.into_iter().map(|(customer, wishes)| {
        let (house, session, again) = (app.clone(), session.clone(), SessionAgain::of(headers));
        app.aside.spawn(async move {
            for wish in wishes {
                if let Err(error) = carry_one(&house, (&session, &again), &customer, &wish).await {
                    tracing::warn!(customer = %customer.id, request = wish.request, %error, "not decided");
                }
            }
        })
    });
    if tokio::time::timeout(SHOWN_WITHIN, join_all(all)).await.is_err() {
        tracing::info!("decisions go on while their page is shown");
    }
    Ok(())
}

pub async fn several(
    State(app): State<App>,
    page: Page,
    headers: HeaderMap,
    Form(form): Form<SeveralForm>,
) -> AppResult {
    let keys: Vec<Key> = form.which.iter().filter_map(|path| Key::from_path(path)).take(MOST).collect();
    let read = match read(page.t, &form.verdict, &form.reason) {
        Ok(_) if keys.is_empty() => Err(page.t.requests_decide_none_chosen()),
        read => read,
    };
    let (verdict, reason) = match read {
        Ok(read) => read,
        Err(error) => {
            let asked = Asked::of_path(&form.back);
            let (chosen, verdict, reason) = (form.which, form.verdict, form.reason);
            return show_again(&app, &page, &asked, Again { chosen, verdict, reason, error: Some(error) })
                .await;
        }
    };
    let mut wishes: Vec<(Customer, Vec<Wish>)> = Vec::new();
    let mut tx = page.scope().begin(&app.db).await?;
    for key in keys {
        let wish = Wish { batch: form.batch, request: key.request, verdict, reason: reason.clone() };
        match wishes.iter_mut().find(|(customer, _)| customer.id == key.customer) {
            Some((_, of_customer)) => of_customer.push(wish),
            None => {
                let customer = customers::find(&mut tx, key.customer).await?.ok_or(AppError::NotFound)?;
                wishes.push((customer, vec![wish]));
            }
        }
    }
    drop(tx);
    carry_out(&app, (&page.session, &headers), wishes).await?;
    let back = safe_back(&form.back).unwrap_or("/requests");
    let query = serde_html_form::to_string([("back", back)]).unwrap_or_default();
    Ok(Redirect::to(&format!("/requests/decisions/{}?{query}", form.batch)).into_response())
}

pub async fn one(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    Path((_, request)): Path<(String, String)>,
    headers: HeaderMap,
    CustomerForm(form): CustomerForm<OneForm>,
) -> AppResult {
    let key = Key { customer: customer.id, request };
    let path = format!("/requests/{}", key.path());
    let (verdict, reason) = match read(page.t, &form.verdict, &form.reason) {
        Ok(read) => read,
        Err(error) => {
            return super::one::show_again(&app, page, customer, &key, (form.verdict, form.reason, error))
                .await;
        }
    };
    let mut tx = page.scope().begin(&app.db).await?;
    store::find(&mut tx, &key).await?.ok_or(AppError::NotFound)?;
    drop(tx);
    let wish = Wish { batch: form.batch, request: key.request, verdict, reason };
    carry_out(&app, (&page.session, &headers), vec![(customer, vec![wish])]).await?;
    Ok(Redirect::to(&format!("{path}#outcome")).into_response())
}

#[derive(Deserialize)]
pub struct BackQuery {
    #[serde(default)]
    back: String,
}

#[derive(Template)]
#[template(path = "access_requests/decisions.html")]
struct DecisionsView {
    frame: Frame,
    t: T,
    rows: Vec<OutcomeView>,
    /// Microsoft took so many.
    taken: i64,
    /// Something is still under way.
    open: bool,
    again: String,
    back: String,
}

/// What became of each of a sent form.
pub async fn decisions(
    State(app): State<App>,
    page: Page,
    Path(batch): Path<Uuid>,
    axum::extract::Query(query): axum::extract::Query<BackQuery>,
) -> AppResult {
    let person = page.scope().person().ok_or(AppError::NotFound)?;
    let mut tx = page.scope().begin(&app.db).await?;
    let found = store::of_batch(&mut tx, batch, person).await?;
    drop(tx);
    if found.is_empty() {
        return Err(AppError::NotFound);
    }
    let rows: Vec<OutcomeView> = found.into_iter().map(|one| outcome(page.t, one)).collect();
    let back = safe_back(&query.back).unwrap_or("/requests").to_owned();
    page.show(&DecisionsView {
        t: page.t,
        taken: i64::try_from(rows.iter().filter(|row| row.good).count()).unwrap_or(i64::MAX),
        open: rows.iter().any(|row| row.open),
        again: page.frame.path.clone(),
        back,
        rows,
        frame: page.frame.clone(),
    })
}
