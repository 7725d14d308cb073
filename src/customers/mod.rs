//! Customers: the registry, each one's standing, and the list that account managers live in.

pub mod consent;
mod extract;
pub mod model;
mod pages;
pub mod store;

pub use extract::Viewed;
pub use model::{Customer, Standing, State, WhoseMove};

pub use pages::{Tab, routes, tabs};
