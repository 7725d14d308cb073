//! The provider's people: which customers each sees, who may no longer come in, and who somebody is in the analysts'
//! directory. Their roles come with the sign-in and are given in Entra, not here.

pub mod model;
mod pages;
pub mod store;

pub use pages::routes;
