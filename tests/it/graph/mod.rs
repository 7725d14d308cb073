//! The Graph client against single situations on the wire.

mod approvals;
mod batch;
mod calls;
mod catalogue;
mod deadlines;
mod kept;
mod lists;
mod manners;
pub mod needs;
mod reading;
mod tokens;
mod turns;
pub mod wire;
