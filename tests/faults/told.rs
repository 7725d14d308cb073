//! What the harness says of the schedules it played.

use std::fmt::Display;
use std::io::Write;
use std::time::Instant;

use crate::lane::play_all;
use crate::play::{Report, play};
use crate::schedule::Schedule;

/// To whoever runs the harness, whether a test is well or not: cargo shows what `println!` says of bad tests only.
pub fn say(line: impl Display) {
    let mut all = std::io::stdout().lock();
    writeln!(all, "{line}").unwrap();
}

/// Plays all of them, and tells how many in what time, and of each that ended badly how it is replayed.
pub fn play_and_tell(what: &str, mut schedules: Vec<Schedule>) -> Vec<Report> {
    for (at, schedule) in schedules.iter_mut().enumerate().filter(|(_, schedule)| schedule.seed == 0) {
        // Ids are drawn from it, so each has its own.
        schedule.seed = 1_000_000 + u64::try_from(at).unwrap();
    }
    let begun = Instant::now();
    let reports = play_all(schedules, async |lane, schedule| {
        let report = play(lane, schedule).await;
        if !report.well() {
            say(format_args!("\nseed {} ended badly:", report.schedule.seed));
            for problem in report.problems.iter().take(12) {
                say(format_args!("  {problem}"));
            }
            let schedule = serde_json::to_string(&report.explicit()).unwrap();
            say(format_args!("{}  FAULT_SCHEDULE='{schedule}'", report.story));
        }
        report
    });
    let seconds = begun.elapsed().as_secs_f64();
    let sum = |number: fn(&Report) -> usize| reports.iter().map(number).sum::<usize>();
    say(format_args!(
        "{what}: {} schedules, {} faults struck, {} calls, in {seconds:.0} s ({:.1} schedules/s)",
        reports.len(),
        sum(|report| report.struck.len()),
        sum(|report| report.graph_calls),
        f64::from(u32::try_from(reports.len()).unwrap()) / seconds
    ));
    reports
}

/// What is needed to see a bad one again stands above.
pub fn must_be_well(reports: &[Report]) {
    let bad: Vec<&Report> = reports.iter().filter(|report| !report.well()).collect();
    assert!(bad.is_empty(), "{} of {} schedules ended badly", bad.len(), reports.len());
}

pub fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
