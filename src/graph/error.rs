//! What can go wrong with Microsoft, sorted by cause: whose move it is, and a stable key for the text to show.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::graph::{catalogue, error_reading};

pub use crate::graph::catalogue::{CAUSES, move_of};

/// A call that did not give what it was for. Never holds a secret, a token or a request body.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{call}: {kind}{}: {message}{}",
    .code.as_deref().map(|code| format!(" ({code})")).unwrap_or_default(),
    .request_id.as_deref().map(|id| format!("; request {id}")).unwrap_or_default()
)]
pub struct GraphError {
    pub kind: GraphErrorKind,
    /// The call by method and documented address, e.g. `GET /groups/{id}/members`.
    pub call: &'static str,
    pub status: Option<u16>,
    /// Microsoft's code: `Authorization_RequestDenied`, `AADSTS700016`, …
    pub code: Option<Box<str>>,
    /// Microsoft's words, cut to a sane length and without control characters.
    pub message: Box<str>,
    pub request_id: Option<Box<str>>,
    /// Permissions the token lacks, as alternatives: any of them would do.
    pub missing: Vec<Box<str>>,
}

/// The kinds the engine acts on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GraphErrorKind {
    /// The app's permissions are not consented in this directory.
    ConsentMissing,
    /// The app does not exist in this directory (never consented, or removed by the customer).
    AppGone,
    /// The customer's administrator disabled the app.
    AppDisabled,
    /// Our certificate or secret is not accepted.
    BadCredential,
    NoSuchTenant,
    Forbidden,
    NotFound,
    Conflict,
    /// Refused for a reason only its code tells.
    Refused {
        code: String,
    },
    Throttled {
        retry_after: Option<Duration>,
    },
    /// The service did not answer or could not; a read, or a write that surely had no effect.
    Unavailable,
    /// A write was sent and no usable answer came: the effect is unknown. Look the object up under its key.
    LostAnswer,
    /// An answer came that cannot be used.
    NotUnderstood,
}

/// Who can end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WhoseMove {
    Us,
    Customer,
    Microsoft,
}

impl GraphError {
    pub(crate) fn new(kind: GraphErrorKind, call: &'static str, message: impl AsRef<str>) -> Self {
        let message = error_reading::tidy(message.as_ref());
        Self { kind, call, status: None, code: None, message, request_id: None, missing: Vec::new() }
    }

    /// Something the caller builds on is not there (any more).
    pub(crate) fn missing(what: &'static str) -> Self {
        Self::new(GraphErrorKind::NotFound, "the engine", format!("{what} is missing"))
    }

    /// Why an authority sent a person back without a code, or did not redeem it.
    pub fn of_sign_in(error: &str, description: &str) -> Self {
        error_reading::of_sign_in("a person's sign-in", error, description)
    }

    /// A person's own token that is over. Nothing was sent.
    pub(crate) fn lapsed() -> Self {
        let kind = GraphErrorKind::Refused { code: "InvalidAuthenticationToken".to_owned() };
        let mut error = Self::new(kind, "a person's own token", "the token is over");
        error.status = Some(401);
        error.with_code("InvalidAuthenticationToken")
    }

    pub(crate) fn not_understood(call: &'static str, message: impl AsRef<str>) -> Self {
        Self::new(GraphErrorKind::NotUnderstood, call, message)
    }

    /// The token is not what was asked for: no permission in it opens this call.
    pub(crate) fn lacking(call: &'static str, missing: Vec<Box<str>>) -> Self {
        let words = format!("the token lacks {}", missing.join(" or "));
        Self { missing, ..Self::new(GraphErrorKind::ConsentMissing, call, words) }
    }

    pub(crate) fn with_code(mut self, code: impl Into<Box<str>>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Stable key of the cause: same cause, same key, so that many customers' errors can be told in one line.
    /// Texts are `errors-<cause>-what`, `-whose` and `-fix`.
    pub fn cause(&self) -> &'static str {
        let own_finding = self.passes() || self.kind == GraphErrorKind::NotUnderstood;
        let by_code = || {
            let row = catalogue::of(self.code.as_deref()?)?;
            // A code tells the cause of the kind it stands for, and of no other: a refusal to an app without any
            // permission is a missing consent, whatever its code.
            (row.kind == self.kind.key()).then_some(row.cause)
        };
        let by_text = || {
            let refused = matches!(self.kind, GraphErrorKind::Forbidden | GraphErrorKind::Refused { .. });
            if refused && error_reading::speaks_of_storage(&self.message) {
                return Some("defender-not-ready");
            }
            (refused && error_reading::speaks_of_licence(&self.message)).then_some("licence")
        };
        let by_status = || {
            let row = catalogue::under("status", self.status?)?;
            (row.kind == self.kind.key()).then_some(row.cause)
        };
        let by_kind = || catalogue::under("kind", self.kind.key()).map(|row| row.cause);
        let found = match by_code() {
            _ if own_finding => by_kind(),
            // "Access denied" is what a missing licence looks like too.
            None | Some("forbidden" | "bad-request") => {
                by_text().or_else(by_code).or_else(by_status).or_else(by_kind)
            }
            found => found,
        };
        found.unwrap_or("refused")
    }

    /// Its code is not in the catalogue: it is counted, and shown with the request id, even where the status tells the
    /// cause. What passes by itself is not worth learning.
    pub fn is_unknown(&self) -> bool {
        let known = |code: &str| catalogue::of(code).or_else(|| catalogue::under("word", code)).is_some();
        let code = self.code.as_deref().is_some_and(|code| !known(code));
        let own_finding = self.passes() || self.kind == GraphErrorKind::NotUnderstood;
        !own_finding && (code || self.cause() == "refused")
    }

    pub fn whose_move(&self) -> WhoseMove {
        catalogue::move_of(self.cause())
    }

    /// What is kept of it and shown later: cause, Microsoft's words, and what a search or a support case needs.
    pub fn problem(&self) -> Value {
        let mut problem = json!({ "cause": self.cause(), "detail": self.to_string(), "call": self.call });
        let more = [("code", &self.code), ("request", &self.request_id)];
        for (key, value) in more.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?))) {
            problem[key] = json!(value);
        }
        if let Some(status) = self.status {
            problem["status"] = json!(status);
        }
        if !self.missing.is_empty() {
            problem["missing"] = json!(self.missing);
        }
        if self.is_unknown() {
            problem["unknown"] = json!(true);
        }
        problem
    }

    /// Waiting and asking again may help, without anybody acting.
    pub fn passes(&self) -> bool {
        matches!(
            self.kind,
            GraphErrorKind::Throttled { .. } | GraphErrorKind::Unavailable | GraphErrorKind::LostAnswer
        )
    }

    /// The app can no longer work in this directory until somebody consents again.
    pub fn lost_consent(&self) -> bool {
        matches!(
            self.kind,
            GraphErrorKind::ConsentMissing | GraphErrorKind::AppGone | GraphErrorKind::AppDisabled
        )
    }
}

impl GraphErrorKind {
    /// Stable name, as the catalogue writes it.
    pub fn key(&self) -> &'static str {
        match self {
            Self::ConsentMissing => "consent-missing",
            Self::AppGone => "app-gone",
            Self::AppDisabled => "app-disabled",
            Self::BadCredential => "bad-credential",
            Self::NoSuchTenant => "no-such-tenant",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::Conflict => "conflict",
            Self::Refused { .. } => "refused",
            Self::Throttled { .. } => "throttled",
            Self::Unavailable => "unavailable",
            Self::LostAnswer => "lost-answer",
            Self::NotUnderstood => "not-understood",
        }
    }
}

impl fmt::Display for GraphErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ConsentMissing => "consent missing",
            Self::AppGone => "app gone",
            Self::AppDisabled => "app disabled",
            Self::BadCredential => "bad credential",
            Self::NoSuchTenant => "no such tenant",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not found",
            Self::Conflict => "conflict",
            Self::Refused { .. } => "refused",
            Self::Throttled { .. } => "throttled",
            Self::Unavailable => "unavailable",
            Self::LostAnswer => "answer lost",
            Self::NotUnderstood => "not understood",
        })
    }
}

impl fmt::Debug for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GraphError({self}; status {:?})", self.status)
    }
}
