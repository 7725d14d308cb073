//! What happens in one run of the harness: the world it begins with, the faults, the deaths of the process.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::watch::{CrashAt, How};

/// Everything that makes one run what it is; as JSON it is the run's replay.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Schedule {
    pub seed: u64,
    pub customers: usize,
    /// Tiers of the blueprint.
    pub tiers: usize,
    /// Defender roles are made through the beta API.
    pub defender: bool,
    /// Another provider left objects with Microsoft's example names.
    pub left_behind: bool,
    /// Length of a page of the simulated cloud.
    pub page: u32,
    /// A plan for `/sim/faults/plan`, or none.
    pub plan: Value,
    /// Faults one by one. `tenant` and `app` are words: `customer-0`, `reader`, `operator`.
    pub faults: Vec<Value>,
    pub crashes: Vec<CrashAt>,
    /// Every step is done a second time after it ended.
    pub twice: bool,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            seed: 0,
            customers: 1,
            tiers: 1,
            defender: false,
            left_behind: false,
            page: 100,
            plan: Value::Null,
            faults: Vec::new(),
            crashes: Vec::new(),
            twice: false,
        }
    }
}

/// Points at which random schedules let the process die or sleep. Calls and commits of every part are reached by them.
const POINTS: &[&str] = &[
    "before POST EM/catalogs",
    "after POST EM/catalogs",
    "after POST EM/accessPackages",
    "after POST EM/accessPackages/{id}/resourceRoleScopes",
    "after POST EM/assignmentPolicies",
    "after POST EM/resourceRequests",
    "after POST EM/connectedOrganizations",
    "after PATCH /groups(uniqueName)",
    "after GET EM/catalogs",
    "before GET /organization",
    "after POST /{tenant}/oauth2/v2.0/token",
    "before commit: step.applied",
    "after commit: step.applied",
    "after commit: journal: before the first call",
    "after commit: journal: a write is about to leave",
    "before commit: each write was told when it was answered",
    "before commit: journal: an attempt that is not the last",
    "before commit: run.done",
    "before commit: a reading, and a plan nobody has decided on",
];

impl Schedule {
    /// One to six faults over one to three customers, in a third of the runs with a death or a sleep among them.
    pub fn of_seed(seed: u64) -> Self {
        let mut draw = StdRng::seed_from_u64(seed);
        let customers = *[1, 1, 1, 2, 3].get(draw.random_range(0..5)).unwrap();
        let most: u32 = draw.random_range(1..=6);
        let crashes = if draw.random_range(0..3) == 0 {
            let how = if draw.random_range(0..3) == 0 { How::Sleeps } else { How::Dies };
            let calls = POINTS.iter().filter(|point| how == How::Dies || !point.contains("commit"));
            let calls: Vec<&&str> = calls.collect();
            let point = (**calls[draw.random_range(0..calls.len())]).to_owned();
            vec![CrashAt { point, nth: draw.random_range(1..=3), how }]
        } else {
            Vec::new()
        };
        Self {
            seed,
            customers,
            tiers: 1 + usize::from(draw.random_range(0..6) == 0),
            defender: draw.random_range(0..3) == 0,
            left_behind: draw.random_range(0..3) == 0,
            page: *[2, 3, 100, 100].get(draw.random_range(0..4)).unwrap(),
            plan: json!({ "seed": seed, "most": most, "reads": 12, "writes": 90, "tokens": 90 }),
            crashes,
            ..Self::default()
        }
    }
}
