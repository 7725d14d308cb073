//! Schedules that once ended badly, each with what was wrong: kept so that it never is again.

use serde::Deserialize;

use crate::schedule::Schedule;
use crate::told::{must_be_well, play_and_tell};

#[derive(Deserialize)]
struct Kept {
    found: String,
    schedule: Schedule,
}

/// One JSON object a line, as `FAULT_SCHEDULE` tells it.
const KEPT: &str = include_str!("kept.jsonl");

#[test]
fn what_once_ended_badly_ends_well() {
    let all: Vec<Kept> = KEPT.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(all.iter().all(|one| !one.found.is_empty()), "each says what was wrong");
    must_be_well(&play_and_tell("kept", all.into_iter().map(|one| one.schedule).collect()));
}
