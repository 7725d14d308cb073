//! Appends to the audit log: who, what, customer, before and after, why; hash-chained per provider.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::kit::clock::Clock;
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;

/// One act, as it will be told later.
#[derive(Clone, Debug, Default)]
pub struct Event {
    action: &'static str,
    customer: Option<CustomerId>,
    before: Value,
    after: Value,
    why: String,
}

impl Event {
    /// `action` is a fixed word like `customer.added`; the audit page has a sentence for each.
    pub fn new(action: &'static str) -> Self {
        Self { action, ..Self::default() }
    }

    pub(in crate::kit) fn action(&self) -> &'static str {
        self.action
    }

    pub fn of(mut self, customer: CustomerId) -> Self {
        self.customer = Some(customer);
        self
    }

    /// State before the act. Never a secret.
    pub fn before(mut self, value: impl Serialize) -> Self {
        self.before = serde_json::to_value(value).unwrap_or_default();
        self
    }

    /// State after the act. Never a secret.
    pub fn after(mut self, value: impl Serialize) -> Self {
        self.after = serde_json::to_value(value).unwrap_or_default();
        self
    }

    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }
}

/// What is hashed and stored, byte for byte.
#[derive(Serialize)]
struct Body<'a> {
    seq: i64,
    at: String,
    provider: String,
    actor: String,
    actor_kind: &'a str,
    person: Option<String>,
    action: &'a str,
    customer: Option<String>,
    before: &'a Value,
    after: &'a Value,
    why: &'a str,
    previous: String,
}

/// The chain's link: SHA-256 over the stored bytes, which name the previous hash.
pub fn link_hash(body: &[u8]) -> Vec<u8> {
    Sha256::digest(body).to_vec()
}

/// Last statement of a transaction. Appends are serialised per provider until it ends.
pub(in crate::kit) async fn append(tx: &mut Tx, clock: &Clock, event: Event) -> Result<(), sqlx::Error> {
    let scope = tx.scope().clone();
    let provider = scope.provider();
    let at = clock.now();
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 7))", provider.to_string())
        .execute(&mut **tx)
        .await?;
    let last = sqlx::query!(
        "select seq, hash from audit_event where provider_id = $1 order by seq desc limit 1",
        provider.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    let (seq, previous) = last.map_or((1, vec![0; 32]), |last| (last.seq + 1, last.hash));
    let body = serde_json::to_vec(&Body {
        seq,
        at: at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
        provider: provider.to_string(),
        actor: scope.actor().name(),
        actor_kind: scope.actor().kind(),
        person: scope.person().map(|person| person.to_string()),
        action: event.action,
        customer: event.customer.map(|customer| customer.to_string()),
        before: &event.before,
        after: &event.after,
        why: &event.why,
        previous: STANDARD.encode(&previous),
    })
    .map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    let hash = link_hash(&body);
    sqlx::query!(
        "insert into audit_event (provider_id, seq, at, actor, actor_kind, person_id, action, customer_id, body,
                                  previous_hash, hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        provider.0,
        seq,
        at,
        scope.actor().name(),
        scope.actor().kind(),
        scope.person().map(|person| person.0),
        event.action,
        event.customer.map(|customer| customer.0),
        body,
        previous,
        hash,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
