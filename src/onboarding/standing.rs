//! Where a customer stands, derived from his plan and his run; the lists show nothing else.

use crate::customers::{Standing, State, WhoseMove};
use crate::graph::{self, CAUSES};
use crate::onboarding::plan::Plan;
use crate::onboarding::step::{Step, StepKind, StepState};
use crate::onboarding::store::RunState;

/// What the plan alone does not tell about the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Under {
    /// He had consented to reading and took it back: nothing new can be known before he consents again.
    ConsentLost,
    /// No run is open; `before`: the customer was onboarded once.
    Nothing {
        before: bool,
    },
    Run(RunState),
    /// A run is open and the provider's app that writes is not set up.
    NoOperatorApp,
    /// The tenant can no longer be read; the key of the cause.
    Unreadable(String),
    /// A run stands still at a step that failed; the key of the cause.
    Failed(String),
}

/// The standing. `plan` says what is left; whoever has a move that nothing else must precede, has the move.
pub fn standing(plan: &Plan, under: Under) -> Standing {
    let (state, whose_move, next) = find(plan, under);
    let (done, total) = plan.progress();
    Standing {
        state,
        whose_move,
        next_move: next,
        steps_done: i32::try_from(done).unwrap_or(i32::MAX),
        steps_total: i32::try_from(total).unwrap_or(i32::MAX),
    }
}

/// Causes that pass at Microsoft's, but a run that halted does not go on by itself.
fn passed(cause: &str) -> bool {
    graph::move_of(cause) == graph::WhoseMove::Microsoft
}

/// Who ends a failure. What passes by itself leaves the retry to us.
pub fn move_after(cause: &str) -> WhoseMove {
    match graph::move_of(cause) {
        graph::WhoseMove::Customer => WhoseMove::Customer,
        graph::WhoseMove::Us | graph::WhoseMove::Microsoft => WhoseMove::Us,
    }
}

/// Who ends what keeps a tenant from being read.
pub fn move_of(cause: &str) -> WhoseMove {
    match graph::move_of(cause) {
        graph::WhoseMove::Us => WhoseMove::Us,
        graph::WhoseMove::Customer => WhoseMove::Customer,
        graph::WhoseMove::Microsoft => WhoseMove::Microsoft,
    }
}

/// What to do about a failed step: the key of a text.
pub fn fix_of(cause: &str) -> String {
    if passed(cause) { "onboarding-retry-later".to_owned() } else { format!("errors-{cause}-fix") }
}

fn find(plan: &Plan, under: Under) -> (State, WhoseMove, String) {
    let (state, whose_move, next) = match under {
        Under::ConsentLost => (State::ConsentLost, WhoseMove::Us, "customers-next-consent-again"),
        Under::Failed(cause) if CAUSES.contains(&cause.as_str()) => {
            return (State::Failed, move_after(&cause), format!("onboarding-failed-{cause}"));
        }
        Under::Unreadable(cause) => {
            return (State::Blocked, move_of(&cause), format!("onboarding-failed-{cause}"));
        }
        Under::NoOperatorApp => (State::Blocked, WhoseMove::Us, "onboarding-next-operator-app"),
        Under::Failed(_) => (State::Failed, WhoseMove::Us, "onboarding-next-failed"),
        Under::Run(run) => under_way(plan, run),
        Under::Nothing { before } => at_rest(plan, before),
    };
    (state, whose_move, next.to_owned())
}

type Found = (State, WhoseMove, &'static str);

fn open(plan: &Plan, kind: StepKind) -> bool {
    plan.steps.iter().any(|step| step.key.kind == kind && !step.done())
}

fn under_way(plan: &Plan, run: RunState) -> Found {
    match run {
        RunState::Failed => (State::Failed, WhoseMove::Us, "onboarding-next-failed"),
        RunState::Waiting if open(plan, StepKind::OperatorConsent) => {
            (State::OperatorWanted, WhoseMove::Customer, "onboarding-next-operator")
        }
        RunState::Waiting => manual(plan).unwrap_or(running()),
        _ => running(),
    }
}

fn at_rest(plan: &Plan, before: bool) -> Found {
    if open(plan, StepKind::ReaderConsent) {
        return (State::ConsentWanted, WhoseMove::Customer, "customers-next-consent");
    }
    if let Some(step) = plan.steps.iter().find(|step| step.state == StepState::Blocked) {
        let licence =
            step.notes.iter().any(|note| matches!(note.key.as_str(), "no-licence" | "licence-refused"));
        let next = if licence { "onboarding-failed-licence" } else { "onboarding-next-blocked" };
        return (State::Blocked, step.whose_move, next);
    }
    if plan.questions().next().is_some() {
        return (State::QuestionsOpen, WhoseMove::Us, "onboarding-next-questions");
    }
    if plan.acts().next().is_some() {
        return match before {
            true => (State::Drifted, WhoseMove::Us, "onboarding-next-drift"),
            false => (State::PlanReady, WhoseMove::Us, "onboarding-next-approve"),
        };
    }
    // Nothing that the portal could mend, and yet not as it was agreed.
    for (kind, next) in
        [(StepKind::NotOurs, "onboarding-next-not-ours"), (StepKind::Leftover, "onboarding-next-leftover")]
    {
        if before && open(plan, kind) {
            return (State::Drifted, WhoseMove::Us, next);
        }
    }
    manual(plan).unwrap_or((State::Onboarded, WhoseMove::Nobody, "onboarding-next-none"))
}

fn running() -> Found {
    (State::Running, WhoseMove::Microsoft, "onboarding-next-running")
}

/// The first step of a person that nothing undone stands before; ours before others', so that a list never says that we
/// wait for the customer while he waits for us.
fn manual(plan: &Plan) -> Option<Found> {
    let ready = |step: &&Step| {
        let waits = matches!(step.state, StepState::Manual | StepState::Waiting) && !step.optional;
        waits && step.needs.iter().all(|need| plan.step(need).is_none_or(Step::done))
    };
    let all = || plan.steps.iter().filter(ready);
    let step = all().find(|step| step.whose_move == WhoseMove::Us).or_else(|| all().next())?;
    let asked_again = step.notes.iter().any(|note| note.key == "proof-old");
    let next = match step.key.kind {
        _ if asked_again => "onboarding-next-proof-old",
        StepKind::Rbac => "onboarding-next-rbac",
        StepKind::DefenderRole if step.state == StepState::Waiting => "onboarding-next-defender-unread",
        StepKind::DefenderRole => "onboarding-next-defender-role",
        StepKind::DeviceGroups => "onboarding-next-device-groups",
        StepKind::LiveResponse => "onboarding-next-live-response",
        StepKind::FirstApprovers => "onboarding-next-first-approvers",
        StepKind::FirstAnalyst => "onboarding-next-first-analyst",
        StepKind::NotOurs => "onboarding-next-not-ours",
        StepKind::Leftover => "onboarding-next-leftover",
        _ => "onboarding-next-manual",
    };
    Some((State::ManualStep, step.whose_move, next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::text::{KEYS, Lang};

    #[test]
    fn every_cause_of_a_failure_is_told_with_its_fix_in_both_languages() {
        for cause in CAUSES.iter().copied() {
            let key = format!("onboarding-failed-{cause}");
            assert!(KEYS.contains(&key.as_str()), "{key}");
            for lang in Lang::ALL {
                let told = lang.t().text_or_key(&key);
                let what = lang.t().text_or_key(&format!("errors-{cause}-what"));
                let fix = lang.t().text_or_key(&fix_of(cause));
                assert!(told.contains(&what) && told.contains(&fix), "{told}");
            }
        }
    }

    #[test]
    fn a_failure_is_the_move_of_whoever_can_end_it() {
        let plan = Plan { steps: Vec::new(), claims: Vec::new() };
        for (cause, whose_move) in [
            ("licence", WhoseMove::Customer),
            ("forbidden", WhoseMove::Customer),
            ("bad-credential", WhoseMove::Us),
            ("throttled", WhoseMove::Us),
        ] {
            let found = standing(&plan, Under::Failed(cause.to_owned()));
            assert_eq!((found.state, found.whose_move), (State::Failed, whose_move), "{cause}");
            assert_eq!(found.next_move, format!("onboarding-failed-{cause}"));
        }
    }

    #[test]
    fn a_lost_consent_stays_lost_whatever_is_answered_meanwhile() {
        let plan = Plan { steps: Vec::new(), claims: Vec::new() };
        assert_eq!(standing(&plan, Under::ConsentLost).state, State::ConsentLost);
    }
}
