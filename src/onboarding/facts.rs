//! What the portal knows about a customer besides the observation: consents, what is ours there, and what people
//! declared or answered.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::kit::ids::{CustomerId, EntraTenantId, ObjectId, ProviderId};
use crate::onboarding::step::{StepKey, StepKind};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub provider: ProviderId,
    pub provider_name: String,
    pub customer: CustomerId,
    /// The directory and a verified domain of the analysts; none before Admin has named them.
    pub analysts: Option<Analysts>,
    /// Every domain by whose mail an analyst is known, in small letters.
    pub analyst_domains: BTreeSet<String>,
    /// Client ids of the provider's own apps.
    pub apps: Vec<String>,
    pub reader: bool,
    pub operator: bool,
    /// By object key: `group.tier1`, `catalog`, `package.tier1`, …
    pub owned: BTreeMap<String, Owned>,
    /// By step key.
    pub declared: BTreeMap<String, Declaration>,
    /// Declarations whose proof is too old to count, by step key: see [`Facts::as_of`].
    pub outdated: BTreeMap<String, Declaration>,
    /// By object key.
    pub answers: BTreeMap<String, Answer>,
    pub administrator: Option<Administrator>,
    /// Which of Defender's two permission models this tenant uses; a person says it.
    pub rbac: Option<Rbac>,
    /// Address of the stored link, by package key.
    pub links: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Analysts {
    pub tenant: EntraTenantId,
    pub domain: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owned {
    pub id: String,
    pub adopted: bool,
}

/// A manual step that a named person says is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declaration {
    pub by: String,
    pub at: DateTime<Utc>,
    /// Words or a link.
    pub proof: String,
    /// Ids of what was looked at, where a declaration is good for these only.
    #[serde(default)]
    pub about: Vec<String>,
}

/// How long a declaration counts: what nobody can read in the tenant is looked at once a year, as access is.
pub const PROOF_LIFE: TimeDelta = TimeDelta::days(365);

/// What to do with an object of the wanted name that is not ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "answer")]
pub enum Answer {
    /// Take it over. Good for this object only.
    Adopt { id: String },
    /// Leave it alone and make ours, with a suffix.
    Beside,
}

/// The customer's administrator who approves the first approvers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Administrator {
    pub id: ObjectId,
    pub name: String,
    pub principal_name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rbac {
    Unified,
    Classic,
}

impl Facts {
    /// Of a customer of whom nothing is known yet.
    #[cfg(test)]
    pub fn of_nobody() -> Self {
        let id = |number: u128| uuid::Uuid::from_u128(number + (7 << 64));
        Self {
            provider: ProviderId(id(1)),
            provider_name: "Contoso SOC".to_owned(),
            customer: CustomerId(id(2)),
            analysts: None,
            analyst_domains: BTreeSet::new(),
            apps: Vec::new(),
            reader: true,
            operator: true,
            owned: BTreeMap::new(),
            declared: BTreeMap::new(),
            outdated: BTreeMap::new(),
            answers: BTreeMap::new(),
            administrator: None,
            rbac: None,
            links: BTreeMap::new(),
        }
    }

    pub fn owned(&self, object: &str) -> Option<&str> {
        self.owned.get(object).map(|owned| owned.id.as_str())
    }

    /// Ids of everything of one kind that is ours, also for tiers that the blueprint no longer has.
    pub fn owned_of(&self, kind: StepKind) -> impl Iterator<Item = &str> {
        let of_kind = move |object: &str| object.parse::<StepKey>().is_ok_and(|key| key.kind == kind);
        self.owned.iter().filter(move |(object, _)| of_kind(object)).map(|(_, owned)| owned.id.as_str())
    }

    /// The same on a certain day: declarations with an old proof are asked for again.
    #[must_use]
    pub fn as_of(mut self, now: DateTime<Utc>) -> Self {
        let all = std::mem::take(&mut self.declared);
        (self.outdated, self.declared) = all.into_iter().partition(|(_, one)| now - one.at > PROOF_LIFE);
        self
    }

    /// Stands in the description of what we make where Microsoft has no unique name: after a lost answer it tells our
    /// object from others of the same name (docs/decisions/engine.md).
    pub fn reference(&self, object: &str) -> String {
        let mut hash = Sha256::new();
        for part in [self.provider.to_string(), self.customer.to_string(), object.to_owned()] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let digest = hash.finalize();
        let short: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        format!("[ref {short}]")
    }

    /// A description with our reference at its end.
    pub fn described(&self, text: &str, object: &str) -> String {
        format!("{} {}", text.trim(), self.reference(object)).trim().to_owned()
    }

    /// Unique in a directory and never reused: Graph's `uniqueName` of a group.
    pub fn unique_name(&self, key: &str) -> String {
        format!("mssp-{}-{key}", self.provider.0.simple())
    }
}
