//! Application tokens, one per (directory, app, proof): in memory only, one request however many callers.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::graph::Inner;
use crate::graph::credential::{AppCredential, Proof};
use crate::graph::error::{GraphError, GraphErrorKind};
use crate::graph::error_reading::{self, Refusal};
use crate::graph::ids::ClientId;
use crate::graph::token_claims::{self, Permissions};
use crate::graph::{assertion, http, retry};
use crate::kit::crash::{self, Point, When};
use crate::kit::ids::EntraTenantId;
use crate::kit::planted::{self, Bug};

const CALL: &str = "POST /{tenant}/oauth2/v2.0/token";

/// A token is renewed this long before it ends.
const EARLY: TimeDelta = TimeDelta::minutes(5);
/// Tokens held at once before those that nobody uses are forgotten.
const PLACES: usize = 20_000;

/// A bearer token that was found to be the one asked for.
pub(crate) struct Token {
    tenant: EntraTenantId,
    bearer: SecretString,
    pub permissions: Permissions,
    obtained: DateTime<Utc>,
    expires: DateTime<Utc>,
}

impl Token {
    /// A person's own, as his sign-in brought it.
    pub fn held(
        tenant: EntraTenantId,
        bearer: SecretString,
        permissions: Permissions,
        obtained: DateTime<Utc>,
        expires: DateTime<Utc>,
    ) -> Self {
        Self { tenant, bearer, permissions, obtained, expires }
    }

    pub fn lives(&self, now: DateTime<Utc>) -> bool {
        now < self.expires
    }

    /// The token itself, for a call in its own directory only.
    pub fn bearer_in(&self, tenant: EntraTenantId) -> Option<&str> {
        (self.tenant == tenant || planted::has(Bug::AnothersToken)).then(|| self.bearer.expose_secret())
    }

    fn fresh(&self, now: DateTime<Utc>) -> bool {
        // A short-lived token is kept for half its life at least.
        let margin = EARLY.min((self.expires - self.obtained) / 2);
        now < self.expires - margin
    }

    /// Seconds since it was issued.
    pub fn age(&self, now: DateTime<Utc>) -> i64 {
        (now - self.obtained).num_seconds()
    }
}

/// Whose token.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct TokenKey {
    pub tenant: EntraTenantId,
    client: ClientId,
    fingerprint: [u8; 32],
}

impl TokenKey {
    pub fn new(tenant: EntraTenantId, credential: &AppCredential) -> Self {
        Self { tenant, client: credential.client_id.clone(), fingerprint: credential.fingerprint() }
    }
}

/// One key's place. `rounds` counts requests that ended, so that those who waited share the failure too.
#[derive(Default)]
struct Place {
    rounds: AtomicU64,
    state: tokio::sync::Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<Arc<Token>>,
    failure: Option<GraphError>,
    /// Claims that the next token must have: Microsoft refused the last one for want of them.
    claims: Option<String>,
    /// Entra asked not to be asked before.
    quiet_until: Option<DateTime<Utc>>,
}

impl State {
    /// The answer as long as Entra wants to be left alone.
    fn quiet(&self, now: DateTime<Utc>) -> Option<GraphError> {
        let rest = (self.quiet_until? - now).to_std().ok().filter(|rest| !rest.is_zero())?;
        let kind = GraphErrorKind::Throttled { retry_after: Some(rest) };
        Some(GraphError::new(kind, CALL, "kept quiet as Microsoft asked"))
    }
}

#[derive(Default)]
pub(crate) struct Tokens(Mutex<HashMap<TokenKey, Arc<Place>>>);

impl Tokens {
    fn place(&self, key: &TokenKey) -> Arc<Place> {
        let mut key = key.clone();
        if planted::has(Bug::AnothersToken) {
            key.tenant = EntraTenantId(uuid::Uuid::nil());
        }
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= PLACES && !places.contains_key(&key) {
            // Proofs change with time: what nobody uses is forgotten, and asked for anew if it is wanted after all.
            places.retain(|_, place| Arc::strong_count(place) > 1);
        }
        places.entry(key).or_default().clone()
    }

    /// The token at hand, or a new one.
    pub async fn get(
        &self,
        graph: &Inner,
        key: &TokenKey,
        credential: &AppCredential,
    ) -> Result<Arc<Token>, GraphError> {
        let place = self.place(key);
        let entered = place.rounds.load(Ordering::SeqCst);
        let mut state = place.state.lock().await;
        if let Some(token) = state.token.as_ref().filter(|token| token.fresh(graph.clock.now())) {
            return Ok(token.clone());
        }
        if place.rounds.load(Ordering::SeqCst) != entered
            && let Some(failure) = &state.failure
        {
            return Err(failure.clone());
        }
        let outcome = match state.quiet(graph.clock.now()) {
            Some(error) => Err(error),
            None => {
                let State { claims, quiet_until, .. } = &mut *state;
                obtain(graph, key.tenant, credential, claims.as_deref(), quiet_until).await
            }
        };
        place.rounds.fetch_add(1, Ordering::SeqCst);
        match outcome {
            Ok(token) => {
                let token = Arc::new(token);
                *state = State { token: Some(token.clone()), ..State::default() };
                Ok(token)
            }
            Err(error) => {
                // While the token service is away, a token that still lives is used to its end.
                let alive = state.token.as_ref().filter(|token| graph.clock.now() < token.expires);
                if let Some(token) = alive.filter(|_| error.passes()) {
                    return Ok(token.clone());
                }
                let claims = state.claims.take().filter(|_| error.passes());
                (state.token, state.failure, state.claims) = (None, Some(error.clone()), claims);
                Err(error)
            }
        }
    }

    /// Forgets this very token; a newer one that came meanwhile stays. `claims`: what the next one must have.
    pub async fn forget(&self, key: &TokenKey, token: &Arc<Token>, claims: Option<String>) {
        let place = self.place(key);
        let mut state = place.state.lock().await;
        if state.token.as_ref().is_some_and(|held| Arc::ptr_eq(held, token)) {
            (state.token, state.claims) = (None, claims);
        }
    }

    /// Forgets whatever is held for this key.
    pub async fn forget_any(&self, key: &TokenKey) {
        self.place(key).state.lock().await.token = None;
    }
}

#[derive(Deserialize)]
struct Issued {
    access_token: SecretString,
    #[serde(default)]
    expires_in: i64,
}

/// A refusal, and how long Entra asked to wait.
type Refused = (GraphError, Option<Duration>);

/// Asks Entra, again when it is busy, and checks that the token is for this directory, audience and app.
async fn obtain(
    graph: &Inner,
    tenant: EntraTenantId,
    credential: &AppCredential,
    claims: Option<&str>,
    quiet_until: &mut Option<DateTime<Utc>>,
) -> Result<Token, GraphError> {
    let endpoint = graph.cloud.token_endpoint(tenant);
    let mut patience = retry::Patience::new(&graph.limits);
    let issued = loop {
        match ask_once(graph, tenant, &endpoint, credential, claims).await {
            Ok(issued) => break issued,
            Err((error, asked)) => {
                *quiet_until = asked.map(|wait| graph.clock.now() + wait);
                match patience.wait_after(&error, asked, &graph.chance) {
                    Some(wait) => graph.clock.sleep(wait).await,
                    None => return Err(error),
                }
            }
        }
    };
    let told = token_claims::read(CALL, issued.access_token.expose_secret())?;
    let permissions = told.checked(CALL, &graph.cloud, tenant, &credential.client_id)?;
    let now = graph.clock.now();
    let expires = now + TimeDelta::seconds(issued.expires_in.clamp(0, 86_400));
    Ok(Token { tenant, bearer: issued.access_token, permissions, obtained: now, expires })
}

async fn ask_once(
    graph: &Inner,
    tenant: EntraTenantId,
    endpoint: &str,
    credential: &AppCredential,
    claims: Option<&str>,
) -> Result<Issued, Refused> {
    let at_once = |error| (error, None);
    let scope = graph.cloud.graph_scope();
    let mut form = vec![
        ("grant_type", "client_credentials".to_owned()),
        ("client_id", credential.client_id.to_string()),
        ("scope", scope),
    ];
    form.extend(claims.map(|claims| ("claims", claims.to_owned())));
    let assertion = match &credential.proof {
        Proof::Secret(secret) => {
            form.push(("client_secret", secret.expose_secret().to_owned()));
            None
        }
        Proof::Federated(assertion) => Some(assertion.clone()),
        Proof::Certificate { der, key_pem } => {
            let client = &credential.client_id;
            let signed = assertion::signed(client, der, key_pem, endpoint, &graph.clock, &graph.chance);
            Some(signed.map_err(at_once)?)
        }
    };
    if let Some(assertion) = assertion {
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        form.push(("client_assertion_type", kind.to_owned()));
        form.push(("client_assertion", assertion.expose_secret().to_owned()));
    }
    let request = graph
        .client
        .post(endpoint)
        .header("client-request-id", graph.chance.uuid_v4().to_string())
        .form(&form)
        .build()
        .map_err(|_| at_once(GraphError::not_understood(CALL, "the request cannot be built")))?;
    // Asking for a token changes nothing, so it may be repeated.
    let (id, app) = (http::request_id(&request), credential.client_id.as_str());
    let point = |when| Point::Call { when, call: CALL, tenant: tenant.0, app, request: &id };
    crash::point(|| point(When::Before)).await;
    let answer = http::exchange(&graph.client, &graph.limits, CALL, false, request).await;
    crash::point(|| point(When::After)).await;
    let answer = answer.map_err(at_once)?;
    if !answer.is_success() {
        let retry_after = answer.retry_after(graph.clock.now());
        let error = error_reading::of_entra(&Refusal {
            call: CALL,
            status: answer.status,
            body: &answer.body,
            request_id: answer.request_id(),
            retry_after,
            effect_unknown: false,
        });
        return Err((error, retry_after));
    }
    serde_json::from_slice(&answer.body)
        .map_err(|_| at_once(GraphError::not_understood(CALL, "the token answer cannot be read")))
}
