//! What an event says changed, field by field.

use serde::Deserialize;
use serde_json::Value;

/// Fields told of one event at most; the others are counted.
const FIELDS: usize = 40;
/// Characters told of one value at most.
const LENGTH: usize = 400;

/// The part of the stored bytes that is told in words.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Told {
    pub before: Value,
    pub after: Value,
    pub why: String,
}

/// One field before and after the act; `None` where it was not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// Path of the field, parts joined by a dot; empty where the whole thing is one value.
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// What differs between the two, and how many fields more are left out.
pub fn changes(before: &Value, after: &Value) -> (Vec<FieldChange>, usize) {
    let mut found = Vec::new();
    compare("", before, after, &mut found);
    let left_out = found.len().saturating_sub(FIELDS);
    found.truncate(FIELDS);
    (found, left_out)
}

fn compare(path: &str, before: &Value, after: &Value, found: &mut Vec<FieldChange>) {
    if before == after {
        return;
    }
    let join = |part: &str| if path.is_empty() { part.to_owned() } else { format!("{path}.{part}") };
    match (before, after) {
        (Value::Object(was), Value::Object(is)) => {
            for (key, value) in was {
                compare(&join(key), value, is.get(key).unwrap_or(&Value::Null), found);
            }
            for (key, value) in is.iter().filter(|(key, _)| !was.contains_key(*key)) {
                compare(&join(key), &Value::Null, value, found);
            }
        }
        (Value::Object(was), Value::Null) => {
            for (key, value) in was {
                compare(&join(key), value, &Value::Null, found);
            }
        }
        (Value::Null, Value::Object(is)) => {
            for (key, value) in is {
                compare(&join(key), &Value::Null, value, found);
            }
        }
        (was, is) if boxes(was) || boxes(is) => {
            let (was, is) = (items(was), items(is));
            for number in 0..was.len().max(is.len()) {
                let at = |all: &[Value]| all.get(number).cloned().unwrap_or_default();
                compare(&join(&(number + 1).to_string()), &at(was), &at(is), found);
            }
        }
        _ => {
            let (before, after) = (told(before), told(after));
            if before.is_some() || after.is_some() {
                found.push(FieldChange { field: path.to_owned(), before, after });
            }
        }
    }
}

/// A list of things that have fields of their own.
fn boxes(value: &Value) -> bool {
    items(value).iter().any(|one| one.is_object() || one.is_array())
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A value in words; nothing for what is empty.
fn told(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        Value::Array(parts) if parts.iter().all(|part| !part.is_object() && !part.is_array()) => {
            parts.iter().filter_map(told).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    if text.is_empty() {
        return None;
    }
    let cut = text.chars().count() > LENGTH;
    let mut text: String = text.chars().take(LENGTH).collect();
    if cut {
        text.push('…');
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_told_field_by_field() {
        let before = json!({ "name": "Old", "same": 1, "gone": true, "deep": { "days": 14 } });
        let after = json!({ "name": "New", "same": 1, "deep": { "days": 7 }, "tags": ["a", "b"] });
        let (found, left_out) = changes(&before, &after);
        let told: Vec<_> = found
            .iter()
            .map(|one| (one.field.as_str(), one.before.as_deref(), one.after.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                ("deep.days", Some("14"), Some("7")),
                ("gone", Some("true"), None),
                ("name", Some("Old"), Some("New")),
                ("tags", None, Some("a, b")),
            ]
        );
        assert_eq!(left_out, 0);
    }

    #[test]
    fn a_list_of_things_is_told_thing_by_thing_and_what_is_empty_not_at_all() {
        let before = json!({ "stages": [{ "days": 14 }], "about": null });
        let after = json!({ "stages": [{ "days": 7 }, { "days": 3 }], "about": [] });
        let (found, _) = changes(&before, &after);
        let told: Vec<_> = found.iter().map(|one| (one.field.as_str(), one.after.as_deref())).collect();
        assert_eq!(told, [("stages.1.days", Some("7")), ("stages.2.days", Some("3"))]);
    }

    #[test]
    fn a_bare_value_and_a_long_one_are_told() {
        let (found, _) = changes(&Value::Null, &json!("x".repeat(900)));
        assert_eq!(found[0].field, "");
        assert_eq!(found[0].after.as_ref().unwrap().chars().count(), LENGTH + 1);
        let many: Value =
            (0..60).map(|n| (format!("k{n:02}"), json!(n))).collect::<serde_json::Map<_, _>>().into();
        assert_eq!(changes(&Value::Null, &many).1, 20);
    }
}
