//! The MSSP access portal.
//!
//! Rooms are cut by feature; `kit` and `graph` know no room. ARCHITECTURE.md has the picture.

pub mod kit;

pub mod graph;

pub mod providers;

pub mod sign_in;

pub mod customers;

pub mod audit;

pub mod people;

pub mod onboarding;

pub mod connections;

pub mod access_requests;

pub mod access;

pub mod alerts;

pub mod reading;

pub mod notices;

pub mod reports;

pub mod health;

pub mod today;

pub mod app;
pub mod router;
pub mod work;

pub mod config;
pub mod program;

#[cfg(all(
    not(debug_assertions),
    any(
        feature = "one-wall",
        feature = "simulated-clock",
        feature = "crash-points",
        feature = "planted-bugs"
    )
))]
compile_error!(
    "one-wall, simulated-clock, crash-points and planted-bugs are for tests; a release has none of them"
);
