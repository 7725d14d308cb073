//! The control interface `/sim/*`: how tests and the demo make and steer the simulated cloud.

mod access;
mod applications;
mod scenarios;
mod steering;
mod tenants;

use serde_json::{Value, json};

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::simulation::Shared;

/// Answers a control call. Refusals are 4xx with `{"error": sentence}`.
pub fn answer(shared: &Shared, call: &Call) -> Answer {
    let result = dispatch(shared, call);
    if call.method != "GET" {
        shared.touch();
    }
    result.unwrap_or_else(|refusal| refusal)
}

fn dispatch(shared: &Shared, call: &Call) -> Outcome {
    let pieces: Vec<&str> = call.segments.iter().skip(1).map(String::as_str).collect();
    match (call.method.as_str(), pieces.as_slice()) {
        ("GET", ["ready"]) => Ok(ready()),
        ("POST", ["reset"]) => steering::reset(shared, call),
        ("POST", ["keys"]) => steering::change_keys(shared),
        ("GET", ["clock"]) => Ok(steering::clock(shared)),
        ("POST", ["clock"]) => steering::move_clock(shared, &body(call)?),
        ("GET", ["switches"]) => Ok(Answer::ok(json!(shared.world().switches))),
        ("POST", ["switches"]) => steering::set_switches(shared, &body(call)?),
        ("GET", ["faults"]) => Ok(Answer::ok(json!(shared.faults().list()))),
        ("POST", ["faults"]) => steering::add_fault(shared, body(call)?),
        ("DELETE", ["faults"]) => Ok((shared.faults().clear(), Answer::empty(204)).1),
        ("GET", ["faults", "plan"]) => Ok(Answer::ok(shared.faults().told())),
        ("GET", ["faults", "calls"]) => Ok(Answer::ok(shared.faults().calls())),
        ("POST", ["faults", "plan"]) => steering::plan_faults(shared, body(call)?),
        ("POST", ["faults", "end"]) => Ok((shared.faults().end(), Answer::empty(204)).1),
        ("GET", ["journal"]) => Ok(steering::journal(shared, call)),
        ("DELETE", ["journal"]) => Ok((shared.journal().clear(), Answer::empty(204)).1),
        ("GET", ["unknown"]) => Ok(Answer::ok(json!(shared.journal().unknown()))),
        ("DELETE", ["unknown"]) => Ok((shared.journal().forget_unknown(), Answer::empty(204)).1),
        ("GET", ["world"]) => Ok(Answer::ok(json!({"tenants": shared.world().tenants}))),
        ("GET", ["scenarios"]) => scenarios::list(),
        ("POST", ["scenarios", name]) => scenarios::load(shared, call, name),
        ("POST", ["world"]) => tenants::add(shared, call, &body(call)?),
        (method, ["tenants", tid, rest @ ..]) => in_tenant(shared, call, method, tid, rest),
        _ => Err(trouble(404, "no such control call")),
    }
}

fn in_tenant(shared: &Shared, call: &Call, method: &str, tid: &str, rest: &[&str]) -> Outcome {
    match (method, rest) {
        ("POST", ["applications", app, "certificates"]) => {
            applications::certificate(shared, app, &body(call)?)
        }
        ("POST", ["applications", app, "secrets"]) => applications::secret(shared, app, &body(call)?),
        ("POST", ["applications", app, "users"]) => applications::person(shared, tid, app, &body(call)?),
        ("POST", ["consent"]) => applications::consent(shared, call, tid, &body(call)?),
        ("POST", ["graph"]) => steering::graph(shared, call, tid, &body(call)?),
        ("POST", ["ask"]) => access::ask(shared, call, tid, &body(call)?),
        ("POST", ["requests", id, "decide"]) => access::decide(shared, call, tid, id, &body(call)?),
        ("POST", ["requests", id, "cancel"]) => access::cancel(shared, call, tid, id, &body(call)?),
        ("POST", ["reviews", id, "decide"]) => access::review(shared, call, tid, id, &body(call)?),
        ("POST", ["set"]) => tenants::set(shared, tid, &body(call)?),
        _ => Err(trouble(404, "no such control call")),
    }
}

fn ready() -> Answer {
    Answer::text("text/plain", "ready".into())
}

/// A refusal of the control interface.
pub fn trouble(status: u16, sentence: &str) -> Answer {
    Answer::json(status, json!({"error": sentence}))
}

fn body(call: &Call) -> Result<Value, Answer> {
    call.json().filter(Value::is_object).ok_or_else(|| trouble(400, "the body is not a JSON object"))
}
