//! SQL of the onboarding room.

mod blueprints;
mod facts;
mod plans;
mod runs;
mod sent;

pub use blueprints::{
    BlueprintVersion, blueprint, blueprint_version, blueprints, current_blueprint, onboarded, past_tiers,
    save_blueprint,
};
pub use facts::{
    adopt, answer_beside, declare, facts, forget, own, set_administrator, set_rbac, set_readable,
    set_unreadable, store_link, unreadable,
};
pub use plans::{
    PlanState, Stored, approve, forget_answers, keep_meaning, keep_observation, observation,
    observation_held, observations, plan_of_run, propose, stored_plan, supersede,
};
pub use runs::{
    LogLine, Run, RunState, RunStep, RunStepState, begin_step, end_step, freeze, frozen, latest_run, log,
    log_lines, moved, open_run, retry_steps, run_steps, set_run_state, start_run,
};
pub use sent::{mark_refused, mark_sending, mark_wrote, resume_steps, sent, skip_steps, step_found};
