//! Where a customer stands, derived from his plan and his run; the lists show nothing else.

use crate::customers::{Standing, State, WhoseMove};
use crate::onboarding::plan::Plan;
use crate::onboarding::step::{Step, StepKind, StepState};
use crate::onboarding::store::RunState;

/// What a run says about the customer, if one is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Under {
    /// No run is open; `before`: the customer was onboarded once.
    Nothing {
        before: bool,
    },
    Run(RunState),
}

/// The standing. `plan` says what is left; whoever has a move that nothing else must precede, has the move.
pub fn standing(plan: &Plan, under: Under) -> Standing {
    let (state, whose_move, next) = find(plan, under);
    let (done, total) = plan.progress();
    Standing {
        state,
        whose_move,
        next_move: next.to_owned(),
        steps_done: i32::try_from(done).unwrap_or(i32::MAX),
        steps_total: i32::try_from(total).unwrap_or(i32::MAX),
    }
}

fn find(plan: &Plan, under: Under) -> (State, WhoseMove, &'static str) {
    let open = |kind: StepKind| plan.steps.iter().any(|step| step.key.kind == kind && !step.done());
    if let Under::Run(run) = under {
        return match run {
            RunState::Failed => (State::Failed, WhoseMove::Us, "onboarding-next-failed"),
            RunState::Waiting if open(StepKind::OperatorConsent) => {
                (State::OperatorWanted, WhoseMove::Customer, "onboarding-next-operator")
            }
            RunState::Waiting => manual(plan).unwrap_or(running()),
            _ => running(),
        };
    }
    if open(StepKind::ReaderConsent) {
        return (State::ConsentWanted, WhoseMove::Customer, "customers-next-consent");
    }
    if let Some(step) = plan.steps.iter().find(|step| step.state == StepState::Blocked) {
        return (State::Blocked, step.whose_move, "onboarding-next-blocked");
    }
    if plan.questions().next().is_some() {
        return (State::QuestionsOpen, WhoseMove::Us, "onboarding-next-questions");
    }
    if plan.acts().next().is_some() {
        return match under {
            Under::Nothing { before: true } => (State::Drifted, WhoseMove::Us, "onboarding-next-drift"),
            _ => (State::PlanReady, WhoseMove::Us, "onboarding-next-approve"),
        };
    }
    manual(plan).unwrap_or((State::Onboarded, WhoseMove::Nobody, "onboarding-next-none"))
}

fn running() -> (State, WhoseMove, &'static str) {
    (State::Running, WhoseMove::Microsoft, "onboarding-next-running")
}

/// The first step of a person that nothing undone stands before.
fn manual(plan: &Plan) -> Option<(State, WhoseMove, &'static str)> {
    let ready = |step: &&Step| {
        let waits = matches!(step.state, StepState::Manual | StepState::Waiting) && !step.optional;
        waits && step.needs.iter().all(|need| plan.step(need).is_none_or(Step::done))
    };
    let step = plan.steps.iter().find(ready)?;
    let next = match step.key.kind {
        StepKind::Rbac => "onboarding-next-rbac",
        StepKind::DefenderRole => "onboarding-next-defender-role",
        StepKind::DeviceGroups => "onboarding-next-device-groups",
        StepKind::LiveResponse => "onboarding-next-live-response",
        StepKind::FirstApprovers => "onboarding-next-first-approvers",
        StepKind::FirstAnalyst => "onboarding-next-first-analyst",
        _ => "onboarding-next-manual",
    };
    Some((State::ManualStep, step.whose_move, next))
}
