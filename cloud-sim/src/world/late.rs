//! Eventual consistency: what was made shows itself some reads, or some time, later.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Assignment, Catalog, ConnectedOrganization, Group, Package, Policy, Request, RoleScope, User};

/// How long something stays unseen after it was made: a number of reads, or until an instant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Delay {
    pub reads: u32,
    pub until: Option<DateTime<Utc>>,
}

impl Delay {
    /// One read: true when the thing shows itself.
    pub fn seen(&mut self, now: DateTime<Utc>) -> bool {
        if self.until.is_some_and(|at| now < at) {
            return false;
        }
        if self.reads > 0 {
            self.reads -= 1;
            return false;
        }
        true
    }

    /// Whether it shows itself, without counting as a read.
    pub fn passed(&self, now: DateTime<Utc>) -> bool {
        self.reads == 0 && self.until.is_none_or(|at| now >= at)
    }
}

/// Something deleted that reads still show.
#[derive(Clone, Debug)]
pub struct Ghost {
    pub tenant: String,
    /// The address it had, in pieces.
    pub path: Vec<String>,
    pub body: Value,
    pub delay: Delay,
    /// The read under way shows it.
    pub shows: bool,
}

/// A thing of a collection with a switch `consistency.…`.
pub trait Late: Clone {
    fn id(&self) -> &str;
    fn delay(&mut self) -> &mut Delay;
}

macro_rules! late {
    ($($kind:ty),*) => {
        $(impl Late for $kind {
            fn id(&self) -> &str {
                &self.id
            }

            fn delay(&mut self) -> &mut Delay {
                &mut self.delay
            }
        })*
    };
}

late!(Assignment, Catalog, ConnectedOrganization, Group, Package, Policy, Request, RoleScope, User);

/// Those that show themselves; one read of each.
pub fn seen<'a, T: Late + 'a>(all: impl IntoIterator<Item = &'a mut T>, now: DateTime<Utc>) -> Vec<T> {
    all.into_iter().filter_map(|one| one.delay().seen(now).then(|| one.clone())).collect()
}

/// The one with this id, if it shows itself; a read.
pub fn seen_one<T: Late>(all: &mut [T], id: &str, now: DateTime<Utc>) -> Option<T> {
    let found = all.iter_mut().find(|one| one.id().eq_ignore_ascii_case(id));
    found.and_then(|one| one.delay().seen(now).then(|| one.clone()))
}
