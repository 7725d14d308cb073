//! Providers: who signs in here, their four app registrations, their people and their blueprint.

pub mod analysts;
pub mod certificate;
mod credential;
mod model;
mod pages;
pub mod set_up;
pub mod store;

pub use credential::{next_place_of, place_of, proof_from, proof_of};
pub use model::AppKind;
pub use pages::routes;
