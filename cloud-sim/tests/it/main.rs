//! The simulated cloud over real HTTP.

mod authorize;
mod browser;
mod consent;
mod defender;
mod directory;
mod entitlement;
mod kit;
mod onboarded;
mod policies;
mod tokens;
