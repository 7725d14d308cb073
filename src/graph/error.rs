//! What can go wrong with Microsoft, sorted by cause: whose move it is, and a stable key for the text to show.

use std::fmt;
use std::time::Duration;

use crate::graph::error_reading;

/// A call that did not give what it was for. Never holds a secret, a token or a request body.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{call}: {kind}{}: {message}", .code.as_deref().map(|code| format!(" ({code})")).unwrap_or_default())]
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
        Self { kind, call, status: None, code: None, message, request_id: None }
    }

    /// Something the caller builds on is not there (any more).
    pub(crate) fn missing(what: &'static str) -> Self {
        Self::new(GraphErrorKind::NotFound, "the engine", format!("{what} is missing"))
    }

    pub(crate) fn not_understood(call: &'static str, message: impl AsRef<str>) -> Self {
        Self::new(GraphErrorKind::NotUnderstood, call, message)
    }

    pub(crate) fn with_code(mut self, code: impl Into<Box<str>>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Stable key of the cause: same cause, same key, so that many customers' errors can be told in one line.
    /// Texts are `errors-<cause>-what`, `-whose` and `-fix`.
    pub fn cause(&self) -> &'static str {
        use GraphErrorKind::{
            AppDisabled, AppGone, BadCredential, Conflict, ConsentMissing, Forbidden, LostAnswer,
            NoSuchTenant, NotFound, NotUnderstood, Refused, Throttled, Unavailable,
        };
        if let Some(cause) = self.code.as_deref().and_then(error_reading::cause_of_code) {
            return cause;
        }
        match &self.kind {
            Forbidden | Refused { .. } if error_reading::speaks_of_licence(&self.message) => "licence",
            ConsentMissing => "consent-missing",
            AppGone => "app-gone",
            AppDisabled => "app-disabled",
            BadCredential => "bad-credential",
            NoSuchTenant => "no-such-tenant",
            Forbidden => "forbidden",
            NotFound => "not-found",
            Conflict => "conflict",
            Refused { .. } => "refused",
            Throttled { .. } => "throttled",
            Unavailable => "unavailable",
            LostAnswer => "lost-answer",
            NotUnderstood => "not-understood",
        }
    }

    pub fn whose_move(&self) -> WhoseMove {
        move_of(self.cause())
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

/// Who can end a cause, also where only its key was kept.
pub fn move_of(cause: &str) -> WhoseMove {
    match cause {
        "consent-missing" | "consent-declined" | "app-gone" | "app-disabled" | "licence" | "forbidden"
        | "conditional-access" | "not-resource-owner" => WhoseMove::Customer,
        "throttled" | "unavailable" | "not-understood" => WhoseMove::Microsoft,
        _ => WhoseMove::Us,
    }
}

/// Every cause there is, for the catalogue of texts and its tests.
pub const CAUSES: &[&str] = &[
    "consent-missing",
    "consent-declined",
    "app-gone",
    "app-disabled",
    "bad-credential",
    "credential-expired",
    "no-such-tenant",
    "conditional-access",
    "not-resource-owner",
    "licence",
    "forbidden",
    "not-found",
    "conflict",
    "refused",
    "throttled",
    "unavailable",
    "lost-answer",
    "not-understood",
    // No answer of Microsoft's: what a run says of a thing that was accepted and never showed.
    "not-visible",
];

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
        write!(f, "GraphError({self}; status {:?}, request {:?})", self.status, self.request_id)
    }
}
