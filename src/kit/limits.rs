//! How much one address may ask: body size and requests per minute.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::HeaderMap;

use crate::kit::error::Problem;

/// Largest body of any form.
pub const BODY: usize = 64 * 1024;

/// Requests per minute and address. In memory: each portal process counts for itself.
#[derive(Clone)]
pub struct Limits {
    every: Arc<DefaultKeyedRateLimiter<IpAddr>>,
    anonymous: Arc<DefaultKeyedRateLimiter<IpAddr>>,
    trusted_hops: u8,
}

impl Limits {
    /// `anonymous` counts sign-in and consent callbacks, where guessing would pay.
    pub fn new(every: NonZeroU32, anonymous: NonZeroU32, trusted_hops: u8) -> Self {
        Self {
            every: Arc::new(RateLimiter::keyed(Quota::per_minute(every))),
            anonymous: Arc::new(RateLimiter::keyed(Quota::per_minute(anonymous))),
            trusted_hops,
        }
    }

    fn allows(&self, address: IpAddr, path: &str) -> bool {
        let guarded = path.starts_with("/sign-in") || path.starts_with("/consent");
        self.every.check_key(&address).is_ok() && (!guarded || self.anonymous.check_key(&address).is_ok())
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
    if limits.allows(address, request.uri().path()) {
        next.run(request).await
    } else {
        Problem::TooMany.into_response()
    }
}
