//! Back from the customer's sign-in. A code is redeemed only for the session, person and customer it was begun for; the
//! token must be of that customer's directory, and may do what is needed.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use serde_json::json;

use super::CALLBACK;
use super::go::{credential, told};
use crate::app::App;
use crate::connections::model::{Account, NEEDED};
use crate::connections::reach::ends;
use crate::connections::store::{self, Attempt, Made};
use crate::customers::consent::{self, store::Found};
use crate::customers::store as customers;
use crate::customers::{Customer, consent::store as consents};
use crate::graph::{AppCredential, GraphError, GraphErrorKind};
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult, Told};
use crate::kit::page::Page;
use crate::kit::text::T;
use crate::providers::AppKind;
use crate::sign_in::oidc::{Arrival, Refused};

#[derive(Deserialize)]
pub struct CallbackQuery {
    #[serde(default)]
    state: String,
    code: Option<String>,
    error: Option<String>,
    #[serde(default)]
    error_description: String,
    /// Which authority answers, where it says so (RFC 9207).
    iss: Option<String>,
}

pub async fn callback(State(app): State<App>, page: Page, Query(query): Query<CallbackQuery>) -> AppResult {
    let t = page.t;
    let now = app.clock.now();
    let mut tx = page.scope().begin(&app.db).await?;
    let taken = store::take_attempt(&mut tx, &app.seal, &page.session, (&query.state, now)).await?;
    let attempt = taken.ok_or_else(|| stale(t))?;
    let customer = customers::find(&mut tx, attempt.customer).await?.ok_or(AppError::NotFound)?;
    let credential = credential(&mut tx, &app, t).await?;
    tx.commit_bookkeeping("a way back is taken once").await?;
    let issuer = app.cloud.authority(customer.entra_tenant_id);
    if query.iss.as_ref().is_some_and(|iss| *iss != issuer) {
        tracing::warn!(customer = %customer.id, "an answer of another authority was refused before its code left");
        return Err(mismatch(t));
    }
    let (silent, back) = (attempt.silent, attempt.back.clone());
    let outcome = match query.code {
        Some(code) => connect(&app, &page, &customer, &credential, (code, attempt)).await,
        None => {
            let error = query.error.as_deref().unwrap_or_default();
            Err(Trouble::Microsoft(GraphError::of_sign_in(error, &query.error_description)))
        }
    };
    let Err(trouble) = outcome else { return Ok(Redirect::to(&back).into_response()) };
    keep_consent(&app, &page, &customer, &trouble).await?;
    match trouble {
        Trouble::App(error) => Err(error),
        // He sees there that it has ended, and how to connect anew.
        _ if silent => {
            let mut tx = page.scope().begin(&app.db).await?;
            store::drop_here(&mut tx, &page.session, customer.id).await?;
            tx.commit(&app.clock, Event::new("connection.lapsed").of(customer.id)).await?;
            Ok(Redirect::to(&back).into_response())
        }
        Trouble::Mismatch => Err(mismatch(t)),
        Trouble::Microsoft(error) => {
            tracing::info!(customer = %customer.id, %error, "not connected");
            Err(told(t, &error))
        }
    }
}

/// Why nobody is connected.
enum Trouble {
    Microsoft(GraphError),
    /// The token is not of this directory, or of another person than the sign-in.
    Mismatch,
    App(AppError),
}

impl From<AppError> for Trouble {
    fn from(error: AppError) -> Self {
        Self::App(error)
    }
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        Self::App(error.into())
    }
}

async fn connect(
    app: &App,
    page: &Page,
    customer: &Customer,
    credential: &AppCredential,
    (code, attempt): (String, Attempt),
) -> Result<(), Trouble> {
    let issuer = app.cloud.authority(customer.entra_tenant_id);
    let redirect = app.address(CALLBACK);
    let arrived = app.authorities.arrive_to_act(&issuer, credential, &redirect, code, attempt.secrets).await;
    let Arrival { identity, tokens } = arrived.map_err(|error| {
        tracing::info!(customer = %customer.id, error = format!("{error:#}"), "the code was not redeemed");
        match error.downcast_ref::<Refused>() {
            Some(refused) => Trouble::Microsoft(GraphError::of_sign_in(&refused.error, &refused.description)),
            None => Trouble::Mismatch,
        }
    })?;
    let expires_at = ends(app.clock.now(), tokens.lives);
    let own = app.graph.person(customer.entra_tenant_id, credential, tokens.access.clone(), expires_at);
    let (directory, person) = own.map_err(|error| {
        tracing::warn!(customer = %customer.id, %error, "a token was refused");
        Trouble::Mismatch
    })?;
    if identity.tid != customer.entra_tenant_id.to_string() || identity.oid != person.oid {
        return Err(Trouble::Mismatch);
    }
    let missing = person.permissions.missing(NEEDED);
    if !missing.is_empty() {
        let mut error = GraphError::of_sign_in("consent_required", "");
        error.kind = GraphErrorKind::ConsentMissing;
        error.missing = missing.into_iter().map(Into::into).collect();
        return Err(Trouble::Microsoft(error));
    }
    let me = directory.me().await.map_err(Trouble::Microsoft)?;
    if me.id.to_string() != person.oid {
        return Err(Trouble::Mismatch);
    }
    let mail = me.mail.filter(|mail| !mail.is_empty()).unwrap_or(me.user_principal_name);
    let account = Account { oid: person.oid, name: me.display_name, mail };
    let now = app.clock.now();
    let mut tx = page.scope().begin(&app.db).await?;
    let before = store::held(&mut tx, &app.seal, &page.session, customer.id).await?;
    // A silent renewal is for the same account; whoever else is signed in there connects by his own choice.
    if attempt.silent && before.as_ref().is_none_or(|before| before.account.oid != account.oid) {
        return Err(Trouble::Mismatch);
    }
    let event = Event::new("connection.made").of(customer.id).after(json!({
        "account": account.mail, "name": account.name, "oid": account.oid,
    }));
    let made = Made {
        entra_tenant_id: customer.entra_tenant_id,
        account,
        access: tokens.access,
        refresh: tokens.refresh,
        expires_at,
    };
    store::keep(&mut tx, &app.seal, &page.session, customer.id, (&made, now)).await?;
    let found = Found {
        granted: true,
        permissions: person.permissions.0.into_iter().collect(),
        missing: Vec::new(),
        cause: String::new(),
        detail: String::new(),
    };
    let known = consents::keep(&mut tx, customer.id, AppKind::Approver, &found, now).await?;
    consents::spend_links(&mut tx, customer.id, AppKind::Approver, now).await?;
    let mut events = Vec::new();
    if !attempt.silent {
        events.push(event);
    }
    events.extend(consent::news(customer.id, AppKind::Approver, known, &[]));
    if events.is_empty() {
        tx.commit_bookkeeping("a renewed token is the same connection").await?;
    } else {
        tx.commit_all(&app.clock, events).await?;
    }
    Ok(())
}

/// Microsoft said that the approver app may not do this here: the customer's page tells it too.
async fn keep_consent(
    app: &App,
    page: &Page,
    customer: &Customer,
    trouble: &Trouble,
) -> Result<(), AppError> {
    let Trouble::Microsoft(error) = trouble else { return Ok(()) };
    if !error.lost_consent() {
        return Ok(());
    }
    let missing: Vec<String> = error.missing.iter().map(ToString::to_string).collect();
    let found = Found {
        granted: false,
        permissions: Vec::new(),
        missing: missing.clone(),
        cause: error.cause().to_owned(),
        detail: error.to_string(),
    };
    let mut tx = page.scope().begin(&app.db).await?;
    let known = consents::keep(&mut tx, customer.id, AppKind::Approver, &found, app.clock.now()).await?;
    match consent::news(customer.id, AppKind::Approver, known, &missing) {
        Some(event) => Ok(tx.commit(&app.clock, event).await?),
        None => Ok(tx.commit_bookkeeping("an unchanged consent is no news").await?),
    }
}

fn stale(t: T) -> AppError {
    AppError::Conflict(Told {
        title: t.connections_stale_title(),
        what: t.connections_stale_what(),
        fix: t.connections_stale_fix(),
    })
}

fn mismatch(t: T) -> AppError {
    AppError::Conflict(Told {
        title: t.connections_refused_title(),
        what: t.connections_mismatch_what(),
        fix: t.connections_mismatch_fix(),
    })
}
