//! Forms that cannot be read without their checks: unknown fields are refused, and a form about a customer must
//! name the same customer as its address.

use std::collections::{BTreeMap, HashMap};

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::de::DeserializeOwned;

use crate::kit::error::AppError;

/// The fields of a form, exactly those of `T`.
pub struct Form<T>(pub T);

/// A form about the customer in the address. Its hidden field `customer` must say the same.
pub struct CustomerForm<T>(pub T);

/// One sentence per field that cannot be taken, in the person's language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(BTreeMap<String, String>);

impl FieldErrors {
    pub fn add(&mut self, field: impl Into<String>, sentence: impl Into<String>) {
        self.0.insert(field.into(), sentence.into());
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// For templates.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(String::as_str)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(field, sentence)| (field.as_str(), sentence.as_str()))
    }
}

fn parse<T: DeserializeOwned>(body: &str) -> Result<T, AppError> {
    let mut unknown = false;
    let fields = serde_html_form::Deserializer::from_bytes(body.as_bytes());
    let form = serde_ignored::deserialize(fields, |_| unknown = true)
        .map_err(|_| AppError::Bad("a field is missing, stands twice, or holds what it cannot hold"))?;
    if unknown { Err(AppError::Bad("the form holds a field this page does not have")) } else { Ok(form) }
}

/// Whether text in the encoding of forms and addresses holds a NUL character, as it is or encoded. Postgres refuses
/// it in every text, which would look like an error of ours.
fn holds_nul(encoded: &str) -> bool {
    encoded.contains('\0') || encoded.contains("%00")
}

/// Refuses an address with a NUL character in its path or query.
pub async fn refuse_nul(request: Request, next: Next) -> Response {
    if request.uri().path_and_query().is_some_and(|path| holds_nul(path.as_str())) {
        return AppError::Nul.into_response();
    }
    next.run(request).await
}

async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<String, AppError> {
    let right_type = request
        .headers()
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
    let body = String::from_request(request, state).await.map_err(|why| match why.status() {
        StatusCode::PAYLOAD_TOO_LARGE => AppError::TooLarge,
        _ => AppError::Bad("the form is not text"),
    })?;
    if holds_nul(&body) {
        return Err(AppError::Nul);
    }
    if right_type || body.is_empty() { Ok(body) } else { Err(AppError::Bad("this is not a form")) }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AppError> {
        parse(&body(request, state).await?).map(Self)
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for CustomerForm<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AppError> {
        let (mut parts, body_) = request.into_parts();
        let Path(address) = Path::<HashMap<String, String>>::from_request_parts(&mut parts, state)
            .await
            .map_err(|_| AppError::NotFound)?;
        let text = body(Request::from_parts(parts, body_), state).await?;
        let pairs: Vec<(String, String)> =
            serde_html_form::from_str(&text).map_err(|_| AppError::Bad("this is not a form"))?;
        let (named, rest): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(field, _)| field == "customer");
        let same = named.len() == 1 && address.get("customer") == named.first().map(|(_, value)| value);
        if !same {
            return Err(AppError::Bad("the form belongs to another customer than its address"));
        }
        let rest = serde_html_form::to_string(&rest).map_err(|_| AppError::Bad("this is not a form"))?;
        parse(&rest).map(Self)
    }
}
