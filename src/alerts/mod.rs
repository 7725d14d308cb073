//! Alerts of Defender at each customer: how many are new and open by severity, how old, and the link there. No SIEM.

pub mod model;
mod pages;
pub mod reading;
pub mod store;

pub use pages::routes;
