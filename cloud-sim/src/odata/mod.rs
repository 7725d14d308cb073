//! Query options of a collection: `$filter`, `$select`, `$expand`, `$orderby`, `$search`, paging. Whether a call may
//! carry them is judged before, by `graph::queries`.

mod evaluate;
mod expand;
mod filter;
mod place;
mod search;

use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::call::Call;

pub use evaluate::Asked;
pub use expand::{Expand, expands};
pub use search::searches;

/// The properties a filter asks about; the error is a sentence.
pub fn filter_asks(text: &str) -> Result<Vec<Asked>, String> {
    let mut asked = Vec::new();
    evaluate::asked(&filter::parse(text)?, &mut asked);
    Ok(asked)
}

/// `$orderby` as names, each with true for descending.
pub fn orders(text: &str) -> Vec<(String, bool)> {
    let one = |part: &str| {
        let mut words = part.split_whitespace();
        Some((words.next()?.to_owned(), words.next() == Some("desc")))
    };
    text.split(',').filter_map(one).collect()
}

/// A page of a collection, filtered and shaped. `size` is its length without `$top`; `default` names the properties
/// shown without `$select`, none for all.
pub fn page(call: &Call, items: Vec<Value>, size: usize, default: &[&str]) -> Result<Answer, Answer> {
    let bad = |why: &str| Answer::error(400, "BadRequest", why);
    let kept = ordered(call, filtered(call, items)?);
    let total = kept.len();
    let from = match call.query.get("$skiptoken") {
        Some(token) => {
            place::read(call, token).ok_or_else(|| bad("The skip token is not valid for this query."))?
        }
        None => number(call, "$skip").unwrap_or(0),
    };
    let top = number(call, "$top").unwrap_or(size).max(1);
    let shown: Vec<Value> = kept.into_iter().skip(from).take(top).map(|v| select(call, v, default)).collect();
    let mut body = Map::new();
    let version = if call.path.starts_with("/beta") { "/beta" } else { "/v1.0" };
    body.insert("@odata.context".into(), json!(format!("{}{version}/$metadata", call.base)));
    if call.param("$count") == "true" {
        body.insert("@odata.count".into(), json!(total));
    }
    if from + shown.len() < total {
        body.insert("@odata.nextLink".into(), json!(place::next_link(call, from + shown.len())));
    }
    body.insert("value".into(), Value::Array(shown));
    Ok(Answer::ok(Value::Object(body)))
}

/// A single object, shaped by `$select`.
pub fn single(call: &Call, object: Value, default: &[&str]) -> Answer {
    Answer::ok(select(call, object, default))
}

fn number(call: &Call, name: &str) -> Option<usize> {
    call.query.get(name)?.parse().ok()
}

fn filtered(call: &Call, mut items: Vec<Value>) -> Result<Vec<Value>, Answer> {
    if let Some(text) = call.query.get("$filter") {
        let refused =
            |why: String| Answer::error(400, "BadRequest", &format!("Invalid filter clause: {why}"));
        let filter = filter::parse(text).map_err(refused)?;
        items.retain(|v| evaluate::passes(&filter, v));
    }
    if let Some(text) = call.query.get("$search") {
        let sought = searches(text).map_err(|why| Answer::error(400, "BadRequest", &why))?;
        items.retain(|v| search::finds(&sought, v));
    }
    Ok(items)
}

fn ordered(call: &Call, mut items: Vec<Value>) -> Vec<Value> {
    for (name, falling) in orders(call.param("$orderby")).into_iter().rev() {
        let key = |v: &Value| match &v[&name] {
            Value::String(text) => text.to_lowercase(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        items.sort_by(|a, b| if falling { key(b).cmp(&key(a)) } else { key(a).cmp(&key(b)) });
    }
    items
}

fn select(call: &Call, object: Value, default: &[&str]) -> Value {
    let names: Vec<&str> = match call.param("$select") {
        "" => default.to_vec(),
        text => text.split(',').map(str::trim).collect(),
    };
    let expanded = expands(call.param("$expand"));
    let Value::Object(map) = object else { return object };
    let named = |k: &str| k.starts_with('@') || names.iter().any(|n| n.split('/').next() == Some(k));
    let kept = map.into_iter().filter_map(|(name, value)| match expanded.iter().find(|e| e.name == name) {
        Some(expand) => Some((name, expand.shape(value))),
        None => (names.is_empty() || named(&name)).then_some((name, value)),
    });
    Value::Object(kept.collect())
}
