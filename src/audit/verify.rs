//! Walks a provider's audit chain from its first event: numbers without gap, each event naming the hash of the one
//! before, the stored bytes hashing to what is stored, and the readable columns saying what the bytes say.
//!
//! A chain shows what was changed, removed from the middle or put in. That its end was cut off, or all of it written
//! anew, only an older head can show that was kept elsewhere: the walk looks for those it is given.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use uuid::Uuid;

use crate::audit::head::Head;
use crate::kit::audit::link_hash;
use crate::kit::scope::Tx;

/// Events read at once.
const BATCH: i64 = 1000;

/// What a walk found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Events that stand as they were written, counted from the first.
    pub sound: i64,
    /// Hash of the last sound event, in hex; empty before the first one.
    pub head: String,
    /// When the last sound event happened.
    pub until: Option<DateTime<Utc>>,
    /// The first event that does not stand, if any. Nothing after it is proven.
    pub broken: Option<Broken>,
    /// The older heads that were asked for and stand in the sound part.
    pub passed: Vec<Head>,
}

/// Where the chain breaks, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    pub seq: i64,
    pub why: Why,
}

/// Each has a sentence `audit-broken-<key>` in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// A number is missing: events were removed.
    Gap,
    /// The event does not name the hash of the one before.
    Previous,
    /// The stored bytes are not those that were hashed.
    Bytes,
    /// A readable column says other than the bytes.
    Columns,
}

impl Why {
    pub const ALL: [Self; 4] = [Self::Gap, Self::Previous, Self::Bytes, Self::Columns];

    pub const fn key(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Previous => "previous",
            Self::Bytes => "bytes",
            Self::Columns => "columns",
        }
    }
}

struct Row {
    seq: i64,
    at: DateTime<Utc>,
    actor: String,
    actor_kind: String,
    person_id: Option<Uuid>,
    action: String,
    customer_id: Option<Uuid>,
    body: Vec<u8>,
    previous_hash: Vec<u8>,
    hash: Vec<u8>,
}

/// What the bytes say of the columns beside them.
#[derive(Deserialize)]
struct Said {
    seq: i64,
    at: DateTime<Utc>,
    provider: Uuid,
    actor: String,
    /// Not in events that were written before it was kept.
    #[serde(default)]
    actor_kind: String,
    person: Option<Uuid>,
    action: String,
    customer: Option<Uuid>,
    previous: String,
}

/// Walks the chain of the scope's provider to its end or its first break. Reads only.
pub async fn walk(tx: &mut Tx) -> Result<Report, sqlx::Error> {
    walk_past(tx, &[]).await
}

/// The same, looking for older heads on the way.
pub async fn walk_past(tx: &mut Tx, heads: &[Head]) -> Result<Report, sqlx::Error> {
    let provider = tx.scope().provider();
    let mut report = Report { sound: 0, head: String::new(), until: None, broken: None, passed: Vec::new() };
    let mut previous = vec![0; 32];
    loop {
        let rows = sqlx::query_as!(
            Row,
            "select seq, at, actor, actor_kind, person_id, action, customer_id, body, previous_hash, hash
               from audit_event
              where provider_id = $1 and seq > $2 order by seq limit $3",
            provider.0,
            report.sound,
            BATCH,
        )
        .fetch_all(&mut **tx)
        .await?;
        let last = rows.len() < usize::try_from(BATCH).unwrap_or(usize::MAX);
        for row in rows {
            if let Some(why) = check(&row, report.sound + 1, &previous, provider.0) {
                report.broken = Some(Broken { seq: report.sound + 1, why });
                return Ok(report);
            }
            report.sound = row.seq;
            report.until = Some(row.at);
            let here = Head::new(row.seq, &row.hash);
            report.passed.extend(heads.iter().filter(|head| **head == here).cloned());
            report.head = here.hash;
            previous = row.hash;
        }
        if last {
            return Ok(report);
        }
    }
}

/// How this event breaks the chain, if it does.
fn check(row: &Row, expected: i64, previous: &[u8], provider: Uuid) -> Option<Why> {
    if row.seq != expected {
        return Some(Why::Gap);
    }
    if link_hash(&row.body) != row.hash {
        return Some(Why::Bytes);
    }
    let Ok(said) = serde_json::from_slice::<Said>(&row.body) else { return Some(Why::Bytes) };
    if row.previous_hash != previous || said.previous != STANDARD.encode(previous) {
        return Some(Why::Previous);
    }
    let same = said.seq == row.seq
        && said.at == row.at
        && said.provider == provider
        && said.actor == row.actor
        && said.actor_kind == row.actor_kind
        && said.person == row.person_id
        && said.action == row.action
        && said.customer == row.customer_id;
    (!same).then_some(Why::Columns)
}
