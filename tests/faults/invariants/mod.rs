//! What must hold after every schedule (I1, I10, I12, …), each looked at from outside the portal.

mod foreign;
mod state;

use std::sync::Arc;

use serde_json::Value;

use crate::play::Run;
use crate::stage::control;
use crate::watch::Witness;

/// Checks everything; the first world is that before the first fault.
pub async fn check(run: &mut Run<'_>, first: &Value, _witness: &Arc<Witness>) {
    let world = control(run.lane, "GET", "/world", Value::Null);
    let mut problems = state::is_as_wanted(run, &world);
    problems.extend(foreign::untouched(run, first, &world));
    run.problems.extend(problems);
    control(run.lane, "POST", "/faults/end", Value::Null);
    again(run).await;
}

/// I12: read once more, nothing is left to write.
async fn again(run: &mut Run<'_>) {
    let writes = |run: &Run<'_>| {
        let journal = control(run.lane, "GET", "/journal", Value::Null);
        let write = |call: &&Value| {
            let path = call["path"].as_str().unwrap_or_default();
            call["method"] != "GET" && (path.starts_with("/v1.0/") || path.starts_with("/beta/"))
        };
        journal.as_array().unwrap().iter().filter(write).count()
    };
    let before = writes(run);
    for customer in run.stage.customers.clone() {
        let id = customer.id;
        let (status, _) = run
            .process
            .post(&run.stage.cookie, &format!("/customers/{id}/check"), &format!("customer={id}"))
            .await;
        if status != http::StatusCode::SEE_OTHER {
            run.problems.push(format!("I12: a customer cannot be read again: {status}"));
        }
    }
    run.onward("second reading").await;
    let after = writes(run);
    if after > before {
        run.problems.push(format!("I12: a second run makes {} writes", after - before));
    }
}
