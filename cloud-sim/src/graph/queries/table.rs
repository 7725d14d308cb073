//! `data/query-options.tsv` and `data/properties.tsv`, read.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::call::Call;
use crate::graph::template::{Template, nearest};

/// One call that reads.
pub struct Row {
    operation: Template,
    /// Type of what it answers; `directoryObject` stands for people, groups and service principals together.
    pub kind: &'static str,
    options: Vec<&'static str>,
    /// What `$expand` may name; `?` for names of the documentation that this simulation does not have.
    pub expands: Vec<&'static str>,
    /// Whether its rarer options need `ConsistencyLevel: eventual`.
    pub advanced: bool,
    pub top: Option<usize>,
    pub filters: Vec<Filterable>,
}

/// A property path that may be filtered by, with the operators its page lists.
pub struct Filterable {
    pub path: &'static str,
    pub operators: Vec<&'static str>,
    /// Only with the first piece of the path expanded.
    pub expanded: bool,
}

static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| {
    include_str!("../../../data/query-options.tsv").lines().skip(1).filter_map(read).collect()
});

/// Properties by type; those that are no texts or objects with what they are: `boolean`, `date-time`, `integer`.
static PROPERTIES: LazyLock<BTreeMap<&'static str, BTreeMap<&'static str, &'static str>>> =
    LazyLock::new(|| {
        let lines = include_str!("../../../data/properties.tsv").lines();
        let named = |word: &'static str| word.split_once(':').unwrap_or((word, ""));
        let row = |(kind, all): (&'static str, &'static str)| (kind, all.split(' ').map(named).collect());
        lines.filter_map(|l| l.split_once('\t')).map(row).collect()
    });

fn read(line: &'static str) -> Option<Row> {
    let cells: Vec<&str> = line.split('\t').collect();
    let [version, operation, kind, options, top, filters] = cells[..] else { return None };
    let words: Vec<&str> = options.split_whitespace().collect();
    let expands = words.iter().find_map(|o| o.strip_prefix("$expand="));
    let options = words.iter().filter_map(|o| o.split('=').next());
    Some(Row {
        operation: Template::read(version, operation)?,
        kind,
        expands: expands.into_iter().flat_map(|names| names.split(',')).collect(),
        options: options.collect(),
        advanced: words.contains(&"advanced"),
        top: top.parse().ok(),
        filters: filters.split_whitespace().filter_map(filterable).collect(),
    })
}

fn filterable(cell: &'static str) -> Option<Filterable> {
    let (path, operators) = cell.split_once(':')?;
    Some(Filterable {
        path: path.trim_start_matches('+'),
        operators: operators.split(',').collect(),
        expanded: path.starts_with('+'),
    })
}

/// The row of a call; none for calls that write.
pub fn of(call: &Call) -> Option<&'static Row> {
    nearest(&TABLE, call, |r| &r.operation).first().copied()
}

impl Row {
    /// A skip token is part of every next link, so whoever pages takes it.
    pub fn takes(&self, option: &str) -> bool {
        option == "$skiptoken" || self.options.contains(&option)
    }

    /// Whether its type has a property of this name.
    pub fn has(&self, name: &str) -> bool {
        PROPERTIES.get(self.kind).is_some_and(|all| all.contains_key(name))
    }

    /// What a property holds, where it is neither a text nor an object.
    pub fn holds(&self, name: &str) -> Option<&'static str> {
        PROPERTIES.get(self.kind)?.get(name).copied().filter(|kind| !kind.is_empty())
    }
}
