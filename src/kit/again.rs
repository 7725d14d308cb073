//! The session behind a request, looked up again after it: what goes on longer than its request goes on with the rights
//! its person has then, or not at all.

use axum_extra::extract::cookie::CookieJar;
use http::HeaderMap;

use crate::kit::error::AppError;
use crate::kit::right::Right;
use crate::kit::router::House;
use crate::kit::session::{self, COOKIE, Session};

#[derive(Clone)]
pub struct SessionAgain(String);

impl SessionAgain {
    pub fn of(headers: &HeaderMap) -> Self {
        let jar = CookieJar::from_headers(headers);
        Self(jar.get(COOKIE).map(|cookie| cookie.value().to_owned()).unwrap_or_default())
    }

    /// What is stored of the session's id.
    pub fn hash(&self) -> Vec<u8> {
        session::hash(&self.0)
    }

    /// The session as it is now.
    ///
    /// # Errors
    /// `SignIn` where it has ended, `Forbidden` where it has this right no more.
    pub async fn session(&self, house: &impl House, right: Right) -> Result<Session, AppError> {
        let session = session::find(house.db(), house.clock(), &self.0).await?.ok_or(AppError::SignIn)?;
        if session.scope.may(right) { Ok(session) } else { Err(AppError::Forbidden) }
    }
}
