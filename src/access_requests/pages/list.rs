//! The lists of requests over all customers in view, by tab, and the same of one customer.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use chrono::DateTime;
use uuid::Uuid;

use super::asked::Asked;
use super::lists::{List, list};
use super::rows::Way;
use crate::access_requests::model::{Pressing, RequestTab};
use crate::access_requests::store;
use crate::app::App;
use crate::customers::{Tab, Viewed, store as customers, tabs};
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

struct Choices {
    customers: Vec<ChoiceView>,
    /// There are more customers than can be chosen from.
    more: bool,
    packages: Vec<ChoiceView>,
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
    choices: Choices,
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

/// What a filter chooses from. What is chosen already is there however many there are.
async fn choices(tx: &mut Tx, asked: &Asked) -> Result<Choices, AppError> {
    let pending = asked.tab() == RequestTab::Pending;
    let mut customers =
        if pending { store::waiting_customers(tx).await? } else { store::ended_customers(tx).await? };
    let more = i64::try_from(customers.len()).is_ok_and(|many| many >= store::CHOICES);
    if let Some(chosen) = asked.filter(DateTime::UNIX_EPOCH).customer
        && !customers.iter().any(|one| one.value == asked.customer)
        && let Some(chosen) = customers::find(tx, chosen).await?
    {
        customers.insert(0, store::Choice { value: asked.customer.clone(), label: chosen.name });
    }
    let packages =
        if pending { store::waiting_packages(tx).await? } else { store::known_packages(tx).await? };
    let view = |chosen: &str, one: store::Choice| ChoiceView {
        chosen: one.value == chosen,
        label: one.label,
        value: one.value,
    };
    Ok(Choices {
        customers: customers.into_iter().map(|one| view(&asked.customer, one)).collect(),
        more,
        packages: packages.into_iter().map(|one| view(&asked.package, one)).collect(),
    })
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
    let choices = choices(&mut tx, asked).await?;
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
        choices,
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
