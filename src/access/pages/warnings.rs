//! What warns of losing access, or the power to give it, over all customers.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::{Choice, Part, choice, parts};
use crate::access::model::WarningKind;
use crate::access::store::{self, WarningRow};
use crate::app::App;
use crate::kit::counted::Counted;
use crate::kit::error::AppResult;
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::text::T;

/// Warnings of a kind on one page; whoever has more has one cause for them.
const SHOWN: i64 = 200;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    kind: String,
}

/// A warning in words, and where to go for it.
pub struct WarningView {
    pub kind: &'static str,
    pub label: String,
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
        let arguments = || vec![("names", names.join(", ").into()), ("date", ends.clone().into())];
        let text = |part: &str| {
            let key = format!("access-warning-{kind}-{part}");
            t.text_with(&key, arguments()).unwrap_or(key)
        };
        Self {
            kind,
            label: labelled(t, row.kind),
            customer: row.customer_name.clone(),
            customer_href: format!("/customers/{}/people", row.customer),
            what: text("what"),
            fix: text("fix"),
            since: t.date(&row.since),
        }
    }
}

#[derive(Template)]
#[template(path = "access/all_warnings.html")]
struct WarningsView {
    frame: Frame,
    t: T,
    parts: Vec<Part>,
    kinds: Vec<Choice>,
    warnings: Vec<WarningView>,
}

/// A kind in a word or two.
pub fn labelled(t: T, kind: WarningKind) -> String {
    t.text_or_key(&format!("access-warning-{}", kind.key()))
}

pub async fn show(State(app): State<App>, page: Page, Query(asked): Query<Asked>) -> AppResult {
    let t = page.t;
    let mut tx = page.scope().begin(&app.db).await?;
    let counts = store::warning_counts(&mut tx).await?;
    let found = store::warnings(&mut tx, None, WarningKind::from_key(&asked.kind), SHOWN).await?;
    drop(tx);
    let kind = |kind: WarningKind| {
        let many = counts.iter().find(|(of, _)| *of == kind).map_or_else(Counted::default, |(_, many)| *many);
        choice(kind.key(), t.access_choice().label(labelled(t, kind)).count(many.figure(t)), &asked.kind)
    };
    page.show(&WarningsView {
        t,
        parts: parts(&page, "/access/warnings"),
        kinds: WarningKind::ALL.into_iter().map(kind).collect(),
        warnings: found.iter().map(|row| WarningView::new(row, t)).collect(),
        frame: page.frame.clone(),
    })
}
