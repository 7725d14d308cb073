//! What can go wrong in a handler, as a person is told it: what happened, whose move it is, what to do.
//!
//! The visitor never sees an inner error's text; he sees the request id under which it is in the log.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use url::Url;

use crate::kit::db::{Unready, gave_up};

/// Sentences in the person's own language, or keys of the catalogue that give them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub title: String,
    pub what: String,
    pub fix: String,
}

#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// Missing, another provider's, or out of this person's view: one answer for all three.
    #[error("not found")]
    NotFound,
    #[error("not allowed")]
    Forbidden,
    #[error("nobody is signed in")]
    SignIn,
    /// The world changed under the person's hands, or the act does not fit the state.
    #[error("conflict: {}", .0.what)]
    Conflict(Told),
    /// A request this page could not have sent: unknown fields, another customer in body and address.
    #[error("bad request: {0}")]
    Bad(&'static str),
    #[error("the body is too large")]
    TooLarge,
    /// A NUL character, which no text in the database can hold.
    #[error("a NUL character")]
    Nul,
    #[error("the database is away")]
    Away,
    /// It answers, and this took too long.
    #[error("the database gave up")]
    Busy,
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

pub type AppResult<T = Response> = Result<T, AppError>;

impl From<sqlx::Error> for AppError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            error if gave_up(&error) => {
                tracing::warn!(%error, "the database gave up");
                Self::Busy
            }
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => Self::Away,
            other => Self::Internal(anyhow::Error::new(other).context("database")),
        }
    }
}

impl From<Unready> for AppError {
    fn from(_: Unready) -> Self {
        Self::Away
    }
}

impl From<serde_json::Error> for AppError {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(anyhow::Error::new(error).context("json"))
    }
}

/// Which error page the outer layer shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    NotFound,
    Forbidden,
    SignIn,
    Conflict(Told),
    Bad(&'static str),
    /// Held back; may come again after so many seconds.
    TooMany(u64),
    /// Enough lists are being taken away, by this session or by all.
    Exports,
    TooLarge,
    Nul,
    CrossSite,
    /// Asked for under another host than this, the portal's own address.
    Elsewhere(Url),
    NoSuchMethod,
    /// Given up after a while: it may or may not have been done.
    TookLong,
    Away,
    /// The database gave up, and rolled back what was begun.
    Busy,
    Internal,
}

impl Problem {
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::SignIn => StatusCode::UNAUTHORIZED,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Bad(_) | Self::Nul => StatusCode::BAD_REQUEST,
            Self::TooMany(_) | Self::Exports => StatusCode::TOO_MANY_REQUESTS,
            Self::Elsewhere(_) => StatusCode::MISDIRECTED_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NoSuchMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::TookLong => StatusCode::GATEWAY_TIMEOUT,
            Self::Away | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The problem behind a bare status of a layer that cannot speak to people.
    pub fn of_status(status: StatusCode) -> Option<Self> {
        Some(match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::NoSuchMethod,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::FORBIDDEN => Self::CrossSite,
            StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => Self::TookLong,
            StatusCode::SERVICE_UNAVAILABLE => Self::Away,
            StatusCode::INTERNAL_SERVER_ERROR => Self::Internal,
            _ => return None,
        })
    }
}

impl IntoResponse for Problem {
    /// Only the status and the problem itself: `kit::page` makes the page of it.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        match self {
            Self::NotFound => Problem::NotFound,
            Self::Forbidden => Problem::Forbidden,
            Self::SignIn => Problem::SignIn,
            Self::Conflict(told) => Problem::Conflict(told),
            Self::Bad(why) => Problem::Bad(why),
            Self::TooLarge => Problem::TooLarge,
            Self::Nul => Problem::Nul,
            Self::Away => Problem::Away,
            Self::Busy => Problem::Busy,
            Self::Internal(error) => {
                tracing::error!(error = format!("{error:#}"), "internal error");
                Problem::Internal
            }
        }
        .into_response()
    }
}
