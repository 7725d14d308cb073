//! The audit log as people read it, and the walk that proves nobody changed it. Events are appended by `kit::audit`.

pub mod head;
pub mod model;
mod pages;
pub mod store;
pub mod verify;
pub mod walks;

pub use pages::routes;
