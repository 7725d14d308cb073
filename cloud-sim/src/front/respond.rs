//! From an answer to bytes on the wire, with the headers every answer has.

use axum::response::Response;
use http::header::{HeaderName, HeaderValue};

use super::complete_error;
use super::faults::{self, Delivery};
use crate::answer::{Answer, Body};
use crate::call::Call;
use crate::world::new_id;

/// The answer with what every answer has: ids in the headers, and inside a Graph error too.
pub fn complete(call: &Call, mut answer: Answer) -> Answer {
    let request_id = new_id();
    let graph = call.path.starts_with("/v1.0") || call.path.starts_with("/beta");
    let kind = match &mut answer.body {
        Body::None => None,
        Body::Html(_) => Some("text/html; charset=utf-8"),
        Body::Text(kind, _) => Some(*kind),
        Body::Json(value) => {
            if graph {
                complete_error(call, value, &request_id);
            }
            Some("application/json")
        }
    };
    let mut headers = vec![("cache-control", "no-store"), ("request-id", request_id.as_str())];
    if let Some(kind) = kind {
        headers.insert(0, ("content-type", kind));
    }
    if graph {
        headers.push(("client-request-id", call.header("client-request-id").unwrap_or(&request_id)));
    }
    let own = std::mem::take(&mut answer.headers);
    answer.headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    answer.headers.extend(own);
    answer
}

/// Makes the response, whole or broken.
pub fn delivered(answer: Answer, delivery: Delivery) -> Response {
    let whole = match answer.body {
        Body::None => Vec::new(),
        Body::Html(text) | Body::Text(_, text) => text.into_bytes(),
        Body::Json(value) => value.to_string().into_bytes(),
    };
    let (body, more) = faults::delivered(delivery, whole);
    let mut response = Response::new(body);
    *response.status_mut() = http::StatusCode::from_u16(answer.status).unwrap_or(http::StatusCode::OK);
    let more = more.into_iter().map(|(name, value)| (name.to_owned(), value));
    for (name, value) in answer.headers.into_iter().chain(more) {
        if let (Ok(name), Ok(value)) =
            (HeaderName::try_from(name.as_str()), HeaderValue::try_from(value.as_str()))
        {
            response.headers_mut().append(name, value);
        }
    }
    response
}
