//! What happened that people may want to be told. A room tells it in the transaction that learns of it, as often as it
//! learns of it; told twice is told once.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;
use crate::kit::work;

/// The kind of work that looks at what was told of a customer.
pub const WORK: &str = "notices";

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    RequestPending,
    RequestDecided,
    RequestExpired,
    DeliveryFailed,
    AccessEnding,
    ApproverLast,
    ApproversFew,
    ApproversEmpty,
    GuestBlocked,
    ReviewDue,
    ConsentLost,
    CredentialEnding,
    AlertNew,
    RunFailed,
    Drifted,
}

impl Kind {
    pub const ALL: [Self; 15] = [
        Self::RequestPending,
        Self::RequestDecided,
        Self::RequestExpired,
        Self::DeliveryFailed,
        Self::AccessEnding,
        Self::ApproverLast,
        Self::ApproversFew,
        Self::ApproversEmpty,
        Self::GuestBlocked,
        Self::ReviewDue,
        Self::ConsentLost,
        Self::CredentialEnding,
        Self::AlertNew,
        Self::RunFailed,
        Self::Drifted,
    ];

    /// As the database and the texts name it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::RequestPending => "request-pending",
            Self::RequestDecided => "request-decided",
            Self::RequestExpired => "request-expired",
            Self::DeliveryFailed => "delivery-failed",
            Self::AccessEnding => "access-ending",
            Self::ApproverLast => "approver-last",
            Self::ApproversFew => "approvers-few",
            Self::ApproversEmpty => "approvers-empty",
            Self::GuestBlocked => "guest-blocked",
            Self::ReviewDue => "review-due",
            Self::ConsentLost => "consent-lost",
            Self::CredentialEnding => "credential-ending",
            Self::AlertNew => "alert-new",
            Self::RunFailed => "run-failed",
            Self::Drifted => "drifted",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }
}

/// One thing that happened to a customer.
#[derive(Clone, Debug)]
pub struct Happening {
    pub kind: Kind,
    pub customer: CustomerId,
    /// Its identity within kind and customer: a request's id, or that and `/80` for what is told at 80 %. What may
    /// happen again needs another one: since when consent is lost, say.
    pub about: String,
    /// What a message says of it, each left out where it is not known: `package` (the blueprint's key), `name` (of the
    /// package), `who`, `mail`, `why`, `until` (a moment), `severity`, `many`, `title`, `path` (a page of the portal)
    /// and what a kind needs beyond that.
    pub facts: Value,
}

/// Keeps it, if it was not told before; says whether it is new.
///
/// # Errors
/// The database refused: `about` is empty or has more than 300 characters, or it does not answer.
pub async fn tell(tx: &mut Tx, happening: &Happening, at: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    tell_all(tx, std::slice::from_ref(happening), at).await.map(|new| new > 0)
}

/// Keeps those of them that were not told before, with one statement, and has them looked at; says how many are new.
///
/// # Errors
/// As `tell`.
pub async fn tell_all(tx: &mut Tx, happenings: &[Happening], at: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    if happenings.is_empty() {
        return Ok(0);
    }
    let provider = tx.scope().provider();
    let kinds: Vec<String> = happenings.iter().map(|one| one.kind.key().to_owned()).collect();
    let customers: Vec<uuid::Uuid> = happenings.iter().map(|one| one.customer.0).collect();
    let abouts: Vec<String> = happenings.iter().map(|one| one.about.clone()).collect();
    let facts: Vec<Value> = happenings.iter().map(|one| one.facts.clone()).collect();
    let new = sqlx::query!(
        "insert into happening (provider_id, kind, customer_id, about, facts, at)
         select $1, h.*, $6 from unnest($2::text[], $3::uuid[], $4::text[], $5::jsonb[]) as h
         on conflict (provider_id, kind, customer_id, about) do nothing",
        provider.0,
        &kinds,
        &customers,
        &abouts,
        &facts,
        at,
    )
    .execute(&mut **tx)
    .await?;
    if new.rows_affected() > 0 {
        let whose: BTreeSet<CustomerId> = happenings.iter().map(|one| one.customer).collect();
        for customer in whose {
            work::wake(tx, customer, WORK, at).await?;
        }
    }
    Ok(new.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_key(kind.key()), Some(kind));
        }
        assert_eq!(Kind::from_key("request"), None);
    }
}
