//! Manners towards one directory: its budgets, and no call before a Retry-After has passed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::graph::budget::Budget;
use crate::kit::ids::EntraTenantId;

/// The part of Graph that throttles on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Workload {
    Entitlement,
    Defender,
    Audit,
    Security,
    Directory,
}

impl Workload {
    #[cfg(test)]
    pub const ALL: [Self; 5] =
        [Self::Entitlement, Self::Defender, Self::Audit, Self::Security, Self::Directory];

    pub fn of(path: &str) -> Self {
        let path = path.trim_start_matches("/v1.0").trim_start_matches("/beta");
        if path.starts_with("/identityGovernance") {
            Self::Entitlement
        } else if path.starts_with("/roleManagement/defender") {
            Self::Defender
        } else if path.starts_with("/auditLogs") {
            Self::Audit
        } else if path.starts_with("/security") {
            Self::Security
        } else {
            Self::Directory
        }
    }
}

/// One directory as seen by all apps of this process.
#[derive(Default)]
pub(crate) struct Lane {
    pub budget: Budget,
    quiet_until: Mutex<HashMap<(String, Workload), DateTime<Utc>>>,
}

impl Lane {
    /// How long this app must still keep quiet, if at all.
    pub fn quiet(&self, app: &str, workload: Workload, now: DateTime<Utc>) -> Option<Duration> {
        let until =
            *self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner).get(&(app.into(), workload))?;
        (until - now).to_std().ok().filter(|wait| !wait.is_zero())
    }

    pub fn keep_quiet(&self, app: &str, workload: Workload, until: DateTime<Utc>) {
        let mut quiet = self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = quiet.entry((app.into(), workload)).or_insert(until);
        *entry = until.max(*entry);
    }
}

/// All lanes of this process, one per directory; a lane is small and stays.
#[derive(Default)]
pub(crate) struct Lanes(Mutex<HashMap<EntraTenantId, Arc<Lane>>>);

impl Lanes {
    pub fn of(&self, tenant: EntraTenantId) -> Arc<Lane> {
        let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.entry(tenant).or_default().clone()
    }
}
