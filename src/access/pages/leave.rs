//! Somebody leaves: everything he holds and has asked for is listed, and its removal begins after his address was typed.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use serde_json::json;

use super::person::find;
use super::rows::HeldView;
use super::{Part, parts};
use crate::access::store::{self, Asker, Called, NewLeaver, OpenRequest, PersonRow};
use crate::access::work::WORK;
use crate::access_requests;
use crate::app::App;
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult, Told};
use crate::kit::form::{FieldErrors, Form};
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::right::Right;
use crate::kit::scope::Tx;
use crate::kit::text::T;
use crate::kit::{reading, work};

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
    requests: Vec<RequestView>,
    limited: bool,
    /// What his customers call him, where they do not all say the same.
    called: Vec<String>,
    address: String,
    why: String,
    errors: FieldErrors,
}

fn to_type(person: &PersonRow) -> String {
    if person.mail.is_empty() { person.name.clone() } else { person.mail.clone() }
}

/// A request of his that is not decided, or not delivered yet.
pub(super) struct RequestView {
    pub customer_href: String,
    pub customer: String,
    pub package: String,
    pub account: String,
    pub state: String,
    pub asked: String,
    /// Where it is denied.
    pub href: Option<String>,
}

pub(super) fn requests(page: &Page, open: Vec<OpenRequest>) -> Vec<RequestView> {
    let (t, may) = (page.t, page.scope().may(Right::ViewRequests));
    let view = |one: OpenRequest| RequestView {
        customer_href: format!("/customers/{}/people", one.customer),
        href: may.then(|| format!("/requests/{}/{}", one.customer, one.id)),
        state: access_requests::state(t, &one.state).0,
        asked: t.moment(&one.created_at),
        account: if one.mail.is_empty() { one.name } else { one.mail },
        customer: one.customer_name,
        package: one.package_name,
    };
    open.into_iter().map(view).collect()
}

async fn view(app: &App, page: &Page, tx: &mut Tx, person: PersonRow) -> Result<AskView, AppError> {
    let (t, now) = (page.t, app.clock.now());
    let (rows, next) = store::held_by(tx, person.id, true, None).await?;
    let asker = Asker { match_id: person.id, ..Asker::default() };
    let called = store::called(tx, person.id).await?;
    let one = |one: Called| {
        let who = if one.mail.is_empty() || one.mail == one.name {
            one.name
        } else {
            format!("{} ({})", one.name, one.mail)
        };
        t.access_leave_called().who(who).customers(one.customers)
    };
    let called = if called.len() > 1 { called.into_iter().map(one).collect() } else { Vec::new() };
    let requests = requests(page, store::open_requests(tx, &asker).await?);
    Ok(AskView {
        requests,
        called,
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
    let asker = Asker { match_id: person.id, ..Asker::default() };
    let asked = store::open_requests(&mut tx, &asker).await?;
    // What he was given since his customers were read last is found as soon as may be.
    let his: Vec<_> = customers.iter().copied().chain(asked.iter().map(|one| one.customer)).collect();
    reading::hurry_each(&mut tx, &his, &[reading::ASSIGNMENTS], now).await?;
    let event = Event::new("access.leaver-started").why(why).after(json!({
        "person": person.name, "mail": person.mail, "customers": customers.len(), "requests": asked.len(),
    }));
    tx.commit(&app.clock, event).await?;
    app.nudge.notify_waiters();
    Ok(Redirect::to(&format!("/access/leavers/{leaver}?done=leaving")).into_response())
}
