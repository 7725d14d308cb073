//! The eyes of the harness inside the portal: every call and commit is seen, and at some the process dies.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use futures::FutureExt;
use futures::future::BoxFuture;
use mssp_portal::kit::clock::Ticking;
use mssp_portal::kit::crash::{Point, Watch, When};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use tokio::sync::Notify;

use crate::clock::Hours;
use crate::eye;

/// A call of the portal as it was meant.
#[derive(Clone, Debug)]
pub struct Meant {
    /// Number of the process: after a crash it is another one.
    pub process: u32,
    pub at: DateTime<Utc>,
    pub when: When,
    pub call: &'static str,
    pub tenant: String,
    pub app: String,
    pub request: String,
}

/// Where the process dies: the so-many-th time the point is reached, counted over the whole schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrashAt {
    pub point: String,
    pub nth: u32,
    pub how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// Everything in memory is gone; another process takes over once the lease has ended.
    Dies,
    /// It stands still until its leases are over and another process has done its work; then it goes on.
    Sleeps,
}

#[derive(Default)]
struct Seen {
    process: u32,
    meant: Vec<Meant>,
    points: BTreeMap<String, u32>,
    crashes: Vec<CrashAt>,
    crashed: Vec<CrashAt>,
    /// Highest fence of each piece of work, and transactions that a stale holder opened.
    fences: BTreeMap<(&'static str, uuid::Uuid), i64>,
    stale: Vec<String>,
}

pub struct Witness {
    hours: Hours,
    /// Lets every step that ended be done once more.
    twice: Option<PgPool>,
    seen: Mutex<Seen>,
    stopped: Notify,
    go_on: Arc<Notify>,
    asleep: AtomicBool,
}

impl Witness {
    pub fn new(hours: Hours, crashes: Vec<CrashAt>, twice: Option<PgPool>) -> Arc<Self> {
        let seen = Mutex::new(Seen { crashes, ..Seen::default() });
        Arc::new(Self {
            hours,
            twice,
            seen,
            stopped: Notify::new(),
            go_on: Arc::default(),
            asleep: AtomicBool::new(false),
        })
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn next_process(&self) {
        self.seen().process += 1;
    }

    pub fn process(&self) -> u32 {
        self.seen().process
    }

    /// Waits until the process dies or falls asleep; says which.
    pub async fn stopped(&self) -> How {
        self.stopped.notified().await;
        if self.asleep.load(Ordering::SeqCst) { How::Sleeps } else { How::Dies }
    }

    pub fn wake(&self) {
        self.asleep.store(false, Ordering::SeqCst);
        self.go_on.notify_one();
    }

    pub fn meant(&self) -> Vec<Meant> {
        self.seen().meant.clone()
    }

    pub fn points(&self) -> BTreeMap<String, u32> {
        self.seen().points.clone()
    }

    pub fn crashed(&self) -> Vec<CrashAt> {
        self.seen().crashed.clone()
    }

    pub fn stale(&self) -> Vec<String> {
        self.seen().stale.clone()
    }
}

/// What is committed when a step ends.
const STEP_ENDS: [&str; 2] = ["step.applied", "each write was told when it was answered"];
const ONCE_MORE: &str =
    "update run_step s set state = 'pending', before = null, after = null, problem = null, started_at = null
      where s.state = 'done' and exists (select 1 from run_log l where l.provider_id = s.provider_id
            and l.run_id = s.run_id and l.step = s.step and l.message in ('done', 'found')
            having count(*) = 1)";

fn name(point: &Point<'_>) -> Option<String> {
    let word = |when: &When| if *when == When::Before { "before" } else { "after" };
    match point {
        Point::Call { when, call, .. } => Some(format!("{} {call}", word(when))),
        Point::Commit { when, what } => Some(format!("{} commit: {what}", word(when))),
        Point::Claimed { .. } | Point::Held { .. } => None,
    }
}

/// The eyes over what people ask of the portal: nothing dies there.
pub struct Onlooker {
    pub witness: Arc<Witness>,
    pub process: u32,
}

impl Watch for Onlooker {
    fn reached(&self, point: &Point<'_>) -> Option<BoxFuture<'static, ()>> {
        self.witness.note(point, self.process);
        None
    }
}

impl Witness {
    fn note(&self, point: &Point<'_>, process: u32) {
        let mut seen = self.seen();
        match point {
            Point::Call { when, call, tenant, app, request } => {
                let meant = Meant {
                    process,
                    at: self.hours.now(),
                    when: *when,
                    call,
                    tenant: tenant.to_string(),
                    app: (*app).to_owned(),
                    request: (*request).to_owned(),
                };
                seen.meant.push(meant);
            }
            Point::Claimed { kind, customer, fence } => {
                let highest = seen.fences.entry((kind, *customer)).or_default();
                *highest = (*highest).max(*fence);
            }
            Point::Held { kind, customer, fence } => {
                let highest = seen.fences.get(&(*kind, *customer)).copied().unwrap_or_default();
                if *fence < highest {
                    seen.stale
                        .push(format!("{kind} of {customer} under fence {fence}, but {highest} was claimed"));
                }
            }
            Point::Commit { .. } => {}
        }
    }
}

/// The eyes over the work of one process. What goes on in it beside a piece of work that sleeps is still its own.
pub struct Eyes {
    pub witness: Arc<Witness>,
    pub process: u32,
}

impl Watch for Eyes {
    fn reached(&self, point: &Point<'_>) -> Option<BoxFuture<'static, ()>> {
        self.witness.note(point, self.process);
        self.witness.stopped_at(point)
    }
}

impl Witness {
    fn stopped_at(&self, point: &Point<'_>) -> Option<BoxFuture<'static, ()>> {
        if let (Some(owner), Point::Commit { when: When::After, what }) = (&self.twice, point)
            && STEP_ENDS.contains(what)
        {
            let owner = owner.clone();
            return Some(async move { eye::run(&owner, ONCE_MORE.to_owned()).await }.boxed());
        }
        let name = name(point)?;
        let mut seen = self.seen();
        let count = seen.points.entry(name.clone()).or_default();
        *count += 1;
        let count = *count;
        let next = seen.crashes.iter().position(|crash| crash.point == name && crash.nth <= count)?;
        let crash = seen.crashes.remove(next);
        let how = crash.how;
        seen.crashed.push(crash);
        self.asleep.store(how == How::Sleeps, Ordering::SeqCst);
        self.stopped.notify_one();
        let go_on = self.go_on.clone();
        Some(match how {
            How::Dies => std::future::pending().boxed(),
            How::Sleeps => async move { go_on.notified().await }.boxed(),
        })
    }
}
