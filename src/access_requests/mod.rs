//! Requests for access, of every customer in one list, with the time each has left.

pub mod model;
mod pages;
pub mod store;
pub mod work;

pub use pages::{asks, routes};
