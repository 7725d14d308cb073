//! The simulated cloud over real HTTP.
#![expect(clippy::unwrap_used, reason = "a test may break off; clippy spares only functions marked as tests")]

mod access;
mod afterwards;
mod assertions;
mod authorize;
mod batch;
mod browser;
mod consent;
mod defender;
mod directory;
mod entitlement;
mod kept;
mod kit;
mod my_access;
mod onboarded;
mod policies;
mod portals;
mod requests;
mod tls;
mod tokens;
