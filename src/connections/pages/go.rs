//! Leaving for the customer's sign-in. A GET link, since a form may not lead to another origin.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

use super::CALLBACK;
use crate::app::App;
use crate::connections::model::{OFFLINE, SCOPES};
use crate::connections::store::{self, Attempt};
use crate::customers::Viewed;
use crate::graph::{AppCredential, GraphError};
use crate::kit::error::{AppError, AppResult, Told};
use crate::kit::text::T;
use crate::people;
use crate::people::model::Oneself;
use crate::providers::{self, AppKind};
use crate::sign_in::oidc::{Wish, safe_back};

#[derive(Deserialize)]
pub struct GoQuery {
    #[serde(default)]
    back: String,
    /// `yes`: without a page of Microsoft's.
    #[serde(default)]
    silent: String,
}

pub async fn go(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    Query(query): Query<GoQuery>,
) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let credential = credential(&mut tx, &app, page.t).await?;
    let keeps = providers::store::provider(&mut tx).await?.keeps_refresh_tokens;
    let held = store::held(&mut tx, &app.seal, &page.session, customer.id).await?;
    let who = match page.scope().person() {
        Some(person) => people::store::oneself(&mut tx, person).await?,
        None => Oneself::default(),
    };
    drop(tx);
    let silent = query.silent == "yes" && held.is_some();
    let hint = held.map(|held| held.account.mail).or_else(|| who.his.first().cloned());
    let mut scopes = SCOPES.map(|name| app.cloud.delegated_scope(name)).to_vec();
    scopes.extend(keeps.then(|| OFFLINE.to_owned()));
    let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
    let hint = hint.as_deref().filter(|hint| !hint.is_empty());
    let wish = Wish { scopes: &scopes, silent, choose: hint.is_none(), hint };
    let issuer = app.cloud.authority(customer.entra_tenant_id);
    let departure = app
        .authorities
        .depart_for(&issuer, credential.client_id.as_str(), &app.address(CALLBACK), wish)
        .await
        .map_err(|error| {
            tracing::warn!(customer = %customer.id, error = format!("{error:#}"), "the authority cannot be read");
            told(page.t, &GraphError::of_sign_in("temporarily_unavailable", ""))
        })?;
    let back = safe_back(&query.back).unwrap_or("/connections").to_owned();
    let attempt = Attempt { customer: customer.id, secrets: departure.secrets, silent, back };
    let mut tx = page.scope().begin(&app.db).await?;
    let at = (departure.state.as_str(), app.clock.now());
    store::keep_attempt(&mut tx, &app.seal, &page.session, at, &attempt).await?;
    tx.commit_bookkeeping("leaving for Microsoft is no act yet").await?;
    Ok(Redirect::to(departure.to.as_str()).into_response())
}

/// The approver app; nobody connects before an administrator has set it up.
pub(super) async fn credential(
    tx: &mut crate::kit::scope::Tx,
    app: &App,
    t: T,
) -> Result<AppCredential, AppError> {
    let found = providers::store::credential(tx, &app.seal, AppKind::Approver).await?;
    found.ok_or_else(|| {
        AppError::Conflict(Told {
            title: t.connections_not_ready_title(),
            what: t.connections_not_ready_what(),
            fix: t.connections_not_ready_fix(),
        })
    })
}

/// What went wrong at Microsoft: what happened, whose move it is, what to do.
pub(super) fn told(t: T, error: &GraphError) -> AppError {
    let cause = error.cause();
    let text = |part: &str| {
        let own = t.text(&format!("connections-{cause}-{part}"));
        own.unwrap_or_else(|| t.text_or_key(&format!("errors-{cause}-{part}")))
    };
    AppError::Conflict(Told {
        title: t.connections_refused_title(),
        what: text("what"),
        fix: format!("{} {}", text("whose"), text("fix")),
    })
}
