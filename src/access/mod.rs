//! Who has access at which customer until when: people, ends, reviews, the estate's packages and links, and people who
//! leave. Read from the customers' directories; written only where somebody leaves.

pub mod endings;
pub mod model;
mod pages;
pub mod reading;
pub mod store;
mod tell;
pub mod work;

pub use pages::{labelled, routes};
