//! How much one address may ask: body size and requests per minute.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, Once};
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::Clock;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::HeaderMap;

use crate::kit::error::Problem;

/// Largest body of any form.
pub const BODY: usize = 64 * 1024;

/// Addresses that have asked nothing for a while are forgotten this often.
const FORGET: Duration = Duration::from_secs(60);

/// Requests per minute and address. In memory: each portal process counts for itself.
#[derive(Clone)]
pub struct Limits {
    every: Arc<DefaultKeyedRateLimiter<IpAddr>>,
    anonymous: Arc<DefaultKeyedRateLimiter<IpAddr>>,
    forgotten_at: Arc<Mutex<Instant>>,
    trusted_hops: u8,
}

impl Limits {
    /// `anonymous` counts what is asked before sign-in, where guessing would pay.
    pub fn new(every: NonZeroU32, anonymous: NonZeroU32, trusted_hops: u8) -> Self {
        Self {
            every: Arc::new(RateLimiter::keyed(Quota::per_minute(every))),
            anonymous: Arc::new(RateLimiter::keyed(Quota::per_minute(anonymous))),
            forgotten_at: Arc::new(Mutex::new(Instant::now())),
            trusted_hops,
        }
    }

    /// How long this visitor must wait before he may ask for that; nothing: he may now.
    fn wait(&self, address: IpAddr, path: &str) -> Option<Duration> {
        self.forget(Instant::now());
        let asker = asker(address);
        let guarded = ["/sign-in", "/consent", "/p/"].iter().any(|start| path.starts_with(start));
        let asked = |limiter: &DefaultKeyedRateLimiter<IpAddr>| {
            let refused = limiter.check_key(&asker).err()?;
            Some(refused.wait_time_from(limiter.clock().now()))
        };
        asked(&self.every).or_else(|| if guarded { asked(&self.anonymous) } else { None })
    }

    /// Drops the addresses whose allowance is whole again: without it every address ever seen would stay in memory.
    fn forget(&self, now: Instant) {
        let Ok(mut forgotten_at) = self.forgotten_at.try_lock() else { return };
        if now.saturating_duration_since(*forgotten_at) < FORGET {
            return;
        }
        *forgotten_at = now;
        for limiter in [&self.every, &self.anonymous] {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

/// Who is counted: one IPv4 address, or the /64 of an IPv6 address, of which one visitor has every address.
fn asker(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        four => four,
    }
}

/// The visitor's address: the connection's, or the last one a trusted proxy added.
pub fn visitor(connection: Option<SocketAddr>, headers: &HeaderMap, trusted_hops: u8) -> IpAddr {
    let connection = connection.map_or(IpAddr::from([0, 0, 0, 0]), |address| address.ip());
    if trusted_hops == 0 {
        return connection;
    }
    let last = headers.get_all("x-forwarded-for").iter().next_back();
    let Some(last) = last.and_then(|value| value.as_bytes().rsplit(|byte| *byte == b',').next()) else {
        return connection;
    };
    forwarded(last).unwrap_or_else(|| {
        tell_once(&UNREAD, "X-Forwarded-For ends with no address: all who come so count as one");
        connection
    })
}

/// An address as proxies write it: bare, with a port, the newer protocol's in brackets or not.
fn forwarded(written: &[u8]) -> Option<IpAddr> {
    let written = std::str::from_utf8(written).ok()?.trim().trim_matches('"');
    if let Ok(address) = written.parse() {
        return Some(address);
    }
    if let Ok(address) = written.parse::<SocketAddr>() {
        return Some(address.ip());
    }
    let bare = written.strip_prefix('[')?.strip_suffix(']')?;
    bare.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
}

/// What was told already: every request would say the same again.
static UNNAMED: Once = Once::new();
static UNREAD: Once = Once::new();

fn tell_once(told: &Once, what: &'static str) {
    told.call_once(|| tracing::warn!(fix = "see what the proxy sends, and TRUSTED_PROXY_HOPS", "{what}"));
}

pub async fn check(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let connection = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let address = visitor(connection, request.headers(), limits.trusted_hops);
    let named = limits.trusted_hops == 0 || request.headers().contains_key("x-forwarded-for");
    // The machine's own health checks come past the proxy.
    if !named && !matches!(request.uri().path(), "/livez" | "/readyz") {
        tell_once(&UNNAMED, "a request without X-Forwarded-For, though a proxy is believed");
    }
    match limits.wait(address, request.uri().path()) {
        None => next.run(request).await,
        // Whole seconds, and never none: the header knows no parts of one.
        Some(wait) => Problem::TooMany(wait.as_secs() + 1).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(every: u32, anonymous: u32) -> Limits {
        Limits::new(every.try_into().unwrap(), anonymous.try_into().unwrap(), 0)
    }

    impl Limits {
        fn allows(&self, address: IpAddr, path: &str) -> bool {
            self.wait(address, path).is_none()
        }
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_visitor_is_known_however_the_proxy_writes_his_address() {
        let proxy = SocketAddr::from(([10, 0, 0, 1], 5000));
        let of = |written: &str, hops: u8| {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", written.parse().unwrap());
            visitor(Some(proxy), &headers, hops).to_string()
        };
        for (written, known) in [
            ("192.0.2.7", "192.0.2.7"),
            ("192.0.2.7:567", "192.0.2.7"),
            ("198.51.100.9, 192.0.2.7:567", "192.0.2.7"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:db8::7]:567", "2001:db8::7"),
            ("\"[2001:db8::7]:567\"", "2001:db8::7"),
            ("192.0.2.7, unknown", "10.0.0.1"),
            ("", "10.0.0.1"),
        ] {
            assert_eq!(of(written, 1), known, "{written}");
            assert_eq!(of(written, 0), "10.0.0.1", "nobody is believed: {written}");
        }
        assert_eq!(visitor(Some(proxy), &HeaderMap::new(), 1).to_string(), "10.0.0.1");
    }

    #[test]
    fn the_addresses_of_one_ipv6_network_are_one_visitor() {
        let limits = limits(2, 2);
        assert!(limits.allows(address("2001:db8:0:1::1"), "/"));
        assert!(limits.allows(address("2001:db8:0:1:ffff::2"), "/"));
        assert!(!limits.allows(address("2001:db8:0:1:abcd::3"), "/"));
        assert!(limits.allows(address("2001:db8:0:2::1"), "/"), "another network");
    }

    #[test]
    fn ipv4_addresses_on_an_ipv6_socket_are_counted_apart() {
        let limits = limits(1, 1);
        assert!(limits.allows(address("::ffff:192.0.2.1"), "/"));
        assert!(!limits.allows(address("192.0.2.1"), "/"), "the same visitor");
        assert!(limits.allows(address("::ffff:192.0.2.2"), "/"));
    }

    #[test]
    fn whatever_is_asked_before_sign_in_is_counted_more_strictly() {
        for path in ["/sign-in", "/sign-in/callback", "/consent/callback", "/p/contoso", "/p/contoso/go"] {
            let limits = limits(100, 1);
            assert!(limits.allows(address("192.0.2.1"), path));
            assert!(!limits.allows(address("192.0.2.1"), path), "{path}");
            assert!(limits.allows(address("192.0.2.1"), "/people"), "pages behind the sign-in are not");
        }
    }

    #[test]
    fn addresses_that_ask_no_more_are_forgotten() {
        // So generous that an allowance is whole again at once.
        let limits = limits(u32::MAX, u32::MAX);
        for last in 0..200 {
            assert!(limits.allows(IpAddr::from([192, 0, 2, last]), "/sign-in"));
        }
        limits.forget(Instant::now());
        assert_eq!(limits.every.len(), 200, "not every time");
        limits.forget(Instant::now() + FORGET);
        assert_eq!((limits.every.len(), limits.anonymous.len()), (0, 0));
    }
}
