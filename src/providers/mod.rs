//! Providers: who signs in here, their four app registrations, their people and their blueprint.

mod credential;
mod model;
pub mod store;

pub use credential::{place_of, proof_of};
pub use model::AppKind;
