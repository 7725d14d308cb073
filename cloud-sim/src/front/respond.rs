//! From an answer to bytes on the wire, with the headers every answer has.

use axum::body::Body as Bytes;
use axum::response::Response;
use http::header::{HeaderName, HeaderValue};

use super::inner_error;
use crate::answer::{Answer, Body};
use crate::call::Call;
use crate::world::new_id;

/// Makes the response.
pub fn bytes(call: &Call, answer: Answer) -> Response {
    let request_id = new_id();
    let graph = call.path.starts_with("/v1.0") || call.path.starts_with("/beta");
    let (kind, body) = match answer.body {
        Body::None => (None, Vec::new()),
        Body::Html(text) => (Some("text/html; charset=utf-8"), text.into_bytes()),
        Body::Text(kind, text) => (Some(kind), text.into_bytes()),
        Body::Json(mut value) => {
            if graph && let Some(error) = value.get_mut("error").and_then(|e| e.as_object_mut()) {
                error.entry("innerError").or_insert_with(|| inner_error(call, &request_id));
            }
            (Some("application/json"), value.to_string().into_bytes())
        }
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = http::StatusCode::from_u16(answer.status).unwrap_or(http::StatusCode::OK);
    let mut put = |name: &str, value: &str| {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    };
    if let Some(kind) = kind {
        put("content-type", kind);
    }
    put("cache-control", "no-store");
    put("request-id", &request_id);
    if graph {
        put("client-request-id", call.header("client-request-id").unwrap_or(&request_id));
    }
    for (name, value) in &answer.headers {
        put(name, value);
    }
    response
}
