//! Requests for access, of every customer in one list, with the time each has left; and deciding on them.

pub mod deciders;
pub mod deciding;
pub mod model;
mod pages;
pub mod settle;
pub mod store;
pub mod work;

pub use pages::{asks, routes};
