//! One app registration: exact permissions, client id, key and certificate, and a live check.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;

use crate::app::App;
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult};
use crate::kit::form::{FieldErrors, Form};
use crate::kit::frame::Frame;
use crate::kit::ids::EntraTenantId;
use crate::kit::page::Page;
use crate::kit::scope::Tx;
use crate::kit::text::T;
use crate::providers::certificate;
use crate::providers::store::{self, AppRow, NewProof, Provider};
use crate::providers::{AppKind, place_of};

#[derive(Template)]
#[template(path = "providers/app.html")]
struct AppView {
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
    problem: Option<(String, String, String)>,
    errors: FieldErrors,
}

fn kind_of(key: &str) -> Result<AppKind, AppError> {
    AppKind::from_key(key).ok_or(AppError::NotFound)
}

async fn view(app: &App, page: &Page, tx: &mut Tx, kind: AppKind) -> Result<AppView, AppError> {
    let (t, now) = (page.t, app.clock.now());
    let row = store::apps(tx).await?.into_iter().find(|row| row.app == kind.key());
    let slug = store::provider(tx).await?.slug;
    let redirect = match kind {
        AppKind::SignIn => Some(app.address(&format!("/p/{slug}/callback")).to_string()),
        AppKind::Reader | AppKind::Operator => Some(app.address("/consent/callback").to_string()),
        AppKind::Approver => Some(app.address("/connect/callback").to_string()),
    };
    let outcome = row.as_ref().and_then(|row| row.check_outcome.clone());
    let works = outcome.as_ref().and_then(|outcome| outcome.get("ok")?.as_bool()) == Some(true);
    let problem = outcome.filter(|_| !works).map(|outcome| {
        let part =
            |name: &str| outcome.get(name).and_then(|text| text.as_str()).unwrap_or_default().to_owned();
        let text = |end: &str| t.text_or_key(&format!("errors-{}-{end}", part("cause")));
        (text("what"), text("fix"), part("detail"))
    });
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
        works,
        problem,
        errors: FieldErrors::default(),
        frame: page.frame.clone(),
    })
}

pub async fn show(State(app): State<App>, page: Page, Path(key): Path<String>) -> AppResult {
    let kind = kind_of(&key)?;
    let mut tx = page.scope().begin(&app.db).await?;
    page.show(&view(&app, &page, &mut tx, kind).await?)
}

fn back(kind: AppKind, done: &str) -> Response {
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

#[derive(Deserialize)]
pub struct NothingForm {}

/// A fresh key and certificate. The old one stops working here at once; Entra keeps both until the admin removes it.
pub async fn new_certificate(
    State(app): State<App>,
    page: Page,
    Path(key): Path<String>,
    Form(NothingForm {}): Form<NothingForm>,
) -> AppResult {
    let kind = kind_of(&key)?;
    let now = app.clock.now();
    let name = format!("{} {}", page.session.provider_slug, kind.key());
    let made = tokio::task::spawn_blocking(move || certificate::make(&name, now))
        .await
        .map_err(|error| AppError::Internal(error.into()))??;
    let place = place_of(page.scope().provider(), kind, "certificate");
    let sealed = app.seal.seal(&place, &made.key_pem)?;
    let event = Event::new("app.certificate-made")
        .after(json!({ "app": kind.key(), "thumbprint": certificate::thumbprint(&made.der) }));
    let proof = NewProof {
        kind: "certificate",
        certificate: Some(made.der),
        not_after: Some(made.not_after),
        sealed,
    };
    let mut tx = page.scope().begin(&app.db).await?;
    store::set_proof(&mut tx, kind, &proof, now).await?;
    tx.commit(&app.clock, event).await?;
    Ok(back(kind, "certificate-made"))
}

/// The public certificate, for uploading to Entra.
pub async fn download(State(app): State<App>, page: Page, Path(key): Path<String>) -> AppResult {
    let kind = kind_of(&key)?;
    let mut tx = page.scope().begin(&app.db).await?;
    let rows = store::apps(&mut tx).await?;
    let der = rows.into_iter().find(|row| row.app == kind.key()).and_then(|row| row.certificate);
    let der = der.ok_or(AppError::NotFound)?;
    let name = format!("attachment; filename=\"{}-{}.cer\"", page.session.provider_slug, kind.key());
    Ok(([(CONTENT_TYPE, "application/pkix-cert".to_owned()), (CONTENT_DISPOSITION, name)], der)
        .into_response())
}

#[derive(Deserialize)]
pub struct SecretForm {
    secret: String,
}

/// A client secret instead of a certificate. It is sealed at once and never shown again.
pub async fn secret(
    State(app): State<App>,
    page: Page,
    Path(key): Path<String>,
    Form(form): Form<SecretForm>,
) -> AppResult {
    let kind = kind_of(&key)?;
    let mut tx = page.scope().begin(&app.db).await?;
    let secret = form.secret.trim();
    if secret.len() < 16 || secret.len() > 400 {
        let mut view = view(&app, &page, &mut tx, kind).await?;
        view.errors.add("secret", page.t.providers_secret_wrong());
        return page.show_again(&view);
    }
    let place = place_of(page.scope().provider(), kind, "secret");
    let sealed = app.seal.seal(&place, &SecretString::from(secret))?;
    let proof = NewProof { kind: "secret", certificate: None, not_after: None, sealed };
    store::set_proof(&mut tx, kind, &proof, app.clock.now()).await?;
    tx.commit(&app.clock, Event::new("app.secret-set").after(kind.key())).await?;
    Ok(back(kind, "saved"))
}

/// Asks the token endpoint of the provider's own directory: is this app there, and is its proof accepted?
pub async fn check(
    State(app): State<App>,
    page: Page,
    Path(key): Path<String>,
    Form(NothingForm {}): Form<NothingForm>,
) -> AppResult {
    let kind = kind_of(&key)?;
    let mut tx = page.scope().begin(&app.db).await?;
    let provider: Provider = store::provider(&mut tx).await?;
    let credential = store::credential(&mut tx, &app.seal, kind).await?;
    drop(tx);
    let outcome = match (provider.sign_in_tenant, credential) {
        (Some(tenant), Some(credential)) => {
            match app.graph.app(EntraTenantId(tenant), &credential).permissions_now().await {
                Ok(_) => json!({ "ok": true }),
                Err(error) => {
                    let mut problem = error.problem();
                    problem["ok"] = json!(false);
                    problem
                }
            }
        }
        _ => json!({ "ok": false, "cause": "bad-credential", "detail": "client id or credential missing" }),
    };
    let mut tx = page.scope().begin(&app.db).await?;
    store::set_checked(&mut tx, kind, &outcome, app.clock.now()).await?;
    tx.commit(&app.clock, Event::new("app.checked").after(json!({ "app": kind.key(), "outcome": outcome })))
        .await?;
    Ok(back(kind, "checked"))
}
