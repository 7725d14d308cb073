//! Query options of a collection: `$filter`, `$select`, `$expand`, `$top`, `$skip`, `$orderby`, paging.

mod evaluate;
mod filter;

use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::call::Call;

/// What a collection allows.
pub struct Allowed<'a> {
    /// Property paths that may be filtered on, as the documentation lists them.
    pub filter: &'a [&'a str],
    /// Page size when `$top` is absent.
    pub page: usize,
    /// Properties shown without `$select`; empty = all.
    pub default: &'a [&'a str],
}

/// One navigation property asked for with `$expand`, with its own `$expand`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expand {
    pub name: String,
    pub inner: Vec<Expand>,
}

/// Reads `$expand`: names parted by commas, options in brackets.
pub fn expands(text: &str) -> Vec<Expand> {
    split_outside(text, ',')
        .into_iter()
        .map(|part| one_expand(part.trim()))
        .filter(|e| !e.name.is_empty())
        .collect()
}

fn one_expand(part: &str) -> Expand {
    let Some((name, options)) = part.split_once('(') else {
        return Expand { name: part.to_owned(), inner: Vec::new() };
    };
    let options = options.strip_suffix(')').unwrap_or(options);
    let inner = split_outside(options, ';')
        .into_iter()
        .filter_map(|o| o.trim().strip_prefix("$expand="))
        .flat_map(expands)
        .collect();
    Expand { name: name.to_owned(), inner }
}

fn split_outside(text: &str, mark: char) -> Vec<&str> {
    let (mut depth, mut from, mut out) = (0_i32, 0, Vec::new());
    for (i, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            c if c == mark && depth == 0 => {
                out.push(&text[from..i]);
                from = i + c.len_utf8();
            }
            _ => {}
        }
    }
    out.push(&text[from..]);
    out
}

/// The expands of a call, refused when the resource has no such navigation property.
pub fn expands_of(call: &Call, allowed: &[&str]) -> Result<Vec<Expand>, Answer> {
    let asked = expands(call.param("$expand"));
    match asked.iter().find(|e| !allowed.contains(&e.name.as_str())) {
        Some(bad) => Err(Answer::error(
            400,
            "BadRequest",
            &format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{}'.",
                bad.name
            ),
        )),
        None => Ok(asked),
    }
}

/// A page of a collection, filtered and shaped.
pub fn page(call: &Call, items: Vec<Value>, allowed: &Allowed<'_>) -> Result<Answer, Answer> {
    known_options(call)?;
    let kept = filtered(call, items, allowed.filter)?;
    let kept = ordered(call, kept);
    let total = kept.len();
    let skip = number(call, "$skip")?.unwrap_or(0) + number(call, "$skiptoken")?.unwrap_or(0);
    let top = number(call, "$top")?.unwrap_or(allowed.page).clamp(1, 999);
    let shown: Vec<Value> =
        kept.into_iter().skip(skip).take(top).map(|v| select(call, v, allowed.default)).collect();
    let mut body = Map::new();
    body.insert("@odata.context".into(), json!(format!("{}{}/$metadata", call.base, version(call))));
    if call.param("$count") == "true" {
        body.insert("@odata.count".into(), json!(total));
    }
    if skip + shown.len() < total {
        body.insert("@odata.nextLink".into(), json!(next_link(call, skip + shown.len())));
    }
    body.insert("value".into(), Value::Array(shown));
    Ok(Answer::ok(Value::Object(body)))
}

/// A single object, shaped by `$select`.
pub fn single(call: &Call, object: Value, default: &[&str]) -> Answer {
    Answer::ok(select(call, object, default))
}

fn version(call: &Call) -> &'static str {
    if call.path.starts_with("/beta") { "/beta" } else { "/v1.0" }
}

fn known_options(call: &Call) -> Result<(), Answer> {
    const KNOWN: &[&str] =
        &["$filter", "$select", "$expand", "$top", "$skip", "$skiptoken", "$count", "$orderby", "$search"];
    match call.query.keys().find(|k| k.starts_with('$') && !KNOWN.contains(&k.as_str())) {
        Some(bad) => {
            Err(Answer::error(400, "BadRequest", &format!("Query option '{bad}' was not recognized.")))
        }
        None => Ok(()),
    }
}

fn number(call: &Call, name: &str) -> Result<Option<usize>, Answer> {
    match call.query.get(name) {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| {
            Answer::error(400, "BadRequest", &format!("Invalid value '{text}' for {name} query option."))
        }),
    }
}

fn filtered(call: &Call, items: Vec<Value>, allowed: &[&str]) -> Result<Vec<Value>, Answer> {
    let Some(text) = call.query.get("$filter") else { return Ok(items) };
    let refused = |why: &str| Answer::error(400, "BadRequest", &format!("Invalid filter clause: {why}"));
    let filter = filter::parse(text).map_err(|why| refused(&why))?;
    let mut asked = Vec::new();
    evaluate::asked(&filter, &mut asked);
    if let Some(bad) = asked.iter().find(|a| !allowed.contains(&a.as_str())) {
        return Err(Answer::error(
            400,
            "Request_UnsupportedQuery",
            &format!("Unsupported or invalid query filter clause specified for property '{bad}'."),
        ));
    }
    Ok(items.into_iter().filter(|v| evaluate::passes(&filter, v)).collect())
}

fn ordered(call: &Call, mut items: Vec<Value>) -> Vec<Value> {
    let order = call.param("$orderby");
    if let Some(name) = order.split_whitespace().next() {
        items.sort_by_key(|v| v.get(name).and_then(Value::as_str).unwrap_or("").to_owned());
        if order.ends_with(" desc") {
            items.reverse();
        }
    }
    items
}

fn next_link(call: &Call, skip: usize) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in &call.query {
        if name != "$skiptoken" && name != "$skip" {
            query.append_pair(name, value);
        }
    }
    query.append_pair("$skiptoken", &skip.to_string());
    format!("{}{}?{}", call.base, call.path, query.finish())
}

fn select(call: &Call, object: Value, default: &[&str]) -> Value {
    let wanted = call.param("$select");
    let names: Vec<&str> = match wanted {
        "" if default.is_empty() => return object,
        "" => default.to_vec(),
        text => text.split(',').map(str::trim).collect(),
    };
    let expanded: Vec<String> = expands(call.param("$expand")).into_iter().map(|e| e.name).collect();
    let Value::Object(map) = object else { return object };
    let keep = |k: &str| k.starts_with('@') || names.contains(&k) || expanded.iter().any(|e| e == k);
    Value::Object(map.into_iter().filter(|(k, _)| keep(k)).collect())
}
