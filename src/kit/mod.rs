//! The tools of the house. They know no room.

pub mod chance;
pub mod clock;
pub mod ids;
