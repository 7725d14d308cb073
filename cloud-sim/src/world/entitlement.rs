//! Entitlement management's objects, as one tenant keeps them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::late::Delay;

/// A connected organization with its one identity source as Graph shows it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConnectedOrganization {
    pub id: String,
    pub display_name: String,
    pub description: Option<String>,
    pub state: String,
    pub created: Option<DateTime<Utc>>,
    pub modified: Option<DateTime<Utc>>,
    pub identity_source: Value,
    /// Verified domains that belong to it.
    pub domains: Vec<String>,
    pub delay: Delay,
    pub external_sponsors: Vec<String>,
    pub internal_sponsors: Vec<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Catalog {
    pub id: String,
    pub display_name: String,
    pub description: Option<String>,
    pub state: String,
    pub externally_visible: bool,
    /// The catalog every directory has.
    pub built_in: bool,
    pub created: Option<DateTime<Utc>>,
    pub modified: Option<DateTime<Utc>>,
    pub delay: Delay,
}

/// A group inside a catalog, with the ids of its two roles and of its root scope.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Resource {
    pub id: String,
    pub catalog: String,
    pub group: String,
    pub display_name: String,
    pub description: Option<String>,
    pub member_role: String,
    pub owner_role: String,
    pub root_scope: String,
    pub created: Option<DateTime<Utc>>,
    pub delay: Delay,
    /// How long its roles and scopes stay unseen after it shows itself.
    pub roles_delay: Delay,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Package {
    pub id: String,
    pub catalog: String,
    pub display_name: String,
    pub description: Option<String>,
    pub hidden: bool,
    pub created: Option<DateTime<Utc>>,
    pub modified: Option<DateTime<Utc>>,
    pub delay: Delay,
}

/// A group's role inside a package; its id is `roleId_scopeId`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RoleScope {
    pub id: String,
    pub package: String,
    pub resource: String,
    /// `Member` or `Owner`.
    pub role: String,
    pub created: Option<DateTime<Utc>>,
    pub delay: Delay,
}

/// A change of what a package gives, on its way to those who hold it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PackageChange {
    pub package: String,
    pub due: DateTime<Utc>,
    /// The role it no longer gives; none when it gives more.
    pub lost: Option<RoleScope>,
}

/// An assignment policy: `body` is the object as Graph shows it, without id, dates and links.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Policy {
    pub id: String,
    pub package: String,
    pub body: Value,
    /// Id of its review definition, where that does not follow from its own.
    pub review_definition: Option<String>,
    pub created: Option<DateTime<Utc>>,
    pub modified: Option<DateTime<Utc>>,
    pub delay: Delay,
}

/// Who asks for access: he may not be in the directory yet.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Requestor {
    /// Id of the subject in entitlement management, not the user's.
    pub id: String,
    pub display_name: String,
    pub mail: String,
    pub principal_name: String,
    /// Object id in this directory, once there.
    pub object_id: Option<String>,
    /// Tenant and object id at home, when that is simulated.
    pub home: Option<(String, String)>,
    pub connected_organization: Option<String>,
}

impl Requestor {
    /// The same person.
    pub fn is(&self, other: &Self) -> bool {
        self.id == other.id || (self.home.is_some() && self.home == other.home)
    }
}

/// A decision on a stage.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Decision {
    pub approved: bool,
    /// Absent when the clock decided.
    pub by: Option<String>,
    pub justification: String,
    pub at: Option<DateTime<Utc>>,
}

/// A stage of approval, with the policy's settings as they were when the request was made.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Stage {
    pub id: String,
    pub settings: Value,
    /// Absent while an earlier stage is open.
    pub started: Option<DateTime<Utc>>,
    pub decision: Option<Decision>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Request {
    pub id: String,
    pub request_type: String,
    pub state: String,
    pub status: String,
    pub package: String,
    pub policy: String,
    pub assignment: Option<String>,
    pub requestor: Requestor,
    pub justification: Option<String>,
    pub answers: Value,
    pub created: Option<DateTime<Utc>>,
    pub completed: Option<DateTime<Utc>>,
    /// Its stages of approval; none when no approval is asked for.
    pub stages: Vec<Stage>,
    /// Correlation id of its audit rows.
    pub correlation: String,
    /// The instant from which access is wanted, and when it is to end: an `expirationPattern`, or null.
    pub starts: Option<DateTime<Utc>>,
    pub expiration: Value,
    /// When delivery ends, once it has begun.
    pub deliver_at: Option<DateTime<Utc>>,
    /// The guest was invited and has not accepted yet.
    pub waits_for_guest: bool,
    pub delay: Delay,
}

impl Request {
    /// Neither ended nor failed.
    pub fn is_open(&self) -> bool {
        ["submitted", "pendingApproval", "delivering", "scheduled"].contains(&self.state.as_str())
    }

    /// The stage that waits for a decision.
    pub fn stage(&self) -> Option<&Stage> {
        self.stages.iter().find(|s| s.decision.is_none())
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Assignment {
    pub id: String,
    pub package: String,
    pub policy: String,
    pub state: String,
    pub status: String,
    pub target: Requestor,
    pub starts: Option<DateTime<Utc>>,
    pub ends: Option<DateTime<Utc>>,
    pub expired: Option<DateTime<Utc>>,
    pub delay: Delay,
}

impl Assignment {
    /// It gives access, or is about to.
    pub fn is_active(&self) -> bool {
        ["delivering", "delivered", "partiallyDelivered"].contains(&self.state.as_str())
    }
}
