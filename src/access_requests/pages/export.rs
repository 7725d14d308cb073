//! Exactly the filtered view of a list, to take away as CSV: all of its pages, one after another.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use chrono::{DateTime, SecondsFormat, Utc};
use http::HeaderMap;

use super::asked::Asked;
use super::rows::{asks, decider, state};
use crate::access_requests::model::{RequestRow, RequestTab};
use crate::access_requests::store::{self, Cursor};
use crate::app::App;
use crate::kit::csv::{Row, download};
use crate::kit::error::{AppError, Problem};
use crate::kit::export::Export;
use crate::kit::page::Page;
use crate::kit::right::Right;
use crate::kit::scope::Scope;
use crate::kit::text::T;

fn moment(at: Option<DateTime<Utc>>) -> String {
    at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)).unwrap_or_default()
}

fn head(t: T) -> Row {
    vec![
        t.requests_column_customer(),
        t.layout_entra_tenant_id(),
        t.requests_column_package(),
        t.requests_column_kind(),
        t.requests_column_requestor(),
        t.requests_column_mail(),
        t.requests_column_reason(),
        t.requests_column_asked(),
        t.requests_column_denied_at(),
        t.requests_column_state(),
        t.requests_column_ended(),
        t.requests_column_by(),
        t.requests_decide_reason(),
        t.requests_column_id(),
    ]
}

fn line(t: T, row: &RequestRow) -> Row {
    vec![
        row.customer_name.clone(),
        row.entra_tenant_id.to_string(),
        row.package_name.clone(),
        asks(t, &row.request_type),
        row.requestor_name.clone(),
        row.requestor_mail.clone(),
        row.justification.clone(),
        moment(Some(row.created_at)),
        moment(row.denied_at),
        state(t, &row.state).0,
        moment(row.waited_until),
        decider(t, row),
        row.decision_reason.clone(),
        row.id.clone(),
    ]
}

async fn page_of(
    app: &App,
    scope: &Scope,
    (tab, asked): (RequestTab, &Asked),
    after: Option<Cursor>,
) -> Result<store::Page, AppError> {
    let filter = store::Filter { after, ..asked.filter(app.clock.now()) };
    let mut tx = scope.begin(&app.db).await?;
    Ok(match tab {
        RequestTab::Pending => store::pending(&mut tx, &filter).await?,
        tab => store::ended(&mut tx, tab, &filter).await?,
    })
}

pub async fn csv(
    State(app): State<App>,
    page: Page,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let export = Export::begin(&app, Right::ViewRequests, &headers)?;
    let (t, tab) = (page.t, asked.tab());
    let name = format!("requests-{}-{}", tab.key(), app.clock.now().format("%Y-%m-%d"));
    let asked = Arc::new(Asked { after: String::new(), ..asked });
    let pages = export.pages(page.session.scope, None, move |scope, after| {
        let (app, asked) = (app.clone(), asked.clone());
        async move {
            let found = page_of(&app, &scope, (tab, &asked), after).await?;
            Ok((found.rows.iter().map(|row| line(t, row)).collect(), found.next.map(Some)))
        }
    });
    Ok(download(&name, head(t), pages))
}
