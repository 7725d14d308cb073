//! Schedules drawn from seeds.

use std::time::Instant;

use crate::lane::play_all;
use crate::play::{Report, play};
use crate::schedule::Schedule;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn every_random_schedule_ends_well() {
    let seeds: Vec<u64> = match number("FAULT_SEED") {
        Some(seed) => vec![seed; usize::try_from(number("FAULT_TIMES").unwrap_or(1)).unwrap()],
        None => {
            let first = number("FAULT_FIRST").unwrap_or(1);
            (first..first + number("FAULT_SEEDS").unwrap_or(40)).collect()
        }
    };
    let begun = Instant::now();
    let reports = play_all(seeds.into_iter().map(Schedule::of_seed).collect(), async |lane, schedule| {
        play(lane, schedule).await
    });
    let seconds = begun.elapsed().as_secs_f64();
    let many = reports.len();
    let struck: usize = reports.iter().map(|report| report.struck.len()).sum();
    let calls: usize = reports.iter().map(|report| report.graph_calls).sum();
    let bad: Vec<&Report> = reports.iter().filter(|report| !report.problems.is_empty()).collect();
    println!(
        "{many} schedules, {struck} faults, {calls} calls in {seconds:.1} s: {:.1} schedules/s",
        f64::from(u32::try_from(many).unwrap()) / seconds
    );
    for report in &bad {
        println!("seed {}:", report.schedule.seed);
        for problem in &report.problems {
            println!("    {problem}");
        }
        for fault in &report.struck {
            println!("    struck {fault}");
        }
    }
    assert!(bad.is_empty(), "{} of {many} schedules ended badly", bad.len());
}
