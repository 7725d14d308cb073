//! Whether what was understood is what was told: nothing and null are the same, words of an open set whatever their
//! capitals, moments whatever their fractions of a second.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::known::renamed;

/// Properties that hold a word of an open set.
pub const WORDS: [&str; 12] = [
    "state",
    "requestType",
    "allowedTargetScope",
    "type",
    "expirationBehavior",
    "originSystem",
    "userType",
    "externalUserState",
    "capabilityStatus",
    "provisioningStatus",
    "allowInvitesFrom",
    "accessType",
];

/// Every property of `meant` that differs from `told`, by its place.
pub fn differences(meant: &Value, told: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(meant, told, "", &mut found);
    found
}

fn compare(meant: &Value, told: &Value, at: &str, found: &mut Vec<String>) {
    match (meant, told) {
        (Value::Object(meant), Value::Object(object)) => {
            for (name, value) in meant {
                let told = object.get(name).or_else(|| object.get(renamed(name)?));
                compare(value, told.unwrap_or(&Value::Null), &format!("{at}/{name}"), found);
            }
        }
        (Value::Array(meant), Value::Array(told)) if meant.len() == told.len() => {
            for (number, (meant, told)) in meant.iter().zip(told).enumerate() {
                compare(meant, told, &format!("{at}/{number}"), found);
            }
        }
        (Value::String(meant), Value::String(told)) if same_text(meant, told, at) => {}
        (meant, told) if meant == told || (is_nothing(meant) && is_nothing(told)) => {}
        (Value::Number(meant), Value::Number(told)) if meant.as_f64() == told.as_f64() => {}
        _ => found.push(format!("{at}: understood {meant}, told {told}")),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(so) => !so,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(object) => object.values().all(is_nothing),
        Value::Number(number) => number.as_f64() == Some(0.0),
    }
}

fn same_text(meant: &str, told: &str, at: &str) -> bool {
    let name = at.rsplit('/').next().unwrap_or_default();
    let capitals_do_not_matter = WORDS.contains(&name) || uuid::Uuid::parse_str(told).is_ok();
    let moment = |text: &str| text.parse::<DateTime<Utc>>().ok();
    meant == told
        || (capitals_do_not_matter && meant.eq_ignore_ascii_case(told))
        || (name == "@odata.type"
            && meant.trim_start_matches('#').eq_ignore_ascii_case(told.trim_start_matches('#')))
        || (moment(meant).is_some() && moment(meant) == moment(told))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_difference_is_seen_and_what_says_the_same_is_none() {
        let same = |meant: Value, told: Value| differences(&meant, &told).is_empty();
        assert!(same(json!({"a": null, "b": [], "c": ""}), json!({"b": null, "z": 1})));
        assert!(same(json!({"state": "adminAdd"}), json!({"state": "AdminAdd"})));
        assert!(same(json!({"at": "2026-01-01T00:00:00Z"}), json!({"at": "2026-01-01T00:00:00.000Z"})));
        assert!(same(json!({"state": "submitted"}), json!({"requestState": "Submitted"})));
        for (meant, told) in [
            (json!({"displayName": "ann"}), json!({"displayName": "Ann"})),
            (json!({"displayName": ""}), json!({"displayName": "Ann"})),
            (json!({"a": [1]}), json!({"a": [1, 2]})),
            (json!({"a": false}), json!({"a": true})),
            (json!({"a": {"b": null}}), json!({"a": {"b": 1}})),
            (json!({"at": "2026-01-01T00:00:00Z"}), json!({"at": "2026-01-01T00:00:01Z"})),
        ] {
            assert!(!same(meant.clone(), told.clone()), "{meant} {told}");
        }
    }
}
