//! Tells an open list that requests in its view changed; ids only.

use axum::extract::{Query, State};
use axum::response::Response;
use chrono::DateTime;
use http::HeaderMap;
use serde::Deserialize;

use crate::access_requests::store;
use crate::app::App;
use crate::customers::Viewed;
use crate::kit::ids::CustomerId;
use crate::kit::live::{self, Listener};
use crate::kit::page::Page;
use crate::kit::right::Right;
use crate::kit::scope::{Scope, in_view};

#[derive(Deserialize)]
pub struct Since {
    /// Microseconds: when the page was made.
    since: Option<i64>,
}

pub async fn all(
    State(app): State<App>,
    page: Page,
    Query(since): Query<Since>,
    headers: HeaderMap,
) -> Response {
    stream(app, page.scope(), since, &headers, None)
}

pub async fn of_customer(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    Query(since): Query<Since>,
    headers: HeaderMap,
) -> Response {
    stream(app, page.scope(), since, &headers, Some(customer.id))
}

fn stream(
    app: App,
    scope: &Scope,
    since: Since,
    headers: &HeaderMap,
    customer: Option<CustomerId>,
) -> Response {
    let listener = Listener {
        right: Right::ViewRequests,
        stop: app.stop.clone(),
        since: since.since.and_then(DateTime::from_timestamp_micros).unwrap_or_else(|| app.clock.now()),
        house: app.clone(),
    };
    live::stream(listener, scope, headers, move |scope, since| {
        let app = app.clone();
        async move {
            let mut tx = scope.begin(&app.db).await?;
            match customer {
                Some(customer) if !in_view(&mut tx, customer).await? => Ok(None),
                _ => store::changes(&mut tx, customer, since).await.map(Some),
            }
        }
    })
}
