//! The walls: who may do what, and that nothing of another provider is ever seen.

mod catalog;
mod dropped;
mod expected;
mod forms;
mod headers;
mod matrix;
mod one_wall;
mod world;
