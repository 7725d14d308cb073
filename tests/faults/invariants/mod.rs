//! What must hold after every schedule, each looked at from outside the portal. The numbers are those of
//! docs/decisions/faults.md.

mod calls;
mod foreign;
mod records;
mod state;

use std::sync::Arc;

use serde_json::Value;

use crate::play::Run;
use crate::stage::control;
use crate::watch::Witness;
use calls::Calls;
use records::Records;

/// Checks everything; the first world is that before the first fault.
pub async fn check(run: &mut Run<'_>, first: &Value, witness: &Arc<Witness>) {
    if changed_by_hand(run) {
        // What somebody changed after the last reading is seen at the next.
        read(run, "reading what was changed").await;
    }
    let world = control(run.lane, "GET", "/world", Value::Null);
    let mut problems = state::is_as_wanted(run, &world);
    problems.extend(foreign::untouched(run, first, &world));
    run.problems.extend(problems);
    control(run.lane, "POST", "/faults/end", Value::Null);
    let writes = again(run).await;
    let journal = control(run.lane, "GET", "/journal", Value::Null);
    let (journal, meant) = (journal.as_array().unwrap(), witness.meant());
    let mut problems = writes;
    let calls = Calls::new(run, journal, &meant);
    problems.extend(calls.carry_their_own_token());
    problems.extend(calls.go_where_they_may());
    problems.extend(calls.wait_as_asked());
    let records = Records::read(run).await;
    problems.extend(records.precede_every_write(run, journal));
    problems.extend(records.chain_holds());
    problems.extend(records.say_why());
    problems.extend(records.hold_no_secret(&run.lane.log.take()));
    problems.extend(witness.stale().into_iter().map(|stale| format!("I8 {stale}")));
    run.problems.extend(problems);
}

fn changed_by_hand(run: &Run<'_>) -> bool {
    let told = control(run.lane, "GET", "/faults/plan", Value::Null);
    let by_hand = |one: &Value| ["changed", "deleted", "made"].contains(&one["fault"].as_str().unwrap());
    told["struck"].as_array().unwrap().iter().any(by_hand)
}

/// Somebody presses "read now" for every customer, and everything that follows is done.
async fn read(run: &mut Run<'_>, phase: &str) {
    for customer in run.stage.customers.clone() {
        let id = customer.id;
        let (status, _) = run
            .process
            .post(&run.stage.cookie, &format!("/customers/{id}/check"), &format!("customer={id}"))
            .await;
        if status != http::StatusCode::SEE_OTHER {
            run.problems.push(format!("{phase}: a customer cannot be read again: {status}"));
        }
    }
    run.onward(phase).await;
}

/// I12: read once more, nothing is left to write.
async fn again(run: &mut Run<'_>) -> Vec<String> {
    let writes = |run: &Run<'_>| {
        let journal = control(run.lane, "GET", "/journal", Value::Null);
        let write = |call: &&Value| calls::writes(call);
        journal.as_array().unwrap().iter().filter(write).count()
    };
    let mut problems = Vec::new();
    let before = writes(run);
    read(run, "second reading").await;
    let after = writes(run);
    if after > before {
        problems.push(format!("I12: a second run makes {} writes", after - before));
    }
    problems
}
