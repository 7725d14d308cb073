//! The work: a turn of one customer every 45 seconds, for as long as his directory may be read.

use chrono::TimeDelta;
use serde_json::json;

use crate::access_requests;
use crate::app::App;
use crate::customers::{consent, store as customers};
use crate::graph::{Directory, GraphError, GraphErrorKind};
use crate::kit::audit::Event;
use crate::kit::error::AppError;
use crate::kit::work::{self, Claimed, Outcome, WorkError};
use crate::providers::{self, AppKind};
use crate::reading::turn;

/// Kind of work: one turn of a customer. Named for what it reads every time.
pub const WORK: &str = access_requests::WORK;
/// How often, give or take a tenth, so that many customers do not stay in step.
const EVERY: TimeDelta = TimeDelta::seconds(45);
/// What comes round lets go first what somebody waits for.
pub const PATIENCE: TimeDelta = TimeDelta::seconds(15);

/// The work itself. Without consent, or while the customer is paused, it sleeps; fresh consent wakes it.
pub async fn work(app: App, claimed: Claimed) -> Outcome {
    match read(&app, &claimed).await {
        Ok(outcome) => outcome,
        Err(TurnError::Work(WorkError::LeaseLost)) => Outcome::LeaseLost,
        Err(error) => {
            tracing::warn!(customer = %claimed.customer(), %error, "customer not read");
            Outcome::Failed { problem: json!({ "cause": "internal" }), next: None }
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub(super) enum TurnError {
    #[error(transparent)]
    App(#[from] AppError),
    #[error(transparent)]
    Work(#[from] WorkError),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

enum Start {
    Read(Directory, Box<turn::Wanted>),
    Asleep,
    NoCredential,
}

async fn read(app: &App, claimed: &Claimed) -> Result<Outcome, TurnError> {
    let (directory, wanted) = match start(app, claimed).await? {
        Start::Read(directory, wanted) => (directory, *wanted),
        Start::Asleep => return Ok(Outcome::Done { next: None }),
        Start::NoCredential => {
            let detail = "the reader app has no credential";
            let problem = json!({ "cause": "bad-credential", "detail": detail });
            return Ok(Outcome::Failed { problem, next: None });
        }
    };
    match turn::read(app, claimed, &directory, wanted).await? {
        Some(error) => failed(app, claimed, &error).await,
        None => Ok(Outcome::Done { next: Some(app.clock.now() + jittered(app)) }),
    }
}

async fn start(app: &App, claimed: &Claimed) -> Result<Start, TurnError> {
    let mut tx = claimed.begin(&app.db).await?;
    let Some(customer) = customers::find(&mut tx, claimed.customer()).await? else {
        return Ok(Start::Asleep);
    };
    let consents = consent::store::all(&mut tx, customer.id).await?;
    let granted = consents.iter().any(|one| one.app == AppKind::Reader && one.granted());
    if customer.pause.is_some() || !granted {
        return Ok(Start::Asleep);
    }
    let Some(credential) = providers::store::credential(&mut tx, &app.seal, AppKind::Reader).await? else {
        return Ok(Start::NoCredential);
    };
    let mut directory = app.graph.app(customer.entra_tenant_id, &credential);
    if claimed.for_person() {
        directory = directory.for_person();
    }
    let wanted = turn::wanted(&mut tx, customer.id, app.clock.now()).await?;
    Ok(Start::Read(directory, Box::new(wanted)))
}

/// A refusal that means the consent is gone has it proven at once: this work then sleeps until it is back.
async fn failed(app: &App, claimed: &Claimed, error: &GraphError) -> Result<Outcome, TurnError> {
    let now = app.clock.now();
    if error.lost_consent() {
        let mut tx = claimed.begin(&app.db).await?;
        work::wake(&mut tx, claimed.customer(), consent::WORK, now).await?;
        tx.commit_bookkeeping("asking again whether consent stands is no act").await?;
    }
    let next = match error.kind {
        GraphErrorKind::Throttled { retry_after: Some(wait) } => {
            TimeDelta::from_std(wait).ok().and_then(|wait| now.checked_add_signed(wait))
        }
        _ => None,
    };
    Ok(Outcome::Failed { problem: error.problem(), next })
}

fn jittered(app: &App) -> TimeDelta {
    let tenth = EVERY / 10;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "milliseconds, far below 2^52"
    )]
    let shift = ((app.chance.fraction() * 2.0 - 1.0) * tenth.num_milliseconds() as f64) as i64;
    EVERY + TimeDelta::milliseconds(shift)
}

/// What the provider's rule about old requests took away is an act, and told.
pub(super) fn forgotten(many: u64) -> Event {
    Event::new("requests.forgotten").after(json!({ "requests": many }))
}
