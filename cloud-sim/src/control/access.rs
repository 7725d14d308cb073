//! People's acts on access without a browser: ask, decide, take back.

use serde_json::{Value, json};

use super::trouble;
use crate::access::{self, Ask, Refused, Schedule, Verdict, Wish, review};
use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::pages::account::Account;
use crate::simulation::Shared;
use crate::world::World;

fn refused(refused: Refused) -> Answer {
    let mut answer = trouble(refused.status, &refused.sentence);
    if let crate::answer::Body::Json(body) = &mut answer.body {
        body["code"] = json!(refused.code);
    }
    answer
}

/// A person by his name in the tenant, or by his name at home.
fn account(world: &World, tenant: &str, name: &str) -> Result<Account, Answer> {
    let there = world.tenant(tenant).ok_or_else(|| trouble(404, "no such tenant"))?;
    let here = there.person(name).map(|user| Account::behind(world, there, user));
    here.or_else(|| Account::of_address(world, name))
        .ok_or_else(|| trouble(404, &format!("no person {name}")))
}

/// `POST /sim/tenants/{tid}/ask`: `{package, userPrincipalName, homeTenant?, justification?, wish?}`; the package by
/// id or name, the wish `add` (default), `extend`, `remove`, or `revoke`: an approver takes it back.
pub fn ask(shared: &Shared, call: &Call, tid: &str, body: &Value) -> Outcome {
    let mut world = shared.world();
    let text = |name: &str| body[name].as_str().unwrap_or("");
    let person = text("userPrincipalName");
    let home = if text("homeTenant").is_empty() { tid } else { text("homeTenant") };
    let account = account(&world, home, person)?;
    let there = world.tenant(tid).ok_or_else(|| trouble(404, "no such tenant"))?;
    let wanted = text("package");
    let found = there.packages.iter().find(|p| p.id.eq_ignore_ascii_case(wanted) || p.display_name == wanted);
    let package = found.ok_or_else(|| trouble(404, "no such package"))?.id.clone();
    let wish = match text("wish") {
        "" | "add" => Wish::Add,
        "extend" => Wish::Extend,
        "remove" => Wish::Remove,
        "revoke" => Wish::Revoke,
        other => return Err(trouble(400, &format!("no such wish: {other}"))),
    };
    let ask = Ask {
        tenant: tid,
        package: &package,
        account: &account,
        wish,
        justification: text("justification"),
        schedule: Schedule::default(),
    };
    let id = access::ask(&mut world, call.now, &ask).map_err(refused)?;
    Ok(state(&world, tid, &id))
}

fn state(world: &World, tid: &str, id: &str) -> Answer {
    let there = world.tenant(tid);
    let request = there.and_then(|t| t.requests.iter().find(|r| r.id.eq_ignore_ascii_case(id)));
    Answer::ok(json!({"id": id, "state": request.map(|r| &r.state)}))
}

/// `POST /sim/tenants/{tid}/requests/{id}/decide`: `{approve, by, justification?}`.
pub fn decide(shared: &Shared, call: &Call, tid: &str, id: &str, body: &Value) -> Outcome {
    let mut world = shared.world();
    let approve = body["approve"].as_bool().ok_or_else(|| trouble(400, "say approve: true or false"))?;
    let by = account(&world, tid, body["by"].as_str().unwrap_or(""))?;
    let justification = body["justification"].as_str().unwrap_or("");
    let verdict = Verdict { approve, by: &by, justification };
    access::decide(&mut world, call.now, tid, id, &verdict).map_err(refused)?;
    Ok(state(&world, tid, id))
}

/// `POST /sim/tenants/{tid}/requests/{id}/cancel`: `{by}`.
pub fn cancel(shared: &Shared, call: &Call, tid: &str, id: &str, body: &Value) -> Outcome {
    let mut world = shared.world();
    let by = account(&world, tid, body["by"].as_str().unwrap_or(""))?;
    access::cancel(&mut world, call.now, tid, id, &by).map_err(refused)?;
    Ok(state(&world, tid, id))
}

/// `POST /sim/tenants/{tid}/reviews/{id}/decide`: `{by, decision, justification?, userPrincipalName?}`; about everybody
/// under review whom `by` is asked about, or one of them.
pub fn review(shared: &Shared, call: &Call, tid: &str, id: &str, body: &Value) -> Outcome {
    let mut world = shared.world();
    let text = |name: &str| body[name].as_str().unwrap_or("");
    let by = account(&world, tid, text("by"))?;
    let there = world.tenant(tid).ok_or_else(|| trouble(404, "no such tenant"))?;
    let review = there.review_instances.iter().find(|r| r.id.eq_ignore_ascii_case(id));
    let review = review.ok_or_else(|| trouble(404, "no such review"))?;
    let me = by.in_tenant(&world, &there.id).map(|u| u.id.clone()).unwrap_or_default();
    let wanted = text("userPrincipalName");
    let is = |p: &&crate::world::Reviewed| {
        let named = [&p.target.mail, &p.target.principal_name].iter().any(|n| n.eq_ignore_ascii_case(wanted));
        if wanted.is_empty() { review::reviews(review, p, &me) } else { named }
    };
    let people: Vec<String> = review.people.iter().filter(is).map(|p| p.id.clone()).collect();
    if people.is_empty() {
        return Err(trouble(404, "nobody under review is his to decide about"));
    }
    let decision = text("decision").to_owned();
    if !["Approve", "Deny", "DontKnow", "NotReviewed"].contains(&decision.as_str()) {
        return Err(trouble(400, "say decision: Approve, Deny, DontKnow or NotReviewed"));
    }
    let said = review::Opinion { decision: &decision, justification: text("justification"), by: &by };
    for person in &people {
        review::decide(&mut world, call.now, tid, (id, person), &said).map_err(refused)?;
    }
    Ok(Answer::ok(json!({"id": id, "decided": people.len()})))
}
