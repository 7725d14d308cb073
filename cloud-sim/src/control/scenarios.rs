//! `/sim/scenarios`: named worlds, kept as data. A scenario declares directories and then takes steps in them by
//! control calls, the way a person would; what a step was answered can be named by later ones.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{body, dispatch, tenants, trouble};
use crate::answer::{Answer, Body, Outcome};
use crate::call::Call;
use crate::simulation::Shared;

const PROVIDER: &str = include_str!("../../scenarios/provider.json");
const PROCEDURE: &str = include_str!("../../scenarios/procedure.json");
const ALL: &[(&str, &str)] = &[
    ("empty", include_str!("../../scenarios/empty.json")),
    ("onboarded", include_str!("../../scenarios/onboarded.json")),
    ("left-behind", include_str!("../../scenarios/left-behind.json")),
    ("half-by-hand", include_str!("../../scenarios/half-by-hand.json")),
    ("classic-roles", include_str!("../../scenarios/classic-roles.json")),
    ("no-licence", include_str!("../../scenarios/no-licence.json")),
];

fn read(text: &str) -> Result<Value, Answer> {
    serde_json::from_str(text).map_err(|error| trouble(500, &format!("a scenario is no JSON: {error}")))
}

/// Their names, each with what it is.
pub fn list() -> Outcome {
    let one = |(name, text): &(&str, &str)| Ok(json!({"name": name, "says": read(text)?["says"]}));
    let all: Result<Vec<Value>, Answer> = ALL.iter().map(one).collect();
    Ok(Answer::ok(json!(all?)))
}

/// Adds a scenario to the world. Answers its directories as they were declared, with the provider's first.
pub fn load(shared: &Shared, call: &Call, name: &str) -> Outcome {
    let text = ALL.iter().find(|(known, _)| *known == name);
    let (_, text) = text.ok_or_else(|| trouble(404, &format!("no scenario {name}")))?;
    let scenario = read(text)?;
    let mut declared = provider(&if call.body.is_empty() { json!({}) } else { body(call)? })?;
    for tenant in scenario["world"]["tenants"].as_array().into_iter().flatten() {
        let id = tenant["id"].as_str().unwrap_or("");
        if shared.world().tenant(id).is_some() {
            return Err(trouble(409, &format!("the scenario {name} is loaded already")));
        }
        if let Some(all) = declared["tenants"].as_array_mut() {
            all.push(tenant.clone());
        }
    }
    let answer = tenants::add(shared, call, &declared)?;
    // Delays and quirks are for those who are tested, not for the hand that prepares.
    let usual = shared.world().switches.clone();
    shared.world().switches.be_plain();
    let done = steps(shared, call, &scenario["steps"], &mut BTreeMap::new());
    shared.world().switches = usual;
    done.map(|()| answer)
}

/// The provider with its four applications, which may be given their redirect addresses.
fn provider(asked: &Value) -> Result<Value, Answer> {
    let mut declared = read(PROVIDER)?;
    if let Some(uris) = asked["redirectUris"].as_array() {
        for app in declared["tenants"][0]["applications"].as_array_mut().into_iter().flatten() {
            app["redirectUris"] = json!(uris);
        }
    }
    Ok(declared)
}

type Named = BTreeMap<String, Value>;

fn steps(shared: &Shared, call: &Call, all: &Value, named: &mut Named) -> Result<(), Answer> {
    for step in all.as_array().into_iter().flatten() {
        if let Some(values) = step.get("set").or_else(|| step.get("with")).and_then(Value::as_object) {
            named.extend(values.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        if step["run"] == "procedure" {
            steps(shared, call, &read(PROCEDURE)?["steps"], named)?;
        }
        let Some(what) = step["call"].as_str() else { continue };
        let mut inner = call.clone();
        "POST".clone_into(&mut inner.method);
        inner.aim(&format!("/sim/{}", filled(what, named)?));
        inner.body = with_names(&step["body"], named)?.to_string().into_bytes();
        let answer = dispatch(shared, &inner)?;
        let told = match answer.body {
            Body::Json(told) => told,
            _ => Value::Null,
        };
        if answer.status >= 400 {
            return Err(trouble(500, &format!("the step {} failed: {told}", step["body"])));
        }
        if let Some(name) = step["as"].as_str() {
            named.insert(name.to_owned(), told);
        }
    }
    Ok(())
}

fn with_names(value: &Value, named: &Named) -> Result<Value, Answer> {
    Ok(match value {
        Value::String(text) => Value::String(filled(text, named)?),
        Value::Array(items) => items.iter().map(|v| with_names(v, named)).collect::<Result<_, _>>()?,
        Value::Object(map) => {
            let pairs = map.iter().map(|(name, value)| Ok((name.clone(), with_names(value, named)?)));
            Value::Object(pairs.collect::<Result<_, Answer>>()?)
        }
        other => other.clone(),
    })
}

/// `{name}` and `{name.value.0.id}` replaced by what a step was answered.
fn filled(text: &str, named: &Named) -> Result<String, Answer> {
    let Some((before, rest)) = text.split_once('{') else { return Ok(text.to_owned()) };
    let (path, after) = rest.split_once('}').unwrap_or((rest, ""));
    let mut pieces = path.split('.');
    let first = named.get(pieces.next().unwrap_or(""));
    let value = first.and_then(|value| {
        pieces.try_fold(value, |here, piece| match here {
            Value::Array(items) => items.get(piece.parse::<usize>().ok()?),
            other => other.get(piece),
        })
    });
    let value =
        value.and_then(Value::as_str).ok_or_else(|| trouble(500, &format!("nothing is named {path}")))?;
    Ok(format!("{before}{value}{}", filled(after, named)?))
}
