//! Microsoft's documented examples, as files: what is asked and what is answered.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// One example.
#[derive(Clone, Debug)]
pub struct Example {
    pub file: String,
    /// `v1.0` or `beta`.
    pub version: String,
    pub method: String,
    /// Path and query, from the version on.
    pub address: String,
    pub headers: Vec<(String, String)>,
    pub asked: Option<Value>,
    pub status: u16,
    pub answered: Option<Value>,
}

/// Where Microsoft's description of Graph is; without it these tests have nothing to do, and say so.
pub fn contract(test: &str) -> Option<PathBuf> {
    let place = std::env::var_os("GRAPH_CONTRACT_DIR").filter(|place| !place.is_empty());
    if place.is_none() {
        say(&format!("{test}: skipped; GRAPH_CONTRACT_DIR names no directory with Microsoft's examples"));
    }
    place.map(PathBuf::from)
}

/// A line that the harness does not keep for itself when the test passes.
pub fn say(line: &str) {
    use std::io::Write;
    drop(writeln!(std::io::stderr(), "{line}"));
}

pub fn examples(contract: &std::path::Path) -> Vec<Example> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(contract.join("examples"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no examples in {}", contract.display());
    files.iter().map(|path| read(path)).collect()
}

fn read(path: &std::path::Path) -> Example {
    let file = path.file_stem().unwrap().to_string_lossy().into_owned();
    let mut whole: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut blanks = Blanks { of: file.chars().take(3).collect(), next: 0 };
    blanks.fill(&mut whole["request"]);
    let (request, response) = (whole["request"].take(), whole["response"].take());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let address = text(&request["url"]);
    let address = address.split_once("graph.microsoft.com").map_or(address.as_str(), |(_, rest)| rest);
    let headers = request["headers"].as_object().into_iter().flatten();
    let body = |value: &Value| (!value.is_null()).then(|| value.clone());
    Example {
        version: text(&whole["version"]),
        method: text(&request["method"]),
        address: address.to_owned(),
        headers: headers.map(|(name, value)| (name.to_lowercase(), text(value))).collect(),
        asked: body(&request["body"]),
        status: response["status"].as_u64().and_then(|status| status.try_into().ok()).unwrap(),
        answered: body(&response["body"]),
        file,
    }
}

/// Puts an id wherever a page says `{id}`, each its own.
struct Blanks {
    of: String,
    next: u32,
}

impl Blanks {
    fn fill(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.filled(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.fill(item)),
            Value::Object(object) => object.values_mut().for_each(|item| self.fill(item)),
            _ => {}
        }
    }

    fn filled(&mut self, text: &str) -> String {
        let mut rest = text;
        let mut whole = String::new();
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, left)) = after.split_once('}') else { break };
            if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
                break;
            }
            self.next += 1;
            whole.push_str(&format!("{before}ee000{}-0000-4000-8000-{:012}", self.of, self.next));
            rest = left;
        }
        whole + rest
    }
}

impl Example {
    pub fn path(&self) -> &str {
        self.address.split('?').next().unwrap_or_default().trim_end_matches('/')
    }

    /// The pieces of the path behind the version, decoded.
    pub fn pieces(&self) -> Vec<String> {
        let pieces = self.path().split('/').filter(|piece| !piece.is_empty()).skip(1);
        pieces.map(|piece| percent_decode_str(piece).decode_utf8_lossy().into_owned()).collect()
    }

    /// Whether it is an example of a call, by the name the Graph client gives it: `GET EM/catalogs/{id}`.
    pub fn is_of(&self, call: &str) -> bool {
        let Some((method, path)) = call.split_once(' ') else { return false };
        let (version, path) = match path.strip_prefix("beta") {
            Some(path) => ("beta", path),
            None => ("v1.0", path),
        };
        let path = path.replace("EM/", "identityGovernance/entitlementManagement/");
        let pattern: Vec<&str> = path.split('/').filter(|piece| !piece.is_empty()).collect();
        let pieces = self.pieces();
        method == self.method
            && version == self.version
            && pattern.len() == pieces.len()
            && pattern.iter().zip(&pieces).all(|(pattern, piece)| fits(pattern, piece))
    }

    /// As the index names it.
    pub fn operation(&self) -> String {
        format!("{} {} {}", self.version, self.method, self.path())
    }
}

fn fits(pattern: &str, piece: &str) -> bool {
    match (pattern.starts_with('{'), piece.split_once('=')) {
        // A function or an alternate key: `groups(uniqueName='x')`.
        (false, Some((name, _))) => pattern.trim_end_matches(')') == name,
        (true, Some(_)) => false,
        (false, None) => pattern == piece,
        (true, None) => !piece.ends_with(')') && !piece.starts_with("microsoft.graph.") && piece != "delta",
    }
}
