//! The record of a removal: what he held and whose account it was, what became of it, what he has asked for still, and
//! what his customers must do.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::leave::{RequestView, requests};
use super::{Part, parts};
use crate::access::model::Removal;
use crate::access::store::{self, LeaverRow, RemovalRow};
use crate::access::work::WORK;
use crate::app::App;
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult};
use crate::kit::form::Form;
use crate::kit::frame::Frame;
use crate::kit::ids::CustomerId;
use crate::kit::page::Page;
use crate::kit::right::Right;
use crate::kit::scope::Tx;
use crate::kit::text::T;
use crate::kit::{reading, work};

struct RemovalView {
    package: String,
    /// Whose account it is: its name, and its address.
    name: String,
    account: String,
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
    /// Nobody here can see whether it is gone.
    unseen: bool,
    /// For the customer's administrator.
    steps: Option<String>,
}

struct CustomerView {
    href: String,
    name: String,
    removals: Vec<RemovalView>,
    /// What the customer must do, as a text to send; with its id on the page, and what it is for.
    mail: Option<(String, String, String)>,
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
    /// Packages that are not gone, and requests that are open, of all customers.
    left: i64,
    asked: i64,
    /// Some of that is at customers that are not in view.
    hidden: bool,
    limited: bool,
    person_href: String,
    customers: Vec<CustomerView>,
    requests: Vec<RequestView>,
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

/// What the portal does not do, or not see: his administrator must.
fn by_customer(row: &RemovalRow) -> bool {
    row.state != Removal::Verified && (row.state == Removal::ByCustomer || row.paused || !row.reads)
}

fn removal(row: &RemovalRow, t: T, now: DateTime<Utc>) -> RemovalView {
    let open = row.state != Removal::Verified;
    let (state_key, icon) = if open && row.paused { ("us", "player-pause") } else { look(row.state) };
    let cause = row.problem.as_ref().and_then(|problem| problem["cause"].as_str());
    let text = |cause: &str, part: &str| t.text(&format!("errors-{cause}-{part}"));
    let state = || t.text_or_key(&format!("access-removal-{}", row.state.key()));
    RemovalView {
        package: row.package_name.clone(),
        name: row.target_name.clone(),
        account: row.account().to_owned(),
        state: if open && row.paused { t.access_removal_paused() } else { state() },
        state_key,
        icon,
        way: (!open && !row.way.is_empty()).then(|| t.text_or_key(&format!("access-way-{}", row.way))),
        asked: row.asked_at.map(|at| t.moment(&at)),
        verified: row.verified_at.map(|at| t.moment(&at)),
        looked: row.looked_at.map(|at| t.age(&at, &now)),
        problem: cause.filter(|_| open).map(|cause| {
            let what = text(cause, "what").unwrap_or_else(|| t.health_cause_unknown_what());
            (what, text(cause, "fix").unwrap_or_default())
        }),
        ends: row.ends_at.filter(|_| open).map(|at| t.date(&at)),
        unseen: open && !row.reads && !row.paused,
        steps: by_customer(row)
            .then(|| t.access_steps_one().package(row.package_name.clone()).who(row.account().to_owned())),
    }
}

/// The text for a customer's administrator, where only he can do it: each package with the account that holds it.
fn mail(t: T, rows: &[&RemovalRow]) -> Option<(String, String, String)> {
    let first = rows.first()?;
    let packages: Vec<_> =
        rows.iter().map(|row| format!("{} ({})", row.package_name, row.account())).collect();
    let (lead, end) = match (first.paused, first.reads) {
        (true, _) => (t.access_steps_lead_paused(), t.access_steps_mail_unseen()),
        (_, false) => (t.access_steps_lead_unseen(), t.access_steps_mail_unseen()),
        _ => (t.access_steps_lead(), t.access_steps_mail_seen()),
    };
    let text = t.access_steps_mail().who(first.leaver_name.clone()).packages(packages.join(", "));
    Some((format!("mail-{}", first.customer), format!("{text} {end}"), lead))
}

/// One customer's part of the record.
fn customers(t: T, rows: &[RemovalRow], now: DateTime<Utc>) -> Vec<CustomerView> {
    let mut found: Vec<(CustomerView, Vec<&RemovalRow>)> = Vec::new();
    let mut places: BTreeMap<CustomerId, usize> = BTreeMap::new();
    for row in rows {
        let place = *places.entry(row.customer).or_insert_with(|| {
            let view = CustomerView {
                href: format!("/customers/{}/people", row.customer),
                name: row.customer_name.clone(),
                removals: Vec::new(),
                mail: None,
            };
            found.push((view, Vec::new()));
            found.len() - 1
        });
        if let Some((view, his)) = found.get_mut(place) {
            view.removals.push(removal(row, t, now));
            his.extend(by_customer(row).then_some(row));
        }
    }
    let mailed = |(view, his): (CustomerView, Vec<&RemovalRow>)| CustomerView { mail: mail(t, &his), ..view };
    found.into_iter().map(mailed).collect()
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
    let (asker, limited) = (leaver.asker(), page.scope().limited_to().is_some());
    let asked = store::open_request_count(&mut tx, &asker).await?;
    let requests = requests(&page, store::open_requests(&mut tx, &asker).await?);
    drop(tx);
    let listed = i64::try_from(requests.len()).unwrap_or(i64::MAX);
    page.show(&LeaverView {
        t,
        parts: parts(&page, "/access/leavers"),
        started: t.moment(&leaver.started_at),
        printed: t.moment(&now),
        left: leaver.open,
        asked,
        hidden: limited && (leaver.hidden() > 0 || asked > listed),
        limited,
        requests,
        person_href: format!("/access/people/{}", leaver.match_id),
        customers: customers(t, &rows, now),
        may_again: page.scope().may(Right::RemoveAccess) && (leaver.verified < leaver.all || listed > 0),
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
    let asked = store::open_requests(&mut tx, &leaver.asker()).await?;
    let asked: Vec<_> = asked.into_iter().map(|one| one.customer).collect();
    reading::hurry_each(&mut tx, &asked, &[reading::ASSIGNMENTS], now).await?;
    let event =
        Event::new("access.removal-again").after(json!({ "person": leaver.name, "mail": leaver.mail }));
    tx.commit(&app.clock, event).await?;
    app.nudge.notify_waiters();
    Ok(Redirect::to(&format!("/access/leavers/{id}?done=looking-again")).into_response())
}
