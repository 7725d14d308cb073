//! Health: how the background work stands, what fails for which cause and whose move that is, and how old the data
//! of the slowest customers is.

pub mod model;
mod pages;
pub mod store;

pub use pages::routes;
