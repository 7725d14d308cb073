//! From a refused call's status and body to a `GraphError`. What codes mean is data: the catalogue.

use std::time::Duration;

use serde_json::Value;

use crate::graph::catalogue;
use crate::graph::error::{GraphError, GraphErrorKind as Kind};

/// Entitlement management has no documented code for it: the text is the only sign (contract §0).
pub(crate) fn speaks_of_licence(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("license") || message.contains("licence")
}

/// Defender says so when the customer has not activated its roles for what the role is about (contract §9, FIELD).
pub(crate) fn speaks_of_storage(message: &str) -> bool {
    message.to_ascii_lowercase().contains("not a valid permission for storage")
}

/// At most 500 characters, no control characters: it goes to logs and pages.
pub(crate) fn tidy(message: &str) -> Box<str> {
    message.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect::<String>().into()
}

/// What the transport knows of a refused call.
pub(crate) struct Refusal<'a> {
    pub call: &'static str,
    pub status: u16,
    pub body: &'a [u8],
    pub request_id: Option<&'a str>,
    pub retry_after: Option<Duration>,
    /// A create: a failure after it was sent leaves the effect unknown.
    pub effect_unknown: bool,
}

/// What stands under the first of these names, if it is a text. Error bodies are read piece by piece: one odd piece
/// must not hide the code.
fn text<'a>(value: &'a Value, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| value[*name].as_str()).filter(|text| !text.is_empty())
}

/// A refused Graph call.
pub(crate) fn of_graph(refusal: &Refusal<'_>) -> GraphError {
    let body: Value = serde_json::from_slice(refusal.body).unwrap_or_default();
    let inner = &body["error"];
    let code = text(inner, &["code", "Code"]).or(text(&body, &["error"]));
    let message =
        text(inner, &["message", "Message"]).or(text(&body, &["error_description", "message", "Message"]));
    let kind = kind_of(refusal, code);
    let mut error =
        GraphError::new(kind, refusal.call, message.map_or_else(|| unread(refusal), str::to_owned));
    error.status = Some(refusal.status);
    error.code = code.map(tidy);
    let about = ["innerError", "innererror", "InnerError"].map(|name| &inner[name]);
    let request = about.into_iter().find_map(|about| text(about, &["request-id", "requestId"]));
    error.request_id = refusal.request_id.or(request).map(tidy);
    error
}

fn unread(refusal: &Refusal<'_>) -> String {
    format!("status {} without an error that can be read", refusal.status)
}

/// Throttling and failures of the service are told by the status; then the code decides; then the status again.
fn kind_of(refusal: &Refusal<'_>, code: Option<&str>) -> Kind {
    let by_status = catalogue::under("status", refusal.status);
    let name = code.map_or_else(|| refusal.status.to_string(), |code| tidy(code).into());
    match (refusal.status, by_status.map(|row| row.kind)) {
        (_, Some("throttled")) => return Kind::Throttled { retry_after: refusal.retry_after },
        (500..=599, Some("unavailable") | None) if refusal.effect_unknown => return Kind::LostAnswer,
        (500..=599, Some("unavailable") | None) => return Kind::Unavailable,
        _ => {}
    }
    match code.and_then(catalogue::of).or(by_status) {
        Some(row) => row.kind_with(&name, refusal.retry_after),
        None => Kind::Refused { code: name },
    }
}

/// A refused token or discovery request. The first known number decides, else the `error` word.
pub(crate) fn of_entra(refusal: &Refusal<'_>) -> GraphError {
    let body: Value = serde_json::from_slice(refusal.body).unwrap_or_default();
    let description = text(&body, &["error_description"]).unwrap_or_default();
    let mut codes: Vec<String> =
        body["error_codes"].as_array().into_iter().flatten().filter_map(number).collect();
    codes.extend(number_in(description));
    let row = codes.iter().find_map(|code| Some((code.clone(), catalogue::of(code)?)));
    let word = text(&body, &["error"]);
    let (code, kind) = match row {
        Some((code, row)) => {
            let kind = row.kind_with(&code, refusal.retry_after);
            (Some(code), kind)
        }
        None => {
            let code = codes.into_iter().next().or(word.map(str::to_owned));
            (code.clone(), entra_kind(refusal, word, code.as_deref()))
        }
    };
    let first_line = description.lines().next().unwrap_or_default();
    let message = if first_line.is_empty() { unread(refusal) } else { first_line.to_owned() };
    let mut error = GraphError::new(kind, refusal.call, message);
    error.status = Some(refusal.status);
    error.code = code.map(|code| tidy(&code));
    let trace = text(&body, &["trace_id", "correlation_id"]);
    error.request_id = refusal.request_id.or(trace).map(tidy);
    error
}

/// What a person's sign-in came back with instead of a code.
pub(crate) fn of_sign_in(call: &'static str, error: &str, description: &str) -> GraphError {
    let body = serde_json::json!({ "error": error, "error_description": description }).to_string();
    of_entra(&Refusal {
        call,
        status: 400,
        body: body.as_bytes(),
        request_id: None,
        retry_after: None,
        effect_unknown: false,
    })
}

/// `700016`, as a number or as digits in a text.
fn number(value: &Value) -> Option<String> {
    let digits = value.as_u64().map(|number| number.to_string()).or(value.as_str().map(str::to_owned))?;
    let sane = (1..=10).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    sane.then(|| format!("AADSTS{digits}"))
}

fn entra_kind(refusal: &Refusal<'_>, word: Option<&str>, code: Option<&str>) -> Kind {
    match (refusal.status, word.and_then(|word| catalogue::under("word", word))) {
        (429, _) => Kind::Throttled { retry_after: refusal.retry_after },
        (500..=599, _) => Kind::Unavailable,
        (_, Some(row)) => row.kind_with(code.unwrap_or_default(), refusal.retry_after),
        (status, None) => {
            Kind::Refused { code: code.map_or_else(|| status.to_string(), |code| tidy(code).into()) }
        }
    }
}

/// `AADSTS700016: Application with …` -> `AADSTS700016`.
fn number_in(description: &str) -> Option<String> {
    let digits: String =
        description.strip_prefix("AADSTS")?.chars().take_while(char::is_ascii_digit).take(10).collect();
    (!digits.is_empty()).then(|| format!("AADSTS{digits}"))
}
