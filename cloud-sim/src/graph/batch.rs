//! `$batch`: up to 20 calls in one (contract §13).

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::bearer::Caller;
use crate::answer::{Answer, Body, Outcome};
use crate::call::Call;
use crate::front::complete_error;
use crate::front::faults::{self, Strike};
use crate::simulation::Shared;
use crate::world::new_id;

const MOST: usize = 20;

fn bad(message: &str) -> Answer {
    Answer::error(400, "BadRequest", message)
}

/// Answers the whole: 200, even when parts fail.
pub fn answer(shared: &Shared, call: &Call, caller: &Caller) -> Outcome {
    let body = call.json().unwrap_or_default();
    let parts = body["requests"].as_array().filter(|r| !r.is_empty());
    let parts = parts.ok_or_else(|| bad("Invalid batch payload format."))?;
    if parts.len() > MOST {
        return Err(bad(&format!("Number of batch request steps exceeds the maximum value of {MOST}.")));
    }
    checked(parts)?;
    let mut statuses: BTreeMap<String, u16> = BTreeMap::new();
    let (mut responses, mut hit) = (Vec::new(), Vec::new());
    for part in parts {
        let id = part["id"].as_str().unwrap_or_default().to_owned();
        let needs = texts(&part["dependsOn"]);
        let failed = needs.iter().any(|n| statuses.get(&n.to_lowercase()).is_none_or(|s| *s >= 400));
        let (answer, strike) = if failed {
            (Answer::error(424, "FailedDependency", "A request this one depends on failed."), None)
        } else {
            one(shared, call, caller, part)
        };
        statuses.insert(id.to_lowercase(), answer.status);
        if strike.is_some() {
            hit.push((id.clone(), matches!(answer.body, Body::Text(..) | Body::Html(_))));
        }
        if !strike.is_some_and(Strike::loses_the_answer) {
            responses.push(response(call, &id, answer));
        }
    }
    // The order of the answers is nobody's to rely on.
    if shared.world().switches.on("batch.answers-reversed") {
        responses.reverse();
    }
    Ok(Answer { hit, ..Answer::ok(json!({"responses": responses})) })
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

/// Ids are unique; a part depends on earlier ones; a body says what it is.
fn checked(parts: &[Value]) -> Result<(), Answer> {
    let mut ids: Vec<String> = Vec::new();
    for part in parts {
        let id = part["id"].as_str().filter(|i| !i.is_empty());
        let id = id.ok_or_else(|| bad("Each request of a batch needs an id."))?;
        // "The value is not case-sensitive" (json-batching.md).
        if ids.contains(&id.to_lowercase()) {
            return Err(bad(&format!("Request Id {id} appears more than once.")));
        }
        let after = &part["dependsOn"];
        if !after.is_null() && after.as_array().is_none_or(|all| all.iter().any(|one| !one.is_string())) {
            return Err(bad("'dependsOn' is a list of ids."));
        }
        if texts(after).iter().any(|d| !ids.contains(&d.to_lowercase())) {
            return Err(bad("A request can depend on earlier requests of its batch only."));
        }
        let url = part["url"].as_str().unwrap_or("");
        let absolute = url.split(['?', '/']).next().is_some_and(|first| first.ends_with(':'));
        if url.is_empty() || absolute || part["method"].as_str().is_none() {
            return Err(bad("Each request of a batch needs a method and a relative url."));
        }
        let headers = part["headers"].as_object();
        let told = headers.is_some_and(|h| h.keys().any(|k| k.eq_ignore_ascii_case("content-type")));
        if !part["body"].is_null() && !told {
            return Err(bad("A request with a body needs the header Content-Type."));
        }
        ids.push(id.to_lowercase());
    }
    Ok(())
}

/// One part: hit by faults, answered and written down like a call of its own.
fn one(shared: &Shared, call: &Call, caller: &Caller, part: &Value) -> (Answer, Option<Strike>) {
    let version = call.segments.first().map_or("v1.0", String::as_str);
    let mut inner = call.clone();
    inner.method = part["method"].as_str().unwrap_or("GET").to_uppercase();
    inner.aim(&format!("/{version}/{}", part["url"].as_str().unwrap_or("").trim_start_matches('/')));
    for (name, value) in part["headers"].as_object().into_iter().flatten() {
        let pair = (HeaderName::try_from(name), HeaderValue::try_from(value.as_str().unwrap_or("")));
        if let (Ok(name), Ok(value)) = pair {
            inner.headers.insert(name, value);
        }
    }
    inner.body = if part["body"].is_null() { Vec::new() } else { part["body"].to_string().into_bytes() };
    let who = (Some(caller.tenant.clone()), Some(caller.app_id.clone()));
    let done = || super::as_caller(shared, &inner, caller).unwrap_or_else(|refusal| refusal);
    let (answer, strike) = faults::of_part(shared, &inner, &who, done);
    let status = faults::journalled(strike, &answer);
    shared.journal().write(&inner, &who, &status, strike.map(|strike| strike.kind.key()), &answer);
    (answer, strike)
}

fn response(call: &Call, id: &str, answer: Answer) -> Value {
    let request_id = new_id();
    let mut headers: BTreeMap<String, String> = answer.headers.into_iter().collect();
    headers.insert("request-id".to_owned(), request_id.clone());
    let body = match answer.body {
        Body::Json(mut value) => {
            headers.insert("Content-Type".to_owned(), "application/json".to_owned());
            complete_error(call, &mut value, &request_id);
            value
        }
        // What is no JSON is "a base64 URL-encoded value" (json-batching.md).
        Body::Text(kind, text) => {
            headers.insert("Content-Type".to_owned(), kind.to_owned());
            serde_json::from_str(&text).unwrap_or_else(|_| json!(URL_SAFE_NO_PAD.encode(text)))
        }
        Body::Html(page) => {
            headers.insert("Content-Type".to_owned(), "text/html; charset=utf-8".to_owned());
            json!(URL_SAFE_NO_PAD.encode(page))
        }
        Body::None => Value::Null,
    };
    json!({"id": id, "status": answer.status, "headers": headers, "body": body})
}
