//! Faults: asked for one by one on `/sim/faults`, or drawn from a seed on `/sim/faults/plan`.

pub mod bodies;
pub mod class;
mod delivery;
pub mod fault;
mod lasting;
mod lists;
mod person;
pub mod plan;
mod told;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Call;
use crate::graph::bearer::Who;
use crate::simulation::Shared;
use class::Class;
pub use delivery::{Delivery, body as delivered};
use fault::Position;
pub use fault::{Fault, Kind, Strike};
use lasting::Lasting;
use plan::{Place, Plan};
pub use told::told;

/// Everything about faults that one simulation remembers.
#[derive(Default)]
pub struct Book {
    asked: Vec<Fault>,
    plan: Option<Plan>,
    drawn: u32,
    counts: BTreeMap<Class, u32>,
    struck: Vec<Struck>,
    pub lasting: Lasting,
}

/// A fault that hit a call, in the form that asks for exactly this again.
#[derive(Clone, Debug, Serialize)]
pub struct Struck {
    #[serde(flatten)]
    pub fault: Fault,
    pub at: String,
    #[serde(rename = "clientRequestId")]
    pub client_request_id: Option<String>,
}

/// A strike with the book's note of it, should it come to pass.
pub struct Chosen {
    pub strike: Strike,
    note: Struck,
}

impl Book {
    pub fn add(&mut self, fault: Fault) {
        self.asked.push(fault);
    }

    pub fn clear(&mut self) {
        *self = Self { struck: std::mem::take(&mut self.struck), ..Self::default() };
    }

    pub fn list(&self) -> Vec<Fault> {
        self.asked.clone()
    }

    pub fn set_plan(&mut self, plan: Plan) {
        *self = Self { plan: Some(plan), ..Self::default() };
    }

    /// The plan and what came of it.
    pub fn told(&self) -> Value {
        json!({"plan": self.plan, "struck": self.struck, "madeByHand": self.lasting.made_by_hand})
    }

    /// Every class of calls so far, how often it came, and what can happen to it.
    pub fn calls(&self) -> Value {
        let row = |(class, count): (&Class, &u32)| {
            json!({
                "tenant": class.tenant, "app": class.app, "class": class.name, "shape": class.shape, "count": count,
                "faults": plan::fitting(class),
            })
        };
        self.counts.iter().map(row).collect()
    }

    /// No more faults; what lasts, lasts on.
    pub fn end(&mut self) {
        self.asked.clear();
        self.plan = None;
    }

    /// The first fault that hits; every fault that is about this call counts it.
    fn choose(&mut self, call: &Call, class: &Class, place: Place) -> Option<Chosen> {
        let count = self.counts.entry(class.clone()).or_default();
        *count += 1;
        let n = *count;
        let mut hit = None;
        for fault in &mut self.asked {
            hit = hit.or(fault.strike(class, &call.path).map(|strike| (strike, fault.clone())));
        }
        if hit.is_none()
            && let Some(plan) = self.plan.as_ref().filter(|plan| self.drawn < plan.most)
            && let Some(mut fault) = plan.draw(place, class, n)
        {
            self.drawn += 1;
            fault.seen = n - 1;
            hit = fault.strike(class, &call.path).map(|strike| (strike, fault.clone()));
            self.asked.push(fault);
        }
        let (strike, asked) = hit?;
        let position = if strike.after_effect { Position::AfterEffect } else { Position::BeforeEffect };
        let fault = Fault {
            class: Some(class.name.clone()),
            method: None,
            path: String::new(),
            tenant: Some(class.tenant.clone()),
            app: Some(class.app.clone()),
            nth: n,
            times: 1,
            position: Some(position),
            seen: 0,
            ..asked
        };
        let client_request_id = call.header("client-request-id").map(str::to_owned);
        Some(Chosen { strike, note: Struck { fault, at: call.now.to_rfc3339(), client_request_id } })
    }
}

/// Answers a call of the simulated cloud, hit by whatever is due.
pub fn answered(
    shared: &Shared,
    call: &Call,
    who: &Who,
    dispatch: impl FnOnce() -> Answer,
) -> (Answer, Delivery, Option<Strike>) {
    struck(shared, call, who, |_| true, dispatch)
}

/// A part of a `$batch`, hit like a call of its own; no answer: it is not among the others.
pub fn of_part(
    shared: &Shared,
    call: &Call,
    who: &Who,
    dispatch: impl FnOnce() -> Answer,
) -> (Answer, Option<Strike>) {
    let (answer, _, strike) = struck(shared, call, who, Kind::can_hit_a_part, dispatch);
    let undone = strike.is_some_and(|strike| strike.loses_the_answer() && !strike.after_effect);
    // What depends on it has nothing to build on.
    (if undone { Answer::empty(504) } else { answer }, strike)
}

fn struck(
    shared: &Shared,
    call: &Call,
    who: &Who,
    possible: fn(Kind) -> bool,
    dispatch: impl FnOnce() -> Answer,
) -> (Answer, Delivery, Option<Strike>) {
    if let Some(refusal) = shared.faults().lasting.refusal(call, who) {
        return (refusal, Delivery::Whole, None);
    }
    let class = Class::of(call, who);
    let place = place(shared, who);
    let chosen = shared.faults().choose(call, &class, place).filter(|chosen| possible(chosen.strike.kind));
    let Some(Chosen { strike, note }) = chosen else {
        let answer = dispatch();
        return (shared.faults().lasting.seen(call, who, answer), Delivery::Whole, None);
    };
    let happened = hit(shared, call, who, strike, dispatch);
    if happened.2 {
        shared.faults().struck.push(note);
    }
    (happened.0, happened.1, happened.2.then_some(strike))
}

/// What the journal says a call was answered with.
pub fn journalled(strike: Option<Strike>, answer: &Answer) -> Value {
    match strike.filter(|strike| strike.loses_the_answer()) {
        Some(strike) => json!(strike.kind.key()),
        None => json!(answer.status),
    }
}

/// The answer, how it is delivered, and whether the fault could happen to this call at all.
fn hit(
    shared: &Shared,
    call: &Call,
    who: &Who,
    strike: Strike,
    dispatch: impl FnOnce() -> Answer,
) -> (Answer, Delivery, bool) {
    if strike.kind == Kind::Lapsed {
        shared.faults().lasting.lapse(call, who, strike.retry_after.unwrap_or(60));
    }
    if !strike.after_effect {
        if let Some(answer) = told(call, strike) {
            shared.faults().lasting.told(call, who, strike);
            return (answer, Delivery::Whole, true);
        }
        if matches!(strike.kind, Kind::Changed | Kind::Deleted) {
            let acted = person::acts(shared, call, who, strike.kind, &Value::Null);
            return (dispatch(), Delivery::Whole, acted);
        }
        if strike.kind == Kind::Made {
            let made = person::makes(shared, call, who);
            return (dispatch(), Delivery::Whole, made);
        }
        return (Answer::empty(200), Delivery::of(strike), true);
    }
    let real = dispatch();
    let fine = real.status < 400;
    let real = shared.faults().lasting.seen(call, who, real);
    if let Some(answer) = told(call, strike) {
        shared.faults().lasting.told(call, who, strike);
        return (answer, Delivery::Whole, true);
    }
    let changed = match strike.kind {
        Kind::Changed | Kind::Deleted => {
            let acted = person::acts(shared, call, who, strike.kind, real.json_body());
            return (real, Delivery::Whole, acted);
        }
        Kind::Unseen => {
            let hidden =
                fine && shared.faults().lasting.hide(who, real.json_body(), strike.reads.unwrap_or(2));
            return (real, Delivery::Whole, hidden);
        }
        Kind::Pending | Kind::DeliveryFails => {
            let done = fine && person::delays(shared, call, who, strike);
            return (real, Delivery::Whole, done);
        }
        Kind::WrongTenant => fine.then(|| told::of_another(shared, who, &real)).flatten(),
        kind if lists::is(kind) => fine.then(|| lists::mangled(kind, call, &real)).flatten(),
        kind if bodies::is(kind) => fine.then(|| bodies::mangled(kind, &real)).flatten(),
        _ => return (real, Delivery::of(strike), true),
    };
    let happened = changed.is_some();
    (changed.unwrap_or(real), Delivery::Whole, happened)
}

/// Where tenant and app stand in the world.
fn place(shared: &Shared, who: &Who) -> Place {
    let world = shared.world();
    let tenant = who.0.as_ref().and_then(|t| world.tenants.iter().position(|one| one.answers_to(t)));
    let app = who
        .1
        .as_ref()
        .and_then(|a| world.applications.iter().position(|one| one.app_id.eq_ignore_ascii_case(a)));
    (tenant.unwrap_or(usize::MAX), app.unwrap_or(usize::MAX))
}
