//! One's own connections, and ending one.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

use super::go_path;
use crate::app::App;
use crate::connections::model::Connection;
use crate::connections::store;
use crate::customers::Viewed;
use crate::kit::audit::Event;
use crate::kit::error::AppResult;
use crate::kit::form::CustomerForm;
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::text::T;
use crate::sign_in::oidc::safe_back;

struct RowView {
    customer: String,
    name: String,
    account: String,
    who: String,
    since: String,
    since_moment: String,
    until: String,
    here: bool,
    /// Where an ended one of this browser is renewed.
    renew: Option<String>,
}

#[derive(Template)]
#[template(path = "connections/list.html")]
struct ListView {
    frame: Frame,
    t: T,
    rows: Vec<RowView>,
}

fn row(app: &App, t: T, one: Connection) -> RowView {
    let now = app.clock.now();
    let over = !one.serves(now);
    RowView {
        renew: (one.here && over).then(|| go_path(one.customer, "/connections", true)),
        customer: one.customer.to_string(),
        account: one.account.shown().to_owned(),
        who: one.account.name,
        since: t.age(&one.connected_at, &now),
        since_moment: t.moment(&one.connected_at),
        until: if over { t.connections_lapsed() } else { t.moment(&one.expires_at) },
        name: one.customer_name,
        here: one.here,
    }
}

pub async fn show(State(app): State<App>, page: Page) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let all = store::all(&mut tx, &page.session).await?;
    drop(tx);
    let rows = all.into_iter().map(|one| row(&app, page.t, one)).collect();
    page.show(&ListView { t: page.t, rows, frame: page.frame.clone() })
}

#[derive(Deserialize)]
pub struct DisconnectForm {
    #[serde(default)]
    back: String,
}

pub async fn disconnect(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    CustomerForm(form): CustomerForm<DisconnectForm>,
) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    if store::disconnect(&mut tx, &page.session, customer.id).await? > 0 {
        tx.commit(&app.clock, Event::new("connection.ended").of(customer.id)).await?;
    }
    let back = safe_back(&form.back).unwrap_or("/connections");
    let joint = if back.contains('?') { '&' } else { '?' };
    Ok(Redirect::to(&format!("{back}{joint}done=disconnected")).into_response())
}
