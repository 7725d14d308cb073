//! The one HTTP client: no redirects, deadlines on connect, headers, body and whole exchange, a cap on bytes.

use std::time::Duration;

use ::http::HeaderMap;
use ::http::header::RETRY_AFTER;
use chrono::{DateTime, Utc};
use url::Url;

use crate::graph::cloud::Cloud;
use crate::graph::error::{GraphError, GraphErrorKind as Kind};
use crate::graph::error_reading;
use crate::kit::planted::{self, Bug};

/// What the client puts up with. Times are real time: they guard real sockets.
#[derive(Clone, Debug)]
pub struct Limits {
    pub connect: Duration,
    /// Until the answer's headers are there.
    pub headers: Duration,
    /// Longest silence inside a body.
    pub body_silence: Duration,
    /// One exchange, body included.
    pub exchange: Duration,
    /// Bytes of one answer, unpacked.
    pub body_bytes: usize,
    /// Pages of one list.
    pub pages: usize,
    /// Bytes of one list over all its pages.
    pub list_bytes: usize,
    /// Tries of one call that may be repeated.
    pub attempts: u32,
    /// Waiting between the tries of one call, all together. A longer Retry-After is handed to the caller.
    pub waiting: Duration,
    /// One call from first to last: waiting for its turn, every try, and all pages of a list together.
    pub operation: Duration,
    /// Calls under way at the same time in one directory, and how many of these places background leaves to people.
    pub at_once: usize,
    pub spared: usize,
    /// The same over all directories.
    pub at_once_over_all: usize,
    pub spared_over_all: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            headers: Duration::from_secs(30),
            body_silence: Duration::from_secs(15),
            exchange: Duration::from_secs(60),
            body_bytes: 8 << 20,
            pages: 400,
            list_bytes: 64 << 20,
            attempts: 4,
            waiting: Duration::from_secs(30),
            operation: Duration::from_secs(240),
            at_once: 4,
            spared: 1,
            at_once_over_all: 64,
            spared_over_all: 8,
        }
    }
}

/// An answer whose body was read whole.
pub(crate) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn request_id(&self) -> Option<&str> {
        self.headers.get("request-id").or_else(|| self.headers.get("x-ms-request-id"))?.to_str().ok()
    }

    /// `Retry-After` in seconds or as an HTTP date, as a wait from `now`; at most an hour.
    pub fn retry_after(&self, now: DateTime<Utc>) -> Option<Duration> {
        if planted::has(Bug::RetryAfterIgnored) {
            return None;
        }
        retry_after(self.headers.get(RETRY_AFTER)?.to_str().ok()?, now)
    }
}

pub(crate) fn retry_after(text: &str, now: DateTime<Utc>) -> Option<Duration> {
    let text = text.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let until = DateTime::parse_from_rfc2822(text).ok()?;
            (until.with_timezone(&Utc) - now).to_std().unwrap_or(Duration::ZERO)
        }
    };
    Some(wait.min(Duration::from_secs(3600)))
}

/// # Errors
/// The machine's TLS roots cannot be read.
pub(crate) fn client(cloud: &Cloud, limits: &Limits) -> Result<reqwest::Client, GraphError> {
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(limits.connect)
        .read_timeout(limits.body_silence.max(limits.headers))
        .timeout(limits.exchange)
        .gzip(true)
        .user_agent(concat!("mssp-portal/", env!("CARGO_PKG_VERSION")));
    // The simulated cloud on this machine is never behind a proxy; the real one is never without TLS.
    builder = if cloud.is_loopback() { builder.no_proxy() } else { builder.https_only(true) };
    if let Some(pem) = &cloud.authority {
        builder = builder.https_only(true).tls_certs_only(certificates(pem).unwrap_or_default());
    } else if cloud.graph.scheme() == "http" {
        // It never comes to TLS, and reading the machine's certificates takes a while.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|error| {
        GraphError::new(Kind::Unavailable, "HTTP client", format!("cannot be made: {}", error.without_url()))
    })
}

/// The certificates of a PEM file; none where it holds none that can be read.
pub(crate) fn certificates(pem: &[u8]) -> Option<Vec<reqwest::Certificate>> {
    reqwest::Certificate::from_pem_bundle(pem).ok().filter(|all| !all.is_empty())
}

/// Sends one request once and reads its whole answer. `changes` = a write: once it may have left this machine, any
/// failure is a lost answer.
pub(crate) async fn exchange(
    client: &reqwest::Client,
    limits: &Limits,
    call: &'static str,
    changes: bool,
    request: reqwest::Request,
) -> Result<Answer, GraphError> {
    let lost = if changes { Kind::LostAnswer } else { Kind::Unavailable };
    let sent = tokio::time::timeout(limits.headers, client.execute(request)).await;
    let mut response = match sent {
        Err(_) => return Err(GraphError::new(lost, call, "no answer in time")),
        Ok(Err(error)) if error.is_connect() || error.is_builder() => {
            return Err(GraphError::new(Kind::Unavailable, call, reason(error)));
        }
        Ok(Err(error)) => return Err(GraphError::new(lost, call, reason(error))),
        Ok(Ok(response)) => response,
    };
    let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > limits.body_bytes => {
                let kind = if changes { Kind::LostAnswer } else { Kind::NotUnderstood };
                return Err(GraphError::new(kind, call, "the answer is too large"));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(Answer { status, headers, body: without_nul(body) }),
            Err(error) => return Err(GraphError::new(lost, call, reason(error))),
        }
    }
}

/// A NUL that JSON writes as `\u0000`, which no text in Postgres can hold, becomes the sign for what cannot be shown.
fn without_nul(mut body: Vec<u8>) -> Vec<u8> {
    const NUL: &[u8] = br"\u0000";
    let found: Vec<usize> = memchr::memmem::find_iter(&body, NUL).collect();
    for at in found {
        let before = body[..at].iter().rev().take_while(|byte| **byte == b'\\').count();
        if before.is_multiple_of(2) {
            body[at + 2..at + NUL.len()].copy_from_slice(b"fffd");
        }
    }
    body
}

/// The id under which Microsoft's log and ours know this request.
pub(crate) fn request_id(request: &reqwest::Request) -> String {
    let id = request.headers().get("client-request-id");
    id.and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned()
}

/// The innermost reason, without the address (it may carry a person's mail) and without what was sent.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    error_reading::tidy(&format!("{error}: {cause}")).into()
}

/// A joined address, refused when a value inside it would change its path (`..`).
pub(crate) fn address(host: &Url, path_and_query: &str, call: &'static str) -> Result<Url, GraphError> {
    let text = format!("{}{path_and_query}", crate::graph::cloud::base(host));
    let unusable = || GraphError::not_understood(call, "an id that cannot stand in an address");
    let address = Url::parse(&text).map_err(|_| unusable())?;
    let asked = path_and_query.split('?').next().unwrap_or_default();
    if !address.path().ends_with(asked) || address.origin() != host.origin() {
        return Err(unusable());
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_both_forms_and_bounded() {
        let now = "1994-11-06T08:49:07Z".parse().unwrap();
        assert_eq!(retry_after("10", now), Some(Duration::from_secs(10)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(Duration::from_secs(30)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("999999999", now), Some(Duration::from_secs(3600)));
        assert_eq!(retry_after("soon", now), None);
    }

    #[test]
    fn a_nul_in_a_name_is_replaced_and_a_backslash_before_a_u_is_not() {
        let read = |text: &str| {
            let clean = without_nul(text.as_bytes().to_vec());
            serde_json::from_slice::<String>(&clean).unwrap()
        };
        assert_eq!(read(r#""a\u0000b\u0000""#), "a\u{fffd}b\u{fffd}");
        assert_eq!(read(r#""a\\u0000 \\\u0000""#), "a\\u0000 \\\u{fffd}");
    }

    #[test]
    fn an_id_made_of_dots_does_not_move_the_path() {
        let host = Url::parse("https://graph.example").unwrap();
        assert!(address(&host, "/v1.0/groups/../users", "GET").is_err());
        assert!(address(&host, "/v1.0/groups/..", "GET").is_err());
        assert!(address(&host, "/v1.0/groups/a%2Fb?$top=1", "GET").is_ok());
    }
}
