//! The integration tests: one binary, one module per room.

mod postgres;
mod rules;
mod support;
