//! Exactly the filtered view of a list, to take away as CSV: all of its pages, one after another.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use http::HeaderMap;

use super::{expiring, matrix, people};
use crate::access::store::{self, CustomerCursor, EndingFilter, HeldRow, MatrixRow, PeopleFilter, PersonRow};
use crate::app::App;
use crate::kit::csv::{Row, download};
use crate::kit::error::{AppResult, Problem};
use crate::kit::export::Export;
use crate::kit::page::Page;
use crate::kit::right::Right;
use crate::kit::text::T;

fn moment(at: Option<DateTime<Utc>>) -> String {
    at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)).unwrap_or_default()
}

fn named(app: &App, list: &str) -> String {
    format!("{list}-{}", app.clock.now().format("%Y-%m-%d"))
}

fn person(t: T, row: &PersonRow) -> Row {
    let whose = if row.ours { t.access_who_ours() } else { t.access_who_others() };
    let figures = [row.customers.to_string(), row.held.to_string(), moment(row.next_end)];
    [vec![row.name.clone(), row.mail.clone(), whose], figures.into()].concat()
}

pub async fn people(
    State(app): State<App>,
    page: Page,
    headers: HeaderMap,
    Query(asked): Query<people::Asked>,
) -> Result<Response, Problem> {
    let export = Export::begin(&app, Right::ViewCustomers, &headers)?;
    let t = page.t;
    let head = vec![
        t.access_column_person(),
        t.people_mail(),
        t.access_who(),
        t.access_column_customers(),
        t.access_column_held(),
        t.access_column_next_end(),
    ];
    let name = named(&app, "people");
    let filter = asked.filter();
    let pages = export.pages(page.session.scope, filter, move |scope, filter| {
        let app = app.clone();
        async move {
            let mut tx = scope.begin(&app.db).await?;
            let found = store::people(&mut tx, &filter).await?;
            drop(tx);
            let lines: Vec<Row> = found.rows.iter().map(|row| person(t, row)).collect();
            Ok((lines, found.next.map(|cursor| PeopleFilter { after: Some(cursor), ..filter })))
        }
    });
    Ok(download(&name, head, pages))
}

fn held(row: &HeldRow) -> Row {
    let extension = if row.extension { moment(row.extension_until) } else { String::new() };
    vec![
        moment(row.ends_at),
        row.name.clone(),
        row.mail.clone(),
        row.package_name.clone(),
        row.customer_name.clone(),
        moment(row.starts_at),
        moment(row.review_due),
        if row.extension { "userUpdate".to_owned() } else { String::new() },
        extension,
    ]
}

pub async fn expiring(
    State(app): State<App>,
    page: Page,
    headers: HeaderMap,
    Query(asked): Query<expiring::Asked>,
) -> Result<Response, Problem> {
    let export = Export::begin(&app, Right::ViewCustomers, &headers)?;
    let t = page.t;
    let head = vec![
        t.access_column_ends(),
        t.access_column_person(),
        t.people_mail(),
        t.access_column_package(),
        t.access_column_customer(),
        t.access_column_since(),
        t.access_column_review(),
        t.access_column_decide(),
        t.access_column_extension_until(),
    ];
    let name = named(&app, "expiring");
    let now = app.clock.now();
    let filter = EndingFilter { after: None, ..asked.filter() };
    let pages = export.pages(page.session.scope, filter, move |scope, filter| {
        let app = app.clone();
        async move {
            let mut tx = scope.begin(&app.db).await?;
            let (rows, next) = store::ending(&mut tx, &filter, now).await?;
            drop(tx);
            let next = next.map(|cursor| EndingFilter { after: Some(cursor), ..filter });
            Ok((rows.iter().map(held).collect(), next))
        }
    });
    Ok(download(&name, head, pages))
}

fn customer(t: T, columns: &[(String, String)], row: &MatrixRow) -> Row {
    let state = t.text_or_key(&format!("customers-state-{}", row.state));
    let mut line = vec![row.name.clone(), state];
    for (key, _) in columns {
        let cell = row.cells.get(key).cloned().unwrap_or_default();
        let stands = cell.stands(row.read_at.is_some());
        line.push(t.text_or_key(&format!("access-stands-{}", stands.key())));
        line.push(cell.people.to_string());
    }
    line.push(moment(row.read_at));
    line
}

pub async fn matrix(State(app): State<App>, page: Page, headers: HeaderMap) -> AppResult {
    let export = match Export::begin(&app, Right::ViewCustomers, &headers) {
        Ok(export) => export,
        Err(problem) => return Ok(problem.into_response()),
    };
    let t = page.t;
    let mut tx = page.scope().begin(&app.db).await?;
    let columns = matrix::columns(&mut tx, app.clock.now()).await?;
    drop(tx);
    let mut head = vec![t.access_column_customer(), t.access_column_state()];
    for (_, name) in &columns {
        head.push(name.clone());
        head.push(format!("{name}: {}", t.access_people()));
    }
    head.push(t.customers_column_age());
    let name = named(&app, "matrix");
    let columns = Arc::new(columns);
    let pages = export.pages(page.session.scope, None::<CustomerCursor>, move |scope, after| {
        let (app, columns) = (app.clone(), columns.clone());
        async move {
            let mut tx = scope.begin(&app.db).await?;
            let (rows, next) = store::matrix(&mut tx, after.as_ref()).await?;
            drop(tx);
            Ok((rows.iter().map(|row| customer(t, &columns, row)).collect(), next.map(Some)))
        }
    });
    Ok(download(&name, head, pages))
}
