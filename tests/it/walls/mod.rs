//! The walls: who may do what, and that nothing of another provider is ever seen.

mod access_stores;
mod catalog;
mod cell;
mod client_ids;
mod deciding;
mod dropped;
mod dump;
mod expected;
mod forms;
mod headers;
mod holders;
mod matrix;
mod no_audit;
mod notices;
mod one_wall;
mod reading_stores;
mod stores;
mod with_check;
pub mod world;
