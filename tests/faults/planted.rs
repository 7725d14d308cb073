//! Proof that the harness bites: known mistakes, each found by a random schedule.

use mssp_portal::kit::planted::{Bug, plant};

use crate::lane::play_all;
use crate::play::play;
use crate::schedule::Schedule;
use crate::told::{number, say};

/// Each is to be found within so many seeds.
const SEEDS: u64 = 500;
/// So many are played before it is looked whether one found it.
const AT_ONCE: u64 = 25;

/// Plays seeds until one ends badly; which, and what it saw.
fn found(bug: Bug) -> Option<(u64, String)> {
    plant(Some(bug));
    let mut found = None;
    for first in (1..=SEEDS).step_by(usize::try_from(AT_ONCE).unwrap()) {
        let seeds = (first..first + AT_ONCE).map(Schedule::of_seed).collect();
        let reports = play_all(seeds, async |lane, schedule| play(lane, schedule).await);
        let bad = reports.iter().find(|report| !report.well());
        found = bad.map(|report| (report.schedule.seed, report.problems[0].clone()));
        if found.is_some() {
            break;
        }
    }
    plant(None);
    found
}

/// `make planted-bugs`; on its own, since a bug is planted in the whole process. `PLANTED_BUG` names one of them.
#[test]
fn every_planted_bug_is_found() {
    if number("PLANTED_BUGS").is_none() {
        return;
    }
    let only = std::env::var("PLANTED_BUG").ok();
    let mut missed = Vec::new();
    for bug in Bug::ALL.iter().copied().filter(|bug| only.as_ref().is_none_or(|only| only == bug.key())) {
        match found(bug) {
            Some((seed, problem)) => {
                let short: String = problem.chars().take(150).collect();
                say(format_args!("{:22} found by seed {seed:3}: {short}", bug.key()));
            }
            None => missed.push(bug.key()),
        }
    }
    assert!(missed.is_empty(), "not found within {SEEDS} seeds: {missed:?}");
}
