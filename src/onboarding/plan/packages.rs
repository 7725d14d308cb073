//! Access packages and their links.

use super::groups::{changed, differs, missing, said};
use super::{Draft, Planner, key};
use crate::customers::WhoseMove;
use crate::onboarding::blueprint::APPROVERS;
use crate::onboarding::observation::{SeenPackage, same_name};
use crate::onboarding::step::{Candidate, Change, StepKey, StepKind, StepState};

impl Planner<'_> {
    pub(super) fn package_with_policy(&mut self, of: &str) {
        self.package(of);
        self.policy(of);
        self.link(of);
    }

    fn package(&mut self, of: &str) {
        let object = key(StepKind::Package, of);
        let (Some(wanted), Some(named)) = (self.wanted.package(of), self.blueprint().package(of)) else {
            return;
        };
        let reference = self.facts().reference(&object.to_string());
        let seen = &self.observation.packages;
        let found = self
            .known(&object)
            .and_then(|id| self.observation.package(id))
            .or_else(|| seen.iter().find(|package| package.description.contains(&reference)))
            .cloned();
        let gives = self.wanted.group(of).map(|group| group.display_name).unwrap_or_default();
        let mut draft = Draft::new(object.clone(), wanted.display_name.clone())
            .told("name", wanted.display_name.clone())
            .told("description", wanted.description.clone())
            .told("catalog", self.wanted.catalog().display_name)
            .told("gives", gives.clone())
            .told("hidden", said(wanted.is_hidden))
            .after([key(StepKind::Resource, of)]);
        if of != APPROVERS {
            draft = draft.after([StepKind::FirstApprovers.into()]);
        }
        let Some(package) = found else {
            let catalog = self.known(&StepKind::Catalog.into());
            let others = seen.iter().filter(|package| same_name(&package.name, &named.name));
            let others =
                others.filter(|package| !self.is_ours(&package.id) && !self.beside(&object)).map(|package| {
                    self.package_candidate(of, package, catalog == Some(package.catalog.as_str()))
                });
            let state = missing(others.collect());
            if self.facts().owned(&object.to_string()).is_some() {
                draft = draft.note("vanished", &[("name", &named.name)]);
            }
            self.push(draft.at(state, WhoseMove::Us));
            return;
        };
        self.claim(&object, &package.id);
        let group = self.there(&key(StepKind::Group, of)).map(str::to_lowercase);
        let ours = |id: &str| group.as_deref() == Some(id);
        let mut changes = Vec::new();
        differs(&mut changes, "name", &package.name, &wanted.display_name);
        differs(&mut changes, "hidden", said(package.hidden), said(wanted.is_hidden));
        if !package.gives.iter().any(|id| ours(&id.to_string())) {
            changes.push(Change::new("gives", "", gives));
        }
        self.push(draft.at(changed(changes), WhoseMove::Us));
    }

    fn package_candidate(&self, of: &str, package: &SeenPackage, adoptable: bool) -> Candidate {
        let mut foreign = self.lets_in(package);
        foreign.extend(self.gives_more(of, package).into_iter().map(|(_, name)| format!("gives:{name}")));
        foreign.extend(package.held_by_others.iter().cloned());
        Candidate {
            id: package.id.clone(),
            name: package.name.clone(),
            adoptable,
            members: self.names().given(package),
            owners: package.policies.iter().map(|policy| policy.name.clone()).collect(),
            held: package.held,
            foreign,
            values: Vec::new(),
        }
    }

    /// Kept by the portal, not written in the tenant: it follows from the package's id.
    fn link(&mut self, of: &str) {
        let package: StepKey = key(StepKind::Package, of);
        let id = self.known(&package).filter(|id| self.observation.package(id).is_some());
        let stored = self.facts().links.get(of);
        let good = match (id, stored) {
            (Some(id), Some(url)) => {
                url.ends_with(id) && url.contains(&format!("@{}#", self.observation.hint))
            }
            _ => false,
        };
        let name = self.wanted.package(of).map(|package| package.display_name).unwrap_or_default();
        let state = if good { StepState::Done } else { StepState::Create };
        let draft = Draft::new(key(StepKind::Link, of), name).after([key(StepKind::Policy, of)]);
        self.push(draft.at(state, WhoseMove::Us));
    }
}
