//! What was told, what waits, and what could not be sent: with a button to send it again.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::sent::SentView;
use super::times::BoxView;
use crate::app::App;
use crate::kit::audit::Event;
use crate::kit::error::{AppError, AppResult};
use crate::kit::form::Form;
use crate::kit::frame::Frame;
use crate::kit::ids::OutgoingId;
use crate::kit::page::Page;
use crate::kit::text::T;
use crate::notices::store::{self, Filter};

const STATES: [&str; 4] = ["dead", "waiting", "sent", "dropped"];

/// The address's query. What cannot be read counts as not given.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    #[serde(skip_serializing_if = "String::is_empty")]
    state: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
}

impl Asked {
    fn at(&self, after: String) -> String {
        let query = serde_html_form::to_string(Self { after, ..self.clone() }).unwrap_or_default();
        format!("/admin/notices/outbox?{query}")
    }
}

#[derive(Template)]
#[template(path = "notices/outbox.html")]
struct OutboxView {
    frame: Frame,
    t: T,
    states: Vec<BoxView>,
    rows: Vec<SentView>,
    dead: i64,
    next: Option<String>,
    first: Option<String>,
}

pub async fn show(State(app): State<App>, page: Page, Query(asked): Query<Asked>) -> AppResult {
    let (t, now) = (page.t, app.clock.now());
    let filter = Filter {
        state: STATES.into_iter().find(|state| *state == asked.state).map(str::to_owned),
        after: serde_json::from_str(&asked.after).ok(),
        ..Filter::default()
    };
    let mut tx = page.scope().begin(&app.db).await?;
    let (rows, more) = store::list(&mut tx, &filter).await?;
    let dead = store::dead_count(&mut tx).await?;
    drop(tx);
    let last = rows.last().filter(|_| more);
    let next = last.and_then(|row| serde_json::to_string(&(row.made_at, row.id)).ok());
    page.show(&OutboxView {
        t,
        states: STATES
            .into_iter()
            .map(|state| BoxView {
                value: state.to_owned(),
                label: t.text_or_key(&format!("notices-state-{state}")),
                chosen: asked.state == state,
            })
            .collect(),
        rows: rows.into_iter().map(|row| SentView::new(t, row, now)).collect(),
        dead,
        next: next.map(|after| asked.at(after)),
        first: (!asked.after.is_empty()).then(|| asked.at(String::new())),
        frame: page.frame.clone(),
    })
}

#[derive(Deserialize)]
pub struct AgainForm {
    /// One message, or `all` that are dead.
    message: String,
}

pub async fn again(State(app): State<App>, page: Page, Form(form): Form<AgainForm>) -> AppResult {
    let now = app.clock.now();
    let mut tx = page.scope().begin(&app.db).await?;
    let many = if form.message == "all" {
        store::again_all(&mut tx, now).await?
    } else {
        let id: OutgoingId = form.message.parse().map_err(|_| AppError::NotFound)?;
        if !store::again(&mut tx, id, now).await? {
            return Err(AppError::NotFound);
        }
        1
    };
    if many > 0 {
        let event = Event::new("notices.sent-again").after(json!({ "messages": many }));
        tx.commit(&app.clock, event).await?;
        app.nudge.notify_waiters();
    }
    Ok(Redirect::to("/admin/notices/outbox?done=sent-again").into_response())
}
