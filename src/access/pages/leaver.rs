//! Somebody leaves: everything he holds is listed, removed after his address was typed, seen to be gone, and told in a
//! record to hand over.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::person::find;
use super::rows::HeldView;
use super::{Part, parts};
use crate::access::model::Removal;
use crate::access::store::{self, LeaverRow, NewLeaver, PersonRow, RemovalRow};
use crate::access::work::WORK;
use crate::app::App;
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult, Told};
use crate::kit::form::{FieldErrors, Form};
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::right::Right;
use crate::kit::scope::Tx;
use crate::kit::text::T;
use crate::kit::work;

#[derive(Template)]
#[template(path = "access/leave.html")]
struct AskView {
    frame: Frame,
    t: T,
    parts: Vec<Part>,
    person: PersonRow,
    /// What must be typed: his address, or his name where no address is known.
    typed_is: String,
    rows: Vec<HeldView>,
    /// More than fit the page.
    more: bool,
    limited: bool,
    address: String,
    why: String,
    errors: FieldErrors,
}

fn to_type(person: &PersonRow) -> String {
    if person.mail.is_empty() { person.name.clone() } else { person.mail.clone() }
}

async fn view(app: &App, page: &Page, tx: &mut Tx, person: PersonRow) -> Result<AskView, AppError> {
    let (t, now) = (page.t, app.clock.now());
    let (rows, next) = store::held_by(tx, person.id, true, None).await?;
    Ok(AskView {
        t,
        parts: parts(page, "/access/people"),
        typed_is: to_type(&person),
        rows: rows.into_iter().map(|row| HeldView::new(row, t, now)).collect(),
        more: next.is_some(),
        limited: page.scope().limited_to().is_some(),
        address: String::new(),
        why: String::new(),
        errors: FieldErrors::default(),
        frame: page.frame.clone(),
        person,
    })
}

pub async fn ask(State(app): State<App>, page: Page, Path(id): Path<String>) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let person = find(&mut tx, &id).await?;
    let view = view(&app, &page, &mut tx, person).await?;
    drop(tx);
    page.show(&view)
}

#[derive(Deserialize)]
pub struct LeaveForm {
    address: String,
    why: String,
}

pub async fn start(
    State(app): State<App>,
    page: Page,
    Path(id): Path<String>,
    Form(form): Form<LeaveForm>,
) -> AppResult {
    let (t, now) = (page.t, app.clock.now());
    let mut tx = page.scope().begin(&app.db).await?;
    let person = find(&mut tx, &id).await?;
    let why: String = form.why.trim().chars().take(500).collect();
    let typed = form.address.trim().to_lowercase() == to_type(&person).to_lowercase();
    if !typed || why.is_empty() {
        let mut view = view(&app, &page, &mut tx, person).await?;
        if !typed {
            view.errors.add("address", t.access_leave_typed_wrong());
        }
        if why.is_empty() {
            view.errors.add("why", t.access_why_missing());
        }
        (view.address, view.why) = (form.address, form.why);
        return page.show_again(&view);
    }
    let leaver = app.chance.uuid_v7(now);
    let new =
        NewLeaver { id: leaver, match_id: person.id, name: &person.name, mail: &person.mail, why: &why };
    let customers = store::start(&mut tx, &new, now).await?;
    if customers.is_empty() {
        return Err(AppError::Conflict(Told {
            title: t.access_leave_nothing(),
            what: t.access_leave_nothing_what(),
            fix: t.access_leave_nothing_fix(),
        }));
    }
    work::wake_each(&mut tx, &customers, WORK, now).await?;
    let event = Event::new("access.leaver-started").why(why).after(json!({
        "person": person.name, "mail": person.mail, "customers": customers.len(),
    }));
    tx.commit(&app.clock, event).await?;
    app.nudge.notify_waiters();
    Ok(Redirect::to(&format!("/access/leavers/{leaver}?done=leaving")).into_response())
}

struct RemovalView {
    package: String,
    state: String,
    state_key: &'static str,
    icon: &'static str,
    way: Option<String>,
    asked: Option<String>,
    verified: Option<String>,
    looked: Option<String>,
    /// What Microsoft refused, and what to do.
    problem: Option<(String, String)>,
    ends: Option<String>,
    /// For the customer's administrator.
    steps: Option<String>,
}

struct CustomerView {
    id: String,
    href: String,
    name: String,
    removals: Vec<RemovalView>,
    /// What the customer must do, as a text to send; with its id on the page.
    mail: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "access/leaver.html")]
struct LeaverView {
    frame: Frame,
    t: T,
    parts: Vec<Part>,
    leaver: LeaverRow,
    started: String,
    printed: String,
    left: i64,
    person_href: String,
    customers: Vec<CustomerView>,
    may_again: bool,
}

const fn look(state: Removal) -> (&'static str, &'static str) {
    match state {
        Removal::Waiting | Removal::Sending => ("microsoft", "loader"),
        Removal::Asked => ("microsoft", "clock"),
        Removal::ByCustomer => ("customer", "building"),
        Removal::Failed => ("us", "alert-triangle"),
        Removal::Verified => ("nobody", "circle-check"),
    }
}

fn removal(row: &RemovalRow, t: T, now: DateTime<Utc>) -> RemovalView {
    let (state_key, icon) = look(row.state);
    let cause = row.problem.as_ref().and_then(|problem| problem["cause"].as_str());
    let text = |cause: &str, part: &str| t.text(&format!("errors-{cause}-{part}"));
    RemovalView {
        package: row.package_name.clone(),
        state: t.text_or_key(&format!("access-removal-{}", row.state.key())),
        state_key,
        icon,
        way: (row.state == Removal::Verified && !row.way.is_empty())
            .then(|| t.text_or_key(&format!("access-way-{}", row.way))),
        asked: row.asked_at.map(|at| t.moment(&at)),
        verified: row.verified_at.map(|at| t.moment(&at)),
        looked: row.looked_at.map(|at| t.age(&at, &now)),
        problem: cause.filter(|_| row.state != Removal::Verified).map(|cause| {
            let what = text(cause, "what").unwrap_or_else(|| t.health_cause_unknown_what());
            (what, text(cause, "fix").unwrap_or_default())
        }),
        ends: row.ends_at.filter(|_| row.state != Removal::Verified).map(|at| t.date(&at)),
        steps: (row.state == Removal::ByCustomer)
            .then(|| t.access_steps_one().package(row.package_name.clone()).who(row.leaver_mail.clone())),
    }
}

/// One customer's part of the record, with the text for his administrator where only he can do it.
fn customers(t: T, rows: &[RemovalRow], now: DateTime<Utc>) -> Vec<CustomerView> {
    let mut found: Vec<CustomerView> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut mails: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows {
        let id = row.customer.to_string();
        if row.state == Removal::ByCustomer {
            mails.entry(id.clone()).or_default().push(row.package_name.clone());
        }
        let view = removal(row, t, now);
        if let Some(known) = places.get(&id).and_then(|place| found.get_mut(*place)) {
            known.removals.push(view);
            continue;
        }
        places.insert(id.clone(), found.len());
        found.push(CustomerView {
            href: format!("/customers/{id}/people"),
            name: row.customer_name.clone(),
            removals: vec![view],
            mail: None,
            id,
        });
    }
    let Some(first) = rows.first() else { return found };
    for one in &mut found {
        one.mail = mails.get(&one.id).map(|packages| {
            let text = t
                .access_steps_mail()
                .who(first.leaver_name.clone())
                .mail(first.leaver_mail.clone())
                .packages(packages.join(", "));
            (format!("mail-{}", one.id), text)
        });
    }
    found
}

async fn found(tx: &mut Tx, id: &str) -> Result<LeaverRow, AppError> {
    let id: Uuid = id.parse().map_err(|_| AppError::NotFound)?;
    store::leaver(tx, id).await?.ok_or(AppError::NotFound)
}

pub async fn show(State(app): State<App>, page: Page, Path(id): Path<String>) -> AppResult {
    let (t, now) = (page.t, app.clock.now());
    let mut tx = page.scope().begin(&app.db).await?;
    let leaver = found(&mut tx, &id).await?;
    let rows = store::removals(&mut tx, leaver.id).await?;
    drop(tx);
    page.show(&LeaverView {
        t,
        parts: parts(&page, "/access/leavers"),
        started: t.moment(&leaver.started_at),
        printed: t.moment(&now),
        left: leaver.all - leaver.verified,
        person_href: format!("/access/people/{}", leaver.match_id),
        customers: customers(t, &rows, now),
        may_again: page.scope().may(Right::RemoveAccess) && leaver.verified < leaver.all,
        frame: page.frame.clone(),
        leaver,
    })
}

#[derive(Deserialize)]
pub struct AgainForm {}

/// Looks again now at whatever is not gone yet; what was refused is tried again.
pub async fn again(
    State(app): State<App>,
    page: Page,
    Path(id): Path<String>,
    Form(AgainForm {}): Form<AgainForm>,
) -> AppResult {
    let now = app.clock.now();
    let mut tx = page.scope().begin(&app.db).await?;
    let leaver = found(&mut tx, &id).await?;
    let rows = store::removals(&mut tx, leaver.id).await?;
    let open = rows.iter().filter(|row| row.state != Removal::Verified);
    let customers: Vec<_> = open.map(|row| row.customer).collect();
    work::wake_each(&mut tx, &customers, WORK, now).await?;
    let event =
        Event::new("access.removal-again").after(json!({ "person": leaver.name, "mail": leaver.mail }));
    tx.commit(&app.clock, event).await?;
    app.nudge.notify_waiters();
    Ok(Redirect::to(&format!("/access/leavers/{id}?done=looking-again")).into_response())
}
