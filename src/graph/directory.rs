//! One app in one Entra tenant: sends a call with its token, waits and tries again where that is safe, and says what
//! went wrong where it is not.

use std::sync::Arc;
use std::time::Duration;

use ::http::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::graph::challenge;
use crate::graph::credential::AppCredential;
use crate::graph::deadline::Deadline;
use crate::graph::error::{GraphError, GraphErrorKind as Kind};
use crate::graph::error_reading::{self, Refusal};
use crate::graph::http::{self, Answer};
use crate::graph::ids::ClientId;
use crate::graph::lane::Workload;
use crate::graph::needs;
use crate::graph::retry::Patience;
use crate::graph::strict;
use crate::graph::token::{Token, TokenKey};
use crate::graph::turns::{Turn, Urgency};
use crate::graph::{Inner, Permissions};
use crate::kit::crash::{self, Point, When};
use crate::kit::ids::EntraTenantId;
use crate::kit::planted::{self, Bug};

/// A handle of one app in one Entra tenant. Cheap to clone; every call of it carries a token of this tenant only.
#[derive(Clone)]
pub struct Directory {
    pub(crate) graph: Arc<Inner>,
    credential: Arc<AppCredential>,
    key: Arc<TokenKey>,
    pub(crate) urgency: Urgency,
    /// A person's own token: the calls are his, and nobody asks for another in his place.
    held: Option<Arc<Token>>,
}

/// What is left of one call, try after try.
struct Tries<'a> {
    ask: &'a Ask,
    address: &'a Url,
    deadline: Deadline,
    patience: Patience,
    /// Claims that Microsoft wants in a new token.
    challenge: Option<String>,
}

/// Seconds a token must have been held before a refusal is put down to its age: it may be older than the consent.
const AT_LEAST: i64 = 60;

/// One call before it is sent. Only the files of the resources make one; a room hands it to a batch as it came.
#[derive(Clone, Debug)]
pub struct Ask {
    pub(crate) call: &'static str,
    pub(crate) method: Method,
    /// Begins with the version: `/v1.0/groups`.
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    /// Documented to have the same effect when sent twice, or no effect at all.
    pub(crate) repeatable: bool,
    /// What to ask instead where Microsoft takes this for a bad request.
    pub(crate) plainer: Option<String>,
    /// A write: once it may have left this machine, a failure is a lost answer.
    pub(crate) changes: bool,
}

impl Ask {
    fn new(call: &'static str, method: Method, path: String, body: Option<Value>, repeatable: bool) -> Self {
        let changes = method != Method::GET;
        Self { call, method, path, body, headers: Vec::new(), repeatable, plainer: None, changes }
    }

    /// A read whose question does not fit into an address: a batch of reads.
    pub(crate) fn question(call: &'static str, path: String, body: Value) -> Self {
        Self { changes: false, ..Self::new(call, Method::POST, path, Some(body), true) }
    }

    pub(crate) fn get(call: &'static str, path: String) -> Self {
        Self::new(call, Method::GET, path, None, true)
    }

    /// Never repeated: a failure after sending is `LostAnswer`.
    pub(crate) fn create(call: &'static str, path: String, body: Value) -> Self {
        Self::new(call, Method::POST, path, Some(body), false)
    }

    /// Sets an object, or a part of it, to given values: the same when sent twice.
    pub(crate) fn set(call: &'static str, method: Method, path: String, body: Value) -> Self {
        Self::new(call, method, path, Some(body), true)
    }

    /// A change that must not be sent twice: a failure after sending is `LostAnswer`.
    pub(crate) fn once(call: &'static str, method: Method, path: String, body: Option<Value>) -> Self {
        Self::new(call, method, path, body, false)
    }

    pub(crate) fn delete(call: &'static str, path: String) -> Self {
        Self::new(call, Method::DELETE, path, None, true)
    }

    /// The same read with less in it, for a service that refuses the whole of it.
    pub(crate) fn or_plainly(mut self, path: String) -> Self {
        self.plainer = Some(path);
        self
    }

    /// The plainer read, where this error says that the whole one is not taken.
    pub(crate) fn after(&self, error: &GraphError) -> Option<Self> {
        let path = self.plainer.clone().filter(|_| error.status == Some(400))?;
        Some(Self { path, plainer: None, ..self.clone() })
    }

    pub(crate) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl Directory {
    pub(crate) fn new(graph: Arc<Inner>, tenant: EntraTenantId, credential: &AppCredential) -> Self {
        let key = Arc::new(TokenKey::new(tenant, credential));
        Self {
            graph,
            credential: Arc::new(credential.clone()),
            key,
            urgency: Urgency::Background,
            held: None,
        }
    }

    /// The same with the token of a person who signed in there.
    pub(crate) fn holding(
        graph: Arc<Inner>,
        credential: &AppCredential,
        tenant: EntraTenantId,
        token: Token,
    ) -> Self {
        Self { held: Some(Arc::new(token)), ..Self::new(graph, tenant, credential).for_person() }
    }

    /// The same for what a person waits for or has approved: it does not queue behind background reading.
    #[must_use]
    pub fn for_person(mut self) -> Self {
        self.urgency = Urgency::Person;
        self
    }

    pub fn tenant(&self) -> EntraTenantId {
        self.key.tenant
    }

    /// The same app in another directory.
    #[must_use]
    pub fn elsewhere(&self, tenant: EntraTenantId) -> Self {
        Self::new(self.graph.clone(), tenant, &self.credential)
    }

    pub fn client_id(&self) -> &ClientId {
        &self.credential.client_id
    }

    /// The application permissions of the token at hand (or a new one). A token is issued even without any consent,
    /// so an empty or short list is what missing consent looks like (contract §15).
    ///
    /// # Errors
    /// What the token endpoint refused: app gone, app disabled, bad credential, no such tenant.
    pub async fn permissions(&self) -> Result<Permissions, GraphError> {
        Ok(self.token().await?.permissions.clone())
    }

    /// The same from a token asked for now: for the check after a consent was given or withdrawn.
    ///
    /// # Errors
    /// As [`Directory::permissions`].
    pub async fn permissions_now(&self) -> Result<Permissions, GraphError> {
        self.graph.tokens.forget_any(&self.key).await;
        self.permissions().await
    }

    pub(crate) async fn token(&self) -> Result<Arc<Token>, GraphError> {
        if let Some(held) = &self.held {
            return if held.lives(self.graph.clock.now()) {
                Ok(held.clone())
            } else {
                Err(GraphError::lapsed())
            };
        }
        self.graph.tokens.get(&self.graph, &self.key, &self.credential).await
    }

    /// A token that was refused may be older than the consent; the next call asks for a new one.
    pub(crate) async fn forget(&self, token: &Arc<Token>) {
        self.graph.tokens.forget(&self.key, token, None).await;
    }

    /// Whether it was held long enough for a refusal to be put down to its age.
    pub(crate) fn is_old(&self, token: &Token) -> bool {
        token.age(self.graph.clock.now()) >= AT_LEAST
    }

    pub(crate) fn address(&self, ask: &Ask) -> Result<Url, GraphError> {
        http::address(&self.graph.cloud.graph, &ask.path, ask.call)
    }

    /// Sends a call, and again where it is safe. The answer is a success.
    pub(crate) async fn send(&self, ask: &Ask) -> Result<Answer, GraphError> {
        let address = self.address(ask)?;
        let sent = self.send_to(ask, &address, self.deadline()).await;
        match sent.as_ref().err().and_then(|error| ask.after(error)) {
            Some(plain) => self.send_to(&plain, &self.address(&plain)?, self.deadline()).await,
            None => sent,
        }
    }

    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::after(self.graph.limits.operation)
    }

    /// The same to an address already checked: a next page.
    pub(crate) async fn send_to(
        &self,
        ask: &Ask,
        address: &Url,
        deadline: Deadline,
    ) -> Result<Answer, GraphError> {
        let patience = Patience::new(&self.graph.limits);
        let mut tries = Tries { ask, address, deadline, patience, challenge: None };
        // Nobody but himself gets a person a new token.
        let mut renewed = self.held.is_some();
        loop {
            let token = deadline.bound(ask.call, self.token()).await??;
            let old = self.is_old(&token);
            if let Some(missing) = needs::missing(ask.call, &token.permissions) {
                // The consent may be newer than the token.
                if old && !renewed {
                    renewed = true;
                    self.forget(&token).await;
                    continue;
                }
                return Err(GraphError::lacking(ask.call, missing));
            }
            let error = match self.attempt(&mut tries, &token).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if error.status == Some(401) && !renewed {
                // Refused before any effect, so even a create may go again: once, with a new token.
                renewed = true;
                self.graph.tokens.forget(&self.key, &token, tries.challenge.take()).await;
                continue;
            }
            if error.lost_consent() || (error.status == Some(403) && old) {
                self.forget(&token).await;
            }
            let quiet = self.quiet(Workload::of(&ask.path));
            let blind = planted::has(Bug::BlindRepeat) && error.status.is_some_and(|status| status >= 500);
            let wait = tries.patience.wait_after(&error, quiet, &self.graph.chance);
            match wait.filter(|_| ask.repeatable || blind) {
                Some(wait) if wait < deadline.left() => self.graph.clock.sleep(wait).await,
                _ => return Err(error),
            }
        }
    }

    async fn attempt(&self, tries: &mut Tries<'_>, token: &Arc<Token>) -> Result<Answer, GraphError> {
        let (ask, deadline, workload) = (tries.ask, tries.deadline, Workload::of(&tries.ask.path));
        let mut request = self.request(ask, tries.address, token)?;
        let id = http::request_id(&request);
        let (call, tenant, app) = (ask.call, self.tenant().0, self.client_id().as_str());
        let point = |when| Point::Call { when, call, tenant, app, request: &id };
        let answer = {
            let _turn = self.turn(tries, workload).await?;
            let left = deadline.left();
            if left < self.graph.limits.operation / 10 {
                // Too little to hear what became of it.
                return Err(Deadline::passed(ask.call));
            }
            *request.timeout_mut() = Some(left.min(self.graph.limits.exchange));
            crash::point(|| point(When::Before)).await;
            let answer =
                http::exchange(&self.graph.client, &self.graph.limits, call, ask.changes, request).await;
            crash::point(|| point(When::After)).await;
            answer?
        };
        // Said with 429, and with 503 too (contract §14).
        if !answer.is_success()
            && let Some(wait) = answer.retry_after(self.graph.clock.now())
        {
            let lane = self.graph.lanes.of(self.tenant());
            lane.keep_quiet(app, workload, self.graph.clock.now() + wait);
        }
        tries.challenge = challenge::claims_in(&answer.headers).filter(|_| answer.status == 401);
        self.judge(ask, answer, token)
    }

    pub(crate) fn quiet(&self, workload: Workload) -> Option<Duration> {
        let lane = self.graph.lanes.of(self.tenant());
        lane.quiet(self.client_id().as_str(), workload, self.graph.clock.now())
    }

    /// A turn within the budget, at a time when Microsoft lets us ask.
    async fn turn(&self, tries: &mut Tries<'_>, workload: Workload) -> Result<Turn, GraphError> {
        let (ask, deadline) = (tries.ask, tries.deadline);
        let lane = self.graph.lanes.of(self.tenant());
        let app = self.client_id().as_str();
        let budget = lane.budget.wait(app, workload, self.urgency, &self.graph.clock);
        deadline.bound(ask.call, budget).await?;
        // Entitlement management writes of one directory go one after another (contract §14).
        let alone = ask.changes && workload == Workload::Entitlement;
        loop {
            let turn = self.graph.turns.turn(self.tenant(), self.urgency, alone);
            let turn = deadline.bound(ask.call, turn).await?;
            // Asked with the turn in hand: whoever had it before us may just have been told to wait.
            let Some(rest) = self.quiet(workload) else { return Ok(turn) };
            drop(turn);
            match tries.patience.wait(Some(rest), &self.graph.chance) {
                Some(wait) if wait < deadline.left() => self.graph.clock.sleep(wait).await,
                _ => {
                    let kind = Kind::Throttled { retry_after: Some(rest) };
                    return Err(GraphError::new(kind, ask.call, "kept quiet as Microsoft asked"));
                }
            }
        }
    }

    fn request(&self, ask: &Ask, address: &Url, token: &Token) -> Result<reqwest::Request, GraphError> {
        let bearer = token.bearer_in(self.tenant()).ok_or_else(|| {
            GraphError::not_understood(ask.call, "a token of another directory was at hand")
        })?;
        let mut request = self
            .graph
            .client
            .request(ask.method.clone(), address.clone())
            .bearer_auth(bearer)
            .header("accept", "application/json")
            .header("client-request-id", self.graph.chance.uuid_v4().to_string());
        for (name, value) in &ask.headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = &ask.body {
            request = request.json(body);
        }
        request.build().map_err(|_| GraphError::not_understood(ask.call, "the request cannot be built"))
    }

    /// Success, or the error its status and body tell.
    pub(crate) fn judge(&self, ask: &Ask, answer: Answer, token: &Token) -> Result<Answer, GraphError> {
        if answer.is_success() {
            return Ok(answer);
        }
        if (300..400).contains(&answer.status) {
            // Never followed. Defender's beta answers a POST that worked this way (contract §9): read back.
            let kind = if ask.changes { Kind::LostAnswer } else { Kind::NotUnderstood };
            let mut error =
                GraphError::new(kind, ask.call, "answered with a redirect, which is not followed");
            error.status = Some(answer.status);
            return Err(error);
        }
        if planted::has(Bug::TokenLogged) {
            tracing::info!(token = token.bearer_in(self.tenant()), "refused");
        }
        let mut error = error_reading::of_graph(&Refusal {
            call: ask.call,
            status: answer.status,
            body: &answer.body,
            request_id: answer.request_id(),
            retry_after: answer.retry_after(self.graph.clock.now()),
            effect_unknown: !ask.repeatable,
        });
        if error.kind == Kind::Forbidden && token.permissions.is_empty() {
            error.kind = Kind::ConsentMissing;
        }
        Err(error)
    }

    /// A single object.
    pub(crate) async fn read<T: DeserializeOwned>(&self, ask: Ask) -> Result<T, GraphError> {
        let answer = self.send(&ask).await?;
        understood(&ask, &answer)
    }

    /// A single object that may not be there.
    pub(crate) async fn find<T: DeserializeOwned>(&self, ask: Ask) -> Result<Option<T>, GraphError> {
        found(self.read(ask).await)
    }

    /// A write that answers with the object it made or changed.
    pub(crate) async fn create<T: DeserializeOwned>(&self, ask: Ask) -> Result<T, GraphError> {
        let answer = self.send(&ask).await?;
        // It happened, but what it made is not known: the same as a lost answer.
        understood(&ask, &answer).map_err(|error| GraphError { kind: Kind::LostAnswer, ..error })
    }

    /// A write whose answer is of no interest. Gives the status.
    pub(crate) async fn write(&self, ask: Ask) -> Result<u16, GraphError> {
        Ok(self.send(&ask).await?.status)
    }
}

/// The body as the type it should be.
pub(crate) fn understood<T: DeserializeOwned>(ask: &Ask, answer: &Answer) -> Result<T, GraphError> {
    strict::read(&answer.body).map_err(|error| {
        let mut error = GraphError::not_understood(ask.call, format!("the answer cannot be read: {error}"));
        error.status = Some(answer.status);
        error.request_id = answer.request_id().map(error_reading::tidy);
        error
    })
}

/// Not found is an answer, not an error.
pub(crate) fn found<T>(outcome: Result<T, GraphError>) -> Result<Option<T>, GraphError> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind == Kind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Directory({:?} in {})", self.credential, self.tenant())
    }
}
