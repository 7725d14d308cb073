//! Every point at which the process can die, once and twice; every step done twice; another process that takes over from
//! one that sleeps.

use std::collections::BTreeMap;

use crate::schedule::Schedule;
use crate::systematic::{apart, share, soak, undisturbed, whole};
use crate::told::{must_be_well, play_and_tell, say};
use crate::watch::{CrashAt, How};

/// Where each step has its own moment, every moment; elsewhere the first.
fn every_moment(point: &str) -> bool {
    ["step.applied", "journal:", "each write was told", "POST", "PATCH"]
        .iter()
        .any(|word| point.contains(word))
        && !point.contains("/token")
}

/// One death, or two in a row at the same point.
type Deaths = Vec<CrashAt>;

/// Plays them so many together; those that did not come about are given back.
fn play(what: &str, deaths: Vec<Deaths>, together: usize, bad: &mut usize) -> Vec<Deaths> {
    let packs = apart(deaths, together);
    let schedule = |pack: &Vec<Deaths>| Schedule { crashes: pack.concat(), ..whole() };
    let reports = play_and_tell(what, packs.iter().map(schedule).collect());
    *bad += reports.iter().filter(|report| !report.well()).count();
    let came = packs.into_iter().zip(&reports).flat_map(|(pack, report)| {
        pack.into_iter().filter(|deaths| !deaths.iter().all(|death| report.crashed.contains(death)))
    });
    came.collect()
}

#[test]
fn the_process_may_die_at_every_point_once_and_twice() {
    let (mut once, mut twice, mut sorts) = (Vec::new(), Vec::new(), BTreeMap::<String, usize>::new());
    let points = undisturbed().points;
    for (point, count) in &points {
        let sort: Vec<&str> = point.split(' ').take(2).collect();
        let sort = if sort[1] == "commit:" { sort.join(" ") } else { format!("{} call", sort[0]) };
        *sorts.entry(sort).or_default() += 1;
        let last = if every_moment(point) { *count } else { 1 };
        for nth in 1..=last {
            let dies = |nth| CrashAt { point: point.clone(), nth, how: How::Dies };
            once.push(vec![dies(nth)]);
            twice.push(vec![dies(nth), dies(nth + 1)]);
        }
    }
    let (once, twice) = (share(once), share(twice));
    let (many, mut bad) = (once.len() + twice.len(), 0);
    // Work that never came back five times in a row is left to a person, so not more than four.
    let (three, two) = if soak() { (1, 1) } else { (3, 2) };
    let mut missed = play("deaths, once", once, three, &mut bad);
    missed.extend(play("deaths, twice", twice, two, &mut bad));
    if !missed.is_empty() && !soak() {
        missed = play("those missed", missed, 1, &mut bad);
    }
    say(format_args!(
        "{} points: {sorts:?}; {} of {many} deaths came about",
        points.len(),
        many - missed.len()
    ));
    say(format_args!("not reached: {missed:?}"));
    assert_eq!(bad, 0, "so many schedules ended badly");
    assert!(missed.len() * 20 <= many, "less than 95 % of the deaths came about");
}

#[test]
fn every_step_may_be_done_twice() {
    let twice = Schedule { twice: true, ..whole() };
    let schedules = vec![
        twice.clone(),
        Schedule { tiers: 2, ..twice.clone() },
        Schedule { left_behind: true, ..twice.clone() },
        Schedule { page: 1, customers: 2, ..twice },
    ];
    let reports = play_and_tell("every step twice", schedules);
    for report in &reports {
        let begun =
            report.points.get("before commit: journal: before the first call").copied().unwrap_or_default();
        assert!(begun > 20, "the steps were not done twice");
    }
    must_be_well(&reports);
}

#[test]
fn another_process_takes_over_from_one_that_sleeps() {
    let points = undisturbed().points;
    let calls = points.keys().filter(|point| !point.contains("commit"));
    let all: Vec<Schedule> = calls
        .map(|point| Schedule {
            crashes: vec![CrashAt { point: point.clone(), nth: 1, how: How::Sleeps }],
            ..whole()
        })
        .collect();
    must_be_well(&play_and_tell("sleepers", share(all)));
}
