//! An approver's own sign-in to a customer's directory. It belongs to one session of his: it dies with the session, and
//! nothing but a verified [`Session`](crate::kit::session::Session) leads to it, so background work cannot use it.

pub mod model;
mod pages;
mod reach;
pub mod store;

pub use pages::{go_path, routes};
pub use reach::{Own, Reach, reach};
