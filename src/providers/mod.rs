//! Providers: who signs in here, their four app registrations, their people and their blueprint.

pub mod analysts;
pub mod certificate;
mod credential;
mod model;
mod pages;
pub mod set_up;
pub mod store;

pub use credential::{place_of, proof_of};
pub use model::AppKind;
pub use pages::routes;
