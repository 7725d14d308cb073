//! The provider's people: which customers each sees, and who may no longer come in. Their roles come with the
//! sign-in and are given in Entra, not here.

pub mod model;
mod pages;
pub mod store;

pub use pages::routes;
