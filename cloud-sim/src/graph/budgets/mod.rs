//! Throttling by the budgets Microsoft publishes (contract §14), and one for entitlement management, which has none.
//!
//! Time is the simulation's: where its clock stands still, nothing is ever given back.

mod cost;
mod spent;

use serde_json::json;

use super::bearer::Caller;
use crate::answer::Answer;
use crate::call::Call;
use crate::front::instant;
use crate::world::World;
use cost::Limit;

pub use spent::Budgets;

/// What a call that was let through tells about its cost.
#[derive(Default)]
pub struct Toll {
    unit: Option<u32>,
    /// Part of the budget that is used up.
    used: f64,
}

/// From here on a caller is told how much of its budget is used up, and up to there.
const TOLD: std::ops::RangeInclusive<f64> = 0.8..=1.8;

impl Toll {
    /// The answer with the headers every identity call has.
    pub fn on(&self, answer: Answer) -> Answer {
        let Some(unit) = self.unit else { return answer };
        percentage(answer.header("x-ms-resource-unit", &unit.to_string()), self.used)
    }
}

fn percentage(answer: Answer, used: f64) -> Answer {
    if used < *TOLD.start() {
        return answer;
    }
    answer.header("x-ms-throttle-limit-percentage", &format!("{:.1}", used.min(*TOLD.end())))
}

/// Takes the cost of a call from every budget it counts against, or refuses it with 429.
pub fn take(world: &mut World, call: &Call, caller: &Caller) -> Result<Toll, Answer> {
    let unit = cost::unit(call);
    if caller.all_powerful {
        return Ok(Toll { unit, ..Toll::default() });
    }
    let people = world.tenant(&caller.tenant).map_or(0, |t| t.users.len());
    let limits = cost::limits(&world.switches, people, call, caller);
    let refusing = limits.iter().find_map(|l| Some((l, world.budgets.wait(l, call.now)?)));
    if let Some((limit, seconds)) = refusing {
        let used = world.budgets.refuse(limit, call.now);
        return Err(refused(call, limit, seconds, unit, used));
    }
    let used = limits.iter().map(|l| (l.pair, world.budgets.spend(l, call.now)));
    let used = used.fold(0.0, |most, (pair, used)| if pair { used.max(most) } else { most });
    Ok(Toll { unit, used })
}

/// The documented body (contract §14); `respond` adds the ids.
fn refused(call: &Call, limit: &Limit, seconds: i64, unit: Option<u32>, used: f64) -> Answer {
    let mut answer = Answer::json(
        429,
        json!({"error": {"code": "TooManyRequests", "message": "Please retry again later.",
            "innerError": {"code": "429", "date": instant(call), "message": "Please retry after", "status": "429"}}}),
    );
    if limit.says_when {
        answer = answer.header("retry-after", &seconds.to_string());
    }
    if let (Some(unit), Some((scope, information))) = (unit, &limit.told) {
        answer = answer
            .header("x-ms-resource-unit", &unit.to_string())
            .header("x-ms-throttle-scope", scope)
            .header("x-ms-throttle-information", information);
        answer = percentage(answer, used);
    }
    answer
}
