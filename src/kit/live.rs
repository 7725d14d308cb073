//! Server-sent events: they tell an open page that something it shows has changed, by ids only; the page then asks
//! for its own fragment. The session is looked up again each time, and the stream ends with it or with the process.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::CookieJar;
use chrono::{DateTime, TimeDelta, Utc};
use futures::stream;
use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderMap, HeaderValue};
use tokio_util::sync::CancellationToken;

use crate::kit::right::Right;
use crate::kit::router::House;
use crate::kit::scope::Scope;
use crate::kit::session;
use crate::kit::streams::Seat;

/// How often the store is looked at for one open page.
const POLL: Duration = Duration::from_secs(2);
/// A page where nothing changes is told so often all the same: the ages it shows grow.
const QUIET: TimeDelta = TimeDelta::seconds(60);
/// How far back each look reaches: what another process wrote a little earlier may show only now.
const OVERLAP: TimeDelta = TimeDelta::seconds(10);
/// A stream breaks off by itself then, and the browser opens it again: what nobody listens to does not stay.
const WHOLE: TimeDelta = TimeDelta::minutes(10);

/// Something that changed, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub id: String,
    pub at: DateTime<Utc>,
}

/// What a stream is for: whoever may no longer do this hears nothing more.
pub struct Listener<H> {
    pub house: H,
    pub right: Right,
    pub stop: CancellationToken,
    /// When the page was made.
    pub since: DateTime<Utc>,
}

struct State<H, L> {
    listener: Listener<H>,
    look: L,
    secret: String,
    told: HashMap<String, DateTime<Utc>>,
    told_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    waiting: VecDeque<Event>,
    over: bool,
    /// Free again once the stream is dropped.
    _seat: Seat,
}

/// The stream of this session, of whose person `scope` tells. `look` gives what changed since a moment, in this scope's
/// view; none where what the page shows is in his view no more, and the stream ends. 503 where enough are
/// open: the browser then leaves it, and the page works as without script.
pub fn stream<H, L, R>(mut listener: Listener<H>, scope: &Scope, headers: &HeaderMap, look: L) -> Response
where
    H: House,
    L: Fn(Scope, DateTime<Utc>) -> R + Send + 'static,
    R: Future<Output = Result<Option<Vec<Change>>, sqlx::Error>> + Send + 'static,
{
    let secret = CookieJar::from_headers(headers)
        .get(session::COOKIE)
        .map(|cookie| cookie.value().to_owned())
        .unwrap_or_default();
    let Some(seat) = listener.house.streams().take(scope) else {
        return (StatusCode::SERVICE_UNAVAILABLE, "enough pages are open\n").into_response();
    };
    if let Some(heard) = heard_until(headers) {
        listener.since = listener.since.max(heard - OVERLAP);
    }
    let told_at = listener.house.clock().now();
    let state = State {
        listener,
        look,
        secret,
        told: HashMap::new(),
        told_at,
        ends_at: told_at + WHOLE,
        waiting: VecDeque::new(),
        over: false,
        _seat: seat,
    };
    let events = stream::unfold(state, async |mut state| {
        loop {
            if let Some(event) = state.waiting.pop_front() {
                return Some((Ok::<_, Infallible>(event), state));
            }
            if state.over {
                return None;
            }
            state.turn().await;
        }
    });
    let mut response = Sse::new(Box::pin(events)).keep_alive(KeepAlive::default()).into_response();
    // As on every page; the library's own word would allow keeping it.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Until when a browser that opens its stream again has heard of changes: the id of the last event it got.
fn heard_until(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    let id = headers.get("last-event-id")?.to_str().ok()?;
    DateTime::from_timestamp_micros(id.parse().ok()?)
}

impl<H, L, R> State<H, L>
where
    H: House,
    L: Fn(Scope, DateTime<Utc>) -> R + Send + 'static,
    R: Future<Output = Result<Option<Vec<Change>>, sqlx::Error>> + Send + 'static,
{
    async fn turn(&mut self) {
        if self.listener.house.clock().now() >= self.ends_at {
            self.over = true;
            return;
        }
        match self.changed().await {
            Ok(Some(ids)) => {
                let now = self.listener.house.clock().now();
                if now - self.told_at >= QUIET || !ids.is_empty() {
                    self.told_at = now;
                    let ids = serde_json::to_string(&ids).unwrap_or_default();
                    let event = Event::default().event("changed").data(ids);
                    self.waiting.push_back(event.id(now.timestamp_micros().to_string()));
                    return;
                }
            }
            Ok(None) => return self.end(),
            // The database is away for a moment: the page keeps what it shows, with its age.
            Err(error) => tracing::warn!(%error, "open page not told of changes"),
        }
        let clock = self.listener.house.clock().clone();
        tokio::select! {
            () = self.listener.stop.cancelled() => self.end(),
            () = clock.sleep(POLL) => {}
        }
    }

    /// The browser does not come back after `end`; a stream that only breaks off is opened again.
    fn end(&mut self) {
        self.over = true;
        self.waiting.push_back(Event::default().event("end").data("[]"));
    }

    /// Ids not told yet; `None` when nobody may hear them any more.
    async fn changed(&mut self) -> Result<Option<Vec<String>>, sqlx::Error> {
        if self.listener.stop.is_cancelled() {
            return Ok(None);
        }
        let house = &self.listener.house;
        let session = session::find(house.db(), house.clock(), &self.secret).await?;
        let Some(session) = session.filter(|session| session.scope.may(self.listener.right)) else {
            return Ok(None);
        };
        let from = self.listener.since;
        let mut fresh = Vec::new();
        let Some(changes) = (self.look)(session.scope, from).await? else { return Ok(None) };
        for change in changes {
            let known = self.told.insert(change.id.clone(), change.at);
            self.listener.since = self.listener.since.max(change.at - OVERLAP);
            if known != Some(change.at) {
                fresh.push(change.id);
            }
        }
        let since = self.listener.since;
        self.told.retain(|_, at| *at >= since);
        Ok(Some(fresh))
    }
}
