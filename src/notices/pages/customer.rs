//! One customer's notices: what was told of him, and a while in which nothing is told, with its reason.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::json;

use super::home::kind;
use super::sent::SentView;
use super::times::BoxView;
use crate::app::App;
use crate::customers::{Tab, Viewed, tabs};
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult};
use crate::kit::form::{CustomerForm, FieldErrors};
use crate::kit::frame::Frame;
use crate::kit::happening::Kind;
use crate::kit::ids::SnoozeId;
use crate::kit::page::Page;
use crate::kit::right::Right;
use crate::kit::scope::Tx;
use crate::kit::text::T;
use crate::notices::store::{self, SnoozeRow};

/// For how many days something is snoozed at most, and what is offered.
const MOST: i64 = 90;
const DAYS: [i64; 6] = [1, 2, 7, 14, 30, MOST];
/// Messages shown.
const SHOWN: i64 = 25;

struct SnoozeView {
    id: String,
    what: String,
    reason: String,
    by: String,
    until: String,
}

#[derive(Template)]
#[template(path = "notices/customer.html")]
struct CustomerView {
    frame: Frame,
    t: T,
    tabs: Vec<Tab>,
    customer: String,
    snoozes: Vec<SnoozeView>,
    rows: Vec<SentView>,
    kinds: Vec<BoxView>,
    days: Vec<BoxView>,
    reason: String,
    may_snooze: bool,
    errors: FieldErrors,
}

async fn view(
    app: &App,
    page: &Page,
    tx: &mut Tx,
    customer: crate::kit::ids::CustomerId,
) -> Result<CustomerView, AppError> {
    let (t, now) = (page.t, app.clock.now());
    let snoozes = store::snoozes(tx, customer, now).await?;
    let rows = store::of_customer(tx, customer, SHOWN).await?;
    let every = BoxView { value: String::new(), label: t.notices_kind_every(), chosen: true };
    let kinds = Kind::ALL.into_iter().map(|one| BoxView {
        value: one.key().to_owned(),
        label: kind(t, one.key()),
        chosen: false,
    });
    let snooze = |one: SnoozeRow| SnoozeView {
        id: one.id.to_string(),
        what: kind(t, &one.kind),
        reason: one.reason,
        by: one.by,
        until: t.moment(&one.ends_at),
    };
    Ok(CustomerView {
        t,
        tabs: tabs(page, customer, "notices"),
        customer: customer.to_string(),
        snoozes: snoozes.into_iter().map(snooze).collect(),
        rows: rows.into_iter().map(|row| SentView::new(t, row, now)).collect(),
        kinds: std::iter::once(every).chain(kinds).collect(),
        days: DAYS
            .into_iter()
            .map(|days| BoxView {
                value: days.to_string(),
                label: t.span(&TimeDelta::days(days)),
                chosen: days == 7,
            })
            .collect(),
        reason: String::new(),
        may_snooze: page.scope().may(Right::KeepNotes),
        errors: FieldErrors::default(),
        frame: page.frame.clone(),
    })
}

pub async fn show(State(app): State<App>, Viewed { page, customer }: Viewed) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    page.show(&view(&app, &page, &mut tx, customer.id).await?)
}

#[derive(Deserialize)]
pub struct SnoozeForm {
    kind: String,
    days: String,
    reason: String,
}

pub async fn snooze(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    CustomerForm(form): CustomerForm<SnoozeForm>,
) -> AppResult {
    let now = app.clock.now();
    let what = match form.kind.as_str() {
        "" => "",
        given => Kind::from_key(given).ok_or(AppError::Bad("no such kind of happening"))?.key(),
    };
    let days = form.days.parse::<i64>().ok().filter(|days| (1..=MOST).contains(days));
    let days = days.ok_or(AppError::Bad("a snooze has 1 to 90 days"))?;
    let reason = form.reason.trim();
    let mut tx = page.scope().begin(&app.db).await?;
    if reason.is_empty() || reason.chars().count() > 300 {
        let mut shown = view(&app, &page, &mut tx, customer.id).await?;
        shown.errors.add("reason", page.t.notices_snooze_reason_missing());
        return page.show_again(&CustomerView { reason: form.reason, ..shown });
    }
    let by = page.scope().person().ok_or(AppError::NotFound)?;
    let (id, ends_at) = (SnoozeId::new(&app.clock, &app.chance), now + TimeDelta::days(days));
    if !store::snooze(&mut tx, id, customer.id, by, (what, reason), (now, ends_at)).await? {
        return Err(AppError::NotFound);
    }
    let told = json!({ "happenings": what, "until": page.t.moment(&ends_at) });
    tx.commit(&app.clock, Event::new("notices.snoozed").of(customer.id).after(told).why(reason)).await?;
    Ok(Redirect::to(&format!("/customers/{}/notices?done=snoozed", customer.id)).into_response())
}

#[derive(Deserialize)]
pub struct WakeForm {
    snooze: String,
}

/// Ends a snooze before its time.
pub async fn wake(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    CustomerForm(form): CustomerForm<WakeForm>,
) -> AppResult {
    let id: SnoozeId = form.snooze.parse().map_err(|_| AppError::NotFound)?;
    let mut tx = page.scope().begin(&app.db).await?;
    let ended =
        store::end_snooze(&mut tx, id, customer.id, app.clock.now()).await?.ok_or(AppError::NotFound)?;
    let event = Event::new("notices.snooze-ended").of(customer.id).after(json!({ "happenings": ended }));
    tx.commit(&app.clock, event).await?;
    Ok(Redirect::to(&format!("/customers/{}/notices?done=snooze-ended", customer.id)).into_response())
}
