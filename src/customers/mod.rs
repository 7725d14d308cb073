//! Customers: the registry, each one's standing, and the list that account managers live in.

pub mod consent;
pub mod model;
mod pages;
pub mod store;

pub use model::{Customer, Standing, State, WhoseMove};

pub use pages::routes;
