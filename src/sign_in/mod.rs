//! Signing in and out: the provider first, then his own authority; and what a person chooses for himself.

pub mod oidc;
mod pages;
pub mod store;
pub mod way;

pub use pages::routes;
