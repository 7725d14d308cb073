//! Answers as Microsoft might give them tomorrow: the documented ones, changed in ways that change no meaning but what
//! is written in them.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Map, Value, json};

use super::same::WORDS;

/// Never taken away: without them an answer says nothing.
const ESSENTIAL: [&str; 3] = ["id", "tenantId", "value"];

/// The answer after a few changes, and how it is written on the wire: properties in any order.
pub fn changed(answer: &Value, seed: u64) -> (Value, String) {
    let mut chance = StdRng::seed_from_u64(seed);
    let mut answer = answer.clone();
    for _ in 0..chance.random_range(1..8) {
        let mut places = Vec::new();
        objects(&answer, String::new(), &mut places);
        let place = &places[chance.random_range(0..places.len())];
        if let Some(object) = answer.pointer_mut(place).and_then(Value::as_object_mut) {
            change(object, &mut chance);
        }
    }
    let mut text = String::new();
    write(&answer, &mut chance, &mut text);
    (answer, text)
}

/// The place of every value in an answer but of the whole.
pub fn places(answer: &Value) -> Vec<String> {
    fn inside(value: &Value, at: &str, found: &mut Vec<String>) {
        let named: Vec<(String, &Value)> = match value {
            Value::Object(object) => object.iter().map(|(name, inner)| (name.clone(), inner)).collect(),
            Value::Array(items) => {
                items.iter().enumerate().map(|(number, inner)| (number.to_string(), inner)).collect()
            }
            _ => Vec::new(),
        };
        for (name, inner) in named {
            let place = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
            inside(inner, &place, found);
            found.push(place);
        }
    }
    let mut found = Vec::new();
    inside(answer, "", &mut found);
    found
}

fn objects(value: &Value, at: String, places: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (name, inner) in object {
                let name = name.replace('~', "~0").replace('/', "~1");
                objects(inner, format!("{at}/{name}"), places);
            }
            places.push(at);
        }
        Value::Array(items) => {
            for (number, inner) in items.iter().enumerate() {
                objects(inner, format!("{at}/{number}"), places);
            }
        }
        _ => {}
    }
}

fn change(object: &mut Map<String, Value>, chance: &mut StdRng) {
    let names: Vec<String> =
        object.keys().filter(|name| !ESSENTIAL.contains(&name.as_str())).cloned().collect();
    let name = (!names.is_empty()).then(|| names[chance.random_range(0..names.len())].clone());
    let words: Vec<String> =
        object.iter().filter(|(name, value)| is_word(name, value)).map(|(name, _)| name.clone()).collect();
    let word = (!words.is_empty()).then(|| words[chance.random_range(0..words.len())].clone());
    match (chance.random_range(0..5), name, word) {
        (0, Some(name), _) => drop(object.remove(&name)),
        (1, Some(name), _) => drop(object.insert(name, Value::Null)),
        (2, _, Some(word)) => drop(object.insert(word, json!("unknownFutureValue"))),
        (3, _, Some(word)) => {
            let text = object[&word].as_str().unwrap_or_default();
            let other = other_capital(text);
            object.insert(word, json!(other));
        }
        _ => {
            let number: u32 = chance.random_range(0..1000);
            let new = match number % 6 {
                0 => Value::Null,
                1 => json!(number),
                2 => json!(["new", {"id": 5, "state": []}]),
                3 => json!({"value": "x", "@odata.type": "#microsoft.graph.somethingNew"}),
                4 => json!("new"),
                _ => json!(true),
            };
            object.insert(
                format!("something{}New", if number.is_multiple_of(2) { "@odata." } else { "" }),
                new,
            );
        }
    }
}

fn is_word(name: &str, value: &Value) -> bool {
    WORDS.contains(&name) && value.as_str().is_some_and(|text| !text.is_empty())
}

/// `AdminAdd` for `adminAdd` and the other way round.
fn other_capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| match first.is_uppercase() {
        true => first.to_lowercase().to_string(),
        false => first.to_uppercase().to_string(),
    });
    first.unwrap_or_default() + letters.as_str()
}

fn write(value: &Value, chance: &mut StdRng, text: &mut String) {
    match value {
        Value::Object(object) => {
            let mut names: Vec<&String> = object.keys().collect();
            for at in (1..names.len()).rev() {
                names.swap(at, chance.random_range(0..=at));
            }
            text.push('{');
            for (number, name) in names.into_iter().enumerate() {
                text.push_str(if number == 0 { "" } else { ",\r\n\t" });
                text.push_str(&json!(name).to_string());
                text.push_str(" : ");
                write(&object[name], chance, text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (number, inner) in items.iter().enumerate() {
                text.push_str(if number == 0 { "" } else { " , " });
                write(inner, chance, text);
            }
            text.push(']');
        }
        other => text.push_str(&other.to_string()),
    }
}
