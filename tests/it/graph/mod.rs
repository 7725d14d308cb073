//! The Graph client against single situations on the wire.

mod calls;
mod lists;
mod manners;
mod reading;
mod tokens;
pub mod wire;
