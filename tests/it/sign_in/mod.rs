//! Signing in, and every way in which it must not work.

mod after;
pub mod browser;
mod keys;
mod renewed;
mod through;
