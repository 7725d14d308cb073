//! Warns of what is known: access that ends, approvers about to be lost, guests who cannot come in. It asks nothing of
//! Microsoft, so that it goes on where reading fails, consent is lost, or the customer is paused.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::access::model::seats;
use crate::access::{store, tell};
use crate::app::App;
use crate::customers::store as customers;
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;
use crate::kit::work::{self, Claimed, Outcome, WorkError};

/// Kind of work: looks at what is kept of one customer, without reading him.
pub const WORK: &str = work::ENDINGS;
/// The steps that are warned of are days.
const EVERY: TimeDelta = TimeDelta::hours(6);

/// Has the customer's known ends looked at from now on, as soon as anything of his was read.
pub async fn begin(tx: &mut Tx, customer: CustomerId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    work::begin(tx, customer, WORK, now + EVERY).await
}

/// Keeps what warns by what is known now, and tells what is new of it.
pub async fn warn(tx: &mut Tx, customer: CustomerId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    let mut warnings = seats(store::approver_seats(tx, customer).await?.as_deref(), now);
    warnings.extend(store::blocked_guests(tx, customer).await?);
    let new = store::keep_warnings(tx, customer, &warnings, now).await?;
    tell::warnings(tx, customer, &new, now).await
}

/// Tells of ends that came nearer.
pub async fn tell_ends(tx: &mut Tx, customer: CustomerId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    let endings = store::take_endings(tx, customer, now).await?;
    tell::endings(tx, customer, &endings, now).await
}

/// The work itself. Of a paused customer only ends are told.
pub async fn work(app: App, claimed: Claimed) -> Outcome {
    let now = app.clock.now();
    match look(&app, &claimed, now).await {
        Ok(()) => Outcome::Done { next: Some(now + EVERY) },
        Err(WorkError::LeaseLost) => Outcome::LeaseLost,
        Err(error) => {
            tracing::warn!(customer = %claimed.customer(), %error, "known ends not told");
            Outcome::Failed { problem: json!({ "cause": "internal" }), next: None }
        }
    }
}

async fn look(app: &App, claimed: &Claimed, now: DateTime<Utc>) -> Result<(), WorkError> {
    let (mut tx, customer) = (claimed.begin(&app.db).await?, claimed.customer());
    let Some(known) = customers::find(&mut tx, customer).await? else { return Ok(()) };
    tell_ends(&mut tx, customer, now).await?;
    if known.pause.is_none() {
        warn(&mut tx, customer, now).await?;
    }
    Ok(tx.commit_bookkeeping("that time passes is nobody's act").await?)
}
