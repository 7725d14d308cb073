//! One call as the simulation sees it: method, path in pieces, query, headers, body.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use http::HeaderMap;
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// A call that arrived, or a part of a `$batch`.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: String,
    /// Path as sent, without query.
    pub path: String,
    /// Decoded pieces; `name(key)` counts as two pieces, the second being `(key)`.
    pub segments: Vec<String>,
    pub query: BTreeMap<String, String>,
    pub raw_query: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// Origin of the simulation, such as `http://127.0.0.1:8090`.
    pub base: String,
    pub now: DateTime<Utc>,
}

impl Call {
    /// A call of the control interface that came without HTTP.
    pub fn of_control(method: &str, path: &str, body: &Value, base: &str, now: DateTime<Utc>) -> Self {
        let mut call = Self {
            method: method.to_owned(),
            path: String::new(),
            segments: Vec::new(),
            query: BTreeMap::new(),
            raw_query: String::new(),
            headers: HeaderMap::new(),
            body: if body.is_null() { Vec::new() } else { body.to_string().into_bytes() },
            base: base.to_owned(),
            now,
        };
        call.aim(&format!("/sim{path}"));
        call
    }

    /// Reads path and query of a target such as `/v1.0/groups?$top=1`.
    pub fn aim(&mut self, target: &str) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        path.clone_into(&mut self.path);
        query.clone_into(&mut self.raw_query);
        self.segments = segments(path);
        self.query = pairs(query);
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    pub fn form(&self) -> BTreeMap<String, String> {
        pairs(&String::from_utf8_lossy(&self.body))
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.headers.get_all("cookie").iter().filter_map(|v| v.to_str().ok()).find_map(|line| {
            line.split(';')
                .filter_map(|p| p.trim().split_once('='))
                .find(|(n, _)| *n == name)
                .map(|(_, v)| decode(v))
        })
    }

    pub fn param(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Form or query pairs: `+` is a space.
fn pairs(text: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

/// Splits a path; a bracketed key becomes a piece of its own.
fn segments(path: &str) -> Vec<String> {
    let mut out = Vec::new();
    for piece in path.split('/').filter(|p| !p.is_empty()) {
        let piece = decode(piece);
        match piece.find('(') {
            Some(at) if at > 0 && piece.ends_with(')') => {
                out.push(piece[..at].to_owned());
                out.push(piece[at..].to_owned());
            }
            _ => out.push(piece),
        }
    }
    out
}

/// Reads `(name='value')` or `('value')`: the name (may be empty) and the value with doubled quotes undone.
pub fn bracket_key(piece: &str) -> Option<(String, String)> {
    let inner = piece.strip_prefix('(')?.strip_suffix(')')?;
    let (name, quoted) = match inner.split_once('=') {
        Some((n, q)) if !n.contains('\'') => (n, q),
        _ => ("", inner),
    };
    let value = quoted.trim().strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'");
    Some((name.trim().to_owned(), value))
}
