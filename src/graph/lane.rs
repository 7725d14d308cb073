//! Manners towards one directory: a cap on calls at once, entitlement management writes one after another
//! (contract §14), and no call before a Retry-After has passed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use crate::kit::ids::EntraTenantId;

/// The part of Graph that throttles on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Workload {
    Entitlement,
    Defender,
    Audit,
    Directory,
}

impl Workload {
    pub fn of(path: &str) -> Self {
        let path = path.trim_start_matches("/v1.0").trim_start_matches("/beta");
        if path.starts_with("/identityGovernance") {
            Self::Entitlement
        } else if path.starts_with("/roleManagement/defender") {
            Self::Defender
        } else if path.starts_with("/auditLogs") {
            Self::Audit
        } else {
            Self::Directory
        }
    }
}

/// One directory as seen by all apps of this process.
pub(crate) struct Lane {
    calls: Arc<Semaphore>,
    entitlement_writes: Arc<tokio::sync::Mutex<()>>,
    quiet_until: Mutex<HashMap<(String, Workload), DateTime<Utc>>>,
}

/// Held while one call is under way.
pub(crate) struct Turn {
    _call: Option<OwnedSemaphorePermit>,
    _write: Option<OwnedMutexGuard<()>>,
}

impl Lane {
    fn new(at_once: usize) -> Self {
        Self {
            calls: Arc::new(Semaphore::new(at_once)),
            entitlement_writes: Arc::default(),
            quiet_until: Mutex::default(),
        }
    }

    /// Waits for a turn. Writes queue before they take a place, so that they do not keep reads out.
    pub async fn turn(&self, workload: Workload, changes: bool) -> Turn {
        let write = if changes && workload == Workload::Entitlement {
            Some(self.entitlement_writes.clone().lock_owned().await)
        } else {
            None
        };
        Turn { _write: write, _call: self.calls.clone().acquire_owned().await.ok() }
    }

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
pub(crate) struct Lanes {
    at_once: usize,
    lanes: Mutex<HashMap<EntraTenantId, Arc<Lane>>>,
}

impl Lanes {
    pub fn new(at_once: usize) -> Self {
        Self { at_once, lanes: Mutex::default() }
    }

    pub fn of(&self, tenant: EntraTenantId) -> Arc<Lane> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.entry(tenant).or_insert_with(|| Arc::new(Lane::new(self.at_once))).clone()
    }
}
