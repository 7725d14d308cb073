//! The MSSP access portal.
//!
//! Rooms are cut by feature; `kit` and `graph` know no room. ARCHITECTURE.md has the picture.

pub mod access_requests;
pub mod customers;
pub mod graph;
pub mod kit;
