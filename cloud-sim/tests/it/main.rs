//! The simulated cloud over real HTTP.
#![expect(clippy::unwrap_used, reason = "a test may break off; clippy spares only functions marked as tests")]

mod access;
mod afterwards;
mod anyone;
mod assertions;
mod authorize;
mod batch;
mod batch_faults;
mod bodies;
mod browser;
mod consent;
mod defender;
mod directory;
mod entitlement;
mod errors;
mod grants;
mod kept;
mod kit;
mod my_access;
mod onboarded;
mod paging;
mod parts;
mod permissions;
mod policies;
mod portals;
mod queries;
mod readme;
mod requests;
mod reviews;
mod scenarios;
mod states;
mod switches;
mod throttling;
mod tls;
mod tokens;
mod told;
