//! Figures of the portal at the size it is made for, measured side by side in one run (`make figures`, docs/scale.md).
#![expect(clippy::unwrap_used, reason = "a test may break off; clippy spares only functions marked as tests")]
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

mod cloud;
mod house;
mod pages;
mod reading;
#[path = "../it/support/mod.rs"]
#[expect(dead_code, reason = "shared with the integration tests, which use more of it")]
mod support;
mod told;
mod world;
