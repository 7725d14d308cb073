//! How every customer is read: what is late, throttled or failing, and why.

use askama::Template;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::health::model::{Only, SyncRow};
use crate::health::store::{self, SyncFilter};
use crate::kit::error::AppResult;
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::text::T;
use crate::reading::{PartView, asleep};

/// The address's query. What cannot be read counts as not given.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    #[serde(skip_serializing_if = "String::is_empty")]
    only: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
}

impl Asked {
    fn at(&self, only: &str, after: String) -> String {
        let query = serde_html_form::to_string(Self { only: only.to_owned(), after }).unwrap_or_default();
        if query.is_empty() { "/health/sync".to_owned() } else { format!("/health/sync?{query}") }
    }
}

struct RowView {
    href: String,
    name: String,
    asleep: Option<String>,
    parts: Vec<PartView>,
}

/// One of the choices above the list.
struct ChoiceView {
    href: String,
    label: String,
    current: bool,
}

#[derive(Template)]
#[template(path = "health/sync.html")]
struct SyncView {
    frame: Frame,
    t: T,
    choices: Vec<ChoiceView>,
    rows: Vec<RowView>,
    next: Option<String>,
    first: Option<String>,
}

pub async fn show(State(app): State<App>, page: Page, Query(asked): Query<Asked>) -> AppResult {
    let (t, now) = (page.t, app.clock.now());
    let only = Only::from_key(&asked.only);
    let filter = SyncFilter { only, after: serde_json::from_str(&asked.after).ok() };
    let mut tx = page.scope().begin(&app.db).await?;
    let (rows, more) = store::sync(&mut tx, &filter, now).await?;
    drop(tx);
    let last = rows.last().filter(|_| more);
    let next = last.and_then(|row| serde_json::to_string(&(&row.sort_name, row.customer)).ok());
    let choice = |key: Option<Only>| ChoiceView {
        href: asked.at(key.map_or("", Only::key), String::new()),
        label: t.text_or_key(&format!("health-sync-{}", key.map_or("all", Only::key))),
        current: key == only,
    };
    let row = |row: SyncRow| {
        let asleep = asleep(t, row.paused, (&row.consent, row.since), now);
        RowView {
            href: format!("/customers/{}/reading", row.customer),
            name: row.name,
            parts: row.parts.into_iter().map(|part| PartView::new(t, part, now, asleep.is_some())).collect(),
            asleep,
        }
    };
    page.show(&SyncView {
        t,
        choices: std::iter::once(None).chain(Only::ALL.map(Some)).map(choice).collect(),
        rows: rows.into_iter().map(row).collect(),
        next: next.map(|after| asked.at(&asked.only, after)),
        first: (!asked.after.is_empty()).then(|| asked.at(&asked.only, String::new())),
        frame: page.frame.clone(),
    })
}
