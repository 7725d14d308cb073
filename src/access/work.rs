//! Removes what leavers hold at one customer, and looks until it is gone. Before anything is sent again it is looked
//! whether the assignment still stands and no request for its end is under way: Microsoft knows no key for that. Where
//! the customer has not consented to writing he removes it himself, and the portal sees that he has if it may read.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::access::model::Removal;
use crate::access::store::{self, Moved, RemovalRow};
use crate::app::App;
use crate::customers::{consent, store as customers};
use crate::graph::requests::{Assignment, AssignmentRequest, AssignmentState, RequestState, RequestType};
use crate::graph::{AssignmentId, Directory, GraphError, GraphErrorKind, PackageId};
use crate::kit::audit::Event;
use crate::kit::error::AppError;
use crate::kit::reading;
use crate::kit::work::{self, Claimed, Outcome, WorkError};
use crate::providers::{self, AppKind};

/// Kind of work: ends the access of people who leave, at one customer.
pub const WORK: &str = "leave";

/// How soon it is looked again whether what was asked is done, and how seldom at most.
const SOON: TimeDelta = TimeDelta::seconds(15);
const SELDOM: TimeDelta = TimeDelta::minutes(60);
/// A request whose answer was lost shows within this time, if it arrived at all.
const SHOWS: TimeDelta = TimeDelta::seconds(60);

#[derive(Debug, thiserror::Error)]
enum LeaveError {
    #[error(transparent)]
    Graph(#[from] GraphError),
    #[error(transparent)]
    App(#[from] AppError),
    #[error(transparent)]
    Work(#[from] WorkError),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
    #[error("neither app has a credential")]
    NoCredential,
}

/// The work itself. It sleeps once everything is gone, while the customer is paused, and where nothing can be seen:
/// fresh consent wakes it.
pub async fn work(app: App, claimed: Claimed) -> Outcome {
    match leave(&app, &claimed).await {
        Ok(next) => Outcome::Done { next },
        Err(LeaveError::Work(WorkError::LeaseLost)) => Outcome::LeaseLost,
        Err(LeaveError::Graph(error)) => failed(&app, &claimed, &error).await,
        Err(error @ LeaveError::NoCredential) => {
            let problem = json!({ "cause": "bad-credential", "detail": error.to_string() });
            Outcome::Failed { problem, next: None }
        }
        Err(error) => {
            tracing::warn!(customer = %claimed.customer(), %error, "access not removed");
            Outcome::Failed { problem: json!({ "cause": "internal" }), next: None }
        }
    }
}

async fn failed(app: &App, claimed: &Claimed, error: &GraphError) -> Outcome {
    let now = app.clock.now();
    if error.lost_consent() {
        let told = async {
            let mut tx = claimed.begin(&app.db).await?;
            work::wake(&mut tx, claimed.customer(), consent::WORK, now).await?;
            tx.commit_bookkeeping("asking again whether consent stands is no act").await?;
            Ok::<(), WorkError>(())
        };
        if let Err(WorkError::LeaseLost) = told.await {
            return Outcome::LeaseLost;
        }
    }
    let next = match error.kind {
        GraphErrorKind::Throttled { retry_after: Some(wait) } => {
            TimeDelta::from_std(wait).ok().map(|wait| now + wait)
        }
        _ => None,
    };
    Outcome::Failed { problem: error.problem(), next }
}

enum Start {
    /// Nothing to remove, or the customer is paused.
    Nothing,
    /// Nothing can be read, nor written: only the customer can remove it, and only he can see that it is gone.
    Unseen(Vec<RemovalRow>),
    /// He consented, and we have no credential to use it.
    NoCredential,
    Ready(Before),
}

/// What is known before Microsoft is asked.
struct Before {
    open: Vec<RemovalRow>,
    /// Reads what stands.
    looks: Directory,
    /// Removes, where the customer lets us.
    writes: Option<Directory>,
}

async fn start(app: &App, claimed: &Claimed) -> Result<Start, LeaveError> {
    let mut tx = claimed.begin(&app.db).await?;
    let Some(customer) = customers::find(&mut tx, claimed.customer()).await? else {
        return Ok(Start::Nothing);
    };
    let open = store::open_removals(&mut tx, customer.id).await?;
    if customer.pause.is_some() || open.is_empty() {
        return Ok(Start::Nothing);
    }
    let consents = consent::store::all(&mut tx, customer.id).await?;
    let granted = |app: AppKind| consents.iter().any(|one| one.app == app && one.granted());
    if !granted(AppKind::Reader) && !granted(AppKind::Operator) {
        return Ok(Start::Unseen(open));
    }
    let mut directory = async |kind: AppKind| -> Result<Option<Directory>, LeaveError> {
        if !granted(kind) {
            return Ok(None);
        }
        let credential = providers::store::credential(&mut tx, &app.seal, kind).await?;
        // Somebody waits for this: it does not queue behind background reading.
        Ok(credential.map(|credential| app.graph.app(customer.entra_tenant_id, &credential).for_person()))
    };
    let (reads, writes) = (directory(AppKind::Reader).await?, directory(AppKind::Operator).await?);
    // Whoever may write may read it too.
    let looks = reads.or_else(|| writes.clone());
    Ok(looks.map_or(Start::NoCredential, |looks| Start::Ready(Before { open, looks, writes })))
}

async fn leave(app: &App, claimed: &Claimed) -> Result<Option<DateTime<Utc>>, LeaveError> {
    let before = match start(app, claimed).await? {
        Start::Ready(before) => before,
        Start::Nothing => return Ok(None),
        Start::NoCredential => return Err(LeaveError::NoCredential),
        Start::Unseen(open) => {
            // What was sent may have arrived, and what Microsoft has it goes on with: these stay as they are.
            let untried = |one: &&RemovalRow| matches!(one.state, Removal::Waiting | Removal::Failed);
            for removal in open.iter().filter(untried) {
                let moved = Moved { state: Removal::ByCustomer, way: "", request: "", problem: None };
                bookkeep(app, claimed, removal, &moved).await?;
            }
            return Ok(None);
        }
    };
    let standing = standing(&before).await?;
    let now = app.clock.now();
    let mut still = Vec::new();
    for removal in before.open {
        if standing.contains(&removal.assignment) {
            still.push(removal);
        } else {
            let way = match removal.state {
                Removal::Sending | Removal::Asked => "portal",
                Removal::ByCustomer => "customer",
                _ => "elsewhere",
            };
            verified(app, claimed, &removal, way).await?;
        }
    }
    let Some(oldest) = still.iter().map(|one| one.leaver_started).min() else { return Ok(None) };
    match &before.writes {
        None => {
            for removal in &still {
                let moved = Moved { state: Removal::ByCustomer, way: "", request: "", problem: None };
                bookkeep(app, claimed, removal, &moved).await?;
            }
        }
        Some(writes) => {
            let requests = writes.assignment_requests(None, Some(oldest - TimeDelta::minutes(5))).await?;
            let under_way: BTreeMap<&str, &AssignmentRequest> = requests
                .iter()
                .filter(|one| ends_access(one))
                .filter_map(|one| Some((assignment_of(one)?, one)))
                .collect();
            for removal in &still {
                let known = under_way.get(removal.assignment.as_str()).copied();
                remove(app, claimed, writes, removal, known).await?;
            }
        }
    }
    let waited = still.iter().map(|one| now - one.asked_at.unwrap_or(one.leaver_started)).min();
    let by_customer = before.writes.is_none();
    let least = if by_customer { SOON * 20 } else { SOON };
    Ok(Some(app.clock.now() + (waited.unwrap_or(SOON) / 4).clamp(least, SELDOM)))
}

/// Ids of assignments that still stand, of the packages in question.
async fn standing(before: &Before) -> Result<BTreeSet<String>, GraphError> {
    let packages: BTreeSet<&str> = before.open.iter().map(|one| one.package_id.as_str()).collect();
    let mut standing = BTreeSet::new();
    for package in packages {
        let read = before.looks.assignments(Some(&PackageId::new(package)), None).await?;
        standing.extend(read.iter().filter(|one| stands(one)).map(|one| one.id.as_str().to_owned()));
    }
    Ok(standing)
}

fn stands(one: &Assignment) -> bool {
    !matches!(one.state, Some(AssignmentState::Expired))
}

fn assignment_of(request: &AssignmentRequest) -> Option<&str> {
    request.assignment.as_ref()?.id.as_ref().map(AssignmentId::as_str)
}

/// A request under way that ends somebody's access, whoever made it.
fn ends_access(request: &AssignmentRequest) -> bool {
    let ends = matches!(
        request.request_type,
        Some(
            RequestType::AdminRemove
                | RequestType::UserRemove
                | RequestType::SystemRemove
                | RequestType::ApproverRemove
        )
    );
    let over = matches!(
        request.state,
        Some(
            RequestState::Delivered
                | RequestState::Denied
                | RequestState::Canceled
                | RequestState::DeliveryFailed
                | RequestState::PartiallyDelivered
        )
    );
    ends && !over
}

/// One assignment that still stands: asked to end, unless that is under way.
async fn remove(
    app: &App,
    claimed: &Claimed,
    writes: &Directory,
    removal: &RemovalRow,
    under_way: Option<&AssignmentRequest>,
) -> Result<(), LeaveError> {
    if let Some(request) = under_way {
        if removal.state != Removal::Asked {
            // Sent without an answer, and here it is; or somebody else asked for the same.
            asked(app, claimed, removal, request).await?;
        }
        return Ok(());
    }
    let now = app.clock.now();
    if removal.state == Removal::Sending && removal.looked_at.is_some_and(|at| now - at < SHOWS) {
        return Ok(());
    }
    if removal.state == Removal::Asked && removal.asked_at.is_some_and(|at| now - at < TimeDelta::minutes(10))
    {
        // Delivered a moment ago: the list of assignments follows.
        return Ok(());
    }
    // The lease outlasts the call that follows; whoever lost it hears so here, and sends nothing.
    claimed.renew(&app.db, &app.clock).await?;
    let sending = Moved { state: Removal::Sending, way: "portal", request: "", problem: None };
    bookkeep(app, claimed, removal, &sending).await?;
    match writes.remove_assignment(&AssignmentId::new(removal.assignment.as_str())).await {
        Ok(request) => asked(app, claimed, removal, &request).await,
        Err(error) if error.kind == GraphErrorKind::LostAnswer => Ok(()),
        Err(error) => refused(app, claimed, removal, error).await,
    }
}

async fn refused(
    app: &App,
    claimed: &Claimed,
    removal: &RemovalRow,
    error: GraphError,
) -> Result<(), LeaveError> {
    let problem = error.problem();
    let back = |state| Moved { state, way: "", request: "", problem: Some(&problem) };
    if error.lost_consent() || error.kind == GraphErrorKind::Forbidden {
        bookkeep(app, claimed, removal, &back(Removal::ByCustomer)).await?;
        return if error.lost_consent() { Err(error.into()) } else { Ok(()) };
    }
    if error.passes() {
        bookkeep(app, claimed, removal, &back(Removal::Waiting)).await?;
        return Err(error.into());
    }
    if matches!(error.kind, GraphErrorKind::Conflict | GraphErrorKind::NotFound) {
        // Somebody else was first; the next look tells.
        bookkeep(app, claimed, removal, &back(Removal::Waiting)).await?;
        return Ok(());
    }
    let mut tx = claimed.begin(&app.db).await?;
    if store::set_removal(&mut tx, removal, &back(Removal::Failed), app.clock.now()).await? {
        let event = Event::new("access.removal-failed")
            .of(claimed.customer())
            .why(removal.leaver_why.as_str())
            .after(told(removal, json!({ "problem": problem })));
        tx.commit(&app.clock, event).await?;
    }
    Ok(())
}

fn told(removal: &RemovalRow, more: Value) -> Value {
    let mut told = json!({
        "person": removal.leaver_name, "mail": removal.leaver_mail, "package": removal.package_name,
        "account": removal.account(), "assignment": removal.assignment,
    });
    if let (Some(told), Value::Object(more)) = (told.as_object_mut(), more) {
        told.extend(more);
    }
    told
}

async fn asked(
    app: &App,
    claimed: &Claimed,
    removal: &RemovalRow,
    request: &AssignmentRequest,
) -> Result<(), LeaveError> {
    let mut tx = claimed.begin(&app.db).await?;
    let id = request.id.as_str();
    let moved = Moved { state: Removal::Asked, way: "portal", request: id, problem: None };
    if store::set_removal(&mut tx, removal, &moved, app.clock.now()).await? {
        let event =
            Event::new("access.removal-asked").of(claimed.customer()).why(removal.leaver_why.as_str());
        tx.commit(&app.clock, event.after(told(removal, json!({ "request": id })))).await?;
    }
    Ok(())
}

async fn verified(
    app: &App,
    claimed: &Claimed,
    removal: &RemovalRow,
    way: &'static str,
) -> Result<(), LeaveError> {
    let mut tx = claimed.begin(&app.db).await?;
    let moved = Moved { state: Removal::Verified, way, request: "", problem: None };
    let now = app.clock.now();
    if store::set_removal(&mut tx, removal, &moved, now).await? {
        // What every list shows follows in the customer's next turn.
        reading::hurry(&mut tx, claimed.customer(), &[reading::ASSIGNMENTS], now).await?;
        let event = Event::new("access.removal-verified")
            .of(claimed.customer())
            .why(removal.leaver_why.as_str())
            .after(told(removal, json!({ "way": way })));
        tx.commit(&app.clock, event).await?;
    }
    Ok(())
}

async fn bookkeep(
    app: &App,
    claimed: &Claimed,
    removal: &RemovalRow,
    moved: &Moved<'_>,
) -> Result<(), LeaveError> {
    if removal.state == moved.state && moved.problem.is_none() && moved.state != Removal::Sending {
        return Ok(());
    }
    let mut tx = claimed.begin(&app.db).await?;
    store::set_removal(&mut tx, removal, moved, app.clock.now()).await?;
    Ok(tx
        .commit_bookkeeping("where a removal stands; what was asked and what was seen are told by themselves")
        .await?)
}
