//! Every exchange whole, as JSON lines in a file: what a contract test checks against Microsoft's own description.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

use anyhow::Context;
use serde_json::{Map, Value, json};

use super::faults::{Kind, Strike};
use super::journal::{masked, request_body};
use crate::answer::{Answer, Body};
use crate::call::Call;
use crate::world::new_id;

/// Headers that are part of the contract; any other stays out.
const TOLD: &[&str] = &[
    "accept",
    "consistencylevel",
    "content-type",
    "client-request-id",
    "location",
    "prefer",
    "preference-applied",
    "request-id",
    "retry-after",
    "user-agent",
    "www-authenticate",
];

/// Where the exchanges of one simulation are written.
pub struct Recorder(Mutex<File>);

impl Recorder {
    /// A file of its own in this directory.
    pub fn into_directory(directory: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
        let path = directory.join(format!("{}.jsonl", new_id()));
        let file = File::create_new(&path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self(Mutex::new(file)))
    }

    /// One line, at once: a test that breaks off leaves what it did.
    pub fn write(&self, call: &Call, strike: Option<Strike>, answer: &Answer) {
        // A call that was held and then cut got no answer of ours, only a stopped connection.
        let answered =
            strike.is_none_or(|s| s.after_effect || s.kind != Kind::Timeout && s.kind != Kind::LostAnswer);
        let line = json!({
            "base": call.base,
            "method": call.method,
            "path": call.path,
            "query": call.raw_query,
            "fault": strike.is_some(),
            "parts": parts(answer),
            "request": {"headers": request_headers(call), "body": request_body(call)},
            "response": answered.then(|| response(answer)),
        });
        let mut file = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Err(error) = writeln!(file, "{line}") {
            tracing::error!(%error, "an exchange was not recorded");
        }
    }
}

fn request_headers(call: &Call) -> Map<String, Value> {
    let told = call.headers.iter().filter(|(name, _)| TOLD.contains(&name.as_str()));
    let mut headers: Map<String, Value> =
        told.filter_map(|(name, value)| Some((name.to_string(), json!(value.to_str().ok()?)))).collect();
    if let Some(scheme) = call.header("authorization").and_then(|value| value.split(' ').next()) {
        headers.insert("authorization".to_owned(), json!(format!("{scheme} (removed)")));
    }
    headers
}

/// What a fault did to parts of a batch, by their ids: it "hit" them, or "spoiled" their bodies.
fn parts(answer: &Answer) -> Map<String, Value> {
    let told = |spoiled: bool| json!(if spoiled { "spoiled" } else { "hit" });
    answer.hit.iter().map(|(id, spoiled)| (id.clone(), told(*spoiled))).collect()
}

fn response(answer: &Answer) -> Value {
    let told = answer.headers.iter().filter(|(name, _)| TOLD.contains(&name.to_ascii_lowercase().as_str()));
    let headers: Map<String, Value> =
        told.map(|(name, value)| (name.to_ascii_lowercase(), json!(value))).collect();
    let body = match &answer.body {
        Body::Json(body) => masked(body.clone()),
        Body::None | Body::Html(_) | Body::Text(..) => Value::Null,
    };
    json!({"status": answer.status, "headers": headers, "body": body})
}
