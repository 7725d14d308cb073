//! Steps, changes and notes in the person's words.

use chrono::{DateTime, Utc};
use fluent_bundle::FluentValue;

use super::values;
use crate::customers::WhoseMove;
use crate::kit::ids::CustomerId;
use crate::kit::text::T;
use crate::onboarding::standing::{fix_of, move_after};
use crate::onboarding::step::{Note, Question, Step, StepKind, StepState};
use crate::onboarding::store::{RunStep, RunStepState};

/// One line of the list of steps.
pub struct StepLine {
    pub key: String,
    pub href: String,
    pub title: String,
    /// `done`, `create`, …, or the run's `working`, `settling`, `failed`.
    pub state_key: &'static str,
    pub state: String,
    pub icon: &'static str,
    /// Empty where nobody has a move.
    whose: &'static str,
    pub optional: bool,
    pub changes: Vec<ChangeLine>,
    /// What will be made: name and value.
    pub wanted: Vec<(String, String)>,
    pub notes: Vec<String>,
    pub failure: Option<Failure>,
}

pub struct ChangeLine {
    pub value: String,
    pub before: String,
    pub after: String,
}

impl StepLine {
    /// The portal writes something for it once the plan is approved.
    pub fn writes(&self) -> bool {
        matches!(self.state_key, "create" | "change")
    }

    /// Whose move it is, or empty.
    pub fn whose(&self) -> &'static str {
        self.whose
    }
}

/// A heading and its steps.
pub struct Section {
    pub title: String,
    pub steps: Vec<StepLine>,
}

fn named(t: T, key: &str, name: &str) -> String {
    let arguments = vec![("name", FluentValue::from(name.to_owned()))];
    t.text_with(key, arguments).unwrap_or_else(|| key.to_owned())
}

pub fn title(t: T, step: &Step) -> String {
    named(t, &format!("onboarding-step-{}", step.key.kind.key()), &step.name)
}

/// One of the texts about a kind of step; empty where there is none.
pub fn about(t: T, kind: StepKind, part: &str, name: &str) -> String {
    let key = format!("onboarding-step-{}-{part}", kind.key());
    let arguments = vec![("name", FluentValue::from(name.to_owned()))];
    t.text_with(&key, arguments).unwrap_or_default()
}

pub fn changes(t: T, step: &Step) -> Vec<ChangeLine> {
    let StepState::Change(changes) = &step.state else { return Vec::new() };
    changes.iter().map(|change| values::change(t, change)).collect()
}

pub fn note(t: T, note: &Note) -> String {
    let told = |name: &str, value: &str| match name {
        // Moments and permissions are told in the reader's language.
        "at" => value.parse::<DateTime<Utc>>().map_or_else(|_| value.to_owned(), |at| t.date(&at)),
        "permissions" => values::word(t, "actions", value),
        _ => value.to_owned(),
    };
    let arguments = note
        .arguments
        .iter()
        .map(|(name, value)| (name.as_str(), FluentValue::from(told(name, value))))
        .collect();
    let key = format!("onboarding-note-{}", note.key);
    t.text_with(&key, arguments).unwrap_or(key)
}

/// What went wrong with a step and what ends it.
pub struct Failure {
    pub what: String,
    pub fix: String,
}

pub fn failure(t: T, cause: &str) -> Failure {
    Failure { what: t.text_or_key(&format!("errors-{cause}-what")), fix: t.text_or_key(&fix_of(cause)) }
}

/// A line of the journal.
pub fn log(t: T, message: &str, arguments: &std::collections::BTreeMap<String, String>) -> String {
    let told: Vec<(&str, FluentValue<'static>)> = arguments
        .iter()
        .map(|(name, value)| {
            let what = t.text(&format!("errors-{value}-what"));
            (name.as_str(), FluentValue::from(what.unwrap_or_else(|| value.clone())))
        })
        .collect();
    let key = format!("onboarding-log-{message}");
    t.text_with(&key, told).unwrap_or(key)
}

pub fn line(t: T, customer: CustomerId, step: &Step, under: Option<&RunStep>) -> StepLine {
    let (state_key, icon) = match under.map(|one| one.state) {
        Some(RunStepState::Working) => ("working", "loader"),
        Some(RunStepState::Settling) => ("settling", "clock"),
        Some(RunStepState::Failed) => ("failed", "alert-triangle"),
        Some(RunStepState::Done) => ("done", "circle-check"),
        Some(RunStepState::Pending | RunStepState::Skipped) | None => match &step.state {
            StepState::Done => ("done", "circle-check"),
            StepState::Create => ("create", "plus"),
            StepState::Change(_) => ("change", "pencil"),
            StepState::Question(_) => ("question", "help-circle"),
            StepState::Manual => ("manual", "hand-stop"),
            StepState::Waiting => ("waiting", "clock"),
            StepState::Blocked => ("blocked", "alert-triangle"),
        },
    };
    let shows_whose = !matches!(state_key, "done" | "create" | "change" | "working");
    let cause = under.filter(|one| one.state == RunStepState::Failed).and_then(RunStep::cause);
    let whose = match (state_key, cause) {
        ("settling", _) => WhoseMove::Microsoft,
        ("failed", Some(cause)) => move_after(cause),
        ("failed", None) => WhoseMove::Us,
        _ => step.whose_move,
    };
    StepLine {
        key: step.key.to_string(),
        href: format!("/customers/{customer}/onboarding/steps/{}", step.key),
        title: title(t, step),
        state_key,
        state: t.text_or_key(&format!("onboarding-state-{state_key}")),
        icon,
        whose: if shows_whose { whose.key() } else { "" },
        optional: step.optional,
        changes: changes(t, step),
        wanted: values::told(t, &step.wanted),
        failure: cause.map(|cause| failure(t, cause)),
        notes: step.notes.iter().map(|one| note(t, one)).collect(),
    }
}

/// Which heading a step stands under.
fn section(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Identify | StepKind::ReaderConsent | StepKind::Preflight | StepKind::OperatorConsent => {
            "opening"
        }
        StepKind::Group => "groups",
        StepKind::Rbac | StepKind::DefenderRole | StepKind::DeviceGroups | StepKind::LiveResponse => {
            "defender"
        }
        StepKind::ConnectedOrganization | StepKind::Catalog | StepKind::Resource => "catalog",
        StepKind::Package | StepKind::Policy | StepKind::Link | StepKind::FirstApprovers => "packages",
        StepKind::NotOurs | StepKind::Leftover => "not-ours",
        StepKind::NotificationRule | StepKind::FirstAnalyst | StepKind::OperatorRemoved => "closing",
    }
}

pub fn sections(t: T, lines: Vec<(StepKind, StepLine)>) -> Vec<Section> {
    let mut sections: Vec<(&'static str, Section)> = Vec::new();
    for (kind, line) in lines {
        let key = section(kind);
        match sections.last_mut() {
            Some((last, found)) if *last == key => found.steps.push(line),
            _ => {
                let title = t.text_or_key(&format!("onboarding-section-{key}"));
                sections.push((key, Section { title, steps: vec![line] }));
            }
        }
    }
    sections.into_iter().map(|(_, section)| section).collect()
}

/// What is asked, in one sentence.
pub fn question(t: T, step: &Step) -> Option<String> {
    let StepState::Question(question) = &step.state else { return None };
    Some(match question {
        Question::Administrator => t.onboarding_ask_administrator(),
        Question::Adopt(_) => named(t, "onboarding-ask-adopt", &title(t, step)),
    })
}
