//! The README's tables and the code say the same.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::kit::World;

const README: &str = include_str!("../../README.md");
const CONTROL: &str = include_str!("../../src/control/mod.rs");
const FAULTS: &str = include_str!("../../src/front/faults/fault.rs");

/// The rows of the table below a heading: cells without their edges.
fn table(heading: &str) -> Vec<Vec<&'static str>> {
    let (_, below) =
        README.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    let section = below.split("\n## ").next().unwrap();
    let lines =
        section.lines().skip_while(|l| !l.starts_with("|---")).skip(1).take_while(|l| l.starts_with('|'));
    lines.map(|l| l.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

/// What stands in backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// `` `GET`, `POST /sim/clock` `` is two calls of one path.
fn documented() -> BTreeSet<String> {
    let mut calls = BTreeSet::new();
    for row in table("Control interface") {
        let mut methods = Vec::new();
        for word in quoted(row[0]) {
            let (method, path) = word.split_once(' ').unwrap_or((word, ""));
            methods.push(method);
            if !path.is_empty() {
                let path = path.split('?').next().unwrap();
                calls.extend(methods.drain(..).map(|m| format!("{m} {path}")));
            }
        }
    }
    calls
}

/// Calls as `control/mod.rs` matches them: `("POST", ["requests", id, "decide"])`.
fn matched() -> BTreeSet<String> {
    let (all, in_tenant) = CONTROL.split_once("fn in_tenant").unwrap();
    let read = |text: &str, root: &str| -> Vec<String> {
        let arms = text.lines().map(str::trim).filter_map(|l| l.strip_prefix("(\"")?.split_once("\", ["));
        let call = |(method, rest): (&str, &str)| {
            let pieces = rest.split(']').next().unwrap().split(", ");
            let path: Vec<String> = pieces
                .map(|p| {
                    p.strip_prefix('"')
                        .map_or_else(|| format!("{{{p}}}"), |p| p.trim_end_matches('"').to_owned())
                })
                .collect();
            format!("{method} {root}/{}", path.join("/"))
        };
        arms.map(call).collect()
    };
    let mut calls: BTreeSet<String> = read(all, "/sim").into_iter().collect();
    calls.extend(read(in_tenant, "/sim/tenants/{tid}"));
    calls
}

/// `{appId}` and `{id}` are places alike.
fn placed(call: &str) -> String {
    call.split('/').map(|p| if p.starts_with('{') { "{}" } else { p }).collect::<Vec<_>>().join("/")
}

#[test]
fn every_control_call_is_documented_and_every_documented_call_is_there() {
    let known: BTreeSet<String> = documented().iter().map(|c| placed(c)).collect();
    let there: BTreeSet<String> = matched().iter().map(|c| placed(c)).collect();
    assert!(there.len() > 25, "{there:?}");
    assert_eq!(known, there);
}

#[test]
fn every_fault_is_documented_and_every_documented_fault_is_there() {
    let known: BTreeSet<&str> = table("Faults").iter().flat_map(|row| quoted(row[0])).collect();
    let kinds = FAULTS.split_once("kinds! {").unwrap().1.split_once("\n}").unwrap().0;
    let there: BTreeSet<&str> =
        kinds.lines().filter_map(|l| l.split_once(" = \"")?.1.split('"').next()).collect();
    assert!(there.len() > 30, "{there:?}");
    assert_eq!(known, there);
}

#[tokio::test]
async fn every_switch_is_documented_with_the_value_it_has() {
    let world = World::start().await;
    let there: BTreeMap<String, Value> =
        world.client.get(world.url("/sim/switches")).send().await.unwrap().json().await.unwrap();
    let known: BTreeMap<String, Value> = table("Switches")
        .iter()
        .map(|row| {
            assert_eq!(row.len(), 4, "{row:?}");
            assert!(
                ["documented", "field", "inferred", "-"].iter().any(|s| row[3].starts_with(s)),
                "{row:?}"
            );
            let value = serde_json::from_str(row[1]).unwrap_or_else(|_| panic!("{row:?}"));
            (quoted(row[0])[0].to_owned(), value)
        })
        .collect();
    assert_eq!(known, there);
}

#[tokio::test]
async fn every_scenario_is_documented() {
    let world = World::start().await;
    let all: Value =
        world.client.get(world.url("/sim/scenarios")).send().await.unwrap().json().await.unwrap();
    let known: Vec<Value> =
        table("Scenarios").iter().map(|row| json!({"name": quoted(row[0])[0], "says": row[1]})).collect();
    assert_eq!(json!(known), all);
}
