//! Reads one customer's pending requests of our packages, and looks up what became of those that wait no longer. What
//! people ask of other packages is nobody's business here: it is dropped before anything is written.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::access_requests::model::{PENDING, ReadRequest};
use crate::access_requests::store::{self, Kept, KnownPackage};
use crate::app::App;
use crate::customers::{consent, store as customers};
use crate::graph::requests::{AssignmentRequest, RequestState};
use crate::graph::{AccessRequestId, AppCredential, GraphError, GraphErrorKind};
use crate::kit::error::AppError;
use crate::kit::ids::EntraTenantId;
use crate::kit::scope::Tx;
use crate::kit::work::{self, Claimed, Outcome, WorkError};
use crate::providers::{self, AppKind};

/// Kind of work: reads a customer's pending requests.
pub const WORK: &str = "requests";
/// How often, give or take a tenth, so that many customers do not stay in step.
const EVERY: TimeDelta = TimeDelta::seconds(45);
/// Requests looked up in one turn; the others of a large batch follow in the next.
const LOOKED_UP: usize = 40;

/// The work itself. Without consent, or while the customer is paused, it sleeps; fresh consent wakes it.
pub async fn work(app: App, claimed: Claimed) -> Outcome {
    match read(&app, &claimed).await {
        Ok(outcome) => outcome,
        Err(ReadError::Work(WorkError::LeaseLost)) => Outcome::LeaseLost,
        Err(error) => {
            tracing::warn!(customer = %claimed.customer(), %error, "requests not read");
            Outcome::Failed { problem: json!({ "cause": "internal" }), next: None }
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error(transparent)]
    App(#[from] AppError),
    #[error(transparent)]
    Work(#[from] WorkError),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// What is known before Microsoft is asked.
struct Before {
    tenant: EntraTenantId,
    credential: AppCredential,
    packages: Vec<KnownPackage>,
    pending: Vec<String>,
}

enum Start {
    Read(Before),
    Asleep,
    NoCredential,
}

async fn read(app: &App, claimed: &Claimed) -> Result<Outcome, ReadError> {
    let before = match start(app, claimed).await? {
        Start::Read(before) => before,
        Start::Asleep => return Ok(Outcome::Done { next: None }),
        Start::NoCredential => {
            let detail = "the reader app has no credential";
            let problem = json!({ "cause": "bad-credential", "detail": detail });
            return Ok(Outcome::Failed { problem, next: None });
        }
    };
    let now = app.clock.now();
    let directory = app.graph.app(before.tenant, &before.credential);
    // Without a package of ours nothing can wait for us, and nobody's names are asked for.
    let asked = match before.packages.is_empty() {
        true => Ok(Vec::new()),
        false => directory.assignment_requests(Some(&RequestState::PendingApproval), None).await,
    };
    let read = match asked {
        Ok(read) => read,
        Err(error) => return failed(app, claimed, &error).await,
    };
    let still: HashSet<&str> = read.iter().map(|request| request.id.as_str()).collect();
    let vanished = before.pending.iter().filter(|id| !still.contains(id.as_str())).take(LOOKED_UP);
    let (mut found, mut gone, mut problem) = (Vec::new(), Vec::new(), None);
    for id in vanished {
        match directory.assignment_request(&AccessRequestId::new(id.as_str())).await {
            Ok(Some(request)) => found.push(request),
            Ok(None) => gone.push(id.clone()),
            Err(error) => {
                problem = Some(error);
                break;
            }
        }
    }
    // Paging may show one twice when the list moves meanwhile.
    let mut seen = HashSet::new();
    let once = read.iter().chain(&found).filter(|request| seen.insert(request.id.as_str()));
    let requests: Vec<ReadRequest> = once.map(|request| as_kept(request, now)).collect();
    let mut tx = claimed.begin(&app.db).await?;
    keep(&mut tx, claimed, &before.packages, &requests, now).await?;
    store::forget_others(&mut tx, claimed.customer(), &before.packages).await?;
    store::mark_gone(&mut tx, claimed.customer(), &gone, now).await?;
    store::count_open(&mut tx, claimed.customer()).await?;
    tx.commit_bookkeeping("what a customer's people ask is their act, not ours").await?;
    match problem {
        Some(error) => failed(app, claimed, &error).await,
        None => Ok(Outcome::Done { next: Some(app.clock.now() + jittered(app)) }),
    }
}

async fn start(app: &App, claimed: &Claimed) -> Result<Start, ReadError> {
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
    let packages = store::packages(&mut tx, customer.id).await?;
    let pending = store::known_pending(&mut tx, customer.id).await?;
    Ok(Start::Read(Before { tenant: customer.entra_tenant_id, credential, packages, pending }))
}

async fn keep(
    tx: &mut Tx,
    claimed: &Claimed,
    packages: &[KnownPackage],
    requests: &[ReadRequest],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let kept: Vec<Kept<'_>> = requests
        .iter()
        .filter_map(|read| {
            let package = packages.iter().find(|package| package.package_id == read.package_id)?;
            let within = package.decide_within.and_then(TimeDelta::try_seconds);
            Some(Kept {
                read,
                package: &package.key,
                denied_at: within.and_then(|within| read.created_at.checked_add_signed(within)),
            })
        })
        .collect();
    store::keep(tx, claimed.customer(), &kept, now).await?;
    Ok(())
}

/// A refusal that means the consent is gone has it proven at once: this work then sleeps until it is back.
async fn failed(app: &App, claimed: &Claimed, error: &GraphError) -> Result<Outcome, ReadError> {
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

/// What Microsoft tells of a request, as it is kept. A state that is not told counts as waiting: it is in that list.
fn as_kept(request: &AssignmentRequest, now: DateTime<Utc>) -> ReadRequest {
    let who = request.requestor.as_ref();
    let mail = who.and_then(|who| who.email.as_deref().or(who.principal_name.as_deref()));
    let package = request.access_package.as_ref();
    ReadRequest {
        id: request.id.as_str().to_owned(),
        state: request.state.as_ref().map_or(PENDING, RequestState::as_str).to_owned(),
        status: plain(request.status.as_deref()),
        request_type: request.request_type.as_ref().map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        package_id: package.map(|package| package.id.as_str().to_owned()).unwrap_or_default(),
        package_name: plain(package.map(|package| package.display_name.as_str())),
        requestor_name: plain(who.and_then(|who| who.display_name.as_deref())),
        requestor_mail: plain(mail),
        requestor_oid: who.and_then(|who| who.object_id).map(|id| id.to_string()).unwrap_or_default(),
        justification: plain(request.justification.as_deref()),
        created_at: request.created_date_time.unwrap_or(now),
        completed_at: request.completed_date_time,
    }
}

/// Text that people elsewhere typed: without what Postgres refuses, and of a sane length.
fn plain(text: Option<&str>) -> String {
    let keep = |c: &char| *c == '\n' || !c.is_control();
    text.unwrap_or_default().chars().filter(keep).take(4000).collect()
}
