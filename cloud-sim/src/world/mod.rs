//! Everything that exists in the simulated cloud, as plain data. It is saved as JSON.

pub mod application;
pub mod directory;
pub mod entitlement;
mod ids;
pub mod late;
pub mod licence;
pub mod review;
pub mod switches;
pub mod tenant;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::graph::Budgets;

pub use application::{AppRole, Application, ServicePrincipal};
pub use directory::{Group, User};
pub use entitlement::{
    Assignment, Catalog, ConnectedOrganization, Package, PackageChange, Policy, Request, Resource, RoleScope,
};
pub use review::{Review, Reviewed};
pub use switches::Switches;
pub use tenant::{Domain, Tenant};

pub use ids::{Ids, new_id};

/// The whole simulated cloud.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct World {
    pub tenants: Vec<Tenant>,
    pub applications: Vec<Application>,
    /// What was posted to channels of Teams, by their name, the oldest first.
    pub channels: BTreeMap<String, Vec<Posted>>,
    pub switches: Switches,
    pub clock_offset_seconds: i64,
    /// Of a clock that stands still: the instant it was made.
    pub clock_stands_at: Option<DateTime<Utc>>,
    /// PKCS#8 of the key that signs tokens, base64.
    pub signing_key: String,
    #[serde(skip)]
    pub budgets: Budgets,
    #[serde(skip)]
    pub ghosts: Vec<late::Ghost>,
    /// Identifiers of client assertions already used, with the instant they may be forgotten.
    pub used_assertions: BTreeMap<String, DateTime<Utc>>,
}

/// A card in a channel of Teams.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Posted {
    pub at: Option<DateTime<Utc>>,
    pub card: Value,
}

impl World {
    /// Finds a tenant by its id or one of its verified domains, whatever the case.
    pub fn tenant(&self, key: &str) -> Option<&Tenant> {
        self.tenants.iter().find(|t| t.answers_to(key))
    }

    pub fn tenant_mut(&mut self, key: &str) -> Option<&mut Tenant> {
        self.tenants.iter_mut().find(|t| t.answers_to(key))
    }

    pub fn application(&self, app_id: &str) -> Option<&Application> {
        self.applications.iter().find(|a| a.app_id.eq_ignore_ascii_case(app_id))
    }

    pub fn application_mut(&mut self, app_id: &str) -> Option<&mut Application> {
        self.applications.iter_mut().find(|a| a.app_id.eq_ignore_ascii_case(app_id))
    }
}
