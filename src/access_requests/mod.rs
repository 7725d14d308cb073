//! Requests for access, of every customer in one list, with the time each has left.

pub mod model;
pub mod store;
