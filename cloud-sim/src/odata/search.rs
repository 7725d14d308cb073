//! `$search` of directory objects: `"displayName:text"`, several joined by AND or OR.

use serde_json::Value;

/// One clause: whether it is joined to those before by OR, the property, the text.
pub type Sought = (bool, String, String);

/// Reads a search; the error is a sentence.
pub fn searches(text: &str) -> Result<Vec<Sought>, String> {
    let mut out = Vec::new();
    let mut rest = text.trim();
    let wrong = || format!("Syntax error in '$search={text}': clauses are written \"property:value\".");
    while !rest.is_empty() {
        let or = match (out.is_empty(), rest.strip_prefix("OR "), rest.strip_prefix("AND ")) {
            (true, _, _) => false,
            (false, Some(after), _) => (rest = after.trim_start(), true).1,
            (false, None, Some(after)) => (rest = after.trim_start(), false).1,
            _ => return Err(wrong()),
        };
        let (clause, after) = rest.strip_prefix('"').and_then(|r| r.split_once('"')).ok_or_else(wrong)?;
        let (property, value) = clause.split_once(':').ok_or_else(wrong)?;
        out.push((or, property.to_owned(), value.to_lowercase()));
        rest = after.trim_start();
    }
    Ok(out)
}

pub fn finds(sought: &[Sought], object: &Value) -> bool {
    let mut found = true;
    for (at, (or, property, value)) in sought.iter().enumerate() {
        let here = object[property].as_str().is_some_and(|text| text.to_lowercase().contains(value));
        found = match (at, or) {
            (0, _) => here,
            (_, true) => found || here,
            (_, false) => found && here,
        };
    }
    found
}
