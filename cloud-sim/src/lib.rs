//! A simulation of the parts of Microsoft's cloud that the portal talks to: Entra, Graph, My Access, Defender.
//!
//! It shares no type with the portal and judges every call by Microsoft's documentation. See README.md.

mod access;
mod answer;
mod call;
mod clock;
mod control;
mod entra;
mod front;
mod graph;
mod odata;
mod pages;
mod simulation;
mod world;

pub use simulation::{Options, Simulation};
