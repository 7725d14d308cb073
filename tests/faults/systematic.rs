//! Every call of the procedure, and every fault that can happen to it before or after its effect.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::play::Report;
use crate::schedule::Schedule;
use crate::told::{must_be_well, number, play_and_tell, say};

/// Cells played in one schedule, each at a call of its own. One by one in a soak.
const TOGETHER: usize = 3;

/// One customer, one tier, Defender roles through the API: every kind of step there is.
pub fn whole() -> Schedule {
    Schedule { defender: true, ..Schedule::default() }
}

pub fn undisturbed() -> Report {
    let report = play_and_tell("undisturbed", vec![whole()]).remove(0);
    must_be_well(std::slice::from_ref(&report));
    report
}

/// A soak plays everything one by one.
pub fn soak() -> bool {
    number("FAULT_WHOLE").is_some()
}

/// Each with a seed of its own; `FAULT_SHARE`: one in so many, moved by `FAULT_PART`. A share is part of the whole: what
/// ends badly in one does so in the other.
pub fn share<T>(first: u64, all: Vec<T>) -> Vec<(u64, T)> {
    let of = number("FAULT_SHARE").unwrap_or(1).max(1);
    let part = number("FAULT_PART").unwrap_or_default() % of;
    (first..).zip(all).filter(|(seed, _)| (seed - first) % of == part).collect()
}

/// Seeds of what is played together, and of what was missed then and is played by itself.
pub const TOGETHERS: u64 = 1_000_000;
pub const ALONES: u64 = 2_000_000;

/// What lies far apart in a list goes together: neighbours are about the same call.
pub fn apart<T>(all: Vec<T>, together: usize) -> Vec<Vec<T>> {
    let many = all.len().div_ceil(together).max(1);
    let mut packs: Vec<Vec<T>> = (0..many).map(|_| Vec::new()).collect();
    for (at, one) in all.into_iter().enumerate() {
        packs[at % many].push(one);
    }
    packs
}

#[derive(Clone)]
struct Cell {
    /// Its seed where it is played by itself.
    seed: u64,
    row: String,
    column: String,
    fault: Value,
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
        let read = call["app"] == "reader";
        if call["tenant"] != "customer-0" || !(read || call["app"] == "operator") {
            continue;
        }
        for (column, pair) in call["faults"].as_array().unwrap().iter().enumerate() {
            // All reading goes through the same code, so each call of it takes its share of the faults.
            if read && !soak() && (row + column) % 4 != 0 {
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
                seed: (ALONES..).nth(cells.len()).unwrap(),
                row: format!("{}: {}", call["app"].as_str().unwrap(), call["class"].as_str().unwrap()),
                column: format!("{kind} {position}"),
                fault,
            });
        }
    }
    cells
}

enum Came {
    Struck,
    /// The call came, and it could not be hit that way: a list that leads on cannot lack its only item, say.
    Impossible,
    Missed,
}

impl Cell {
    fn came(&self, report: &Report) -> Came {
        let same = |one: &Value, keys: &[&str]| keys.iter().all(|key| one[*key] == self.fault[*key]);
        if report.struck.iter().any(|one| same(one, &["class", "app", "tenant", "fault", "position"])) {
            return Came::Struck;
        }
        let call = report.calls.iter().find(|call| same(call, &["class", "app", "tenant"]));
        let count = call.map_or(0, |call| call["count"].as_u64().unwrap());
        if count >= self.fault["nth"].as_u64().unwrap() { Came::Impossible } else { Came::Missed }
    }
}

/// Plays each pack in a schedule of its seed; what was not reached comes back.
fn play(what: &str, packs: Vec<(u64, Vec<Cell>)>, seen: &mut Seen) -> Vec<Cell> {
    let schedule = |(seed, pack): &(u64, Vec<Cell>)| {
        let faults: Vec<Value> = pack.iter().map(|cell| cell.fault.clone()).collect();
        Schedule { seed: *seed, faults, ..whole() }
    };
    let reports = play_and_tell(what, packs.iter().map(schedule).collect());
    let mut missed = Vec::new();
    for ((_, pack), report) in packs.into_iter().zip(&reports) {
        for cell in pack {
            match cell.came(report) {
                Came::Struck => seen.struck += 1,
                Came::Impossible => *seen.impossible.entry(cell.column).or_default() += 1,
                Came::Missed => missed.push(cell),
            }
        }
    }
    seen.bad += reports.iter().filter(|report| !report.well()).count();
    missed
}

#[derive(Default)]
struct Seen {
    struck: usize,
    impossible: BTreeMap<String, usize>,
    bad: usize,
}

#[test]
fn every_call_outlives_every_fault_before_and_after_its_effect() {
    let together = if soak() { 1 } else { TOGETHER };
    let packs = share(TOGETHERS, apart(cells(&undisturbed().calls), together));
    let cells = || packs.iter().flat_map(|(_, pack)| pack);
    let rows = cells().map(|cell| &cell.row).collect::<BTreeSet<_>>().len();
    let columns = cells().map(|cell| &cell.column).collect::<BTreeSet<_>>().len();
    let (many, mut seen) = (cells().count(), Seen::default());
    let mut missed = play("call × fault", packs.clone(), &mut seen);
    if !missed.is_empty() && !soak() {
        // Some other fault of the schedule led elsewhere.
        let alone = missed.into_iter().map(|cell| (cell.seed, vec![cell])).collect();
        missed = play("those missed", alone, &mut seen);
    }
    let missed: Vec<String> = missed.iter().map(|cell| format!("{} × {}", cell.row, cell.column)).collect();
    let possible = seen.struck + missed.len();
    say(format_args!(
        "{rows} calls × {columns} faults: {many} cells, {possible} possible, {} seen",
        seen.struck
    ));
    say(format_args!("cannot happen to that call: {:?}", seen.impossible));
    say(format_args!("not reached: {missed:?}"));
    assert_eq!(seen.bad, 0, "so many schedules ended badly");
    assert!(missed.len() * 20 <= possible, "less than 95 % of the cells that can be were seen");
}
