//! From a refused call's status and body to a `GraphError`. The codes are data (contract §1 and §15).

use std::time::Duration;

use serde::Deserialize;

use crate::graph::error::{GraphError, GraphErrorKind as Kind};

type Row = (&'static str, fn() -> Kind, &'static str);

/// Code, kind, cause. Entra's numbers are those of contract §15, Graph's words those of §1.
const CODES: &[Row] = &[
    ("AADSTS7000215", || Kind::BadCredential, "bad-credential"),
    ("AADSTS7000222", || Kind::BadCredential, "credential-expired"),
    ("AADSTS700016", || Kind::AppGone, "app-gone"),
    ("AADSTS7000112", || Kind::AppDisabled, "app-disabled"),
    ("AADSTS90002", || Kind::NoSuchTenant, "no-such-tenant"),
    ("AADSTS900023", || Kind::NoSuchTenant, "no-such-tenant"),
    ("AADSTS500011", || Kind::ConsentMissing, "consent-missing"),
    ("AADSTS65001", || Kind::ConsentMissing, "consent-missing"),
    ("AADSTS65004", || Kind::ConsentMissing, "consent-declined"),
    ("AADSTS50012", || Kind::BadCredential, "bad-credential"),
    ("AADSTS700027", || Kind::BadCredential, "bad-credential"),
    ("AADSTS53003", || Kind::Forbidden, "conditional-access"),
    ("CallerNotResourceOwner", || Kind::Forbidden, "not-resource-owner"),
    ("ResourceNotFound", || Kind::NotFound, "not-found"),
    ("RoleNotFound", || Kind::NotFound, "not-found"),
];

fn known(code: &str) -> Option<(Kind, &'static str)> {
    let row = CODES.iter().find(|row| row.0.eq_ignore_ascii_case(code))?;
    Some((row.1(), row.2))
}

pub(crate) fn cause_of_code(code: &str) -> Option<&'static str> {
    known(code).map(|row| row.1)
}

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

fn kind_of(refusal: &Refusal<'_>, code: Option<&str>) -> Kind {
    match refusal.status {
        429 => return Kind::Throttled { retry_after: refusal.retry_after },
        500..=599 if refusal.effect_unknown => return Kind::LostAnswer,
        500..=599 => return Kind::Unavailable,
        _ => {}
    }
    if let Some((kind, _)) = code.and_then(known) {
        return kind;
    }
    match refusal.status {
        403 => Kind::Forbidden,
        404 | 410 => Kind::NotFound,
        409 => Kind::Conflict,
        status => Kind::Refused { code: code.map_or_else(|| status.to_string(), |code| tidy(code).into()) },
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
    let row = codes.iter().find_map(|code| known(code).map(|row| (code.clone(), row.0)));
    let word = body.error.filter(|word| !word.is_empty());
    let (code, kind) = match row {
        Some((code, kind)) => (Some(code), kind),
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
    match (refusal.status, word) {
        (429, _) => Kind::Throttled { retry_after: refusal.retry_after },
        (500..=599, _) => Kind::Unavailable,
        (_, Some("temporarily_unavailable")) => Kind::Unavailable,
        (_, Some("invalid_client")) => Kind::BadCredential,
        (_, Some("consent_required")) => Kind::ConsentMissing,
        (status, _) => {
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
