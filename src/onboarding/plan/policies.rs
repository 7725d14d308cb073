//! Assignment policies of the packages.

use super::groups::changed;
use super::{Draft, Planner, key};
use crate::customers::WhoseMove;
use crate::onboarding::blueprint::APPROVERS;
use crate::onboarding::observation::{SeenPackage, SeenPolicy};
use crate::onboarding::policy::{FORCED, PolicyFacts};
use crate::onboarding::step::{Candidate, Question, StepKind, StepState, Told};
use crate::onboarding::wanted::Wanted;

impl Planner<'_> {
    pub(super) fn policy(&mut self, of: &str) {
        let object = key(StepKind::Policy, of);
        let facts = self.facts_as_seen();
        let wanted = Wanted { facts: &facts, ..self.wanted };
        let Some((name, description)) = wanted.policy_named(of) else { return };
        let mut draft = Draft::new(object.clone(), name.clone())
            .after([key(StepKind::Package, of), StepKind::ConnectedOrganization.into()])
            .after([key(StepKind::Group, APPROVERS)]);
        let Some(told) = wanted.policy_told(of) else {
            self.push(draft.at(StepState::Question(Question::Administrator), WhoseMove::Us));
            return;
        };
        draft = draft.told("name", name).told("description", description);
        draft.wanted.extend(self.values(&told));
        draft.wanted.extend(FORCED.map(|value| Told::new(value, "yes")));
        let package = self.known(&key(StepKind::Package, of)).and_then(|id| self.observation.package(id));
        let Some(package) = package.cloned() else {
            self.push(draft.at(StepState::Create, WhoseMove::Us));
            return;
        };
        let reference = facts.reference(&object.to_string());
        let known = self.known(&object);
        let find = |fits: &dyn Fn(&SeenPolicy) -> bool| package.policies.iter().find(|seen| fits(seen));
        let found = find(&|seen| Some(seen.id.as_str()) == known)
            .or_else(|| find(&|seen| seen.description.contains(&reference)))
            .cloned();
        let Some(seen) = found else {
            if known.is_some() {
                let name = draft.name.clone();
                draft = draft.note("vanished", &[("name", &name)]);
            }
            let state = match wanted.policy(of).filter(|_| !self.beside(&object)) {
                Some(policy) => self.alike(&package, &policy),
                None => StepState::Create,
            };
            self.push(draft.at(state, WhoseMove::Us));
            return;
        };
        self.claim(&object, &seen.id);
        let names = self.names();
        let changes = wanted
            .policy(of)
            .map(|policy| seen.facts.differences(&policy, &|subject: &str| names.subject(subject)));
        // As long as ids are missing it cannot be what is wanted.
        let state = changes.map_or(StepState::Create, changed);
        self.push(draft.at(state, WhoseMove::Us));
    }

    /// What a policy says, empty values left out.
    fn values(&self, policy: &PolicyFacts) -> Vec<Told> {
        let names = self.names();
        let told = policy.told(&|subject: &str| names.subject(subject));
        told.into_iter().filter(|one| !one.is.is_empty()).collect()
    }

    /// A policy for the same people that is not ours is asked about: taking it over would overwrite it.
    fn alike(&self, package: &SeenPackage, wanted: &PolicyFacts) -> StepState {
        let alike = package
            .policies
            .iter()
            .filter(|seen| seen.facts.scope == wanted.scope && seen.facts.targets == wanted.targets)
            .filter(|seen| !self.is_ours(&seen.id));
        let candidate = |seen: &SeenPolicy| Candidate {
            id: seen.id.clone(),
            name: seen.name.clone(),
            adoptable: true,
            members: Vec::new(),
            owners: Vec::new(),
            held: 0,
            foreign: Vec::new(),
            values: self.values(&seen.facts),
        };
        super::groups::missing(alike.map(candidate).collect())
    }

    /// Whom a package's policies let in that are not the provider's: names of organizations, groups and people, and
    /// `scope:…` where a policy names nobody but lets many in.
    pub(super) fn lets_in(&self, package: &SeenPackage) -> Vec<String> {
        let names = self.names();
        let mut let_in = Vec::new();
        for policy in package.policies.iter().map(|seen| &seen.facts).filter(|facts| facts.lets_ask()) {
            if policy.targets.is_empty() {
                let_in.push(format!("scope:{}", policy.scope));
            }
            let others = policy.targets.iter().filter(|target| !self.is_our_organization(target));
            let_in.extend(others.map(|target| names.subject(target)));
        }
        let_in.sort_unstable();
        let_in.dedup();
        let_in
    }

    fn is_our_organization(&self, target: &str) -> bool {
        let id = target.strip_prefix("organization:").unwrap_or_default();
        let ours = self.facts().analysts.as_ref().map(|analysts| analysts.tenant);
        let found = self.observation.connected.iter().find(|one| one.id.eq_ignore_ascii_case(id));
        found.zip(ours).is_some_and(|(one, tenant)| one.is_only(tenant))
    }
}
