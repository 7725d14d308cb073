//! Every switch with more than one setting. Where Microsoft's documentation is silent, each setting is somebody's truth.

mod defender;
mod directory;
mod making;
mod organizing;
mod requesting;
mod unseen;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use super::kit::World;

fn sources(directory: &Path) -> String {
    let mut all = String::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.push_str(&sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            all.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
    all
}

/// Values that the tests give a switch, as they stand in the sources: `"name": value`, `"name", value` or
/// `settings("name", [value, …])`.
fn given(sources: &str, name: &str) -> BTreeSet<String> {
    let mut values = BTreeSet::new();
    let quoted = format!("\"{name}\"");
    for (at, _) in sources.match_indices(&quoted) {
        let rest = sources[at + quoted.len()..].trim_start();
        let Some(rest) = rest.strip_prefix([':', ',']) else { continue };
        let rest = rest.trim_start();
        let list = rest.strip_prefix('[').and_then(|r| r.split_once(']'));
        let literals =
            list.map_or_else(|| vec![literal(rest)], |(all, _)| all.split(',').map(literal).collect());
        values.extend(literals.into_iter().flatten());
    }
    values
}

/// A value written down, not a name for one.
fn literal(text: &str) -> Option<String> {
    let text: String = text.trim().chars().take_while(|c| !",)} \n".contains(*c)).collect();
    let written = text == "true" || text == "false" || text.starts_with('"') || text.parse::<u64>().is_ok();
    written.then_some(text)
}

#[tokio::test]
async fn every_switch_is_tested_with_more_than_one_setting() {
    let world = World::start().await;
    let switches: BTreeMap<String, Value> =
        world.client.get(world.url("/sim/switches")).send().await.unwrap().json().await.unwrap();
    let sources = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it"));
    let untested: Vec<String> = switches
        .keys()
        .map(|name| (name, given(&sources, name)))
        .filter(|(_, values)| values.len() < 2)
        .map(|(name, values)| format!("{name}: {values:?}"))
        .collect();
    assert!(switches.len() > 60, "{}", switches.len());
    assert_eq!(untested, Vec::<String>::new(), "switches without a test of two settings");
}

#[test]
fn a_switch_named_once_is_not_tested() {
    assert_eq!(given("switch(\"a.b\", true)", "a.b").len(), 1);
    assert_eq!(given("switch(\"a.b\", on) {\"a.b\": on}", "a.b").len(), 0);
    assert_eq!(given("settings(\"a.b\", [true, false])", "a.b").len(), 2);
    assert_eq!(given("json!({\"a.b\": 0}) json!({\"a.b\": \"60000ms\"})", "a.b").len(), 2);
    assert_eq!(given("settings(\"a.bc\", [true, false])", "a.b").len(), 0);
}

#[tokio::test]
async fn a_switch_keeps_its_kind_and_an_unknown_one_is_refused() {
    let world = World::start().await;
    let set = async |values: Value| {
        let sent = world.client.post(world.url("/sim/switches")).json(&values).send().await.unwrap();
        (sent.status().as_u16(), sent.json::<Value>().await.unwrap())
    };
    for wrong in [
        json!({"em.nothing": true}),
        json!({"em.owner-role": 1}),
        json!({"page.size": true}),
        json!({"page.size": -1}),
        json!({"page.size": "60000ms"}),
        json!({"consistency.groups": "soon"}),
        json!({"em.owner-role": null}),
        json!({"em.owner-role": false, "em.nothing": true}),
    ] {
        let (status, answer) = set(wrong.clone()).await;
        assert_eq!(status, 400, "{wrong}");
        assert!(answer["error"].as_str().unwrap().contains('.'), "{answer}");
    }
    let (status, answer) = set(json!({"consistency.groups": "250ms", "page.size": 3})).await;
    assert_eq!((status, &answer["page.size"], &answer["em.owner-role"]), (200, &json!(3), &json!(true)));
}
