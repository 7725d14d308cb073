//! Every point at which the process can die, once and twice; every step done twice; another process that takes over from
//! one that sleeps.

use std::collections::BTreeMap;

use crate::schedule::Schedule;
use crate::systematic::{ALONES, TOGETHERS, apart, share, soak, undisturbed, whole};
use crate::told::{must_be_well, play_and_tell, say};
use crate::watch::{CrashAt, How};

/// Where each step has its own moment, every moment; elsewhere the first.
fn every_moment(point: &str) -> bool {
    ["step.applied", "journal:", "each write was told", "POST", "PATCH"]
        .iter()
        .any(|word| point.contains(word))
        && !point.contains("/token")
}

/// One death, or two in a row at the same point, and its seed where it is played by itself.
type Deaths = (u64, Vec<CrashAt>);

/// Plays each pack in a schedule of its seed; those that did not come about are given back.
fn play(what: &str, packs: Vec<(u64, Vec<Deaths>)>, bad: &mut usize) -> Vec<Deaths> {
    let schedule = |(seed, pack): &(u64, Vec<Deaths>)| {
        let crashes = pack.iter().flat_map(|(_, deaths)| deaths.clone()).collect();
        Schedule { seed: *seed, crashes, ..whole() }
    };
    let reports = play_and_tell(what, packs.iter().map(schedule).collect());
    *bad += reports.iter().filter(|report| !report.well()).count();
    let missed = packs.into_iter().zip(&reports).flat_map(|((_, pack), report)| {
        pack.into_iter().filter(|(_, deaths)| !deaths.iter().all(|death| report.crashed.contains(death)))
    });
    missed.collect()
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
            let seed = (ALONES..).step_by(2).nth(once.len()).unwrap();
            once.push((seed, vec![dies(nth)]));
            twice.push((seed + 1, vec![dies(nth), dies(nth + 1)]));
        }
    }
    // Work that never came back five times in a row is left to a person, so not more than four.
    let (three, two) = if soak() { (1, 1) } else { (3, 2) };
    let once = share(TOGETHERS, apart(once, three));
    let twice = share(TOGETHERS, apart(twice, two));
    let (many, mut bad) = (once.iter().chain(&twice).map(|(_, pack)| pack.len()).sum::<usize>(), 0);
    let mut missed = play("deaths, once", once, &mut bad);
    missed.extend(play("deaths, twice", twice, &mut bad));
    if !missed.is_empty() && !soak() {
        let alone = missed.into_iter().map(|deaths| (deaths.0, vec![deaths])).collect();
        missed = play("those missed", alone, &mut bad);
    }
    say(format_args!(
        "{} points: {sorts:?}; {} of {many} deaths came about",
        points.len(),
        many - missed.len()
    ));
    let missed: Vec<_> = missed.iter().map(|(_, deaths)| deaths).collect();
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
    let sleeps = |point: &String| vec![CrashAt { point: point.clone(), nth: 1, how: How::Sleeps }];
    let all = share(TOGETHERS, calls.map(sleeps).collect());
    let schedule = |(seed, crashes)| Schedule { seed, crashes, ..whole() };
    must_be_well(&play_and_tell("sleepers", all.into_iter().map(schedule).collect()));
}
