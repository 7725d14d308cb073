//! The journal of calls, secrets removed, and the list of unknown calls.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use crate::answer::{Answer, Body};
use crate::call::Call;

const KEPT: usize = 20_000;
const SECRET: &[&str] = &[
    "client_secret",
    "client_assertion",
    "access_token",
    "refresh_token",
    "id_token",
    "code",
    "code_verifier",
    "secret",
];

/// Calls of the simulated cloud in order; control calls are not written down.
#[derive(Default)]
pub struct Journal {
    entries: VecDeque<Value>,
    next: u64,
    unknown: Vec<Value>,
}

impl Journal {
    pub fn write(
        &mut self,
        call: &Call,
        who: &(Option<String>, Option<String>),
        status: &Value,
        fault: Option<&str>,
        answer: &Answer,
    ) {
        self.next += 1;
        let mut entry = json!({
            "seq": self.next, "at": call.now.to_rfc3339(), "method": call.method, "path": call.path,
            "query": call.raw_query, "tenant": who.0, "appId": who.1, "status": status, "fault": fault,
            "host": call.header("host"), "clientRequestId": call.header("client-request-id"),
            "retryAfter": answer.headers.iter().find(|(name, _)| name == "retry-after").map(|(_, value)| value),
        });
        if let Some(body) = request_body(call) {
            entry["requestBody"] = body;
        }
        if let Body::Json(body) = &answer.body {
            entry["responseBody"] = masked(body.clone());
        }
        if answer.status == 501 {
            self.unknown.push(json!({"method": call.method, "path": call.path, "query": call.raw_query}));
        }
        self.entries.push_back(entry);
        if self.entries.len() > KEPT {
            self.entries.pop_front();
        }
    }

    pub fn read(&self, tenant: &str, since: u64) -> Vec<Value> {
        let fits = |e: &&Value| {
            e["seq"].as_u64().is_some_and(|s| s > since)
                && (tenant.is_empty() || e["tenant"].as_str().is_some_and(|t| t.eq_ignore_ascii_case(tenant)))
        };
        self.entries.iter().filter(fits).cloned().collect()
    }

    pub fn number_anew(&mut self) {
        self.next = 0;
    }

    pub fn clear(&mut self) {
        self.entries.clear();
    }

    pub fn unknown(&self) -> &[Value] {
        &self.unknown
    }

    pub fn forget_unknown(&mut self) {
        self.unknown.clear();
    }
}

pub fn request_body(call: &Call) -> Option<Value> {
    if call.body.is_empty() {
        return None;
    }
    if let Some(json) = call.json() {
        return Some(masked(json));
    }
    let form: Map<String, Value> = call.form().into_iter().map(|(k, v)| (k, Value::String(v))).collect();
    Some(masked(Value::Object(form)))
}

pub fn masked(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(map.into_iter().map(|(k, v)| hide(k, v)).collect()),
        Value::Array(items) => Value::Array(items.into_iter().map(masked).collect()),
        other => other,
    }
}

/// Only text is secret: an error's numeric or structured `code` stays, Graph's error codes too.
fn hide(key: String, value: Value) -> (String, Value) {
    let graph_code = key == "code" && value.as_str().is_some_and(|c| c.len() < 64);
    if SECRET.contains(&key.as_str()) && value.is_string() && !graph_code {
        return (key, json!("(removed)"));
    }
    (key, masked(value))
}
