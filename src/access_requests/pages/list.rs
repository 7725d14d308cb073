//! One list of what waits for a decision, over all customers in view, and the same of one customer.

use askama::Template;
use axum::extract::{Query, State};

use super::rows::{Asked, List, list};
use crate::access_requests::model::Pressing;
use crate::access_requests::store;
use crate::app::App;
use crate::customers::{Tab, Viewed, tabs};
use crate::kit::error::{AppError, AppResult};
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::right::Right;
use crate::kit::scope::Tx;
use crate::kit::text::T;

struct ChoiceView {
    value: String,
    label: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "access_requests/list.html")]
struct ListView {
    frame: Frame,
    t: T,
    list: List,
    customers: Vec<ChoiceView>,
    packages: Vec<ChoiceView>,
    lefts: Vec<ChoiceView>,
    refresh: String,
    events: String,
    may_see_health: bool,
}

#[derive(Template)]
#[template(path = "access_requests/customer.html")]
struct CustomerView {
    frame: Frame,
    t: T,
    tabs: Vec<Tab>,
    list: List,
    refresh: String,
    events: String,
    may_see_health: bool,
}

#[derive(Template)]
#[template(path = "access_requests/rows.html")]
struct RowsView {
    t: T,
    list: List,
    may_see_health: bool,
}

fn may_see_health(page: &Page) -> bool {
    page.scope().may(Right::ViewHealth)
}

/// Where this page hears of changes after the moment it was made.
fn events(app: &App, path: &str) -> String {
    format!("{path}/events?since={}", app.clock.now().timestamp_micros())
}

async fn choices(tx: &mut Tx, t: T, asked: &Asked) -> Result<(Vec<ChoiceView>, Vec<ChoiceView>), AppError> {
    let customers = store::waiting_customers(tx).await?;
    let packages = store::waiting_packages(tx).await?;
    let customers = customers.into_iter().map(|one| ChoiceView {
        chosen: one.value == asked.customer,
        label: t.requests_choice().label(one.label).count(one.many),
        value: one.value,
    });
    let packages = packages.into_iter().map(|one| ChoiceView {
        chosen: one.value == asked.package,
        label: t.requests_choice().label(one.label).count(one.many),
        value: one.value,
    });
    Ok((customers.collect(), packages.collect()))
}

fn lefts(t: T, asked: &Asked) -> Vec<ChoiceView> {
    let choice = |one: Pressing| ChoiceView {
        value: one.key().to_owned(),
        label: t.text_or_key(&format!("requests-left-{}", one.key())),
        chosen: one.key() == asked.left,
    };
    Pressing::ALL.into_iter().map(choice).collect()
}

pub async fn show(State(app): State<App>, page: Page, Query(asked): Query<Asked>) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let list = list(&mut tx, &app, &page, &asked, None).await?;
    let (customers, packages) = choices(&mut tx, page.t, &asked).await?;
    drop(tx);
    page.show(&ListView {
        t: page.t,
        refresh: asked.at("/requests/rows", &asked.after),
        events: events(&app, "/requests"),
        list,
        customers,
        packages,
        lefts: lefts(page.t, &asked),
        may_see_health: may_see_health(&page),
        frame: page.frame.clone(),
    })
}

/// The list without the page around it, for its refresh.
pub async fn rows(State(app): State<App>, page: Page, Query(asked): Query<Asked>) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let list = list(&mut tx, &app, &page, &asked, None).await?;
    page.show(&RowsView { t: page.t, list, may_see_health: may_see_health(&page) })
}

pub async fn of_customer(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    Query(asked): Query<Asked>,
) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let list = list(&mut tx, &app, &page, &asked, Some(&customer)).await?;
    drop(tx);
    let path = format!("/customers/{}/requests", customer.id);
    page.show(&CustomerView {
        t: page.t,
        tabs: tabs(&page, customer.id, "requests"),
        refresh: asked.at(&format!("{path}/rows"), &asked.after),
        events: events(&app, &path),
        list,
        may_see_health: may_see_health(&page),
        frame: page.frame.clone(),
    })
}

pub async fn rows_of_customer(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    Query(asked): Query<Asked>,
) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let list = list(&mut tx, &app, &page, &asked, Some(&customer)).await?;
    page.show(&RowsView { t: page.t, list, may_see_health: may_see_health(&page) })
}
