//! One turn of a customer: what is due of each part goes out together, and what came back is kept part by part. A part
//! that fails spoils no other: the turn itself fails only where the requests could not be read.
//!
//! Alerts go by themselves, after the batch: they are due seldom, and may be big.
//!
//! A room that is read offers `wanted`, `put`, `read` and `keep`; it has a field of [`Wanted`], and a line in `wanted` and
//! in `read`.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::access::reading::{assignments, reviews};
use crate::access_requests::{decider, reading as requests};
use crate::alerts::reading as alerts;
use crate::app::App;
use crate::graph::{Directory, GraphError, GraphErrorKind};
use crate::kit::ids::CustomerId;
use crate::kit::reading::{self, Due};
use crate::kit::scope::Tx;
use crate::kit::unknown;
use crate::kit::work::{Claimed, WorkError};
use crate::reading::work::{TurnError, forgotten};

/// What is due of one customer now. Cheap where nothing is.
pub(super) struct Wanted {
    requests: requests::Wanted,
    decider: Option<decider::Wanted>,
    assignments: Option<assignments::Wanted>,
    reviews: Option<reviews::Wanted>,
    alerts: Option<alerts::Wanted>,
}

pub(super) async fn wanted(
    tx: &mut Tx,
    customer: CustomerId,
    now: DateTime<Utc>,
) -> Result<Wanted, sqlx::Error> {
    Ok(Wanted {
        requests: requests::wanted(tx, customer, now).await?,
        decider: decider::wanted(tx, customer, now).await?,
        assignments: assignments::wanted(tx, customer, now).await?,
        reviews: reviews::wanted(tx, customer, now).await?,
        alerts: alerts::wanted(tx, customer, now).await?,
    })
}

/// Takes, reads and keeps one part, in a transaction of its own; what became of it.
macro_rules! part {
    ($app:ident, $claimed:ident, $answers:ident, $room:ident, $part:expr) => {
        if let Some(asked) = $room {
            let due = asked.due().clone();
            let outcome: Result<(), PartError> = async {
                let read = $room::read(asked, &mut $answers).await?;
                let (now, customer) = ($app.clock.now(), $claimed.customer());
                let mut tx = $claimed.begin(&$app.db).await?;
                let kept = $room::keep(&mut tx, customer, read, now).await?;
                reading::done(&mut tx, &$app.chance, customer, $part, (&due, &kept), now).await?;
                tx.commit_bookkeeping("what is so at the customer is nobody's act here").await?;
                Ok(())
            }
            .await;
            settle($app, $claimed, $part, &due, outcome).await?;
        }
    };
}

/// Reads and keeps. What is returned is why the requests could not be read.
pub(super) async fn read(
    app: &App,
    claimed: &Claimed,
    directory: &Directory,
    wanted: Wanted,
) -> Result<Option<GraphError>, TurnError> {
    let mut batch = directory.batch();
    // The requests first: where a batch is full, it is full of what comes last.
    let asked = wanted.requests.put(&mut batch, app.clock.now());
    let decider = wanted.decider.map(|wanted| wanted.put(&mut batch));
    let assignments = wanted.assignments.map(|wanted| wanted.put(&mut batch));
    let reviews = wanted.reviews.map(|wanted| wanted.put(&mut batch));
    let mut answers = match batch.send().await {
        Ok(answers) => answers,
        Err(error) => return Ok(Some(error)),
    };
    // Each part is kept as soon as it is whole: a later one that takes long keeps no earlier one waiting.
    let problem = match requests::read(asked, &mut answers).await {
        Ok(read) => keep_requests(app, claimed, read).await?,
        Err(error) => Some(error),
    };
    part!(app, claimed, answers, decider, reading::AUDIT);
    part!(app, claimed, answers, assignments, reading::ASSIGNMENTS);
    part!(app, claimed, answers, reviews, reading::REVIEWS);
    if let Some(wanted) = wanted.alerts {
        let due = wanted.due().clone();
        let outcome = read_alerts(app, claimed, directory, wanted).await;
        settle(app, claimed, reading::ALERTS, &due, outcome).await?;
    }
    Ok(problem)
}

/// By themselves and last: they are big, and must neither spoil the batch nor keep the others waiting. The lease is
/// renewed with each page.
async fn read_alerts(
    app: &App,
    claimed: &Claimed,
    directory: &Directory,
    wanted: alerts::Wanted,
) -> Result<(), PartError> {
    let mut pages = wanted.begin(app.clock.now());
    while pages.step(directory).await? {
        claimed.renew(&app.db, &app.clock).await?;
    }
    let (now, customer, due) = (app.clock.now(), claimed.customer(), pages.due().clone());
    let mut tx = claimed.begin(&app.db).await?;
    let kept = alerts::keep(&mut tx, customer, pages.end(), now).await?;
    reading::done(&mut tx, &app.chance, customer, reading::ALERTS, (&due, &kept), now).await?;
    tx.commit_bookkeeping("what is so at the customer is nobody's act here").await?;
    Ok(())
}

async fn keep_requests(
    app: &App,
    claimed: &Claimed,
    mut read: requests::Read,
) -> Result<Option<GraphError>, TurnError> {
    let problem = read.problem.take();
    if problem.is_none() && read.is_nothing() {
        return Ok(None);
    }
    let now = app.clock.now();
    let mut tx = claimed.begin(&app.db).await?;
    let told = requests::keep(&mut tx, claimed.customer(), read, now, problem.is_none()).await?;
    for (part, due, kept) in &told.parts {
        reading::done(&mut tx, &app.chance, claimed.customer(), part, (due, kept), now).await?;
    }
    match told.forgotten {
        0 => tx.commit_bookkeeping("what a customer's people ask is their act, not ours").await?,
        many => tx.commit(&app.clock, forgotten(many)).await?,
    }
    Ok(problem)
}

#[derive(Debug, thiserror::Error)]
enum PartError {
    #[error(transparent)]
    Graph(#[from] GraphError),
    #[error(transparent)]
    Work(#[from] WorkError),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// A part that failed comes again by itself, after a wait of its own.
async fn settle(
    app: &App,
    claimed: &Claimed,
    part: &str,
    due: &Due,
    outcome: Result<(), PartError>,
) -> Result<(), TurnError> {
    let customer = claimed.customer();
    let (problem, wait) = match outcome {
        Ok(()) => return Ok(()),
        Err(PartError::Work(WorkError::LeaseLost)) => return Err(WorkError::LeaseLost.into()),
        Err(PartError::Graph(error)) => {
            tracing::info!(%customer, part, %error, "part not read");
            let wait = match error.kind {
                GraphErrorKind::Throttled { retry_after: Some(wait) } => TimeDelta::from_std(wait).ok(),
                _ => None,
            };
            (error.problem(), wait)
        }
        Err(error) => {
            tracing::warn!(%customer, part, %error, "part not kept");
            (json!({ "cause": "internal" }), None)
        }
    };
    let now = app.clock.now();
    let mut tx = claimed.begin(&app.db).await?;
    unknown::count(&mut tx, customer, &problem, now).await?;
    reading::failed(&mut tx, &app.chance, customer, part, (due, &problem, wait), now).await?;
    tx.commit_bookkeeping("that a part failed is nobody's act").await?;
    Ok(())
}
