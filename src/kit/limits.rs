//! How much one address may ask: body size and requests per minute.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
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
    headers
        .get_all("x-forwarded-for")
        .iter()
        .next_back()
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.rsplit(',').next())
        .and_then(|last| last.trim().parse().ok())
        .unwrap_or(connection)
}

pub async fn check(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let connection = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let address = visitor(connection, request.headers(), limits.trusted_hops);
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
