//! One fault: which call it hits, when, and how.

use serde::{Deserialize, Serialize};

use super::class::Class;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $key:literal),* $(,)?) => {
        /// How a call is hit.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Kind { $($(#[$doc])* #[serde(rename = $key)] $variant),* }

        impl Kind {
            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => $key),* }
            }
        }
    };
}

kinds! {
    /// `Retry-After` in seconds.
    TooMany = "429",
    /// `Retry-After` as an HTTP date.
    TooManyDate = "429-date",
    /// Without `Retry-After`.
    TooManyBare = "429-bare",
    /// Every call of this app to this part of Graph, until the time has passed.
    Workload = "429-workload",
    Internal = "500",
    BadGateway = "502",
    Unavailable = "503",
    GatewayTimeout = "504",
    /// This very token is refused from now on.
    Expired = "401",
    /// The same with a claims challenge.
    Claims = "401-claims",
    /// The app's permissions are gone for a while.
    Lapsed = "403",
    NotFound = "404",
    Conflict = "409",
    Exists = "400-exists",
    LostAnswer = "lost-answer",
    Timeout = "timeout",
    /// The headers come late.
    Slow = "slow",
    /// The second half of the body comes late.
    SlowBody = "slow-body",
    /// The connection ends in the middle of the body.
    CutBody = "cut-body",
    Html = "html",
    Truncated = "truncated",
    Deep = "deep",
    DuplicateKey = "duplicate-key",
    WrongType = "wrong-type",
    UnknownWord = "unknown-word",
    /// 200 MB.
    Huge = "huge",
    /// 200 MB packed into some hundred kB.
    Bomb = "gzip-bomb",
    /// The newest item is not in the list yet.
    StaleList = "stale-list",
    NextLoop = "next-loop",
    NextForeign = "next-foreign",
    /// 10,000 pages.
    NextEndless = "next-endless",
    RepeatedItem = "repeated-item",
    /// What was just made is not seen for some reads.
    Unseen = "unseen",
    /// The request to add a resource stays pending for a while.
    Pending = "pending",
    /// The request to add a resource fails later.
    DeliveryFails = "delivery-fails",
    /// A person changes one of the app's objects.
    Changed = "changed",
    /// A person deletes one of the app's objects.
    Deleted = "deleted",
    /// A person makes an object of the very name that is asked for.
    Made = "made",
    /// The token is for another tenant.
    WrongTenant = "wrong-tenant",
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Position {
    BeforeEffect,
    AfterEffect,
}

/// What `/sim/faults` takes: `path` is a prefix, or a pattern when it holds `*`; `class` is exact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Client id of the calling app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// The first call that is hit, counted from 1.
    #[serde(default = "one")]
    pub nth: u32,
    /// How many calls are hit from there on.
    #[serde(default = "one")]
    pub times: u32,
    pub fault: Kind,
    /// Seconds: for `Retry-After`, and how long `slow`, `403`, `pending` and the like last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// Milliseconds of real time, instead of `retryAfter`, for what holds a connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_ms: Option<u64>,
    /// How many reads `unseen` lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reads: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    #[serde(skip)]
    pub seen: u32,
}

fn one() -> u32 {
    1
}

/// A fault that strikes this call.
#[derive(Clone, Copy, Debug)]
pub struct Strike {
    pub kind: Kind,
    pub retry_after: Option<u64>,
    pub hold_ms: Option<u64>,
    pub reads: Option<u32>,
    pub after_effect: bool,
}

impl Fault {
    /// Counts the call if the fault is about it; the strike, if it is hit.
    pub fn strike(&mut self, class: &Class, path: &str) -> Option<Strike> {
        if !self.fits(class, path) {
            return None;
        }
        self.seen += 1;
        let hit = self.seen >= self.nth && self.seen < self.nth.saturating_add(self.times);
        hit.then(|| Strike {
            kind: self.fault,
            retry_after: self.retry_after,
            hold_ms: self.hold_ms,
            reads: self.reads,
            after_effect: self
                .position
                .map_or_else(|| self.fault.has_effect(), |p| p == Position::AfterEffect),
        })
    }

    fn fits(&self, class: &Class, path: &str) -> bool {
        let same = |wanted: &Option<String>, is: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(is))
        };
        same(&self.method, &class.method)
            && same(&self.tenant, &class.tenant)
            && same(&self.app, &class.app)
            && self.class.as_ref().is_none_or(|wanted| *wanted == class.name)
            && matches_path(&self.path, path)
    }
}

impl Strike {
    pub fn loses_the_answer(self) -> bool {
        matches!(self.kind, Kind::LostAnswer | Kind::Timeout)
    }
}

impl Kind {
    /// A part of a `$batch` has no connection of its own, and its body lies in another's JSON.
    pub fn can_hit_a_part(self) -> bool {
        !matches!(
            self,
            Self::Slow
                | Self::SlowBody
                | Self::CutBody
                | Self::Huge
                | Self::Bomb
                | Self::Truncated
                | Self::Deep
                | Self::DuplicateKey
                | Self::WrongTenant
        )
    }

    /// Whether the call is carried out when nothing is said: what happens to an answer needs one.
    pub fn has_effect(self) -> bool {
        !matches!(
            self,
            Self::TooMany
                | Self::TooManyDate
                | Self::TooManyBare
                | Self::Workload
                | Self::Internal
                | Self::BadGateway
                | Self::Unavailable
                | Self::GatewayTimeout
                | Self::Expired
                | Self::Claims
                | Self::Lapsed
                | Self::NotFound
                | Self::Conflict
                | Self::Exists
                | Self::Timeout
                | Self::Changed
                | Self::Deleted
                | Self::Made
        )
    }
}

fn matches_path(pattern: &str, path: &str) -> bool {
    if !pattern.contains('*') {
        return path.starts_with(pattern);
    }
    let mut rest = path;
    let pieces: Vec<&str> = pattern.split('*').collect();
    for (i, piece) in pieces.iter().enumerate() {
        let last = i + 1 == pieces.len();
        match rest.find(piece) {
            Some(0) | None if i == 0 && !rest.starts_with(piece) => return false,
            _ if last && !piece.is_empty() => return rest.ends_with(piece),
            Some(at) if i > 0 || at == 0 => rest = &rest[at + piece.len()..],
            _ => return false,
        }
    }
    true
}
