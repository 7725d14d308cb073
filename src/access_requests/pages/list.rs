//! The lists of requests over all customers in view, by tab, and the same of one customer.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use uuid::Uuid;

use super::asked::Asked;
use super::lists::{List, list};
use super::rows::Way;
use crate::access_requests::model::{Pressing, RequestTab};
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

/// The form that decides on what is chosen.
pub struct DecideView {
    /// The same form sent twice is the same decision.
    batch: Uuid,
    back: String,
    verdict: String,
    reason: String,
    error: Option<String>,
}

/// What a form that could not be taken had in it.
#[derive(Default)]
pub struct Again {
    pub chosen: Vec<String>,
    pub verdict: String,
    pub reason: String,
    pub error: Option<String>,
}

#[derive(Template)]
#[template(path = "access_requests/list.html")]
struct ListView {
    frame: Frame,
    t: T,
    tabs: Vec<Tab>,
    list: List,
    customers: Vec<ChoiceView>,
    packages: Vec<ChoiceView>,
    lefts: Vec<ChoiceView>,
    by_asking: bool,
    refresh: String,
    events: String,
    export: String,
    decide: Option<DecideView>,
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

fn request_tabs(t: T, asked: &Asked) -> Vec<Tab> {
    let tab = |tab: RequestTab| Tab {
        href: asked.in_tab("/requests", tab),
        label: t.text_or_key(&format!("requests-tab-{}", tab.key())),
        current: tab == asked.tab(),
    };
    RequestTab::ALL.into_iter().map(tab).collect()
}

async fn choices(tx: &mut Tx, t: T, asked: &Asked) -> Result<(Vec<ChoiceView>, Vec<ChoiceView>), AppError> {
    let pending = asked.tab() == RequestTab::Pending;
    let customers =
        if pending { store::waiting_customers(tx).await? } else { store::ended_customers(tx).await? };
    let packages =
        if pending { store::waiting_packages(tx).await? } else { store::known_packages(tx).await? };
    let label =
        |label: String, many| if pending { t.requests_choice().label(label).count(many) } else { label };
    let customers = customers.into_iter().map(|one| ChoiceView {
        chosen: one.value == asked.customer,
        label: label(one.label, one.many),
        value: one.value,
    });
    let packages = packages.into_iter().map(|one| ChoiceView {
        chosen: one.value == asked.package,
        label: label(one.label, one.many),
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
    page.show(&view(&app, &page, &asked, Again::default()).await?)
}

/// The list again, with a form that could not be taken.
pub async fn show_again(app: &App, page: &Page, asked: &Asked, again: Again) -> Result<Response, AppError> {
    page.show_again(&view(app, page, asked, again).await?)
}

async fn view(app: &App, page: &Page, asked: &Asked, again: Again) -> Result<ListView, AppError> {
    let mut tx = page.scope().begin(&app.db).await?;
    let list = list(&mut tx, app, page, (asked, &again.chosen), None).await?;
    let (customers, packages) = choices(&mut tx, page.t, asked).await?;
    drop(tx);
    let decidable = list.may_decide && list.tab == RequestTab::Pending && !list.rows.is_empty();
    Ok(ListView {
        t: page.t,
        tabs: request_tabs(page.t, asked),
        decide: decidable.then(|| DecideView {
            batch: app.chance.uuid_v4(),
            back: asked.at("/requests", &asked.after),
            verdict: again.verdict,
            reason: again.reason,
            error: again.error,
        }),
        refresh: asked.at("/requests/rows", &asked.after),
        events: events(app, "/requests"),
        export: asked.at("/requests/export.csv", ""),
        list,
        customers,
        packages,
        lefts: lefts(page.t, asked),
        by_asking: asked.sort == "asked",
        may_see_health: may_see_health(page),
        frame: page.frame.clone(),
    })
}

/// The list without the page around it, for its refresh.
pub async fn rows(State(app): State<App>, page: Page, Query(asked): Query<Asked>) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let list = list(&mut tx, &app, &page, (&asked, &[]), None).await?;
    page.show(&RowsView { t: page.t, list, may_see_health: may_see_health(&page) })
}

pub async fn of_customer(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    Query(asked): Query<Asked>,
) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let list = list(&mut tx, &app, &page, (&asked, &[]), Some(&customer)).await?;
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
    let list = list(&mut tx, &app, &page, (&asked, &[]), Some(&customer)).await?;
    page.show(&RowsView { t: page.t, list, may_see_health: may_see_health(&page) })
}
