//! The customers whose work fails or is stopped, one by one.

use askama::Template;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};

use super::{Cause, kind_text};
use crate::app::App;
use crate::health::model::FailedRow;
use crate::health::store::{self, Filter};
use crate::kit::error::AppResult;
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::right::Right;
use crate::kit::text::T;

/// The address's query. What cannot be read counts as not given.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    #[serde(skip_serializing_if = "String::is_empty")]
    kind: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    cause: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    stopped: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
}

impl Asked {
    fn filter(&self) -> Filter {
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        Filter {
            kind: some(&self.kind),
            cause: some(&self.cause),
            stopped: self.stopped == "yes",
            after: serde_json::from_str(&self.after).ok(),
        }
    }

    fn at(&self, after: String) -> String {
        let query = serde_html_form::to_string(Self { after, ..self.clone() }).unwrap_or_default();
        format!("/health/rows?{query}")
    }
}

struct RowView {
    customer: String,
    name: String,
    kind: String,
    /// The page of a step that failed.
    step: Option<String>,
    /// The work to start again; none for a step.
    again: Option<String>,
    cause: Cause,
    detail: String,
    /// Code and request id, for a search or a support case.
    reference: Option<String>,
    failures: i32,
    ended: Option<(String, String)>,
    next: Option<String>,
    stopped: bool,
}

#[derive(Template)]
#[template(path = "health/rows.html")]
struct RowsView {
    frame: Frame,
    t: T,
    rows: Vec<RowView>,
    next: Option<String>,
    first: Option<String>,
    may_steer: bool,
}

/// A consent is mended by checking it again; a step is retried from its own page.
fn again(kind: &str) -> Option<String> {
    match kind.split(['-', ':']).next() {
        Some("step") => None,
        Some("consent") => Some("consent".to_owned()),
        _ => Some(kind.to_owned()),
    }
}

pub async fn show(State(app): State<App>, page: Page, Query(asked): Query<Asked>) -> AppResult {
    let (t, now) = (page.t, app.clock.now());
    let mut tx = page.scope().begin(&app.db).await?;
    let (rows, more) = store::failed(&mut tx, &asked.filter()).await?;
    drop(tx);
    let last = rows.last().filter(|_| more);
    let next = last.and_then(|row| serde_json::to_string(&(&row.sort_name, row.customer, &row.kind)).ok());
    let view = |row: FailedRow| RowView {
        step: row
            .kind
            .strip_prefix("step:")
            .map(|step| format!("/customers/{}/onboarding/steps/{step}", row.customer)),
        again: again(&row.kind),
        customer: row.customer.to_string(),
        name: row.name,
        kind: kind_text(t, &row.kind),
        cause: Cause::new(t, &row.cause, Some(&row.code)),
        detail: row.detail,
        reference: (!row.code.is_empty() || !row.request.is_empty())
            .then(|| t.errors_reference().code(row.code.clone()).request(row.request.clone())),
        failures: row.failures,
        ended: row.ended_at.map(|at| (t.age(&at, &now), t.moment(&at))),
        next: row.due_at.filter(|_| !row.stopped).map(|at| t.span(&(at - now))),
        stopped: row.stopped,
    };
    page.show(&RowsView {
        t,
        rows: rows.into_iter().map(view).collect(),
        next: next.map(|after| asked.at(after)),
        first: (!asked.after.is_empty()).then(|| asked.at(String::new())),
        may_steer: page.scope().may(Right::SteerWork),
        frame: page.frame.clone(),
    })
}
