//! How one customer is read: each part, when last and next, and why it is late.

use askama::Template;
use axum::extract::State;

use super::part::{PartView, asleep};
use crate::app::App;
use crate::customers::{Customer, Tab, Viewed, consent, tabs};
use crate::kit::error::AppResult;
use crate::kit::frame::Frame;
use crate::kit::reading;
use crate::kit::text::T;
use crate::providers::AppKind;
use crate::reading::store;

#[derive(Template)]
#[template(path = "reading/customer.html")]
struct CustomerView {
    frame: Frame,
    t: T,
    tabs: Vec<Tab>,
    customer: Customer,
    parts: Vec<PartView>,
    /// Nothing is read, and why.
    asleep: Option<String>,
}

pub async fn show(State(app): State<App>, Viewed { page, customer }: Viewed) -> AppResult {
    let (t, now) = (page.t, app.clock.now());
    let mut tx = page.scope().begin(&app.db).await?;
    let consents = consent::store::all(&mut tx, customer.id).await?;
    let rows = store::parts(&mut tx, customer.id).await?;
    reading::looked(&mut tx, customer.id, now).await?;
    tx.commit_bookkeeping("who looks wants it fresh").await?;
    let reader = consents.iter().find(|one| one.app == AppKind::Reader);
    let consent = reader.map_or(("missing", None), |one| (one.state.as_str(), Some(one.since)));
    let asleep = asleep(t, customer.pause.is_some(), consent, now);
    let part = |row| PartView::new(t, row, now, asleep.is_some());
    page.show(&CustomerView {
        t,
        tabs: tabs(&page, customer.id, "reading"),
        parts: rows.into_iter().map(part).collect(),
        asleep,
        frame: page.frame.clone(),
        customer,
    })
}
