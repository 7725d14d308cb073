//! An app's keys: made or typed, downloaded, put into use or dropped. Where one is in use already, the new one waits
//! beside it: Entra knows it only once its certificate is uploaded, and until then nothing works with it.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use super::apps::{back, kind_of, view};
use crate::app::App;
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult, Told};
use crate::kit::form::Form;
use crate::kit::page::Page;
use crate::kit::scope::Tx;
use crate::kit::seal::Seal;
use crate::kit::text::T;
use crate::providers::store::{self, NewProof};
use crate::providers::{AppKind, certificate, next_place_of, place_of};

#[derive(Deserialize)]
pub struct NothingForm {}

fn one_waits(t: T) -> AppError {
    AppError::Conflict(Told {
        title: t.providers_next_waits_title(),
        what: t.providers_next_waits_what(),
        fix: t.providers_next_waits_fix(),
    })
}

async fn in_use(tx: &mut Tx, kind: AppKind) -> Result<bool, sqlx::Error> {
    Ok(store::apps(tx).await?.iter().any(|row| row.app == kind.key() && row.has_proof))
}

/// A proof not sealed yet, and what may be told of it.
struct Fresh {
    kind: &'static str,
    plain: SecretString,
    certificate: Option<Vec<u8>>,
    not_after: Option<DateTime<Utc>>,
}

/// Keeps it: at once where nothing is in use that it could break, else beside. Whether it waits.
async fn keep(app: &App, page: &Page, tx: &mut Tx, kind: AppKind, fresh: Fresh) -> Result<bool, AppError> {
    let (provider, now) = (page.scope().provider(), app.clock.now());
    let waits = in_use(tx, kind).await?;
    let place =
        if waits { next_place_of(provider, kind, fresh.kind) } else { place_of(provider, kind, fresh.kind) };
    let proof = NewProof {
        kind: fresh.kind,
        certificate: fresh.certificate,
        not_after: fresh.not_after,
        sealed: app.seal.seal(&place, &fresh.plain)?,
    };
    if !waits {
        store::set_proof(tx, kind, &proof, now).await?;
    } else if !store::set_next(tx, kind, &proof, now).await? {
        return Err(one_waits(page.t));
    }
    Ok(waits)
}

/// A fresh key and certificate.
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
    let thumbprint = certificate::thumbprint(&made.der);
    let fresh = Fresh {
        kind: "certificate",
        plain: made.key_pem,
        certificate: Some(made.der),
        not_after: Some(made.not_after),
    };
    let mut tx = page.scope().begin(&app.db).await?;
    let waits = keep(&app, &page, &mut tx, kind, fresh).await?;
    let told = json!({ "app": kind.key(), "thumbprint": thumbprint, "in_use": !waits });
    tx.commit(&app.clock, Event::new("app.certificate-made").after(told)).await?;
    Ok(back(kind, if waits { "next-made" } else { "certificate-made" }))
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
    let plain = SecretString::from(secret);
    let fresh = Fresh { kind: "secret", plain, certificate: None, not_after: None };
    let waits = keep(&app, &page, &mut tx, kind, fresh).await?;
    let told = json!({ "app": kind.key(), "in_use": !waits });
    tx.commit(&app.clock, Event::new("app.secret-set").after(told)).await?;
    Ok(back(kind, if waits { "next-made" } else { "saved" }))
}

fn file(page: &Page, name: &str, der: Option<Vec<u8>>) -> AppResult {
    let der = der.ok_or(AppError::NotFound)?;
    let name = format!("attachment; filename=\"{}-{name}.cer\"", page.session.provider_slug);
    Ok(([(CONTENT_TYPE, "application/pkix-cert".to_owned()), (CONTENT_DISPOSITION, name)], der)
        .into_response())
}

/// The public certificate in use, for uploading to Entra.
pub async fn download(State(app): State<App>, page: Page, Path(key): Path<String>) -> AppResult {
    let kind = kind_of(&key)?;
    let mut tx = page.scope().begin(&app.db).await?;
    let rows = store::apps(&mut tx).await?;
    let der = rows.into_iter().find(|row| row.app == kind.key()).and_then(|row| row.certificate);
    file(&page, kind.key(), der)
}

/// The one that waits.
pub async fn download_next(State(app): State<App>, page: Page, Path(key): Path<String>) -> AppResult {
    let kind = kind_of(&key)?;
    let mut tx = page.scope().begin(&app.db).await?;
    let der = store::next(&mut tx, kind).await?.and_then(|next| next.certificate);
    file(&page, &format!("{}-next", kind.key()), der)
}

/// Puts the key that was made then into use, and tells it. `None`: it waits no longer.
pub(super) async fn take(
    tx: &mut Tx,
    seal: &Seal,
    kind: AppKind,
    made_at: DateTime<Utc>,
    tried: bool,
    now: DateTime<Utc>,
) -> Result<Option<Event>, AppError> {
    let before = told_of(tx, kind).await?;
    if !store::take_next(tx, seal, kind, made_at, now).await? {
        return Ok(None);
    }
    let mut after = told_of(tx, kind).await?;
    after["tried"] = json!(tried);
    Ok(Some(Event::new("app.key-taken").before(before).after(after)))
}

async fn told_of(tx: &mut Tx, kind: AppKind) -> Result<Value, sqlx::Error> {
    let row = store::apps(tx).await?.into_iter().find(|row| row.app == kind.key());
    let thumbprint = row.as_ref().and_then(|row| row.certificate.as_deref()).map(certificate::thumbprint);
    Ok(json!({ "app": kind.key(), "proof": row.map(|row| row.proof), "thumbprint": thumbprint }))
}

#[derive(Deserialize)]
pub struct UseForm {
    /// Ticked: what happens if Entra does not know the key was read.
    #[serde(default)]
    understood: Option<String>,
}

/// An admin puts the waiting key into use untried, knowing what that may do.
pub async fn use_next(
    State(app): State<App>,
    page: Page,
    Path(key): Path<String>,
    Form(form): Form<UseForm>,
) -> AppResult {
    let kind = kind_of(&key)?;
    let mut tx = page.scope().begin(&app.db).await?;
    let next = store::next(&mut tx, kind).await?.ok_or(AppError::NotFound)?;
    if form.understood.as_deref() != Some("yes") {
        let mut view = view(&app, &page, &mut tx, kind).await?;
        view.errors.add("understood", page.t.providers_next_not_understood());
        return page.show_again(&view);
    }
    let taken = take(&mut tx, &app.seal, kind, next.made_at, false, app.clock.now()).await?;
    tx.commit(&app.clock, taken.ok_or(AppError::NotFound)?).await?;
    Ok(back(kind, "next-taken"))
}

/// Forgets the waiting key; the one in use stays.
pub async fn drop_next(
    State(app): State<App>,
    page: Page,
    Path(key): Path<String>,
    Form(NothingForm {}): Form<NothingForm>,
) -> Result<Response, AppError> {
    let kind = kind_of(&key)?;
    let mut tx = page.scope().begin(&app.db).await?;
    let next = store::next(&mut tx, kind).await?.ok_or(AppError::NotFound)?;
    store::drop_next(&mut tx, kind).await?;
    let thumbprint = next.certificate.as_deref().map(certificate::thumbprint);
    let told = json!({ "app": kind.key(), "proof": next.proof, "thumbprint": thumbprint });
    tx.commit(&app.clock, Event::new("app.key-dropped").before(told)).await?;
    Ok(back(kind, "next-dropped"))
}
