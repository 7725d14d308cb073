//! Reviews of access: rounds with their due dates and progress, and the people of one round.

use askama::Template;
use axum::extract::{Path, Query, State};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::expiring::packages;
use super::{Choice, Part, at, choice, parts};
use crate::access::model::{is_over, nearness};
use crate::access::store::{self, DecisionRow, RoundFilter, RoundRow};
use crate::app::App;
use crate::customers::{Tab, Viewed, tabs};
use crate::kit::error::{AppError, AppResult};
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::text::T;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// `over`: rounds that are over.
    #[serde(skip_serializing_if = "String::is_empty")]
    show: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    package: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    customer: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
}

pub struct RoundView {
    pub href: String,
    pub customer: String,
    pub customer_href: String,
    pub package: String,
    pub state: String,
    pub over: bool,
    pub begun: bool,
    pub since: Option<String>,
    pub due: Option<(String, String)>,
    pub near_key: &'static str,
    pub near_icon: &'static str,
    pub decided: i32,
    pub denied: i32,
    pub people: i32,
    /// Where it is decided.
    pub open: Option<String>,
}

fn word(t: T, group: &str, word: &str) -> String {
    t.text(&format!("access-{group}-{}", word.to_lowercase())).unwrap_or_else(|| word.to_owned())
}

impl RoundView {
    pub fn new(row: RoundRow, app: &App, t: T, now: DateTime<Utc>) -> Self {
        let (near_key, near_icon) = nearness(row.due_at, now);
        let over = is_over(&row.state) || row.gone;
        let begun = row.starts_at.is_some_and(|at| at <= now);
        Self {
            href: format!("/customers/{}/reviews/{}", row.customer, row.id),
            customer_href: format!("/customers/{}/people", row.customer),
            state: if row.gone { t.access_round_gone() } else { word(t, "round", &row.state) },
            over,
            begun,
            since: row.starts_at.map(|at| t.date(&at)),
            due: row.due_at.map(|at| (t.date(&at), t.time_left(&at, &now))),
            near_key,
            near_icon,
            decided: row.approved + row.denied,
            denied: row.denied,
            people: row.people,
            open: (!over && begun && !row.domain.is_empty()).then(|| app.cloud.my_access_link(&row.domain)),
            customer: row.customer_name,
            package: row.package_name,
        }
    }
}

#[derive(Template)]
#[template(path = "access/reviews.html")]
struct ReviewsView {
    frame: Frame,
    t: T,
    parts: Vec<Part>,
    shows: Vec<Choice>,
    packages: Vec<Choice>,
    over: bool,
    rounds: Vec<RoundView>,
    narrowed: bool,
    next: Option<String>,
    first: Option<String>,
}

pub async fn show(State(app): State<App>, page: Page, Query(asked): Query<Asked>) -> AppResult {
    let (t, now) = (page.t, app.clock.now());
    let filter = RoundFilter {
        over: asked.show == "over",
        customer: asked.customer.parse().ok(),
        package: Some(asked.package.clone()).filter(|key| !key.is_empty()),
        after: serde_json::from_str(&asked.after).ok(),
    };
    let mut tx = page.scope().begin(&app.db).await?;
    let (rows, next) = store::rounds(&mut tx, &filter).await?;
    let packages = packages(&mut tx, now, &asked.package).await?;
    drop(tx);
    let page_at = |after: String| at("/access/reviews", &Asked { after, ..asked.clone() });
    page.show(&ReviewsView {
        t,
        parts: parts(&page, "/access/reviews"),
        shows: vec![
            choice("", t.access_rounds_open(), &asked.show),
            choice("over", t.access_rounds_over(), &asked.show),
        ],
        packages,
        over: filter.over,
        rounds: rows.into_iter().map(|row| RoundView::new(row, &app, t, now)).collect(),
        narrowed: !asked.package.is_empty() || !asked.customer.is_empty(),
        next: next.and_then(|cursor| serde_json::to_string(&cursor).ok()).map(page_at),
        first: (!asked.after.is_empty()).then(|| page_at(String::new())),
        frame: page.frame.clone(),
    })
}

struct DecisionView {
    name: String,
    decision: String,
    decision_key: String,
    recommendation: String,
    by: String,
    at: Option<String>,
    reason: String,
}

fn decision(row: DecisionRow, t: T) -> DecisionView {
    DecisionView {
        name: row.name,
        decision: word(t, "verdict", &row.decision),
        decision_key: row.decision.to_lowercase(),
        recommendation: if row.recommendation.is_empty() {
            String::new()
        } else {
            word(t, "verdict", &row.recommendation)
        },
        by: row.decided_by,
        at: row.decided_at.map(|at| t.date(&at)),
        reason: row.reason,
    }
}

#[derive(Template)]
#[template(path = "access/round.html")]
struct OneView {
    frame: Frame,
    t: T,
    tabs: Vec<Tab>,
    round: RoundView,
    people: Vec<DecisionView>,
}

pub async fn round(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    Path((_, id)): Path<(String, String)>,
) -> AppResult {
    let (t, now) = (page.t, app.clock.now());
    let mut tx = page.scope().begin(&app.db).await?;
    let row = store::round(&mut tx, customer.id, &id).await?.ok_or(AppError::NotFound)?;
    let people = store::decisions(&mut tx, customer.id, &id).await?;
    drop(tx);
    page.show(&OneView {
        t,
        tabs: tabs(&page, customer.id, "people"),
        round: RoundView::new(row, &app, t, now),
        people: people.into_iter().map(|row| decision(row, t)).collect(),
        frame: page.frame.clone(),
    })
}
