//! From a refused call's status and body to a `GraphError`. What codes mean is data: the catalogue.

use std::time::Duration;

use serde::Deserialize;

use crate::graph::catalogue;
use crate::graph::error::{GraphError, GraphErrorKind as Kind};

/// Entitlement management has no documented code for it: the text is the only sign (contract §0).
pub(crate) fn speaks_of_licence(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("license") || message.contains("licence")
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

#[derive(Deserialize, Default)]
#[serde(default)]
struct Body {
    error: Option<Inner>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Inner {
    code: Option<String>,
    message: Option<String>,
    #[serde(alias = "innererror")]
    inner_error: Option<Request>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
struct Request {
    request_id: Option<String>,
}

/// A refused Graph call.
pub(crate) fn of_graph(refusal: &Refusal<'_>) -> GraphError {
    let inner =
        serde_json::from_slice::<Body>(refusal.body).ok().and_then(|body| body.error).unwrap_or_default();
    let code = inner.code.filter(|code| !code.is_empty());
    let kind = kind_of(refusal, code.as_deref());
    let message = inner.message.filter(|text| !text.is_empty());
    let mut error = GraphError::new(kind, refusal.call, message.unwrap_or_else(|| unread(refusal)));
    error.status = Some(refusal.status);
    error.code = code.map(|code| tidy(&code));
    let request = inner.inner_error.and_then(|inner| inner.request_id);
    error.request_id = refusal.request_id.or(request.as_deref()).map(tidy);
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

#[derive(Deserialize, Default)]
#[serde(default)]
struct TokenBody {
    error: Option<String>,
    error_description: Option<String>,
    error_codes: Option<Vec<u32>>,
    trace_id: Option<String>,
    correlation_id: Option<String>,
}

/// A refused token or discovery request. The first known number decides, else the `error` word.
pub(crate) fn of_entra(refusal: &Refusal<'_>) -> GraphError {
    let body = serde_json::from_slice::<TokenBody>(refusal.body).unwrap_or_default();
    let description = body.error_description.unwrap_or_default();
    let mut codes: Vec<String> =
        body.error_codes.unwrap_or_default().iter().map(|number| format!("AADSTS{number}")).collect();
    codes.extend(number_in(&description));
    let row = codes.iter().find_map(|code| Some((code.clone(), catalogue::of(code)?)));
    let word = body.error.filter(|word| !word.is_empty());
    let (code, kind) = match row {
        Some((code, row)) => {
            let kind = row.kind_with(&code, refusal.retry_after);
            (Some(code), kind)
        }
        None => {
            let code = codes.into_iter().next().or(word.clone());
            (code.clone(), entra_kind(refusal, word.as_deref(), code.as_deref()))
        }
    };
    let first_line = description.lines().next().unwrap_or_default();
    let message = if first_line.is_empty() { unread(refusal) } else { first_line.to_owned() };
    let mut error = GraphError::new(kind, refusal.call, message);
    error.status = Some(refusal.status);
    error.code = code.map(|code| tidy(&code));
    let trace = body.trace_id.or(body.correlation_id);
    error.request_id = refusal.request_id.or(trace.as_deref()).map(tidy);
    error
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
