//! Clock, faults, switches, journal, reset and the all-powerful Graph call.

use serde_json::{Value, json};

use super::trouble;
use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::entra::sessions::Sessions;
use crate::front::faults::{Book, Fault, plan::Plan};
use crate::graph::bearer::Caller;
use crate::simulation::Shared;
use crate::world::World;

/// Empties the world; the signing key stays.
pub fn reset(shared: &Shared, call: &Call) -> Outcome {
    let mut world = shared.world();
    let key = std::mem::take(&mut world.signing_key);
    let stands = world.clock_stands_at;
    *world = World { signing_key: key, clock_stands_at: stands, ..World::default() };
    shared.clock.set_offset(0);
    *shared.faults() = Book::default();
    shared.ids.seed(call.json().and_then(|body| body["seed"].as_u64()));
    *shared.sessions() = Sessions::default();
    let mut journal = shared.journal();
    journal.clear();
    journal.forget_unknown();
    journal.number_anew();
    Ok(Answer::empty(204))
}

/// Tokens are signed with another key from now on; the one before stays published, as Entra does it.
pub fn change_keys(shared: &Shared) -> Outcome {
    let changed = shared.keys.change(&mut shared.world().signing_key);
    changed.map(|()| Answer::empty(204)).map_err(|error| trouble(500, &error.to_string()))
}

pub fn clock(shared: &Shared) -> Answer {
    Answer::ok(json!({"now": shared.clock.now().to_rfc3339(), "offsetSeconds": shared.clock.offset()}))
}

pub fn move_clock(shared: &Shared, body: &Value) -> Outcome {
    let instant = body["now"].as_str().and_then(|t| chrono::DateTime::parse_from_rfc3339(t).ok());
    let offset = match (body["advanceSeconds"].as_i64(), body["offsetSeconds"].as_i64(), instant) {
        (Some(by), None, None) => shared.clock.offset() + by,
        (None, Some(to), None) => to,
        (None, None, Some(at)) => shared.clock.offset() + (at.to_utc() - shared.clock.now()).num_seconds(),
        _ => return Err(trouble(400, "say advanceSeconds, offsetSeconds or now")),
    };
    shared.clock.set_offset(offset);
    Ok(clock(shared))
}

pub fn set_switches(shared: &Shared, body: &Value) -> Outcome {
    let mut world = shared.world();
    let values = body.as_object().cloned().unwrap_or_default();
    world.switches.set(&values).map_err(|wrong| trouble(400, &wrong))?;
    Ok(Answer::ok(json!(world.switches)))
}

pub fn add_fault(shared: &Shared, body: Value) -> Outcome {
    let fault: Fault =
        serde_json::from_value(body).map_err(|e| trouble(400, &format!("not a fault: {e}")))?;
    if fault.path.is_empty() && fault.class.is_none() {
        return Err(trouble(400, "say the fault's path or class"));
    }
    shared.faults().add(fault);
    Ok(Answer::empty(204))
}

/// Draws faults from a seed from now on.
pub fn plan_faults(shared: &Shared, body: Value) -> Outcome {
    let plan: Plan = serde_json::from_value(body).map_err(|e| trouble(400, &format!("not a plan: {e}")))?;
    shared.faults().set_plan(plan);
    Ok(Answer::ok(shared.faults().told()))
}

pub fn journal(shared: &Shared, call: &Call) -> Answer {
    let since = call.param("since").parse().unwrap_or(0);
    let mut calls = shared.journal().read(call.param("tenant"), since);
    if let Ok(last) = call.param("last").parse::<usize>() {
        calls.drain(..calls.len().saturating_sub(last));
    }
    Answer::ok(json!(calls))
}

/// Any Graph call by an administrator who may do everything: drift made by hand.
pub fn graph(shared: &Shared, call: &Call, tid: &str, body: &Value) -> Outcome {
    let tenant =
        shared.world().tenant(tid).map(|t| t.id.clone()).ok_or_else(|| trouble(404, "no such tenant"))?;
    let path = body["path"].as_str().unwrap_or("");
    let path = if path.starts_with("/v1.0/") || path.starts_with("/beta/") {
        path.to_owned()
    } else {
        format!("/v1.0{path}")
    };
    let mut inner = call.clone();
    inner.method = body["method"].as_str().unwrap_or("GET").to_uppercase();
    inner.aim(&path);
    inner.body = match &body["body"] {
        Value::Null => Vec::new(),
        value => value.to_string().into_bytes(),
    };
    crate::graph::as_caller(shared, &inner, &Caller::administrator(&tenant))
}
