//! The people of one customer: who has access until when, what warns, and which reviews are due.

use askama::Template;
use axum::extract::State;

use super::reviews::RoundView;
use super::rows::HeldView;
use super::warnings::WarningView;
use crate::access::store::{self, RoundFilter};
use crate::app::App;
use crate::customers::{Tab, Viewed, tabs};
use crate::kit::error::AppResult;
use crate::kit::frame::Frame;
use crate::kit::text::T;

/// Rows of what is held, and of what has ended, at one customer.
const SHOWN: i64 = 500;
const ENDED: i64 = 50;
const WARNINGS: i64 = 50;

#[derive(Template)]
#[template(path = "access/customer.html")]
struct CustomerView {
    frame: Frame,
    t: T,
    tabs: Vec<Tab>,
    warnings: Vec<WarningView>,
    rows: Vec<HeldView>,
    ended: Vec<HeldView>,
    rounds: Vec<RoundView>,
}

pub async fn show(State(app): State<App>, Viewed { page, customer }: Viewed) -> AppResult {
    let (t, now) = (page.t, app.clock.now());
    let mut tx = page.scope().begin(&app.db).await?;
    let warnings = store::warnings(&mut tx, Some(customer.id), None, WARNINGS).await?;
    let held = store::of_customer(&mut tx, customer.id, true, SHOWN).await?;
    let ended = store::of_customer(&mut tx, customer.id, false, ENDED).await?;
    let of = RoundFilter { customer: Some(customer.id), ..RoundFilter::default() };
    let (mut rounds, _) = store::rounds(&mut tx, &of).await?;
    rounds.extend(store::rounds(&mut tx, &RoundFilter { over: true, ..of }).await?.0.into_iter().take(5));
    drop(tx);
    let view = |row| HeldView::new(row, t, now);
    page.show(&CustomerView {
        t,
        tabs: tabs(&page, customer.id, "people"),
        warnings: warnings.iter().map(|row| WarningView::new(row, t)).collect(),
        rows: held.into_iter().map(view).collect(),
        ended: ended.into_iter().map(view).collect(),
        rounds: rounds.into_iter().map(|row| RoundView::new(row, &app, t, now)).collect(),
        frame: page.frame.clone(),
    })
}
