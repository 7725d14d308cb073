//! What every page needs: who looks, in which language, and the frame around the content.

use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use axum_extra::extract::cookie::CookieJar;
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};

use crate::kit::error::{AppError, Problem};
use crate::kit::frame::{Frame, NavItem, Notice};
use crate::kit::right::Right;
use crate::kit::router::{House, session_of};
use crate::kit::scope::Scope;
use crate::kit::session::Session;
use crate::kit::text::{Lang, T};

/// Language and theme of somebody who is not signed in.
pub const LANGUAGE_COOKIE: &str = "__Host-portal-language";
pub const THEME_COOKIE: &str = "__Host-portal-theme";

/// One entry of the primary navigation; a room gives it, the person's rights decide whether he sees it.
#[derive(Clone, Copy)]
pub struct NavEntry {
    pub href: &'static str,
    pub label: fn(T) -> String,
    pub icon: &'static str,
    pub right: Right,
}

/// The navigation, put into every request by the router.
#[derive(Clone)]
pub struct Nav(pub Arc<Vec<NavEntry>>);

/// Id of this request, in the answer's header and in the log.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// A signed-in person's page. Only a route behind a right can have one.
pub struct Page {
    pub session: Session,
    pub lang: Lang,
    pub t: T,
    pub frame: Frame,
}

impl Page {
    pub fn scope(&self) -> &Scope {
        &self.session.scope
    }

    pub fn show(&self, template: &impl Template) -> Result<Response, AppError> {
        show(StatusCode::OK, template)
    }

    /// A form that cannot be taken comes back filled in, as 422.
    pub fn show_again(&self, template: &impl Template) -> Result<Response, AppError> {
        show(StatusCode::UNPROCESSABLE_ENTITY, template)
    }
}

/// Somebody who is not (or need not be) signed in.
pub struct Visitor {
    pub lang: Lang,
    pub t: T,
    pub frame: Frame,
}

impl Visitor {
    pub fn show(&self, template: &impl Template) -> Result<Response, AppError> {
        show(StatusCode::OK, template)
    }
}

pub fn show(status: StatusCode, template: &impl Template) -> Result<Response, AppError> {
    let html = template.render().map_err(|error| AppError::Internal(error.into()))?;
    Ok((status, Html(html)).into_response())
}

impl<S: House> FromRequestParts<S> for Page {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AppError> {
        let session = parts.extensions.get::<Session>().cloned().ok_or(AppError::SignIn)?;
        let lang = Lang::from_code(&session.language).unwrap_or_default();
        let frame = frame_of(parts, lang, Some(&session));
        Ok(Self { t: lang.t(), lang, frame, session })
    }
}

impl<S: House> FromRequestParts<S> for Visitor {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AppError> {
        let lang = language_of(&parts.headers);
        Ok(Self { lang, t: lang.t(), frame: frame_of(parts, lang, None) })
    }
}

/// A visitor's language: what he chose, else what his browser asks for.
pub fn language_of(headers: &HeaderMap) -> Lang {
    let chosen = CookieJar::from_headers(headers);
    let chosen = chosen.get(LANGUAGE_COOKIE).and_then(|cookie| Lang::from_code(cookie.value()));
    chosen.unwrap_or_else(|| {
        let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Lang::negotiate(asked.unwrap_or_default())
    })
}

fn theme_of(headers: &HeaderMap) -> String {
    let jar = CookieJar::from_headers(headers);
    match jar.get(THEME_COOKIE).map(|cookie| cookie.value()) {
        Some(theme @ ("light" | "dark")) => theme.to_owned(),
        _ => "auto".to_owned(),
    }
}

fn frame_of(parts: &Parts, lang: Lang, session: Option<&Session>) -> Frame {
    let path = parts.uri.path();
    let done = parts.uri.query().and_then(|query| {
        let pairs: Vec<(String, String)> = serde_html_form::from_str(query).unwrap_or_default();
        pairs.into_iter().find(|(name, _)| name == "done").map(|(_, value)| value)
    });
    Frame {
        notice: done.and_then(|key| Notice::done(lang.t(), &key)),
        path: parts.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
        ..bare_frame(lang, parts.extensions.get(), parts.extensions.get(), session, path, || {
            theme_of(&parts.headers)
        })
    }
}

fn bare_frame(
    lang: Lang,
    id: Option<&RequestId>,
    nav: Option<&Nav>,
    session: Option<&Session>,
    path: &str,
    theme: impl Fn() -> String,
) -> Frame {
    let item = |entry: &NavEntry| NavItem {
        href: entry.href.to_owned(),
        label: (entry.label)(lang.t()),
        icon: entry.icon,
        current: path == entry.href || path.starts_with(&format!("{}/", entry.href)),
        count: None,
    };
    let seen = |entry: &&NavEntry| session.is_some_and(|session| session.scope.may(entry.right));
    Frame {
        lang,
        t: lang.t(),
        theme: session.map_or_else(theme, |session| session.theme.clone()),
        provider_name: session.map(|session| session.provider_name.clone()),
        person_name: session.map(|session| session.person_name.clone()),
        nav: nav.map(|nav| nav.0.iter().filter(seen).map(item).collect()).unwrap_or_default(),
        customer: None,
        notice: None,
        request_id: id.map(|id| id.0.clone()).unwrap_or_default(),
        path: "/".to_owned(),
    }
}

#[derive(Template)]
#[template(path = "layout/error.html")]
struct ErrorPage {
    frame: Frame,
    t: T,
    title: String,
    what: String,
    fix: String,
    sign_in: bool,
    /// Where the portal is, for whoever is not there.
    elsewhere: Option<String>,
}

/// Turns every `Problem`, and every bare error status, into the house's error page. Outermost of the layers that
/// may fail. The page tells nothing of the address, so that a foreign and a missing thing look the same.
pub async fn error_pages<S: House>(State(house): State<S>, request: Request, next: Next) -> Response {
    let (headers, nav, id) = (
        request.headers().clone(),
        request.extensions().get::<Nav>().cloned(),
        request.extensions().get::<RequestId>().cloned(),
    );
    let mut response = next.run(request).await;
    let spoken = response.headers().contains_key(header::CONTENT_TYPE)
        && response.extensions().get::<Problem>().is_none();
    let problem = response.extensions_mut().remove::<Problem>();
    let Some(problem) = problem.or_else(|| Problem::of_status(response.status()).filter(|_| !spoken)) else {
        return response;
    };
    let session = match &problem {
        Problem::Away | Problem::TookLong | Problem::TooMany(_) | Problem::Elsewhere(_) => None,
        _ => session_of(&house, &headers).await.ok().flatten(),
    };
    let lang = session
        .as_ref()
        .and_then(|session| Lang::from_code(&session.language))
        .unwrap_or_else(|| language_of(&headers));
    let t = lang.t();
    let frame = bare_frame(lang, id.as_ref(), nav.as_ref(), session.as_ref(), "", || theme_of(&headers));
    let (title, what, fix) = told(t, &problem);
    let elsewhere = match &problem {
        Problem::Elsewhere(own) => Some(own.to_string()),
        _ => None,
    };
    let page = ErrorPage { frame, t, title, what, fix, sign_in: problem == Problem::SignIn, elsewhere };
    let mut response = show(problem.status(), &page).unwrap_or_else(|_| problem.status().into_response());
    if let Problem::TooMany(seconds) = problem {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

fn told(t: T, problem: &Problem) -> (String, String, String) {
    let key = match problem {
        Problem::Conflict(told) => return (told.title.clone(), told.what.clone(), told.fix.clone()),
        Problem::NotFound => "not-found",
        Problem::Forbidden => "forbidden",
        Problem::SignIn => "sign-in",
        Problem::Bad(_) => "bad",
        Problem::TooMany(_) => "too-many",
        Problem::Exports => "exports",
        Problem::TooLarge => "too-large",
        Problem::CrossSite => "cross-site",
        Problem::Elsewhere(_) => "elsewhere",
        Problem::NoSuchMethod => "no-such-method",
        Problem::Nul => "nul",
        Problem::TookLong => "took-long",
        Problem::Away => "away",
        Problem::Busy => "busy",
        Problem::Internal => "internal",
    };
    let text = |part: &str| t.text(&format!("problem-{key}-{part}")).unwrap_or_default();
    (text("title"), text("what"), text("fix"))
}
