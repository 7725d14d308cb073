//! Pages of signing in and out, and of a person's own choices.

mod renew;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect};
use axum_extra::extract::cookie::CookieJar;
use http::HeaderMap;
use serde::Deserialize;

use crate::app::App;
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult, Told};
use crate::kit::form::Form;
use crate::kit::frame::Frame;
use crate::kit::ids::{PersonId, ProviderId};
use crate::kit::page::{LANGUAGE_COOKIE, Page, THEME_COOKIE, Visitor};
use crate::kit::right::{Right, Roles};
use crate::kit::router::Routes;
use crate::kit::scope::Scope;
use crate::kit::session;
use crate::kit::text::T;
use crate::sign_in::oidc::{Identity, safe_back};
use crate::sign_in::store::{self, Attempt, Gate};

/// Binds a sign-in to the browser that began it.
const BROWSER_COOKIE: &str = "__Host-portal-sign-in";

/// Where the provider's authority sends the browser back to. Each provider has an address of his own: a code of one
/// authority never arrives as an answer of another (mix-up).
pub fn callback_path(slug: &str) -> String {
    format!("/p/{slug}/callback")
}

pub fn routes() -> Routes<App> {
    Routes::default()
        .get("/sign-in", Right::Anyone, who)
        .post("/sign-in", Right::Anyone, find)
        .get("/p/{slug}", Right::Anyone, gate)
        .get("/p/{slug}/go", Right::Anyone, go)
        .get("/p/{slug}/callback", Right::Anyone, callback)
        .post("/sign-out", Right::SignedIn, sign_out)
        .post("/choices", Right::SignedIn, choices)
        .post("/visitor/choices", Right::Anyone, visitor_choices)
}

#[derive(Template)]
#[template(path = "sign_in/who.html")]
struct WhoView {
    frame: Frame,
    t: T,
    back: String,
    typed: String,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "sign_in/gate.html")]
struct GateView {
    frame: Frame,
    t: T,
    provider: String,
    slug: String,
    back: String,
    ready: bool,
}

#[derive(Deserialize)]
struct BackQuery {
    #[serde(default)]
    back: String,
    /// Who is signed in has his roles renewed, silently.
    renew: Option<String>,
}

impl BackQuery {
    /// An address of ours, or Today.
    fn safe(self) -> String {
        safe_back(&self.back).map(str::to_owned).unwrap_or_else(|_| "/".to_owned())
    }
}

async fn who(visitor: Visitor, Query(back): Query<BackQuery>) -> AppResult {
    let view = WhoView {
        t: visitor.t,
        back: back.safe(),
        typed: String::new(),
        error: None,
        frame: visitor.frame.clone(),
    };
    visitor.show(&view)
}

#[derive(Deserialize)]
struct WhoForm {
    who: String,
    back: String,
}

/// A provider's short name, or an address whose domain is his.
async fn find(State(app): State<App>, visitor: Visitor, Form(form): Form<WhoForm>) -> AppResult {
    let typed = form.who.trim().to_lowercase();
    let domain = typed.rsplit_once('@').map_or("", |(_, domain)| domain).to_owned();
    let slug = if domain.is_empty() { typed.as_str() } else { "" };
    let back = BackQuery { back: form.back, renew: None }.safe();
    if let Some(gate) = store::gate(&app.db, &app.seal, slug, &domain).await? {
        let query = serde_html_form::to_string([("back", &back)]).unwrap_or_default();
        return Ok(Redirect::to(&format!("/p/{}?{query}", gate.slug)).into_response());
    }
    let view = WhoView {
        t: visitor.t,
        back,
        typed: form.who,
        error: Some(visitor.t.sign_in_unknown_provider()),
        frame: visitor.frame,
    };
    crate::kit::page::show(http::StatusCode::UNPROCESSABLE_ENTITY, &view)
}

async fn found(app: &App, slug: &str) -> Result<Gate, AppError> {
    store::gate(&app.db, &app.seal, slug, "")
        .await?
        .filter(|gate| gate.slug == slug)
        .ok_or(AppError::NotFound)
}

async fn gate(
    State(app): State<App>,
    visitor: Visitor,
    Path(slug): Path<String>,
    Query(back): Query<BackQuery>,
) -> AppResult {
    let gate = found(&app, &slug).await?;
    let view = GateView {
        t: visitor.t,
        provider: gate.name,
        slug: gate.slug,
        back: back.safe(),
        ready: gate.credential.is_some(),
        frame: visitor.frame.clone(),
    };
    visitor.show(&view)
}

/// Leaves for the provider's authority. A GET link, since a form may not lead to another origin.
async fn go(
    State(app): State<App>,
    visitor: Visitor,
    Path(slug): Path<String>,
    Query(back): Query<BackQuery>,
    jar: CookieJar,
    headers: HeaderMap,
) -> AppResult {
    let gate = found(&app, &slug).await?;
    if back.renew.is_some() {
        return renew::go(&app, gate, visitor.t, &back.safe(), &jar).await;
    }
    // Another site may lead to the gate, but a person himself goes through it.
    if headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site") {
        return Ok(Redirect::to(&format!("/p/{}", gate.slug)).into_response());
    }
    let Some(credential) = gate.credential else { return Err(not_ready(visitor.t)) };
    let departure = app
        .authorities
        .depart(&gate.issuer, credential.client_id.as_str(), &app.address(&callback_path(&gate.slug)))
        .await
        .map_err(|error| unreachable_authority(visitor.t, &error))?;
    let browser = app.chance.token();
    let attempt = Attempt { provider: gate.provider, secrets: departure.secrets, back: back.safe() };
    let now = app.clock.now();
    store::keep_attempt(&app.db, &app.seal, now, (&departure.state, &browser), &attempt).await?;
    let jar = jar.add(session::host_cookie(BROWSER_COOKIE, browser));
    Ok((jar, Redirect::to(departure.to.as_str())).into_response())
}

#[derive(Deserialize)]
struct CallbackQuery {
    #[serde(default)]
    state: String,
    code: Option<String>,
    error: Option<String>,
    /// Who answers, where the authority says it (RFC 9207).
    iss: Option<String>,
}

/// Back from the authority. Without this browser's own attempt nothing happens.
async fn callback(
    State(app): State<App>,
    visitor: Visitor,
    Path(slug): Path<String>,
    Query(query): Query<CallbackQuery>,
    jar: CookieJar,
    headers: HeaderMap,
) -> AppResult {
    let t = visitor.t;
    let taken = async |cookie: &str| {
        let browser = jar.get(cookie).map(|cookie| cookie.value().to_owned()).unwrap_or_default();
        store::take_attempt(&app.db, &app.seal, app.clock.now(), &query.state, &browser).await
    };
    let (attempt, renews) = match taken(BROWSER_COOKIE).await? {
        Some(attempt) => (attempt, false),
        None => (taken(session::COOKIE).await?.ok_or_else(|| stale_attempt(t))?, true),
    };
    let gate = gate_of(&app, &attempt).await?;
    let other_issuer = query.iss.as_ref().is_some_and(|iss| *iss != gate.issuer);
    if gate.slug != slug || other_issuer {
        tracing::warn!(slug, "an answer of another authority was refused before its code left");
        return Err(refused(t));
    }
    if renews {
        return renew::back(&app, gate, t, attempt, (query.code, query.error), jar).await;
    }
    let Some(code) = query.code else {
        tracing::info!(error = query.error.unwrap_or_default(), "sign-in not completed at the authority");
        return Err(refused(t));
    };
    let Some(credential) = gate.credential else { return Err(not_ready(t)) };
    let identity = app
        .authorities
        .arrive(&gate.issuer, &credential, &app.address(&callback_path(&slug)), code, attempt.secrets)
        .await
        .map_err(|error| {
            tracing::warn!(error = format!("{error:#}"), "sign-in refused");
            refused(t)
        })?;
    let before = jar.get(session::COOKIE).map(|cookie| cookie.value().to_owned());
    let agent = headers.get(http::header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or("");
    let cookie = admit(&app, &gate.provider, identity, agent, t).await?;
    if let Some(before) = before {
        end_old(&app, &before).await?;
    }
    let jar = session::gone(jar, BROWSER_COOKIE).add(cookie);
    Ok((jar, Redirect::to(&attempt.back)).into_response())
}

/// A browser has one session: whatever it was signed in to before is over, whoever it was and at which provider.
async fn end_old(app: &App, secret: &str) -> Result<(), AppError> {
    let Some(old) = session::find(&app.db, &app.clock, secret).await? else { return Ok(()) };
    let mut tx = old.scope.begin(&app.db).await?;
    old.end(&mut tx).await?;
    Ok(tx.commit(&app.clock, Event::new("sign-out.done")).await?)
}

/// The provider the attempt was begun for, as he stands now.
async fn gate_of(app: &App, attempt: &Attempt) -> Result<Gate, AppError> {
    let mut tx = Scope::of_stranger(attempt.provider, String::new()).begin(&app.db).await?;
    let slug = store::slug(&mut tx).await?;
    drop(tx);
    found(app, &slug).await
}

/// Second door to a scope: an identity that the provider's own authority has vouched for.
async fn admit(
    app: &App,
    provider: &ProviderId,
    identity: Identity,
    agent: &str,
    t: T,
) -> Result<axum_extra::extract::cookie::Cookie<'static>, AppError> {
    let roles = Roles::from_claims(&identity.roles);
    // Who it is stands first, so that the audit log names him and nobody else.
    let stranger = Scope::of_stranger(*provider, identity.name.clone());
    let mut tx = stranger.begin(&app.db).await?;
    let known = store::known(&mut tx, &identity).await?;
    drop(tx);
    if roles.is_empty() || known.as_ref().is_some_and(|known| known.disabled) {
        return Err(refuse(app, &stranger, known.map(|known| known.id), &identity, t).await?);
    }
    let id = known.map_or_else(|| PersonId::new(&app.clock, &app.chance), |known| known.id);
    let scope = Scope::of_person(*provider, id, identity.name.clone(), roles.clone(), false);
    let mut tx = scope.begin(&app.db).await?;
    let met = store::meet(&mut tx, app.clock.now(), id, &identity, &roles.claims()).await?;
    if met.id != id || met.disabled {
        // Two first sign-ins at once, or shut out this very moment: he tries again.
        return Err(stale_attempt(t));
    }
    let cookie = session::open(&mut tx, &app.clock, &app.chance, met.id, agent).await?;
    let event = Event::new("sign-in.done")
        .after(serde_json::json!({ "name": identity.name, "mail": identity.mail, "roles": roles.claims() }));
    tx.commit(&app.clock, event).await?;
    Ok(cookie)
}

/// Nobody is let in, and nobody is added to the list of people; whoever had a role before has none now.
async fn refuse(
    app: &App,
    stranger: &Scope,
    known: Option<PersonId>,
    identity: &Identity,
    t: T,
) -> Result<AppError, AppError> {
    let mut tx = stranger.begin(&app.db).await?;
    if let Some(id) = known {
        store::without_roles(&mut tx, id).await?;
    }
    let event = Event::new("sign-in.refused").after(serde_json::json!({
        "mail": identity.mail, "tid": identity.tid, "oid": identity.oid, "person": known,
    }));
    tx.commit(&app.clock, event).await?;
    Ok(no_role(t))
}

#[derive(Deserialize)]
struct NothingForm {}

async fn sign_out(
    State(app): State<App>,
    page: Page,
    jar: CookieJar,
    Form(NothingForm {}): Form<NothingForm>,
) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    page.session.end(&mut tx).await?;
    tx.commit(&app.clock, Event::new("sign-out.done")).await?;
    let clear = [("clear-site-data", "\"cache\", \"storage\"")];
    Ok((clear, session::gone(jar, session::COOKIE), Redirect::to("/sign-in")).into_response())
}

#[derive(Deserialize)]
struct ChoicesForm {
    language: Option<String>,
    theme: Option<String>,
    back: String,
}

impl ChoicesForm {
    fn language(&self) -> Option<&str> {
        self.language.as_deref().filter(|code| crate::kit::text::Lang::from_code(code).is_some())
    }

    fn theme(&self) -> Option<&str> {
        self.theme.as_deref().filter(|theme| ["auto", "light", "dark"].contains(theme))
    }

    fn back(&self) -> &str {
        safe_back(&self.back).unwrap_or("/")
    }
}

async fn choices(State(app): State<App>, page: Page, Form(form): Form<ChoicesForm>) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    if let Some(person) = page.scope().person() {
        store::choose(&mut tx, person, form.language(), form.theme()).await?;
    }
    tx.commit_bookkeeping("how a person likes his pages is no act on a customer").await?;
    Ok(Redirect::to(form.back()).into_response())
}

async fn visitor_choices(jar: CookieJar, Form(form): Form<ChoicesForm>) -> AppResult {
    let mut jar = jar;
    if let Some(language) = form.language() {
        jar = jar.add(session::host_cookie(LANGUAGE_COOKIE, language.to_owned()));
    }
    if let Some(theme) = form.theme() {
        jar = jar.add(session::host_cookie(THEME_COOKIE, theme.to_owned()));
    }
    Ok((jar, Redirect::to(form.back())).into_response())
}

fn stale_attempt(t: T) -> AppError {
    AppError::Conflict(Told {
        title: t.sign_in_stale_title(),
        what: t.sign_in_stale_what(),
        fix: t.sign_in_stale_fix(),
    })
}

fn refused(t: T) -> AppError {
    AppError::Conflict(Told {
        title: t.sign_in_refused_title(),
        what: t.sign_in_refused_what(),
        fix: t.sign_in_refused_fix(),
    })
}

fn not_ready(t: T) -> AppError {
    AppError::Conflict(Told {
        title: t.sign_in_not_ready_title(),
        what: t.sign_in_not_ready_what(),
        fix: t.sign_in_not_ready_fix(),
    })
}

fn no_role(t: T) -> AppError {
    AppError::Conflict(Told {
        title: t.sign_in_no_role_title(),
        what: t.sign_in_no_role_what(),
        fix: t.sign_in_no_role_fix(),
    })
}

fn unreachable_authority(t: T, error: &anyhow::Error) -> AppError {
    tracing::warn!(error = format!("{error:#}"), "the sign-in authority cannot be read");
    AppError::Conflict(Told {
        title: t.sign_in_unreachable_title(),
        what: t.sign_in_unreachable_what(),
        fix: t.sign_in_unreachable_fix(),
    })
}
