//! Every call of the procedure and every fault that can happen to it; every point where the process can die; every step
//! done twice.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::play::Report;
use crate::schedule::Schedule;
use crate::told::{must_be_well, number, play_and_tell, say};
use crate::watch::{CrashAt, How};

/// One customer, one tier, Defender roles through the API: every kind of step there is.
fn whole() -> Schedule {
    Schedule { defender: true, ..Schedule::default() }
}

fn undisturbed() -> Report {
    let report = play_and_tell("undisturbed", vec![whole()]).remove(0);
    must_be_well(std::slice::from_ref(&report));
    report
}

/// Of many that go the same way only so many are played: one in so many, moved by `FAULT_PART`. All of them in a soak.
fn part(at: usize, of: usize) -> bool {
    let part = usize::try_from(number("FAULT_PART").unwrap_or_default()).unwrap();
    number("FAULT_WHOLE").is_some() || at % of == part % of
}

struct Cell {
    row: String,
    fault: String,
    nth: u64,
    schedule: Schedule,
}

/// What a fault needs to be told besides its name, so that it outlasts what it is meant to test.
fn amounts(kind: &str) -> Value {
    match kind {
        "429" | "429-date" => json!({ "retryAfter": 45, "times": 2 }),
        "429-workload" => json!({ "retryAfter": 45 }),
        "500" | "502" | "504" => json!({ "times": 3 }),
        "503" => json!({ "retryAfter": 20, "times": 2 }),
        "403" | "pending" => json!({ "retryAfter": 100 }),
        "404" => json!({ "times": 2 }),
        "slow" => json!({ "holdMs": 20 }),
        "slow-body" => json!({ "holdMs": 600_000 }),
        "unseen" => json!({ "reads": 3 }),
        _ => json!({}),
    }
}

/// The last call of its kind is hit where a list must hold something, or something of ours must be there.
fn late(kind: &str) -> bool {
    ["stale-list", "repeated-item", "changed", "deleted", "unknown-word"].contains(&kind)
}

fn cells(calls: &[Value]) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (row, call) in calls.iter().enumerate() {
        let apart = call["app"] == "operator" && call["tenant"] == "customer-0";
        let read = call["app"] == "reader" && call["tenant"] == "customer-0";
        if !apart && !read {
            continue;
        }
        for (column, pair) in call["faults"].as_array().unwrap().iter().enumerate() {
            // All reading goes through the same code, so each call of it takes its share of the faults.
            if read && !part(row + column, 4) {
                continue;
            }
            let (kind, position) = (pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
            let nth = if late(kind) { call["count"].as_u64().unwrap() } else { 1 };
            let mut fault = amounts(kind);
            for (key, value) in [
                ("class", call["class"].clone()),
                ("tenant", json!("customer-0")),
                ("app", call["app"].clone()),
                ("fault", json!(kind)),
                ("position", json!(position)),
                ("nth", json!(nth)),
            ] {
                fault[key] = value;
            }
            cells.push(Cell {
                row: format!("{}: {}", call["app"].as_str().unwrap(), call["class"].as_str().unwrap()),
                fault: format!("{kind} {position}"),
                nth,
                schedule: Schedule { faults: vec![fault], ..whole() },
            });
        }
    }
    cells
}

#[test]
fn every_step_outlives_every_fault_in_every_position() {
    let cells = cells(&undisturbed().calls);
    say(format_args!("{} cells in all", cells.len()));
    let share = number("FAULT_CELLS").map_or(12, |of| usize::try_from(of).unwrap());
    let cells: Vec<Cell> =
        cells.into_iter().enumerate().filter(|(at, _)| part(*at, share)).map(|(_, c)| c).collect();
    let reports = play_and_tell("call × fault", cells.iter().map(|cell| cell.schedule.clone()).collect());
    let (mut struck, mut impossible, mut missed) = (0, BTreeMap::<&str, usize>::new(), BTreeSet::new());
    for (cell, report) in cells.iter().zip(&reports) {
        let asked = &cell.schedule.faults[0];
        let same = |call: &&Value| call["class"] == asked["class"] && call["app"] == asked["app"];
        let came = report.calls.iter().find(same).map_or(0, |call| call["count"].as_u64().unwrap());
        if !report.struck.is_empty() {
            struck += 1;
        } else if came >= cell.nth {
            *impossible.entry(&cell.fault).or_default() += 1;
        } else {
            missed.insert(format!("{} × {}", cell.row, cell.fault));
        }
    }
    let rows: BTreeSet<&String> = cells.iter().map(|cell| &cell.row).collect();
    let faults: BTreeSet<&String> = cells.iter().map(|cell| &cell.fault).collect();
    say(format_args!("{} calls × {} faults: {} cells, {struck} struck", rows.len(), faults.len(), cells.len()));
    say(format_args!("cannot happen to that call: {impossible:?}"));
    say(format_args!("not reached: {missed:?}"));
    must_be_well(&reports);
    let possible = struck + missed.len();
    assert!(missed.len() * 20 <= possible, "less than 95 % of the cells that can be were seen");
}

/// Where each step has its own moment, every moment; elsewhere the first.
fn every_moment(point: &str) -> bool {
    ["step.applied", "journal:", "each write was told", "POST", "PATCH"]
        .iter()
        .any(|word| point.contains(word))
        && !point.contains("/token")
}

#[test]
fn the_process_may_die_at_every_point_once_and_twice() {
    let mut schedules = Vec::new();
    for (point, count) in undisturbed().points {
        let last = if every_moment(&point) { count } else { 1 };
        for nth in 1..=last {
            let dies = |nth| CrashAt { point: point.clone(), nth, how: How::Dies };
            schedules.push(Schedule { crashes: vec![dies(nth)], ..whole() });
            schedules.push(Schedule { crashes: vec![dies(nth), dies(nth + 1)], ..whole() });
        }
    }
    let share = number("FAULT_CELLS").map_or(12, |of| usize::try_from(of).unwrap());
    let schedules = schedules.into_iter().enumerate().filter(|(at, _)| part(*at, share)).map(|(_, one)| one);
    must_be_well(&play_and_tell("deaths", schedules.collect()));
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
    let share = number("FAULT_CELLS").map_or(12, |of| usize::try_from(of).unwrap());
    let some = all.into_iter().enumerate().filter(|(at, _)| part(*at, share)).map(|(_, one)| one);
    must_be_well(&play_and_tell("sleepers", some.collect()));
}
