//! Customers: the registry, each one's standing, and the list that account managers live in.

pub mod model;
pub mod store;

pub use model::{Customer, Standing, State, WhoseMove};
