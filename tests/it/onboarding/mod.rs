//! The engine against the simulated cloud, through the portal's own pages: from consent to links, and everything
//! that can come between.

mod answers;
mod bad_input;
mod circle;
mod creates;
mod drift;
mod faults;
mod killed;
mod later;
mod lease;
mod left;
mod moves;
mod runs;
mod sentences;
mod shape;
mod stage;
mod stopped;
mod through;
mod told;
mod touches;
mod twice;
mod unshown;
