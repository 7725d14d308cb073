//! People who were removed, and how far each removal is.

use askama::Template;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};

use super::{Part, at, parts};
use crate::access::store;
use crate::app::App;
use crate::kit::error::AppResult;
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::text::T;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
}

struct RowView {
    href: String,
    name: String,
    mail: String,
    started: String,
    by: String,
    done: i64,
    all: i64,
    by_customer: i64,
    failed: i64,
    /// Open at customers that are not in view.
    hidden: i64,
}

#[derive(Template)]
#[template(path = "access/leavers.html")]
struct LeaversView {
    frame: Frame,
    t: T,
    parts: Vec<Part>,
    rows: Vec<RowView>,
    next: Option<String>,
    first: Option<String>,
}

pub async fn show(State(app): State<App>, page: Page, Query(asked): Query<Asked>) -> AppResult {
    let t = page.t;
    let mut tx = page.scope().begin(&app.db).await?;
    let (rows, next) = store::leavers(&mut tx, None, serde_json::from_str(&asked.after).ok()).await?;
    drop(tx);
    let page_at = |after: String| at("/access/leavers", &Asked { after });
    page.show(&LeaversView {
        t,
        parts: parts(&page, "/access/leavers"),
        rows: rows
            .into_iter()
            .map(|row| RowView {
                hidden: row.hidden(),
                href: format!("/access/leavers/{}", row.id),
                name: row.name,
                mail: row.mail,
                started: t.date(&row.started_at),
                by: row.started_by.unwrap_or_default(),
                done: row.verified,
                all: row.all,
                by_customer: row.by_customer,
                failed: row.failed,
            })
            .collect(),
        next: next.and_then(|cursor| serde_json::to_string(&cursor).ok()).map(page_at),
        first: (!asked.after.is_empty()).then(|| page_at(String::new())),
        frame: page.frame.clone(),
    })
}
