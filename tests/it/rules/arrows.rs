//! Arrows between rooms: each knows only those before it, and nobody goes through a door that is not his.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::{files, production, root};

/// Rooms in the order in which they may know each other: a room imports only rooms before it.
const ORDER: [&str; 15] = [
    "providers",
    "sign_in",
    "customers",
    "audit",
    "people",
    "onboarding",
    "connections",
    "access_requests",
    "access",
    "alerts",
    "reading",
    "notices",
    "reports",
    "health",
    "today",
];
/// They assemble the house, so they may know every room.
const ASSEMBLY: [&str; 6] = ["app", "router", "work", "program", "main", "lib"];

fn room_of(path: &Path) -> String {
    let inside = path.strip_prefix(root().join("src")).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The text without its comments.
fn code(text: &str) -> String {
    production(text)
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn word(text: &str) -> &str {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or("")
}

/// The rooms that a file names by `crate::room…`, and by each part of `crate::{room…, …}`.
fn imports(text: &str) -> BTreeSet<String> {
    let text = code(text);
    let mut found = BTreeSet::new();
    for rest in text.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            found.insert(word(rest).to_owned());
            continue;
        };
        let (mut depth, mut fresh) = (0, true);
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => fresh = true,
                c if fresh && !c.is_whitespace() => {
                    found.insert(word(&group[at..]).to_owned());
                    fresh = false;
                }
                _ => {}
            }
        }
    }
    found.remove("");
    found
}

#[test]
fn every_form_of_an_import_is_seen() {
    let text = "use crate::{health, providers::{self, store as s}, kit::{ids::PersonId, page},\n    today};\n\
                // crate::comment\nfn f() { crate::audit::store::list(); }\npub(crate) fn g() {}\n\
                #[cfg(test)]\nmod tests { use crate::onboarding; }";
    let found: Vec<_> = imports(text).into_iter().collect();
    assert_eq!(found, ["audit", "health", "kit", "providers", "today"]);
}

/// How many `super::` lead from this file to the crate's root.
fn depth(path: &Path) -> usize {
    let inside = path.strip_prefix(root().join("src")).unwrap();
    let parts = inside.components().count();
    if inside.file_name().is_some_and(|name| name == "mod.rs") { parts - 1 } else { parts }
}

#[test]
fn nobody_leaves_his_room_by_super() {
    for path in files("src", "rs") {
        let text = code(&fs::read_to_string(&path).unwrap());
        let up = "super::".repeat(depth(&path).max(1));
        assert!(!text.contains(&up) || depth(&path) == 0, "{} leaves its room by {up}", path.display());
    }
}

fn may_import(from: &str, to: &str) -> bool {
    if from == to || ASSEMBLY.contains(&from) {
        return true;
    }
    let place = |room: &str| ORDER.iter().position(|known| *known == room);
    match (from, to) {
        ("kit", _) => false,
        ("graph", "kit") => true,
        ("graph", _) => false,
        (_, "kit" | "graph" | "app") => true,
        _ => matches!((place(from), place(to)), (Some(from), Some(to)) if to < from),
    }
}

#[test]
fn arrows_point_one_way() {
    let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in files("src", "rs") {
        let from = room_of(&path);
        let text = fs::read_to_string(&path).unwrap();
        for to in imports(&text) {
            if !may_import(&from, &to) {
                wrong.entry(path.display().to_string()).or_default().push(to);
            }
        }
    }
    assert!(wrong.is_empty(), "wrong arrows: {wrong:#?}");
}

#[test]
fn a_model_knows_no_sql_no_axum_and_no_graph() {
    for path in files("src", "rs") {
        if path.file_name().is_some_and(|name| name == "model.rs") {
            let text = fs::read_to_string(&path).unwrap();
            for word in ["sqlx::", "axum::", "crate::graph", "reqwest"] {
                assert!(!production(&text).contains(word), "{} knows {word}", path.display());
            }
        }
    }
}

/// Who may make a `Scope`, and by which of its doors: a verified session, a verified sign-in, claimed work, the
/// command line, the state of a consent link.
const DOORS: [(&str, &[&str]); 5] = [
    ("of_person", &["kit/session.rs", "sign_in/pages/mod.rs"]),
    ("of_stranger", &["sign_in/pages/mod.rs", "sign_in/pages/renew.rs"]),
    ("of_work", &["kit/outbox.rs", "kit/work/rows.rs", "kit/work/workers.rs"]),
    ("of_consent_link", &["customers/pages/callback.rs"]),
    (
        "of_command_line",
        &["program/audit.rs", "program/provider.rs", "program/provider_set.rs", "program/rotate.rs"],
    ),
];

#[test]
fn a_scope_is_made_at_its_five_doors_only() {
    for (door, callers) in DOORS {
        let mut found = Vec::new();
        for path in files("src", "rs") {
            let inside = path.strip_prefix(root().join("src")).unwrap().display().to_string();
            let text = fs::read_to_string(&path).unwrap();
            if code(&text).replace(&format!("fn {door}("), "").contains(&format!("{door}(")) {
                found.push(inside);
            }
        }
        found.sort();
        assert_eq!(
            found, callers,
            "Scope::{door} is called elsewhere: each of its callers must have proof of who it is"
        );
    }
    // And it cannot be put together by hand.
    let scope = fs::read_to_string(root().join("src/kit/scope.rs")).unwrap();
    let fields = scope.split("pub struct Scope {").nth(1).unwrap().split('}').next().unwrap();
    assert!(!fields.contains("pub"), "a field of Scope is open: {fields}");
}
