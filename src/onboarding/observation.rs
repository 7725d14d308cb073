//! What was read from a customer's tenant, with nothing judged yet. Lists are sorted, so that the same world gives
//! the same document.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::kit::ids::{EntraTenantId, ObjectId};
use crate::onboarding::policy::PolicyFacts;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    pub organization: String,
    pub domains: Vec<String>,
    /// The domain for My Access links.
    pub hint: String,
    pub preflight: Preflight,
    pub groups: Vec<SeenGroup>,
    pub connected: Vec<SeenConnected>,
    pub catalogs: Vec<SeenCatalog>,
    pub packages: Vec<SeenPackage>,
    /// Entitlement management refused to be read for want of a licence: organizations, catalogs and packages are those
    /// of the last reading that saw them.
    #[serde(default)]
    pub governance_unread: bool,
    pub defender: SeenDefender,
}

/// What can break the procedure without a word. `None`: may not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preflight {
    /// Entra ID P2 or ID Governance is bought.
    pub licence: bool,
    pub defender_p2: bool,
    /// Guests can be invited by somebody.
    pub invites: Option<bool>,
    /// Guests of the analysts' tenant are let in.
    pub inbound: Option<bool>,
    /// Multifactor sign-in at the analysts' tenant is trusted.
    pub mfa_trusted: Option<bool>,
    /// Names of Conditional Access policies that block guests of the analysts' tenant as such.
    pub blocking: Option<Vec<String>>,
    /// Names of those that ask them for a device which the customer does not trust.
    #[serde(default)]
    pub devices: Option<Vec<String>>,
}

/// A member or owner of a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SeenPrincipal {
    pub name: String,
    pub mail: String,
    /// From the analysts' tenant, as far as his address tells.
    pub ours: bool,
    pub id: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SeenGroup {
    pub id: ObjectId,
    pub name: String,
    pub unique_name: String,
    /// An assigned cloud security group: the only kind that a package can give membership of.
    pub usable: bool,
    pub members: Vec<SeenPrincipal>,
    pub owners: Vec<String>,
    /// The owners with their ids (an older reading held only names); service principals may be left out by Microsoft.
    #[serde(default)]
    pub owned_by: Vec<SeenPrincipal>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SeenConnected {
    pub id: String,
    pub name: String,
    pub configured: bool,
    /// Entra tenants among its identity sources.
    pub tenants: Vec<EntraTenantId>,
    /// Every identity source in words, an Entra tenant with its id. Whoever comes from any of them belongs to the organization.
    #[serde(default)]
    pub sources: Vec<String>,
}

impl SeenConnected {
    /// It lets in people of this tenant and nobody else.
    pub fn is_only(&self, tenant: EntraTenantId) -> bool {
        self.tenants == [tenant] && self.sources.len() <= 1
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SeenCatalog {
    pub id: String,
    pub name: String,
    pub description: String,
    pub published: bool,
    pub external: bool,
    /// Groups that are resources of it.
    pub resources: Vec<ObjectId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenPackage {
    pub id: String,
    pub name: String,
    pub description: String,
    pub hidden: bool,
    pub catalog: String,
    /// Groups whose membership it gives.
    pub gives: Vec<ObjectId>,
    /// Whatever else it gives: ownership, roles of applications and sites.
    #[serde(default)]
    pub gives_else: Vec<SeenGiven>,
    pub policies: Vec<SeenPolicy>,
    /// How many people hold it.
    pub held: usize,
    /// How many of them are of the analysts' directory, as far as is known.
    #[serde(default)]
    pub held_by_ours: usize,
    /// Names of the others who hold it, the first fifty.
    #[serde(default)]
    pub held_by_others: Vec<String>,
    /// When the first of them loses it.
    #[serde(default)]
    pub first_end: Option<DateTime<Utc>>,
}

/// A role that a package gives and that is not membership of a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SeenGiven {
    /// Origin system, role and resource, as Microsoft names them.
    pub id: String,
    /// The role and, after a dash, what it is a role of.
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenPolicy {
    pub id: String,
    pub name: String,
    pub description: String,
    pub facts: PolicyFacts,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeenDefender {
    /// Not asked for (manual), or not to be read.
    #[default]
    Unknown,
    /// The tenant refuses: Unified RBAC is not active there.
    Inactive,
    Unified {
        roles: Vec<SeenRole>,
        /// Names of everything that can be allowed there.
        actions: Vec<String>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenRole {
    pub id: String,
    pub name: String,
    pub description: String,
    pub built_in: bool,
    pub actions: Vec<String>,
    /// Groups that hold it for everything.
    pub groups: Vec<String>,
}

impl Observation {
    /// With the organizations, catalogs and packages of an earlier reading where this one could not see them.
    #[must_use]
    pub fn with_last_known(self, last: Option<Self>) -> Self {
        match last.filter(|_| self.governance_unread) {
            Some(Self { connected, catalogs, packages, .. }) => {
                Self { connected, catalogs, packages, ..self }
            }
            None => self,
        }
    }

    pub fn group(&self, id: &str) -> Option<&SeenGroup> {
        self.groups.iter().find(|group| group.id.to_string().eq_ignore_ascii_case(id))
    }

    pub fn catalog(&self, id: &str) -> Option<&SeenCatalog> {
        self.catalogs.iter().find(|catalog| catalog.id == id)
    }

    pub fn package(&self, id: &str) -> Option<&SeenPackage> {
        self.packages.iter().find(|package| package.id == id)
    }

    pub fn connected(&self, id: &str) -> Option<&SeenConnected> {
        self.connected.iter().find(|organization| organization.id == id)
    }
}

/// Names are compared as Entra compares them: without case, without blanks around.
pub fn same_name(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}
