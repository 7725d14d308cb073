//! The engine against the simulated cloud, through the portal's own pages: from consent to links, and everything
//! that can come between.

mod answers;
mod drift;
mod faults;
mod later;
mod left;
mod stage;
mod through;
mod told;
