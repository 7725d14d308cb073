//! The house rules that a compiler does not hold: arrows between rooms, sizes of files, module docs, and what
//! may not stand in templates.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms in the order in which they may know each other: a room imports only rooms before it.
const ORDER: [&str; 9] = [
    "providers",
    "sign_in",
    "customers",
    "audit",
    "people",
    "onboarding",
    "access_requests",
    "health",
    "today",
];
/// They assemble the house, so they may know every room.
const ASSEMBLY: [&str; 6] = ["app", "router", "work", "program", "main", "lib"];

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn room_of(path: &Path) -> String {
    let inside = path.strip_prefix(root().join("src")).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// Lines before an inline test module.
fn production(text: &str) -> &str {
    text.split("\n#[cfg(test)]").next().unwrap_or(text)
}

/// The rooms that a file's `use crate::…` lines and paths name.
fn imports(text: &str) -> Vec<String> {
    production(text)
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or("").to_owned())
        .filter(|name| !name.is_empty())
        .collect()
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
    for path in rust_files(&root().join("src")) {
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
    for path in rust_files(&root().join("src")) {
        if path.file_name().is_some_and(|name| name == "model.rs") {
            let text = fs::read_to_string(&path).unwrap();
            for word in ["sqlx::", "axum::", "crate::graph", "reqwest"] {
                assert!(!production(&text).contains(word), "{} knows {word}", path.display());
            }
        }
    }
}

#[test]
fn no_file_is_longer_than_500_lines_and_each_says_what_it_is_for() {
    for dir in ["src", "cloud-sim/src", "tests"] {
        for path in rust_files(&root().join(dir)) {
            let text = fs::read_to_string(&path).unwrap();
            let lines = production(&text).lines().count();
            assert!(lines <= 500, "{} has {lines} lines", path.display());
            assert!(text.starts_with("//!"), "{} does not say what it is for", path.display());
        }
    }
}

#[test]
fn every_sql_statement_is_checked_and_no_clock_is_postgres_own() {
    for path in rust_files(&root().join("src")) {
        let text = fs::read_to_string(&path).unwrap().to_lowercase();
        for word in ["now()", "current_timestamp", "clock_timestamp"] {
            let in_sql =
                text.lines().map(str::trim_start).filter(|line| !line.starts_with("//")).any(|line| {
                    // A method, a path, or a longer name of our own is no call to Postgres.
                    line.match_indices(word).any(|(at, _)| !line[..at].ends_with(['.', ':', '_']))
                        && !line.contains("fn now(&self)")
                });
            assert!(!in_sql, "{} asks Postgres for {word}", path.display());
        }
    }
}

#[test]
fn no_template_has_inline_style_script_or_unescaped_text() {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let mut templates = Vec::new();
    walk(&root().join("templates"), &mut templates);
    assert!(!templates.is_empty());
    for path in templates {
        let text = fs::read_to_string(&path).unwrap();
        for word in [" style=", "|safe", "<style", "javascript:", " onclick=", " onchange=", " onsubmit="] {
            assert!(!text.contains(word), "{} holds {word}", path.display());
        }
    }
}
