//! Reading every customer in turn: one request to Microsoft per customer and turn, each part of it kept by the room it
//! belongs to, and a turn at once for whoever asks for it.

pub mod model;
mod pages;
pub mod store;
mod turn;
pub mod work;

pub use pages::{PartView, asleep, routes};
