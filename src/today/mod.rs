//! Today: what waits for the person who looks, by his roles; each with its count and the way to it.

pub mod model;
mod pages;
pub mod store;

pub use pages::routes;
