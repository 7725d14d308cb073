//! Requests for access, of every customer in one list, with the time each has left; and deciding on them.

pub mod decider;
pub mod deciders;
pub mod deciding;
pub mod model;
mod pages;
pub mod reading;
pub mod settle;
pub mod store;
mod tell;

pub use pages::{asks, routes, state};

/// Kind of work: a turn of the reading of one customer, which the room `reading` does.
pub const WORK: &str = "requests";
