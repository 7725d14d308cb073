//! The people of one customer: who has access until when, what warns, and which reviews are due.

use askama::Template;
use axum::extract::State;

use super::reviews::RoundView;
use super::rows::HeldView;
use super::{Part, parts};
use crate::access::store::{self, RoundFilter, WarningRow};
use crate::app::App;
use crate::customers::{Tab, Viewed, tabs};
use crate::kit::error::AppResult;
use crate::kit::frame::Frame;
use crate::kit::text::T;

/// Rows of what is held, and of what has ended, at one customer.
const SHOWN: i64 = 500;
const ENDED: i64 = 50;
const WARNINGS: i64 = 50;

/// A warning in words, and where to go for it.
pub struct WarningView {
    pub kind: &'static str,
    pub customer: String,
    pub customer_href: String,
    pub what: String,
    pub fix: String,
    pub since: String,
}

impl WarningView {
    pub fn new(row: &WarningRow, t: T) -> Self {
        let kind = row.kind.key();
        let names: Vec<&str> =
            row.facts["names"].as_array().into_iter().flatten().filter_map(|name| name.as_str()).collect();
        let ends = row.ends_at.map(|at| t.date(&at)).unwrap_or_default();
        let arguments =
            || vec![("names", names.join(", ").into()), ("date", ends.clone().into())];
        let text = |part: &str| {
            let key = format!("access-warning-{kind}-{part}");
            t.text_with(&key, arguments()).unwrap_or(key)
        };
        Self {
            kind,
            customer: row.customer_name.clone(),
            customer_href: format!("/customers/{}/people", row.customer),
            what: text("what"),
            fix: text("fix"),
            since: t.date(&row.since),
        }
    }
}

#[derive(Template)]
#[template(path = "access/customer.html")]
struct CustomerView {
    frame: Frame,
    t: T,
    tabs: Vec<Tab>,
    parts: Vec<Part>,
    warnings: Vec<WarningView>,
    rows: Vec<HeldView>,
    ended: Vec<HeldView>,
    rounds: Vec<RoundView>,
}

pub async fn show(State(app): State<App>, Viewed { page, customer }: Viewed) -> AppResult {
    let (t, now) = (page.t, app.clock.now());
    let mut tx = page.scope().begin(&app.db).await?;
    let warnings = store::warnings(&mut tx, Some(customer.id), WARNINGS).await?;
    let held = store::of_customer(&mut tx, customer.id, true, SHOWN).await?;
    let ended = store::of_customer(&mut tx, customer.id, false, ENDED).await?;
    let of = RoundFilter { customer: Some(customer.id), ..RoundFilter::default() };
    let (mut rounds, _) = store::rounds(&mut tx, &of).await?;
    rounds.extend(store::rounds(&mut tx, &RoundFilter { over: true, ..of }).await?.0.into_iter().take(5));
    drop(tx);
    let view = |row| HeldView::new(row, &app, t, now);
    page.show(&CustomerView {
        t,
        tabs: tabs(&page, customer.id, "people"),
        parts: parts(&page, ""),
        warnings: warnings.iter().map(|row| WarningView::new(row, t)).collect(),
        rows: held.into_iter().map(view).collect(),
        ended: ended.into_iter().map(view).collect(),
        rounds: rounds.into_iter().map(|row| RoundView::new(row, &app, t, now)).collect(),
        frame: page.frame.clone(),
    })
}
