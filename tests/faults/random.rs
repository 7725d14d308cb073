//! Schedules drawn from seeds.

use crate::lane::play_all;
use crate::play::play;
use crate::schedule::Schedule;
use crate::told::{must_be_well, number, play_and_tell, say};

/// 500 seeds, or `FAULT_SEEDS`. `FAULT_FIRST` moves them; `FAULT_SEED` plays one seed `FAULT_TIMES` times.
#[test]
fn every_random_schedule_ends_well() {
    let seeds: Vec<u64> = match number("FAULT_SEED") {
        Some(seed) => (0..number("FAULT_TIMES").unwrap_or(1)).map(|_| seed).collect(),
        None => {
            let first = number("FAULT_FIRST").unwrap_or(1);
            (first..first + number("FAULT_SEEDS").unwrap_or(500)).collect()
        }
    };
    must_be_well(&play_and_tell("random", seeds.into_iter().map(Schedule::of_seed).collect()));
}

/// Plays the schedule that `FAULT_SCHEDULE` holds as JSON, and if it ends badly takes faults away as long as it does.
#[test]
fn a_given_schedule_ends_well() {
    let Ok(text) = std::env::var("FAULT_SCHEDULE") else { return };
    let mut schedule: Schedule = serde_json::from_str(&text).unwrap();
    let times = usize::try_from(number("FAULT_TIMES").unwrap_or(1)).unwrap();
    let worst = |schedule: &Schedule| {
        let reports = play_all(vec![schedule.clone(); times], async |lane, one| play(lane, one).await);
        reports.into_iter().max_by_key(|report| report.problems.len()).unwrap()
    };
    let first = worst(&schedule);
    say(&first.story);
    if first.well() {
        return;
    }
    schedule = first.explicit();
    let mut at = 0;
    while at < schedule.faults.len() {
        let mut fewer = schedule.clone();
        fewer.faults.remove(at);
        if worst(&fewer).well() { at += 1 } else { schedule = fewer }
    }
    let smallest = serde_json::to_string(&schedule).unwrap();
    say(format_args!("the smallest that ends badly: FAULT_SCHEDULE='{smallest}'"));
    must_be_well(&[worst(&schedule)]);
}
