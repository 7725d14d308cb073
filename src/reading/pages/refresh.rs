//! "Read now": a turn of this one customer, there and then. Within five seconds it is said what came of it.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use chrono::TimeDelta;
use serde::Deserialize;

use crate::app::App;
use crate::customers::Viewed;
use crate::kit::audit::Event;
use crate::kit::error::AppResult;
use crate::kit::form::CustomerForm;
use crate::kit::{reading, work};
use crate::reading::store;
use crate::reading::work::{PATIENCE, WORK, work as turn};

/// Nobody waits longer for an answer; what comes late is kept all the same.
const WAITS: Duration = Duration::from_millis(4500);

/// So long after a turn for a person there is none for another, nor for him: each costs the customer's directory calls,
/// and whoever may look may ask.
const REST: TimeDelta = TimeDelta::seconds(30);

#[derive(Deserialize)]
pub struct RefreshForm {}

pub async fn now(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    CustomerForm(RefreshForm {}): CustomerForm<RefreshForm>,
) -> AppResult {
    let now = app.clock.now();
    let back =
        |done: &str| Redirect::to(&format!("/customers/{}/reading?done={done}", customer.id)).into_response();
    let mut tx = page.scope().begin(&app.db).await?;
    let claimed = work::claim_now(&mut tx, customer.id, (WORK, PATIENCE), now).await?;
    if claimed.is_some() {
        if store::refreshed_since(&mut tx, customer.id, now - REST).await? {
            return Ok(back("refresh-before"));
        }
        reading::hurry(&mut tx, customer.id, &[], now).await?;
        tx.commit(&app.clock, Event::new("customer.refreshed").of(customer.id)).await?;
    }
    let done = match claimed {
        None => "refresh-elsewhere",
        Some(claimed) => {
            let work = turn(app.clone(), claimed.clone());
            let house = app.clone();
            // On its own task: who breaks off his request breaks off no turn, and a stopping process waits for it.
            let turn = app.aside.spawn(async move {
                claimed.carry_out((&house.db, &house.clock, &house.chance), work).await;
            });
            // A deadline of real calls, as those of graph::http: not a wait.
            if tokio::time::timeout(WAITS, turn).await.is_ok() { "refreshed" } else { "refresh-late" }
        }
    };
    Ok(back(done))
}
