//! The front door: every call comes in here, is hit by faults, dispatched, written down and answered.

pub mod connection;
pub mod faults;
pub mod journal;
pub mod record;
mod respond;
pub mod tls;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::response::Response;
use http::{HeaderMap, Method, Uri};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Call;
use crate::simulation::Shared;
use connection::Scissors;
use faults::Delivery;

/// Handles any call.
pub async fn front(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let call = read(&shared, &method, &uri, headers, body);
    if crate::access::advance(&mut shared.world(), call.now) {
        shared.touch();
    }
    if call.path == "/sim" || call.path.starts_with("/sim/") {
        return respond::delivered(
            respond::complete(&call, crate::control::answer(&shared, &call)),
            Delivery::Whole,
        );
    }
    let who = crate::graph::bearer::seems(&call);
    let (answer, delivery, strike) = faults::answered(&shared, &call, &who, || dispatch(&shared, &call));
    let status = faults::journalled(strike, &answer);
    shared.journal().write(&call, &who, &status, strike.map(|s| s.kind.key()), &answer);
    let answer = respond::complete(&call, answer);
    if let Some(recorder) = &shared.recorder {
        recorder.write(&call, strike, &answer);
    }
    delivery.hold(&shared, &scissors).await;
    respond::delivered(answer, delivery)
}

fn read(shared: &Shared, method: &Method, uri: &Uri, headers: HeaderMap, body: Bytes) -> Call {
    let mut call = Call {
        method: method.to_string(),
        path: String::new(),
        segments: Vec::new(),
        query: std::collections::BTreeMap::new(),
        raw_query: String::new(),
        headers,
        body: body.to_vec(),
        base: shared.base_url().to_owned(),
        now: shared.clock.now(),
    };
    call.aim(&uri.to_string().split_once("://").map_or_else(
        || uri.to_string(),
        |_| uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
    ));
    call
}

fn dispatch(shared: &Shared, call: &Call) -> Answer {
    let _drawn = shared.ids.draw_here();
    let result = match call.segments.first().map(String::as_str) {
        Some("v1.0" | "beta") => crate::graph::answer(shared, call),
        _ if crate::pages::wants(call) => crate::pages::answer(shared, call),
        _ => crate::entra::answer(shared, call),
    };
    if call.method != "GET" {
        shared.touch();
    }
    result.unwrap_or_else(|refusal| refusal)
}

/// An instant as an error body writes it.
pub fn instant(call: &Call) -> String {
    call.now.format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// Gives a Graph error its inner part: ids and time, whatever else it says already.
pub fn complete_error(call: &Call, body: &mut Value, request_id: &str) {
    let Some(error) = body.get_mut("error").and_then(Value::as_object_mut) else { return };
    let inner = error.entry("innerError").or_insert_with(|| json!({}));
    let client = call.header("client-request-id").unwrap_or(request_id);
    for (name, value) in
        [("date", instant(call).as_str()), ("request-id", request_id), ("client-request-id", client)]
    {
        if inner[name].is_null() {
            inner[name] = json!(value);
        }
    }
}
