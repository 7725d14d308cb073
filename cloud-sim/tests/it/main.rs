//! The simulated cloud over real HTTP.

mod directory;
mod kit;
mod tokens;
