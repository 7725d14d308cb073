//! The portal has one address. What asks for it under another name is not answered: its links, cookies and
//! redirects would be another site's.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::HOST;
use url::Url;

use crate::kit::error::Problem;

/// Asked by machines that know a process by its port only.
const BY_PORT: [&str; 2] = ["/livez", "/readyz"];

/// Answers only what names the host of this address.
pub async fn check(State(own): State<Url>, request: Request, next: Next) -> Response {
    let named = named(request.headers(), request.uri().authority().map(http::uri::Authority::as_str));
    let ours = named.is_some_and(|named| is(&own, named));
    if ours || BY_PORT.contains(&request.uri().path()) {
        next.run(request).await
    } else {
        Problem::Elsewhere(own).into_response()
    }
}

/// The one host that a request names; none where it names several.
fn named<'a>(headers: &'a HeaderMap, authority: Option<&'a str>) -> Option<&'a str> {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next(), authority) {
        (Some(host), None, None) => host.to_str().ok(),
        (Some(host), None, Some(authority)) => host.to_str().ok().filter(|host| *host == authority),
        (None, None, authority) => authority,
        _ => None,
    }
}

fn is(own: &Url, named: &str) -> bool {
    let named = named.to_ascii_lowercase();
    let own_host = own.host_str().unwrap_or_default();
    match own.port() {
        Some(port) => named == format!("{own_host}:{port}"),
        // The scheme's own port may be written or not.
        None => {
            let port = own.port_or_known_default().unwrap_or_default();
            named == own_host || named == format!("{own_host}:{port}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_ours_with_its_own_port_only() {
        let url = |text: &str| Url::parse(text).unwrap();
        for (own, named) in [
            ("https://portal.example.com", "portal.example.com"),
            ("https://portal.example.com", "PORTAL.example.com:443"),
            ("http://localhost:8080", "localhost:8080"),
            ("http://[::1]:1", "[::1]:1"),
            ("http://localhost", "localhost:80"),
        ] {
            assert!(is(&url(own), named), "{own} {named}");
        }
        for (own, named) in [
            ("https://portal.example.com", "portal.example.com:80"),
            ("https://portal.example.com", "portal.example.com.evil.example"),
            ("https://portal.example.com", "evil.example"),
            ("http://localhost:8080", "localhost"),
            ("http://localhost:8080", "127.0.0.1:8080"),
            ("http://localhost:8080", ""),
        ] {
            assert!(!is(&url(own), named), "{own} {named}");
        }
    }

    #[test]
    fn two_hosts_are_none() {
        let mut headers = HeaderMap::new();
        assert_eq!(named(&headers, None), None);
        assert_eq!(named(&headers, Some("a")), Some("a"));
        headers.append(HOST, "a".parse().unwrap());
        assert_eq!(named(&headers, None), Some("a"));
        assert_eq!(named(&headers, Some("b")), None);
        headers.append(HOST, "a".parse().unwrap());
        assert_eq!(named(&headers, None), None);
    }
}
