//! Roles renewed in a session that goes on: the browser goes by the authority, which answers without a page, and comes
//! back. Where it cannot, the session is over and the ordinary sign-in follows.

use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;

use super::{callback_path, not_ready, refuse, stale_attempt, unreachable_authority};
use crate::app::App;
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult};
use crate::kit::right::Roles;
use crate::kit::scope::Scope;
use crate::kit::session::{self, Session};
use crate::kit::text::T;
use crate::sign_in::oidc::{Identity, Wish};
use crate::sign_in::store::{self, Attempt, Gate};

/// What an authority says of itself: it says nothing of the person, who keeps his session.
const PASSING: &[&str] = &["temporarily_unavailable", "server_error"];

/// The session of this browser at this provider, and the secret that carries it.
async fn here(app: &App, gate: &Gate, jar: &CookieJar) -> Result<Option<(Session, String)>, AppError> {
    let Some(secret) = jar.get(session::COOKIE).map(|cookie| cookie.value().to_owned()) else {
        return Ok(None);
    };
    let session = session::find(&app.db, &app.clock, &secret).await?;
    let session = session.filter(|session| session.scope.provider() == gate.provider);
    Ok(session.map(|session| (session, secret)))
}

fn ordinary(gate: &Gate, back: &str) -> Response {
    let query = serde_html_form::to_string([("back", back)]).unwrap_or_default();
    Redirect::to(&format!("/p/{}?{query}", gate.slug)).into_response()
}

/// Leaves for the authority. Another site may lead here too: nobody comes back but the person of the session. The
/// attempt is bound to the session, not to a cookie of its own, so that several open pages renew at once.
pub async fn go(app: &App, gate: Gate, t: T, back: &str, jar: &CookieJar) -> AppResult {
    let Some((session, secret)) = here(app, &gate, jar).await? else { return Ok(ordinary(&gate, back)) };
    let Some(credential) = &gate.credential else { return Err(not_ready(t)) };
    let hint = Some(session.person_mail.as_str()).filter(|mail| !mail.is_empty());
    let redirect = app.address(&callback_path(&gate.slug));
    let wish = Wish { silent: true, hint, ..Wish::default() };
    let departure = app
        .authorities
        .depart_for(&gate.issuer, credential.client_id.as_str(), &redirect, wish)
        .await
        .map_err(|error| unreachable_authority(t, &error))?;
    let attempt = Attempt { provider: gate.provider, secrets: departure.secrets, back: back.to_owned() };
    store::keep_attempt(&app.db, &app.seal, app.clock.now(), (&departure.state, &secret), &attempt).await?;
    Ok(Redirect::to(departure.to.as_str()).into_response())
}

/// Back from the authority, with its code or its error.
pub async fn back(
    app: &App,
    gate: Gate,
    t: T,
    attempt: Attempt,
    (code, error): (Option<String>, Option<String>),
    jar: CookieJar,
) -> AppResult {
    let Some((session, _)) = here(app, &gate, &jar).await? else { return Ok(ordinary(&gate, &attempt.back)) };
    let Some(code) = code else {
        let error = error.unwrap_or_default();
        if PASSING.contains(&error.as_str()) {
            return Ok(ordinary(&gate, &attempt.back));
        }
        return over(app, &gate, &session, &attempt.back, &error, jar).await;
    };
    let Some(credential) = &gate.credential else { return Err(not_ready(t)) };
    let redirect = app.address(&callback_path(&gate.slug));
    let arrived = app.authorities.arrive(&gate.issuer, credential, &redirect, code, attempt.secrets).await;
    let identity = match arrived {
        Ok(identity) => identity,
        Err(error) => {
            tracing::warn!(error = format!("{error:#}"), "roles not renewed");
            return Ok(ordinary(&gate, &attempt.back));
        }
    };
    if (&identity.tid, &identity.oid) != (&session.identity_tid, &session.identity_oid) {
        return over(app, &gate, &session, &attempt.back, "another account", jar).await;
    }
    keep(app, &session, &identity, t).await?;
    Ok(Redirect::to(&attempt.back).into_response())
}

/// The session goes on with the roles that the authority gives now; without any it is refused as at a sign-in.
async fn keep(app: &App, session: &Session, identity: &Identity, t: T) -> Result<(), AppError> {
    let roles = Roles::from_claims(&identity.roles);
    let person = session.scope.person().ok_or(AppError::SignIn)?;
    if roles.is_empty() {
        let stranger = Scope::of_stranger(session.scope.provider(), identity.name.clone());
        return Err(refuse(app, &stranger, Some(person), identity, t).await?);
    }
    let (before, after) = (session.scope.roles().claims(), roles.claims());
    let mut tx = session.scope.begin(&app.db).await?;
    let met = store::meet(&mut tx, app.clock.now(), person, identity, &after).await?;
    if met.disabled {
        return Err(stale_attempt(t));
    }
    session.renew(&mut tx, &app.clock, &roles).await?;
    if before == after {
        tx.commit_bookkeeping("the authority vouches for the same roles once more").await?;
    } else {
        let event = Event::new("sign-in.renewed")
            .before(serde_json::json!({ "roles": before }))
            .after(serde_json::json!({ "roles": after }));
        tx.commit(&app.clock, event).await?;
    }
    Ok(())
}

/// The authority does not vouch for this person without asking him: he signs in, or stays out.
async fn over(app: &App, gate: &Gate, session: &Session, back: &str, why: &str, jar: CookieJar) -> AppResult {
    let mut tx = session.scope.begin(&app.db).await?;
    session.end(&mut tx).await?;
    let why: String = why.chars().filter(|c| !c.is_control()).take(60).collect();
    tx.commit(&app.clock, Event::new("sign-out.not-renewed").why(why)).await?;
    Ok((session::gone(jar, session::COOKIE), ordinary(gate, back)).into_response())
}
