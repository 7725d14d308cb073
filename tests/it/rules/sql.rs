//! SQL: checked at build time, with the provider in every query, without a clock of its own.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{files, production, root};

#[test]
fn no_clock_is_postgres_own() {
    for path in files("src", "rs") {
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

/// Ways to send SQL that nobody has checked.
const UNCHECKED: [&str; 8] = [
    "raw_sql(",
    "AssertSqlSafe(",
    "QueryBuilder",
    "query_with(",
    "query_as_with(",
    "sqlx::query(",
    "sqlx::query_as(",
    "sqlx::query_scalar(",
];

/// Where that must be, and why.
const EXCEPT: [(&str, &str); 2] = [
    (
        "kit/roles.rs",
        "roles, databases and rights are made by no checked query, and before there is a schema",
    ),
    ("kit/scope.rs", "`begin` with its provider in one round trip; the id is a uuid"),
];

#[test]
fn every_sql_statement_is_checked_at_build_time() {
    let mut excepted = BTreeSet::new();
    for path in files("src", "rs") {
        let inside = path.strip_prefix(root().join("src")).unwrap().display().to_string();
        let text = fs::read_to_string(&path).unwrap();
        let found = UNCHECKED.iter().find(|way| production(&text).contains(*way));
        let Some(way) = found else { continue };
        assert!(EXCEPT.iter().any(|(known, _)| *known == inside), "{inside} sends SQL by {way}: use query!");
        excepted.insert(inside);
    }
    assert_eq!(excepted.len(), EXCEPT.len(), "an exception that is none any more: {excepted:?}");
}

/// Tables that belong to a provider, as the migrations make them.
fn owned_tables() -> BTreeSet<String> {
    let mut tables = BTreeSet::new();
    for path in files("migrations", "sql") {
        let text = fs::read_to_string(path).unwrap();
        for rest in text.split("create table ").skip(1) {
            tables.insert(rest.split_whitespace().next().unwrap().to_owned());
        }
    }
    for (table, _) in mssp_portal::kit::walls::INSTALLATION {
        tables.remove(table);
    }
    tables
}

/// Queries over all providers: only portal_owner gives them rows, or only the door does.
const OVER_ALL: [(&str, &str); 5] = [
    (
        "exists (select provider_id from app_registration where sealed_proof",
        "key: is anything sealed at all?",
    ),
    (
        "select provider_id, slug, name from provider order by slug",
        "set_up::every: the command line lists providers",
    ),
    (
        "where a.client_id = $1 order by a.changed_at limit 1",
        "set_up::holder: the operator is told whose it is",
    ),
    (
        "from app_registration\n          order by provider_id, app",
        "doctor looks at everybody's certificates",
    ),
    ("from work group by provider_id, kind", "doctor looks at everybody's work"),
];

/// A query's words, lower case.
fn words(query: &str) -> Vec<String> {
    let split = query.split(|c: char| !(c.is_alphanumeric() || "_$.".contains(c)));
    split.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// How often the query reads or writes a table that belongs to a provider.
fn mentions(words: &[String], tables: &BTreeSet<String>) -> usize {
    let before = ["from", "join", "update", "into", "using"];
    words.windows(2).filter(|pair| before.contains(&pair[0].as_str()) && tables.contains(&pair[1])).count()
}

/// A file's text, its quotation marks as a query has them.
fn source(path: &Path) -> String {
    fs::read_to_string(path).unwrap().replace("\\\"", "\"")
}

#[test]
fn every_query_on_a_providers_table_names_the_provider() {
    let tables = owned_tables();
    assert!(tables.len() > 20, "{tables:?}");
    let tests: String = files("tests", "rs").iter().map(|path| source(path)).collect();
    let product: String = files("src", "rs").iter().map(|path| source(path)).collect();
    let (mut looked, mut all) = (0, BTreeSet::new());
    for path in files(".sqlx", "json") {
        let described: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let query = described["query"].as_str().unwrap();
        if tests.contains(query) && !product.contains(query) {
            continue;
        }
        let words = words(query);
        let mentioned = mentions(&words, &tables);
        if mentioned == 0 {
            continue;
        }
        if let Some((part, _)) = OVER_ALL.iter().find(|(part, _)| query.contains(part)) {
            all.insert(*part);
            continue;
        }
        looked += 1;
        let named =
            words.iter().filter(|word| *word == "provider_id" || word.ends_with(".provider_id")).count();
        assert!(named >= mentioned, "{mentioned} tables, the provider named {named} times:\n{query}");
        assert!(words.contains(&"$1".to_owned()), "the provider is no argument:\n{query}");
    }
    assert!(looked > 120, "only {looked} queries were looked at");
    assert_eq!(all.len(), OVER_ALL.len(), "an exception that is none any more: {all:?}");
}
