//! The simulated cloud over real HTTP.

mod authorize;
mod browser;
mod directory;
mod kit;
mod tokens;
