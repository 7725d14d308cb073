//! Faults asked for on `/sim/faults`: which call is hit, when and how.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::call::Call;

/// One fault. `path` is a prefix, or a pattern when it holds `*`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    #[serde(default)]
    pub method: Option<String>,
    pub path: String,
    #[serde(default)]
    pub tenant: Option<String>,
    /// The first call that is hit, counted from 1.
    #[serde(default = "one")]
    pub nth: u32,
    /// How many calls are hit from there on.
    #[serde(default = "one")]
    pub times: u32,
    pub fault: Kind,
    /// Seconds: for `Retry-After` of 429 and 503, and how long `slow` waits.
    #[serde(default)]
    pub retry_after: Option<u64>,
    #[serde(default)]
    pub position: Option<Position>,
    #[serde(skip)]
    seen: u32,
}

fn one() -> u32 {
    1
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    #[serde(rename = "429")]
    TooMany,
    #[serde(rename = "500")]
    Internal,
    #[serde(rename = "503")]
    Unavailable,
    #[serde(rename = "404")]
    NotFound,
    #[serde(rename = "lost-answer")]
    LostAnswer,
    #[serde(rename = "timeout")]
    Timeout,
    #[serde(rename = "slow")]
    Slow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Position {
    BeforeEffect,
    AfterEffect,
}

/// A fault that strikes this call.
#[derive(Clone, Copy, Debug)]
pub struct Strike {
    pub kind: Kind,
    pub retry_after: Option<u64>,
    pub after_effect: bool,
}

/// The first fault that strikes; every fault that fits counts the call.
pub fn strike(faults: &mut [Fault], call: &Call, tenant: Option<&str>) -> Option<Strike> {
    let mut hit = None;
    for fault in faults.iter_mut().filter(|f| fits(f, call, tenant)) {
        fault.seen += 1;
        if fault.seen >= fault.nth && fault.seen < fault.nth.saturating_add(fault.times) && hit.is_none() {
            let after = matches!(fault.position, Some(Position::AfterEffect))
                || (fault.position.is_none() && fault.kind_has_effect());
            hit = Some(Strike { kind: fault.fault, retry_after: fault.retry_after, after_effect: after });
        }
    }
    hit
}

impl Fault {
    /// A lost answer has its effect unless said otherwise.
    fn kind_has_effect(&self) -> bool {
        matches!(self.fault, Kind::LostAnswer | Kind::Slow)
    }
}

fn fits(fault: &Fault, call: &Call, tenant: Option<&str>) -> bool {
    fault.method.as_ref().is_none_or(|m| m.eq_ignore_ascii_case(&call.method))
        && fault.tenant.as_ref().is_none_or(|t| tenant.is_some_and(|c| c.eq_ignore_ascii_case(t)))
        && matches_path(&fault.path, &call.path)
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

/// The answer of a fault that answers.
pub fn answer(strike: Strike) -> Option<Answer> {
    let wait = strike.retry_after.unwrap_or(1).to_string();
    let texts: BTreeMap<u16, (&str, &str)> = BTreeMap::from([
        (429, ("TooManyRequests", "Please retry again later.")),
        (500, ("generalException", "An error occurred sending the request.")),
        (503, ("serviceNotAvailable", "The service is temporarily unavailable. Please retry.")),
        (404, ("Request_ResourceNotFound", "Resource does not exist or is not present yet.")),
    ]);
    let status = match strike.kind {
        Kind::TooMany => 429,
        Kind::Internal => 500,
        Kind::Unavailable => 503,
        Kind::NotFound => 404,
        Kind::LostAnswer | Kind::Timeout | Kind::Slow => return None,
    };
    let (code, message) = texts.get(&status)?;
    let answer = Answer::error(status, code, message);
    Some(if status == 429 || status == 503 { answer.header("retry-after", &wait) } else { answer })
}
