//! Reads one customer's requests for our packages: what waits, what was made since the last reading, and each request
//! that is followed to its end. What people ask of other packages is nobody's business here: it is dropped before
//! anything is written.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::access_requests::model::{self, GivenAnswer, PENDING, ReadRequest};
use crate::access_requests::store::{self, Change, Followed, Kept, KnownPackage};
use crate::access_requests::tell;
use crate::graph::requests::{self as graph, AssignmentRequest, RequestState, request_ask, requests_ask};
use crate::graph::{AccessRequestId, Answers, Batch, GraphError, Slot};
use crate::kit::happening;
use crate::kit::ids::CustomerId;
use crate::kit::reading::{self, Due};
use crate::kit::scope::Tx;
use crate::kit::work;

/// The part of the history: what is at rest, and what Microsoft lists no more.
pub const HISTORY: &str = "history";
/// Microsoft may list a request a little later than it was made.
const OVERLAP: TimeDelta = TimeDelta::minutes(5);
/// What a first reading looks back: Microsoft keeps finished requests for three months.
const FIRST: TimeDelta = TimeDelta::days(93);
/// How often the whole list is compared with what we hold.
const WHOLE: TimeDelta = TimeDelta::days(1);
/// How often what rests is looked at.
const RESTING: TimeDelta = TimeDelta::minutes(10);
/// Requests looked up one by one in a turn, and with the lists; the others follow in the next.
const LOOKED_UP: usize = 40;
const WITH_THE_LISTS: usize = 8;

/// What is due of the customer's requests.
pub struct Wanted {
    packages: Vec<KnownPackage>,
    requests: Due,
    followed: Followed,
    history: Option<History>,
}

struct History {
    due: Due,
    /// The whole list is due too, from that moment on.
    whole: Option<DateTime<Utc>>,
}

pub async fn wanted(tx: &mut Tx, customer: CustomerId, now: DateTime<Utc>) -> Result<Wanted, sqlx::Error> {
    let packages = store::packages(tx, customer).await?;
    let requests = reading::due(tx, customer, reading::REQUESTS, now).await?.unwrap_or_default();
    let followed = store::followed(tx, customer, now).await?;
    let mut history = None;
    if let Some(due) = reading::due(tx, customer, HISTORY, now).await?.filter(|_| !packages.is_empty()) {
        let mut whole = None;
        if due.watermark.is_none_or(|last| now - last >= WHOLE) {
            let oldest = store::oldest_listed(tx, customer).await?;
            whole = Some(oldest.map_or(now - FIRST, |oldest| oldest.min(now - FIRST)));
        }
        history = Some(History { due, whole });
    }
    Ok(Wanted { packages, requests, followed, history })
}

/// Where the answers will be.
pub struct Asked {
    wanted: Wanted,
    lists: Option<Lists>,
    ones: Vec<(String, Slot<Option<AssignmentRequest>>)>,
    /// Too many to go with the lists.
    more: Vec<String>,
}

struct Lists {
    pending: Slot<Vec<AssignmentRequest>>,
    since: Slot<Vec<AssignmentRequest>>,
    whole: Option<(Slot<Vec<AssignmentRequest>>, DateTime<Utc>)>,
}

impl Wanted {
    /// Without a package of ours nothing can wait for us, and nobody's names are asked for.
    pub fn put(self, batch: &mut Batch, now: DateTime<Utc>) -> Asked {
        if self.packages.is_empty() {
            return Asked { wanted: self, lists: None, ones: Vec::new(), more: Vec::new() };
        }
        let since = self.requests.watermark.map_or(now - FIRST, |watermark| watermark - OVERLAP);
        let whole = self.history.as_ref().and_then(|history| history.whole);
        let lists = Lists {
            pending: batch.list(requests_ask(Some(&RequestState::PendingApproval), None)),
            since: batch.list(requests_ask(None, Some(since))),
            whole: whole.map(|from| (batch.list(requests_ask(None, Some(from))), from)),
        };
        let resting = self.history.as_ref().map(|_| &self.followed.resting);
        let ids: Vec<String> =
            self.followed.moving.iter().chain(resting.into_iter().flatten()).cloned().collect();
        let (now, more) = ids.split_at(WITH_THE_LISTS.min(ids.len()));
        let ones = now.iter().map(|id| (id.clone(), batch.find(by_id(id)))).collect();
        Asked { lists: Some(lists), ones, more: more.to_vec(), wanted: self }
    }
}

fn by_id(id: &str) -> crate::graph::Ask {
    request_ask(&AccessRequestId::new(id))
}

/// What came. A look-up that failed spoils nothing else that was read.
pub struct Read {
    wanted: Wanted,
    requests: Vec<AssignmentRequest>,
    gone: Vec<String>,
    /// The ids of the whole list, and since when.
    whole: Option<(Vec<String>, DateTime<Utc>)>,
    pub problem: Option<GraphError>,
}

/// # Errors
/// One of the two lists could not be read.
pub async fn read(asked: Asked, answers: &mut Answers) -> Result<Read, GraphError> {
    let Asked { wanted, lists, ones, more } = asked;
    let mut read = Read { wanted, requests: Vec::new(), gone: Vec::new(), whole: None, problem: None };
    let Some(lists) = lists else { return Ok(read) };
    let pending = answers.take(lists.pending).await?;
    let since = answers.take(lists.since).await?;
    // Paging may show one twice when the list moves meanwhile, and the two lists may be of two moments: what waits no
    // longer is the later one.
    let mut by: HashMap<String, AssignmentRequest> = HashMap::new();
    for request in pending.into_iter().chain(since) {
        let id = request.id.as_str().to_owned();
        if by.get(&id).is_none_or(waits) {
            by.insert(id, request);
        }
    }
    if let Some((slot, from)) = lists.whole {
        match answers.take(slot).await {
            Ok(all) => {
                let ids = all.iter().map(|request| request.id.as_str().to_owned()).collect();
                read.whole = Some((ids, from));
                // What the other lists did not hold and we may not know: of a package that became ours later, say.
                for request in all {
                    by.entry(request.id.as_str().to_owned()).or_insert(request);
                }
            }
            Err(error) => read.problem = Some(error),
        }
    }
    for (id, slot) in ones {
        read.looked_up(&mut by, id, answers.take(slot).await);
    }
    let vanished = read.wanted.followed.pending.iter().chain(&more).filter(|id| !by.contains_key(*id));
    let ids: Vec<String> = vanished.take(LOOKED_UP).cloned().collect();
    for some in ids.chunks(crate::graph::batch::MOST) {
        let mut batch = answers.directory().batch();
        let slots: Vec<_> = some.iter().map(|id| (id.clone(), batch.find(by_id(id)))).collect();
        match batch.send().await {
            Ok(mut found) => {
                for (id, slot) in slots {
                    read.looked_up(&mut by, id, found.take(slot).await);
                }
            }
            Err(error) => {
                read.problem = Some(error);
                break;
            }
        }
    }
    read.requests = by.into_values().collect();
    Ok(read)
}

fn waits(request: &AssignmentRequest) -> bool {
    request.state.as_ref().is_none_or(|state| model::waits(state.as_str()))
}

impl Read {
    fn looked_up(
        &mut self,
        by: &mut HashMap<String, AssignmentRequest>,
        id: String,
        found: Result<Option<AssignmentRequest>, GraphError>,
    ) {
        match found {
            Ok(Some(request)) => {
                by.insert(id, request);
            }
            Ok(None) => self.gone.push(id),
            Err(error) => self.problem = Some(error),
        }
    }

    /// Nothing was there and nothing is known: there is nothing to keep.
    pub fn is_nothing(&self) -> bool {
        let known = &self.wanted;
        self.requests.is_empty()
            && known.followed.is_empty()
            && known.history.is_none()
            && known.requests.read_at.is_some()
    }
}

/// What was kept, part by part.
pub struct Told {
    pub changes: Vec<Change>,
    /// Requests of before that were forgotten, by the provider's own rule.
    pub forgotten: u64,
    pub parts: Vec<(&'static str, Due, reading::Kept)>,
}

pub async fn keep(
    tx: &mut Tx,
    customer: CustomerId,
    read: Read,
    now: DateTime<Utc>,
    whole_turn: bool,
) -> Result<Told, sqlx::Error> {
    let packages = &read.wanted.packages;
    let requests: Vec<ReadRequest> = read.requests.iter().map(|request| as_kept(request, now)).collect();
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
    let changes = store::keep(tx, customer, &kept, now).await?;
    let mut changed = !changes.is_empty();
    let first = read.wanted.requests.read_at.is_none();
    happening::tell_all(tx, &tell::happenings(customer, (&changes, &kept, first), now), now).await?;
    if changes.iter().any(|change| change.state == PENDING) {
        // When a request is denied may have become known, or moved: what is told on the way there follows it.
        work::wake(tx, customer, happening::WORK, now).await?;
    }
    if !read.wanted.followed.pending.is_empty() {
        changed |= store::forget_others(tx, customer, packages).await? > 0;
    }
    if !read.gone.is_empty() {
        changed |= store::mark_gone(tx, customer, &read.gone, now).await? > 0;
    }
    if changed {
        store::count_open(tx, customer).await?;
    }
    if changes.iter().any(|change| !model::is_final(&change.state)) {
        // What goes on is followed by the hour; after that it rests, and is looked at with the history.
        reading::hurry(tx, customer, &[HISTORY], now + RESTING).await?;
    }
    if changes.iter().any(|change| !model::waits(&change.state)) {
        // Who decided is asked of the log from the next turn on; it tells minutes later.
        reading::hurry(tx, customer, &[reading::AUDIT], now + TimeDelta::seconds(30)).await?;
        // And who holds what may be another since.
        reading::hurry(tx, customer, &[reading::ASSIGNMENTS], now).await?;
    }
    let mut parts = Vec::new();
    if !packages.is_empty() {
        let newest = read.requests.iter().filter_map(|request| request.created_date_time).max();
        let watermark = newest.max(read.wanted.requests.watermark);
        let part = reading::Kept { changed, watermark, rest: None };
        parts.push((reading::REQUESTS, read.wanted.requests, part));
    }
    let mut forgotten = 0;
    if let Some(History { due, .. }) = read.wanted.history {
        if let Some((listed, from)) = &read.whole {
            store::mark_unlisted(tx, customer, (listed, *from), now).await?;
        }
        let whole = due.watermark.is_none_or(|last| now - last >= WHOLE);
        if whole {
            forgotten = store::forget_old(tx, now).await?;
        }
        let Followed { moving, resting, .. } = &read.wanted.followed;
        let rest = if moving.is_empty() && resting.is_empty() { WHOLE } else { RESTING };
        let watermark = if whole && whole_turn { Some(now) } else { due.watermark };
        parts.push((HISTORY, due, reading::Kept { changed: false, watermark, rest: Some(rest) }));
    }
    Ok(Told { changes, forgotten, parts })
}

/// What Microsoft tells of a request, as it is kept. A state that is not told counts as waiting: it is in that list.
fn as_kept(request: &AssignmentRequest, now: DateTime<Utc>) -> ReadRequest {
    let who = request.requestor.as_ref();
    let mail = who.and_then(|who| who.email.as_deref().or(who.principal_name.as_deref()));
    let package = request.access_package.as_ref();
    let ends = request.schedule.as_ref().and_then(|schedule| schedule.expiration.as_ref());
    let id_of = |text: &dyn ToString| text.to_string();
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
        answers: request.answers.iter().map(answer).collect(),
        organization: who
            .and_then(|who| who.connected_organization.as_ref())
            .map(|organization| id_of(&organization.id))
            .unwrap_or_default(),
        ends_at: ends.and_then(|end| end.end_date_time.as_deref()?.parse().ok()),
        assignment_id: request
            .assignment
            .as_ref()
            .and_then(|assignment| assignment.id.as_ref())
            .map(|id| id_of(id))
            .unwrap_or_default(),
    }
}

fn answer(given: &graph::GivenAnswer) -> GivenAnswer {
    let question = given.answered_question.as_ref().and_then(|question| question.text.as_deref());
    GivenAnswer { question: plain(question), answer: plain(given.display_value.as_deref()) }
}

/// Text that people elsewhere typed: without what Postgres refuses, and of a sane length.
fn plain(text: Option<&str>) -> String {
    let keep = |c: &char| *c == '\n' || !c.is_control();
    text.unwrap_or_default().chars().filter(keep).take(4000).collect()
}
