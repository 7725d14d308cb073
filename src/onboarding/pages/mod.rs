//! Pages of the onboarding room.

mod acts;
mod answers;
mod blueprint;
mod blueprint_form;
mod blueprint_version;
mod check;
mod found;
mod plan;
mod shown;
mod step;
mod values;
mod words;

pub use words::StepLine;

use crate::app::App;
use crate::kit::ids::CustomerId;
use crate::kit::right::Right;
use crate::kit::router::Routes;
use crate::kit::text::T;
use crate::onboarding::plan::Plan;

/// What a plan has left to do, in words; optional steps are left out.
pub fn open_steps(t: T, customer: CustomerId, plan: &Plan) -> Vec<StepLine> {
    let open = plan.steps.iter().filter(|step| !step.done() && !step.optional);
    open.map(|step| words::line(t, customer, step, None)).collect()
}

pub fn routes() -> Routes<App> {
    const PLAN: &str = "/customers/{customer}/onboarding";
    Routes::default()
        .get(PLAN, Right::ViewCustomers, plan::show)
        .get("/customers/{customer}/onboarding/progress", Right::ViewCustomers, plan::progress)
        .get("/customers/{customer}/onboarding/events", Right::ViewCustomers, plan::events)
        .post("/customers/{customer}/onboarding/approve", Right::Onboard, acts::approve)
        .post("/customers/{customer}/onboarding/cancel", Right::Onboard, acts::cancel)
        .post("/customers/{customer}/onboarding/retry", Right::Onboard, acts::retry)
        .post("/customers/{customer}/onboarding/administrator", Right::Onboard, answers::administrator)
        .post("/customers/{customer}/onboarding/beside", Right::Onboard, answers::all_beside)
        .get("/customers/{customer}/onboarding/steps/{step}", Right::ViewCustomers, step::show)
        .post("/customers/{customer}/onboarding/steps/{step}/check", Right::SteerWork, check::check)
        .post("/customers/{customer}/onboarding/steps/{step}/declare", Right::Onboard, answers::declare)
        .post("/customers/{customer}/onboarding/steps/{step}/reopen", Right::Onboard, answers::reopen)
        .post("/customers/{customer}/onboarding/steps/{step}/answer", Right::Onboard, answers::answer)
        .get("/admin/blueprint", Right::Administer, blueprint::show)
        .get("/admin/blueprint/versions/{version}", Right::Administer, blueprint_version::show)
        .post("/admin/blueprint", Right::Administer, blueprint::save)
}
