//! The plan: a pure function of blueprint, observation and facts. No I/O, no clock, no chance.

mod defender;
mod groups;
mod leftover;
mod not_ours;
mod opening;
mod packages;
mod policies;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::customers::WhoseMove;
use crate::onboarding::blueprint::{APPROVERS, Blueprint};
use crate::onboarding::facts::Facts;
use crate::onboarding::names::Names;
use crate::onboarding::observation::Observation;
use crate::onboarding::step::{Note, Step, StepKey, StepKind, StepState, Told};
use crate::onboarding::wanted::Wanted;

/// Every step of the procedure, in order, each with where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub steps: Vec<Step>,
    /// Objects found by our own mark, though their ids were not kept: object key, id.
    pub claims: Vec<(String, String)>,
}

impl Plan {
    pub fn step(&self, key: &StepKey) -> Option<&Step> {
        self.steps.iter().find(|step| step.key == *key)
    }

    /// What the portal would write.
    pub fn acts(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.acts())
    }

    pub fn questions(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| matches!(step.state, StepState::Question(_)))
    }

    /// What differs from what was agreed: what would be written, and what only people can decide about.
    pub fn differs(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| {
            step.acts() || (matches!(step.key.kind, StepKind::NotOurs | StepKind::Leftover) && !step.done())
        })
    }

    /// Nothing is left to do but what a person may leave undone.
    pub fn finished(&self) -> bool {
        self.steps.iter().all(|step| step.done() || step.optional)
    }

    /// Done and all of the steps that count.
    pub fn progress(&self) -> (usize, usize) {
        let counted = || self.steps.iter().filter(|step| !step.optional);
        (counted().filter(|step| step.done()).count(), counted().count())
    }

    /// Of everything that it would write or asks, with what is there now: an approval is good for this only.
    pub fn fingerprint(&self) -> Vec<u8> {
        let used: Vec<(&StepKey, &str, &StepState, &[Told])> = self
            .steps
            .iter()
            .filter(|step| step.acts() || matches!(step.state, StepState::Question(_)))
            .map(|step| (&step.key, step.name.as_str(), &step.state, step.wanted.as_slice()))
            .collect();
        Sha256::digest(serde_json::to_vec(&used).unwrap_or_default()).to_vec()
    }
}

/// The difference between what is wanted and what was read.
pub fn plan(blueprint: &Blueprint, observation: &Observation, facts: &Facts) -> Plan {
    let mut planner = Planner {
        wanted: Wanted { blueprint, facts },
        observation,
        plan: Plan { steps: Vec::new(), claims: Vec::new() },
    };
    planner.opening();
    for key in blueprint.keys() {
        planner.group(key);
    }
    planner.defender();
    planner.connected_organization();
    planner.catalog();
    for key in blueprint.keys() {
        planner.resource(key);
    }
    planner.package_with_policy(APPROVERS);
    planner.first_approvers();
    for tier in &blueprint.tiers {
        planner.package_with_policy(&tier.key);
    }
    planner.not_ours();
    planner.leftover();
    planner.closing();
    planner.plan
}

/// What a tenant without anything would need, shown until ours was read: nothing is judged yet.
pub fn unread(blueprint: &Blueprint, organization: &str, facts: &Facts) -> Plan {
    let nothing = Observation { organization: organization.to_owned(), ..Observation::default() };
    let mut made = plan(blueprint, &nothing, facts);
    let preflight = made.steps.iter_mut().find(|step| step.key.kind == StepKind::Preflight);
    if let Some(step) = preflight.filter(|_| facts.reader) {
        (step.state, step.whose_move) = (StepState::Waiting, WhoseMove::Nobody);
        step.notes = vec![Note::new("unread", &[])];
        step.about = Vec::new();
    }
    made
}

struct Planner<'a> {
    wanted: Wanted<'a>,
    observation: &'a Observation,
    plan: Plan,
}

/// A step before it joins the plan.
struct Draft {
    key: StepKey,
    name: String,
    needs: Vec<StepKey>,
    state: StepState,
    whose_move: WhoseMove,
    optional: bool,
    notes: Vec<Note>,
    wanted: Vec<Told>,
    about: Vec<String>,
}

impl<'a> Planner<'a> {
    fn blueprint(&self) -> &'a Blueprint {
        self.wanted.blueprint
    }

    fn facts(&self) -> &'a Facts {
        self.wanted.facts
    }

    /// The id under which an object of ours is known, also when it was only just found by its mark.
    fn known(&self, object: &StepKey) -> Option<&str> {
        let object = object.to_string();
        let claimed = self.plan.claims.iter().find(|(key, _)| *key == object).map(|(_, id)| id.as_str());
        claimed.or_else(|| self.wanted.facts.owned(&object))
    }

    /// The same, for what builds on the object: none where this plan makes it anew, since it will have another id then.
    fn there(&self, object: &StepKey) -> Option<&str> {
        self.known(object).filter(|_| !self.is_made_anew(object))
    }

    fn is_made_anew(&self, object: &StepKey) -> bool {
        let step = self.plan.step(object);
        step.is_some_and(|step| matches!(step.state, StepState::Create | StepState::Question(_)))
    }

    /// Facts with what this plan has just found by its mark, and without what it makes anew.
    fn facts_as_seen(&self) -> Facts {
        let mut facts = self.wanted.facts.clone();
        for step in self.plan.steps.iter().filter(|step| self.is_made_anew(&step.key)) {
            facts.owned.remove(&step.key.to_string());
        }
        for (object, id) in &self.plan.claims {
            let owned = crate::onboarding::facts::Owned { id: id.clone(), adopted: false };
            facts.owned.insert(object.clone(), owned);
        }
        facts
    }

    fn claim(&mut self, object: &StepKey, id: &str) {
        if self.facts().owned(&object.to_string()) != Some(id) {
            self.plan.claims.push((object.to_string(), id.to_owned()));
        }
    }

    /// Is this id one of ours, under whatever object?
    fn is_ours(&self, id: &str) -> bool {
        let owned = self.facts().owned.values().any(|owned| owned.id.eq_ignore_ascii_case(id));
        owned || self.plan.claims.iter().any(|(_, claimed)| claimed.eq_ignore_ascii_case(id))
    }

    fn names(&self) -> Names<'a> {
        Names { observation: self.observation, facts: self.wanted.facts }
    }

    fn declared(&self, key: &StepKey) -> bool {
        self.facts().declared.contains_key(&key.to_string())
    }

    /// Declared, and about all of this.
    fn covered(&self, key: &StepKey, about: &[String]) -> bool {
        let declared = self.facts().declared.get(&key.to_string());
        declared.is_some_and(|declared| about.iter().all(|id| declared.about.contains(id)))
    }

    /// What people do and declare. A proof that is too old is asked for again, and that is our move.
    fn push_manual(&mut self, draft: Draft, whose_move: WhoseMove) {
        let key = draft.key.to_string();
        if self.declared(&draft.key) {
            self.push(draft);
        } else if let Some(old) = self.facts().outdated.get(&key) {
            let draft = draft.note("proof-old", &[("name", &old.by), ("at", &old.at.to_rfc3339())]);
            self.push(draft.at(StepState::Manual, WhoseMove::Us));
        } else {
            self.push(draft.at(StepState::Manual, whose_move));
        }
    }

    fn push(&mut self, draft: Draft) {
        let Draft { key, name, needs, state, whose_move, optional, notes, wanted, about } = draft;
        let whose_move = if state == StepState::Done { WhoseMove::Nobody } else { whose_move };
        // What is there already is not told a second time.
        let wanted = if state == StepState::Create { wanted } else { Vec::new() };
        self.plan.steps.push(Step { key, name, needs, state, whose_move, optional, notes, wanted, about });
    }
}

impl Draft {
    fn new(key: impl Into<StepKey>, name: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            name: name.into(),
            needs: Vec::new(),
            state: StepState::Done,
            whose_move: WhoseMove::Us,
            optional: false,
            notes: Vec::new(),
            wanted: Vec::new(),
            about: Vec::new(),
        }
    }

    fn after(mut self, needs: impl IntoIterator<Item = StepKey>) -> Self {
        self.needs.extend(needs);
        self
    }

    fn at(mut self, state: StepState, whose_move: WhoseMove) -> Self {
        (self.state, self.whose_move) = (state, whose_move);
        self
    }

    fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// A value of what is to be made.
    fn told(mut self, value: &str, is: impl Into<String>) -> Self {
        self.wanted.push(Told::new(value, is));
        self
    }

    fn note(mut self, key: &str, arguments: &[(&str, &str)]) -> Self {
        self.notes.push(Note::new(key, arguments));
        self
    }
}

fn key(kind: StepKind, of: &str) -> StepKey {
    StepKey::new(kind, of)
}

#[cfg(test)]
mod tests;
