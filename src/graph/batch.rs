//! `$batch`: up to 20 reads of one directory in one request (contract §13), each with its own answer and its own fate.
//!
//! A part that may not be sent (no permission, kept quiet, no budget left, no room) fails by itself and the others go.
//! A part that is throttled keeps its part of Graph quiet. Only what spoils the request as a whole fails all of them.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::graph::deadline::Deadline;
use crate::graph::directory::{Ask, Directory, found, understood};
use crate::graph::error::{GraphError, GraphErrorKind as Kind};
use crate::graph::http::Answer;
use crate::graph::lane::Workload;
use crate::graph::lenient;
use crate::graph::needs;
use crate::graph::strict;
use crate::graph::token::Token;

const CALL: &str = "POST /$batch";
/// Microsoft refuses more.
pub const MOST: usize = 20;
/// How long a part may wait for its budget: longer would keep the others.
const PATIENCE: Duration = Duration::from_secs(2);

/// Reads of one directory that go together.
pub struct Batch {
    directory: Directory,
    parts: Vec<Part>,
}

struct Part {
    ask: Ask,
    /// Known before anything is sent.
    refused: Option<GraphError>,
}

/// Where the answer of one part will be; it is taken once.
pub struct Slot<T> {
    part: usize,
    what: PhantomData<fn() -> T>,
}

impl Directory {
    /// An empty batch of this directory, as urgent as the directory's other calls.
    pub fn batch(&self) -> Batch {
        Batch { directory: self.clone(), parts: Vec::new() }
    }
}

impl Batch {
    /// A list; its further pages are fetched when its answer is taken.
    pub fn list<T: DeserializeOwned>(&mut self, ask: Ask) -> Slot<Vec<T>> {
        self.put(ask)
    }

    /// An object that may not be there.
    pub fn find<T: DeserializeOwned>(&mut self, ask: Ask) -> Slot<Option<T>> {
        self.put(ask)
    }

    fn put<T>(&mut self, ask: Ask) -> Slot<T> {
        let version = |ask: &Ask| ask.path.split('/').nth(1).unwrap_or_default().to_owned();
        let wrong = if ask.method != Method::GET {
            Some("a batch is for reading")
        } else if self.parts.len() >= MOST {
            Some("the batch is full")
        } else if self.parts.first().is_some_and(|first| version(&first.ask) != version(&ask)) {
            Some("the batch is of another version")
        } else {
            None
        };
        let refused = wrong.map(|why| GraphError::not_understood(ask.call, why));
        self.parts.push(Part { ask, refused });
        Slot { part: self.parts.len() - 1, what: PhantomData }
    }

    /// How many more reads it takes.
    pub fn room(&self) -> usize {
        MOST.saturating_sub(self.parts.len())
    }

    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// How many reads it holds.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Sends what may be sent; without any such part nothing goes out.
    ///
    /// # Errors
    /// What spoils every part: no token, no connection, throttled as a whole, an answer that is none.
    pub async fn send(mut self) -> Result<Answers, GraphError> {
        if self.parts.iter().all(|part| part.refused.is_some()) {
            return Ok(self.unsent());
        }
        let deadline = self.directory.deadline();
        let token = self.permitted(deadline).await?;
        self.mannerly(deadline).await;
        let requests: Vec<Value> =
            self.parts.iter().enumerate().filter(|(_, part)| part.refused.is_none()).map(request).collect();
        if requests.is_empty() {
            return Ok(self.unsent());
        }
        let version = self.parts.first().and_then(|part| part.ask.path.split('/').nth(1)).unwrap_or("v1.0");
        let ask = Ask::question(CALL, format!("/{version}/$batch"), json!({ "requests": requests }));
        let address = self.directory.address(&ask)?;
        let answer = self.directory.send_to(&ask, &address, deadline).await?;
        let told: Told = understood(&ask, &answer)?;
        Ok(self.heard(told, &token).await)
    }

    /// A token, and each part it does not open refused. The consent may be newer than the token: then once a new one.
    async fn permitted(&mut self, deadline: Deadline) -> Result<Arc<Token>, GraphError> {
        let lacks = |part: &Part, token: &Token| {
            if part.refused.is_some() { None } else { needs::missing(part.ask.call, &token.permissions) }
        };
        let mut token = deadline.bound(CALL, self.directory.token()).await??;
        let any = self.parts.iter().any(|part| lacks(part, &token).is_some());
        if any && self.directory.is_old(&token) {
            self.directory.forget(&token).await;
            token = deadline.bound(CALL, self.directory.token()).await??;
        }
        for part in &mut self.parts {
            if let Some(missing) = lacks(part, &token) {
                part.refused = Some(GraphError::lacking(part.ask.call, missing));
            }
        }
        Ok(token)
    }

    /// Leaves out what Microsoft asked not to be asked now, and what the budget has no room for.
    async fn mannerly(&mut self, deadline: Deadline) {
        let directory = &self.directory;
        let graph = &directory.graph;
        let (lane, app) = (graph.lanes.of(directory.tenant()), directory.client_id().as_str());
        let mut patience = PATIENCE.min(deadline.left());
        for part in self.parts.iter_mut().filter(|part| part.refused.is_none()) {
            let workload = Workload::of(&part.ask.path);
            let throttled = |wait, why| {
                let kind = Kind::Throttled { retry_after: Some(wait) };
                Some(GraphError::new(kind, part.ask.call, why))
            };
            if let Some(rest) = directory.quiet(workload) {
                part.refused = throttled(rest, "kept quiet as Microsoft asked");
                continue;
            }
            while let Err(wait) = lane.budget.take_now(app, workload, directory.urgency, graph.clock.now()) {
                let Some(left) = patience.checked_sub(wait) else {
                    part.refused = throttled(wait, "the budget of this directory is used up");
                    break;
                };
                patience = left;
                graph.clock.sleep(wait).await;
            }
        }
    }

    /// Each answer at its part, whatever their order.
    async fn heard(self, told: Told, token: &Arc<Token>) -> Answers {
        let mut by_id: HashMap<String, Vec<Response>> = HashMap::new();
        for response in told.responses.into_iter().filter_map(|one| strict::of::<Response>(one).ok()) {
            by_id.entry(response.id.clone()).or_default().push(response);
        }
        let directory = self.directory.clone();
        let answers =
            self.answered(|at, ask| one(&directory, ask, by_id.remove(&id(at)).unwrap_or_default(), token));
        let refused = |status| {
            let mut errors = answers.parts.iter().flatten().filter_map(|part| part.came.as_ref().err());
            errors.any(|error| error.status == Some(status))
        };
        if refused(401) || (refused(403) && directory.is_old(token)) {
            directory.forget(token).await;
        }
        answers
    }

    fn answered(self, mut came: impl FnMut(usize, &Ask) -> Result<Answer, GraphError>) -> Answers {
        let parts = self.parts.into_iter().enumerate().map(|(at, part)| {
            let came = match part.refused {
                Some(error) => Err(error),
                None => came(at, &part.ask),
            };
            Some(Answered { ask: part.ask, came })
        });
        Answers { directory: self.directory, parts: parts.collect() }
    }

    /// Where every part was refused before anything went out.
    fn unsent(self) -> Answers {
        self.answered(|_, ask| Err(GraphError::not_understood(ask.call, "the part was not sent")))
    }
}

/// The one answer of a part.
fn one(
    directory: &Directory,
    ask: &Ask,
    mut came: Vec<Response>,
    token: &Token,
) -> Result<Answer, GraphError> {
    let (Some(response), true) = (came.pop(), came.is_empty()) else {
        return Err(GraphError::not_understood(ask.call, "the batch holds no single answer to this part"));
    };
    let answer = response.into_answer();
    // Said with 429, and with 503 too (contract §14).
    let now = directory.graph.clock.now();
    if !answer.is_success()
        && let Some(wait) = answer.retry_after(now)
    {
        let lane = directory.graph.lanes.of(directory.tenant());
        lane.keep_quiet(directory.client_id().as_str(), Workload::of(&ask.path), now + wait);
    }
    directory.judge(ask, answer, token)
}

fn id(at: usize) -> String {
    (at + 1).to_string()
}

fn request((at, part): (usize, &Part)) -> Value {
    let ask = &part.ask;
    let relative = ask.path.splitn(3, '/').nth(2).unwrap_or_default();
    let mut request = json!({ "id": id(at), "method": "GET", "url": format!("/{relative}") });
    if !ask.headers.is_empty() {
        let headers: Map<String, Value> =
            ask.headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        request["headers"] = Value::Object(headers);
    }
    request
}

#[derive(Deserialize)]
struct Told {
    /// Read one by one: a part that cannot be read spoils no other.
    responses: Vec<Value>,
}

#[derive(Deserialize)]
struct Response {
    id: String,
    status: u16,
    #[serde(default, deserialize_with = "lenient::or_default")]
    headers: Map<String, Value>,
    #[serde(default)]
    body: Value,
}

impl Response {
    /// As if it had come by itself.
    fn into_answer(self) -> Answer {
        let mut headers = HeaderMap::new();
        for (name, value) in self.headers {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(text)) {
                headers.insert(name, value);
            }
        }
        let body = if self.body.is_null() { Vec::new() } else { self.body.to_string().into_bytes() };
        Answer { status: self.status, headers, body }
    }
}

struct Answered {
    ask: Ask,
    came: Result<Answer, GraphError>,
}

/// What came of a batch, part by part.
pub struct Answers {
    directory: Directory,
    parts: Vec<Option<Answered>>,
}

impl Answers {
    /// Whose answers these are: for what must be asked after them.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// What a part was put in for.
    ///
    /// # Errors
    /// What became of this part: refused, throttled, not understood, or a further page that failed.
    pub async fn take<T: Taken>(&mut self, slot: Slot<T>) -> Result<T, GraphError> {
        let Some(Answered { ask, came }) = self.parts.get_mut(slot.part).and_then(Option::take) else {
            return Err(GraphError::not_understood(CALL, "this part belongs to another batch"));
        };
        let came = match came.as_ref().err().and_then(|error| ask.after(error)) {
            Some(plain) => self.directory.send(&plain).await,
            None => came,
        };
        T::read(&self.directory, ask, sealed::Came(came)).await
    }
}

/// What a slot may hold: a list, or an object that may not be there.
pub trait Taken: Sized + sealed::Sealed {
    #[doc(hidden)]
    fn read(
        directory: &Directory,
        ask: Ask,
        came: sealed::Came,
    ) -> impl Future<Output = Result<Self, GraphError>> + Send;
}

mod sealed {
    use super::{Answer, GraphError};

    pub struct Came(pub(super) Result<Answer, GraphError>);

    pub trait Sealed {}
    impl<T> Sealed for Vec<T> {}
    impl<T> Sealed for Option<T> {}
}

impl<T: DeserializeOwned + Send> Taken for Vec<T> {
    async fn read(directory: &Directory, ask: Ask, came: sealed::Came) -> Result<Self, GraphError> {
        directory.list_from(ask, Some(came.0?)).await
    }
}

impl<T: DeserializeOwned + Send> Taken for Option<T> {
    async fn read(_: &Directory, ask: Ask, came: sealed::Came) -> Result<Self, GraphError> {
        found(came.0.and_then(|answer| understood(&ask, &answer)))
    }
}
