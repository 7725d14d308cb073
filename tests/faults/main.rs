//! Schedules of faults: the portal onboards and reads customers while the simulated cloud fails in every way it can and
//! the process dies at every point. docs/decisions/faults.md says how; CONTRIBUTING.md how a seed is replayed.
#![expect(clippy::unwrap_used, reason = "a test may break off; clippy spares only functions marked as tests")]

mod clock;
#[path = "../it/support/database.rs"]
#[expect(dead_code, reason = "shared with the integration tests, which use more of it")]
mod database;
mod deaths;
mod eye;
mod invariants;
mod kept;
mod lane;
mod log;
mod people;
mod planted;
mod play;
mod process;
mod random;
mod schedule;
mod stage;
mod systematic;
mod told;
mod watch;
