//! The route table. Every route is registered here with its method, path and the right it needs, and the wall in
//! front of all of them asks that right before a handler runs.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::handler::Handler;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get, post};
use axum_extra::extract::cookie::CookieJar;
use http::header::ACCEPT;
use http::{HeaderMap, Method};

use crate::kit::chance::Chance;
use crate::kit::clock::Clock;
use crate::kit::db::Db;
use crate::kit::error::{AppError, Problem};
use crate::kit::export::Exports;
use crate::kit::right::Right;
use crate::kit::session::{self, Session};
use crate::kit::streams::Streams;

/// Header of requests that a page's script makes by itself.
const BY_ITSELF: &str = "x-by-itself";
/// What the browser accepts when it opens an event stream, and opens it again by itself.
const EVENTS: &[u8] = b"text/event-stream";

/// What the wall needs of the assembled portal.
pub trait House: Clone + Send + Sync + 'static {
    fn db(&self) -> &Db;
    fn clock(&self) -> &Clock;
    fn chance(&self) -> &Chance;
    fn streams(&self) -> &Streams;
    fn exports(&self) -> &Exports;
}

/// One row of the route table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RouteInfo {
    pub method: Method,
    pub path: &'static str,
    pub right: Right,
}

/// The routes of one room, or of all.
pub struct Routes<S> {
    table: Vec<RouteInfo>,
    router: Router<S>,
}

impl<S: House> Default for Routes<S> {
    fn default() -> Self {
        Self { table: Vec::new(), router: Router::new() }
    }
}

impl<S: House> Routes<S> {
    #[must_use]
    pub fn get<H, T>(self, path: &'static str, right: Right, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.add(Method::GET, path, right, get(handler))
    }

    #[must_use]
    pub fn post<H, T>(self, path: &'static str, right: Right, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.add(Method::POST, path, right, post(handler))
    }

    #[expect(clippy::disallowed_methods, reason = "the one place where a route is made, with its right")]
    fn add(mut self, method: Method, path: &'static str, right: Right, route: MethodRouter<S>) -> Self {
        self.table.push(RouteInfo { method, path, right });
        self.router = self.router.route(path, route);
        self
    }

    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "both bring their rights along")]
    pub fn merge(mut self, other: Self) -> Self {
        self.table.extend(other.table);
        self.router = self.router.merge(other.router);
        self
    }

    pub fn table(&self) -> &[RouteInfo] {
        &self.table
    }

    /// The table, and the router behind its wall.
    #[expect(clippy::disallowed_methods, reason = "what is no route is told so, and nothing else")]
    pub fn into_router(self, house: S) -> (Vec<RouteInfo>, Router) {
        let mut rights: Rights = HashMap::new();
        for row in &self.table {
            rights.entry(row.method.clone()).or_default().insert(row.path, row.right);
        }
        let wall = Wall { house: house.clone(), rights: Arc::new(rights) };
        let router = self
            .router
            .route_layer(from_fn_with_state(wall, ask_right::<S>))
            .fallback(async || Problem::NotFound)
            .method_not_allowed_fallback(async || Problem::NoSuchMethod)
            .with_state(house);
        (self.table, router)
    }
}

type Rights = HashMap<Method, HashMap<&'static str, Right>>;

#[derive(Clone)]
struct Wall<S> {
    house: S,
    rights: Arc<Rights>,
}

impl<S> Wall<S> {
    fn right(&self, request: &Request) -> Option<Right> {
        let path = request.extensions().get::<MatchedPath>()?.as_str();
        let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
        self.rights.get(method)?.get(path).copied()
    }
}

/// Nobody passes without the right the table names. The session goes on in the request's extensions.
async fn ask_right<S: House>(State(wall): State<Wall<S>>, mut request: Request, next: Next) -> Response {
    let Some(right) = wall.right(&request) else { return Problem::NoSuchMethod.into_response() };
    if right == Right::Anyone {
        return next.run(request).await;
    }
    let session = match session_of(&wall.house, request.headers()).await {
        Ok(Some(session)) => crossed(session, &request),
        Ok(None) => return send_to_sign_in(&request),
        Err(error) => return AppError::from(error).into_response(),
    };
    if !session.is_believed() && is_page(&request) {
        return send_to_renew(&session, &request);
    }
    if !session.scope.may(right) {
        return Problem::Forbidden.into_response();
    }
    request.extensions_mut().insert(session.clone());
    let mut response = next.run(request).await;
    response.extensions_mut().insert(session);
    response
}

/// Tests only: the session as it would be if the application's filter asked for another provider's rows.
#[cfg(feature = "one-wall")]
fn crossed(mut session: Session, request: &Request) -> Session {
    if let Some(other) = request.extensions().get::<crate::kit::scope::Crossed>() {
        session.scope = session.scope.with_filter_of(other.0);
    }
    session
}

#[cfg(not(feature = "one-wall"))]
fn crossed(session: Session, _: &Request) -> Session {
    session
}

/// The live session behind the request's cookie, if any.
pub async fn session_of<S: House>(house: &S, headers: &HeaderMap) -> Result<Option<Session>, sqlx::Error> {
    let jar = CookieJar::from_headers(headers);
    let Some(secret) = jar.get(session::COOKIE) else { return Ok(None) };
    let session = session::find(house.db(), house.clock(), secret.value()).await?;
    // A page that refreshes itself is nobody at work: it must not keep a session from going idle.
    if let Some(session) = session.as_ref().filter(|_| !by_itself(headers)) {
        session.touch(house.db(), house.clock()).await?;
    }
    Ok(session)
}

fn by_itself(headers: &HeaderMap) -> bool {
    headers.contains_key(BY_ITSELF)
        || headers.get(ACCEPT).is_some_and(|accepted| accepted.as_bytes() == EVENTS)
}

/// Whether the browser goes there, so that it can go by the authority and come back.
fn is_page(request: &Request) -> bool {
    let headers = request.headers();
    let goes = headers.get("sec-fetch-mode").is_none_or(|mode| mode.as_bytes() == b"navigate");
    // The answer of an authority serves once, where it arrives.
    let answers = request.uri().query().is_some_and(|query| {
        query.split('&').any(|part| part.starts_with("state=")) && query.contains("code=")
    });
    request.method() == Method::GET && goes && !answers && !by_itself(headers)
}

/// By the provider's authority, which says what roles this person has now, and back.
fn send_to_renew(session: &Session, request: &Request) -> Response {
    let query = serde_html_form::to_string([("back", back(request)), ("renew", "yes")]).unwrap_or_default();
    Redirect::to(&format!("/p/{}/go?{query}", session.provider_slug)).into_response()
}

fn back(request: &Request) -> &str {
    request.uri().path_and_query().map_or("/", |path| path.as_str())
}

/// A page leads to the sign-in and back; anything else is told to sign in.
fn send_to_sign_in(request: &Request) -> Response {
    if request.method() != Method::GET {
        return Problem::SignIn.into_response();
    }
    let query = serde_html_form::to_string([("back", back(request))]).unwrap_or_default();
    Redirect::to(&format!("/sign-in?{query}")).into_response()
}
