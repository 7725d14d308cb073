//! Files that are read at one sitting, each saying in its first line what it is for.

use std::fs;
use std::path::PathBuf;

use super::{files, production, root};

const MOST: usize = 500;

/// Code of the house, and how a file of its kind says what it is for.
///
/// Migrations are not here: one is never edited, so a long one cannot be cut any more.
const CODE: [(&str, &str, &[&str]); 11] = [
    ("src", "rs", &["//!"]),
    ("tests", "rs", &["//!"]),
    ("build", "rs", &["//!"]),
    ("cloud-sim/src", "rs", &["//!"]),
    ("cloud-sim/tests", "rs", &["//!"]),
    ("scripts", "mjs", &["// "]),
    ("tests/browser", "mjs", &["// "]),
    ("tests/contract", "py", &["\"\"\"", "#!"]),
    ("static", "js", &["// "]),
    ("static", "css", &["/*"]),
    ("cloud-sim/static", "js", &["// "]),
];

#[test]
fn no_file_is_longer_than_500_lines_and_each_says_what_it_is_for() {
    let mut all: Vec<(PathBuf, &[&str])> = vec![(root().join("build.rs"), &["//!"])];
    for (folder, ending, says) in CODE {
        let found = files(folder, ending);
        assert!(!found.is_empty(), "no .{ending} in {folder}");
        all.extend(found.into_iter().map(|path| (path, says)));
    }
    for (path, says) in all {
        let text = fs::read_to_string(&path).unwrap();
        let lines = production(&text).lines().count();
        assert!(lines <= MOST, "{} has {lines} lines", path.display());
        assert!(
            says.iter().any(|start| text.starts_with(start)),
            "{} does not say what it is for",
            path.display()
        );
    }
}
