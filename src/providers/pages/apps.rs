//! One app registration: exact permissions, client id, the key in use and the one that waits.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult};
use crate::kit::form::{FieldErrors, Form};
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::scope::Tx;
use crate::kit::text::T;
use crate::providers::AppKind;
use crate::providers::certificate;
use crate::providers::store::{self, AppRow, Next};

/// What was said when a key was tried: the sentence, what to do, Microsoft's words.
type Problem = (String, String, String);

/// The key that waits beside the one in use.
struct NextView {
    thumbprint: Option<String>,
    not_after: Option<String>,
    made: String,
    checked: Option<String>,
    problem: Option<Problem>,
    /// What happens if it is put into use before Entra knows it.
    danger: String,
}

#[derive(Template)]
#[template(path = "providers/app.html")]
pub(super) struct AppView {
    frame: Frame,
    t: T,
    key: &'static str,
    title: String,
    what: String,
    application: Vec<&'static str>,
    delegated: Vec<&'static str>,
    optional: Vec<&'static str>,
    redirect: Option<String>,
    client_id: String,
    thumbprint: Option<String>,
    not_after: Option<String>,
    proof: String,
    has_proof: bool,
    checked: Option<String>,
    works: bool,
    refused: bool,
    /// Application permissions that the app has in the provider's own directory, and those that it has not.
    found: Vec<String>,
    missing: Vec<String>,
    /// Where the permissions that count are proven.
    elsewhere: String,
    problem: Option<Problem>,
    next: Option<NextView>,
    pub(super) errors: FieldErrors,
}

pub(super) fn kind_of(key: &str) -> Result<AppKind, AppError> {
    AppKind::from_key(key).ok_or(AppError::NotFound)
}

/// Whether trying the key ended well, or badly; neither where it could not be tried.
pub(super) fn worked(outcome: Option<&Value>) -> Option<bool> {
    outcome.and_then(|outcome| outcome.get("ok")?.as_bool())
}

fn problem(t: T, outcome: Option<&Value>) -> Option<Problem> {
    let outcome = outcome.filter(|outcome| worked(Some(outcome)) != Some(true))?;
    let part = |name: &str| outcome.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let cause = part("cause");
    let text = |end: &str| {
        let own = t.text(&format!("providers-check-{cause}-{end}"));
        own.unwrap_or_else(|| t.text_or_key(&format!("errors-{cause}-{end}")))
    };
    Some((text("what"), text("fix"), part("detail")))
}

fn names(outcome: Option<&Value>, list: &str) -> Vec<String> {
    let names = outcome.and_then(|outcome| outcome.get(list)?.as_array());
    names.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

fn next_view(t: T, kind: AppKind, next: Next, now: DateTime<Utc>) -> NextView {
    NextView {
        thumbprint: next.certificate.as_deref().map(certificate::thumbprint),
        not_after: next.not_after.map(|at| t.date(&at)),
        made: t.age(&next.made_at, &now),
        checked: next.checked_at.map(|at| t.age(&at, &now)),
        problem: problem(t, next.outcome.as_ref()),
        danger: match kind {
            AppKind::SignIn => t.providers_next_danger_sign_in(),
            AppKind::Reader | AppKind::Operator | AppKind::Approver => t.providers_next_danger(),
        },
    }
}

pub(super) async fn view(app: &App, page: &Page, tx: &mut Tx, kind: AppKind) -> Result<AppView, AppError> {
    let (t, now) = (page.t, app.clock.now());
    let row = store::apps(tx).await?.into_iter().find(|row| row.app == kind.key());
    let slug = store::provider(tx).await?.slug;
    let redirect = match kind {
        AppKind::SignIn => Some(app.address(&format!("/p/{slug}/callback")).to_string()),
        AppKind::Reader | AppKind::Operator => Some(app.address("/consent/callback").to_string()),
        AppKind::Approver => Some(app.address("/connect/callback").to_string()),
    };
    let outcome = row.as_ref().and_then(|row| row.check_outcome.clone());
    let outcome = outcome.as_ref();
    let next = store::next(tx, kind).await?.map(|next| next_view(t, kind, next, now));
    let row = row.unwrap_or(AppRow {
        app: kind.key().to_owned(),
        client_id: String::new(),
        proof: "certificate".to_owned(),
        certificate: None,
        not_after: None,
        has_proof: false,
        checked_at: None,
        check_outcome: None,
    });
    Ok(AppView {
        t,
        key: kind.key(),
        title: t.text_or_key(&format!("providers-app-{}", kind.key())),
        what: t.text_or_key(&format!("providers-app-{}-what", kind.key())),
        application: kind.application_permissions().to_vec(),
        delegated: kind.delegated_permissions().to_vec(),
        optional: kind.optional_permissions().to_vec(),
        redirect,
        client_id: row.client_id,
        thumbprint: row.certificate.as_deref().map(certificate::thumbprint),
        not_after: row.not_after.map(|at| t.date(&at)),
        proof: row.proof,
        has_proof: row.has_proof,
        checked: row.checked_at.map(|at| t.age(&at, &now)),
        works: worked(outcome) == Some(true),
        refused: worked(outcome) == Some(false),
        found: names(outcome, "found"),
        missing: names(outcome, "missing"),
        elsewhere: match kind {
            AppKind::Reader | AppKind::Operator => t.providers_check_customers(),
            AppKind::SignIn | AppKind::Approver => t.providers_check_delegated(),
        },
        problem: problem(t, outcome),
        next,
        errors: FieldErrors::default(),
        frame: page.frame.clone(),
    })
}

pub async fn show(State(app): State<App>, page: Page, Path(key): Path<String>) -> AppResult {
    let kind = kind_of(&key)?;
    let mut tx = page.scope().begin(&app.db).await?;
    page.show(&view(&app, &page, &mut tx, kind).await?)
}

pub(super) fn back(kind: AppKind, done: &str) -> Response {
    Redirect::to(&format!("/admin/apps/{}?done={done}", kind.key())).into_response()
}

#[derive(Deserialize)]
pub struct ClientIdForm {
    client_id: String,
}

pub async fn client_id(
    State(app): State<App>,
    page: Page,
    Path(key): Path<String>,
    Form(form): Form<ClientIdForm>,
) -> AppResult {
    let kind = kind_of(&key)?;
    let mut tx = page.scope().begin(&app.db).await?;
    let entra = store::sign_in_tenant(&mut tx).await?.is_some();
    let typed = kind.client_id(&form.client_id, entra);
    let refusal = match &typed {
        Some(id) if store::set_client_id(&mut tx, kind, id, app.clock.now()).await? => None,
        // The same words whosever it is: another provider must not be found out by it.
        Some(_) => Some(page.t.providers_client_id_taken()),
        None => Some(page.t.providers_client_id_wrong()),
    };
    if let Some(sentence) = refusal {
        let mut view = view(&app, &page, &mut tx, kind).await?;
        view.errors.add("client_id", sentence);
        view.client_id = form.client_id;
        return page.show_again(&view);
    }
    let event = Event::new("app.client-id-set").after(json!({ "app": kind.key(), "client_id": typed }));
    tx.commit(&app.clock, event).await?;
    Ok(back(kind, "saved"))
}
