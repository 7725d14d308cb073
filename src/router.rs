//! Every route of the portal, and the layers in front of them, in one place.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::timeout::TimeoutLayer;

use crate::app::App;
use crate::kit::page::{Nav, NavEntry, RequestId, error_pages};
use crate::kit::right::Right;
use crate::kit::router::{RouteInfo, Routes};
use crate::kit::{assets, form, headers, host, limits};
use crate::{
    access, access_requests, alerts, audit, connections, customers, health, notices, onboarding, people,
    providers, reading, reports, sign_in, today,
};

/// A page that takes longer is given up; event streams answer at once and are not held to it.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// The primary navigation, in order.
fn nav() -> Vec<NavEntry> {
    let entry = |href, label, icon, right| NavEntry { href, label, icon, right };
    vec![
        entry("/", |t| t.today_title(), "layout-dashboard", Right::SignedIn),
        entry("/requests", |t| t.requests_title(), "inbox", Right::ViewRequests),
        entry("/customers", |t| t.customers_title(), "building", Right::ViewCustomers),
        entry("/access", |t| t.access_title(), "users", Right::ViewCustomers),
        entry("/health", |t| t.health_title(), "heartbeat", Right::ViewHealth),
        entry("/audit", |t| t.audit_title(), "history", Right::ViewAudit),
        entry("/admin", |t| t.providers_title(), "settings", Right::Administer),
    ]
}

fn rooms() -> Routes<App> {
    Routes::default()
        .get("/livez", Right::Anyone, async || "alive\n")
        .get("/readyz", Right::Anyone, ready)
        .get("/assets/{file}", Right::Anyone, assets::serve)
        .merge(sign_in::routes())
        .merge(customers::routes())
        .merge(onboarding::routes())
        .merge(connections::routes())
        .merge(access_requests::routes())
        .merge(access::routes())
        .merge(reading::routes())
        .merge(reports::routes())
        .merge(providers::routes())
        .merge(people::routes())
        .merge(audit::routes())
        .merge(alerts::routes())
        .merge(notices::routes())
        .merge(health::routes())
        .merge(today::routes())
}

/// The route table: what tests walk, and what doctor prints.
pub fn table() -> Vec<RouteInfo> {
    rooms().table().to_vec()
}

/// The whole portal as one service.
pub fn router(app: &App) -> Router {
    router_within(app, ANSWER_WITHIN)
}

/// As `router`, with another patience.
pub fn router_within(app: &App, answer_within: Duration) -> Router {
    let (_, routes) = rooms().into_router(app.clone());
    let https = app.portal_url.scheme() == "https";
    let layers = ServiceBuilder::new()
        .layer(CompressionLayer::new())
        .layer(from_fn(headers::set))
        .layer(from_fn_with_state(app.clone(), name_request))
        .layer(from_fn_with_state(app.clone(), error_pages::<App>))
        .layer(CatchPanicLayer::new())
        .layer(from_fn_with_state(app.limits.clone(), limits::check))
        .layer(from_fn_with_state(app.portal_url.clone(), host::check))
        .layer(CsrfLayer::new())
        .layer(from_fn(form::refuse_nul))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, answer_within))
        .layer(DefaultBodyLimit::max(limits::BODY));
    let router = routes.layer(layers);
    if https { router.layer(from_fn(headers::set_transport_security)) } else { router }
}

/// Ready to serve: the database answers and its schema is ours. Independent of Microsoft.
async fn ready(State(app): State<App>) -> Response {
    match app.db.unready().await {
        None => "ready\n".into_response(),
        Some(why) => {
            tracing::warn!(%why, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "not ready: see the log\n").into_response()
        }
    }
}

/// Gives each request an id, puts the navigation beside it, and writes one log line at its end.
async fn name_request(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = app.chance.uuid_v4().simple().to_string();
    request.extensions_mut().insert(RequestId(id.clone()));
    request.extensions_mut().insert(Nav(Arc::new(nav())));
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let begun = app.clock.now();
    let mut response = next.run(request).await;
    let took = (app.clock.now() - begun).num_milliseconds();
    tracing::info!(request = id, %method, path, status = response.status().as_u16(), ms = took, "answered");
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}
