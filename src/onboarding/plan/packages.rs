//! Access packages, their policies and their links.

use super::groups::{changed, differs, missing};
use super::{Draft, Planner, key};
use crate::customers::WhoseMove;
use crate::onboarding::blueprint::APPROVERS;
use crate::onboarding::observation::{SeenPackage, SeenPolicy, same_name};
use crate::onboarding::step::{Candidate, Change, Question, StepKey, StepKind, StepState};
use crate::onboarding::wanted::Wanted;

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
        let mut draft =
            Draft::new(object.clone(), wanted.display_name.clone()).after([key(StepKind::Resource, of)]);
        if of != APPROVERS {
            draft = draft.after([StepKind::FirstApprovers.into()]);
        }
        let Some(package) = found else {
            let catalog = self.known(&StepKind::Catalog.into());
            let others = seen.iter().filter(|package| same_name(&package.name, &named.name));
            let others = others
                .filter(|package| !self.is_ours(&package.id) && !self.beside(&object))
                .map(|package| self.package_candidate(package, catalog == Some(package.catalog.as_str())));
            let state = missing(others.collect());
            if self.facts().owned(&object.to_string()).is_some() {
                draft = draft.note("vanished", &[("name", &named.name)]);
            }
            self.push(draft.at(state, WhoseMove::Us));
            return;
        };
        self.claim(&object, &package.id);
        let group = self.known(&key(StepKind::Group, of)).map(str::to_lowercase);
        let gives = |id: &str| group.as_deref() == Some(id);
        let mut changes = Vec::new();
        differs(&mut changes, "name", &package.name, &wanted.display_name);
        let said = |is: bool| if is { "yes" } else { "no" };
        differs(&mut changes, "hidden", said(package.hidden), said(wanted.is_hidden));
        if !package.gives.iter().any(|id| gives(&id.to_string())) {
            let name = self.wanted.group(of).map(|group| group.display_name).unwrap_or_default();
            changes.push(Change::new("gives", "", name));
        }
        let more: Vec<String> = package
            .gives
            .iter()
            .map(ToString::to_string)
            .filter(|id| !gives(id))
            .map(|id| self.group_name(&id))
            .collect();
        if !more.is_empty() {
            draft = draft.note("package-gives-more", &[("names", &more.join(", "))]);
        }
        self.push(draft.at(changed(changes), WhoseMove::Us));
    }

    fn package_candidate(&self, package: &SeenPackage, adoptable: bool) -> Candidate {
        Candidate {
            id: package.id.clone(),
            name: package.name.clone(),
            adoptable,
            members: package.gives.iter().map(|id| self.group_name(&id.to_string())).collect(),
            owners: package.policies.iter().map(|policy| policy.name.clone()).collect(),
            held: package.held,
            foreign: self.lets_in(package),
        }
    }

    /// Names of the organizations that a package's policies let in and that are not the provider's.
    pub(super) fn lets_in(&self, package: &SeenPackage) -> Vec<String> {
        let ours = self.facts().analysts.as_ref().map(|analysts| analysts.tenant);
        let targets = package.policies.iter().flat_map(|policy| &policy.facts.targets);
        let mut names: Vec<String> = targets
            .filter_map(|target| {
                let id = target.strip_prefix("organization:")?;
                let found = self.observation.connected.iter().find(|one| one.id.eq_ignore_ascii_case(id));
                match found {
                    Some(one) if ours.is_some_and(|tenant| one.tenants.contains(&tenant)) => None,
                    Some(one) => Some(one.name.clone()),
                    None => Some(id.to_owned()),
                }
            })
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn policy(&mut self, of: &str) {
        let object = key(StepKind::Policy, of);
        let facts = self.facts_with_claims();
        let wanted = Wanted { facts: &facts, ..self.wanted };
        let Some((name, _)) = wanted.policy_named(of) else { return };
        let draft = Draft::new(object.clone(), name)
            .after([key(StepKind::Package, of), StepKind::ConnectedOrganization.into()])
            .after([key(StepKind::Group, APPROVERS)]);
        if of == APPROVERS && facts.administrator.is_none() {
            self.push(draft.at(StepState::Question(Question::Administrator), WhoseMove::Us));
            return;
        }
        let package = self.known(&key(StepKind::Package, of)).and_then(|id| self.observation.package(id));
        let (Some(package), Some(policy)) = (package.cloned(), wanted.policy(of)) else {
            self.push(draft.at(StepState::Create, WhoseMove::Us));
            return;
        };
        let reference = facts.reference(&object.to_string());
        let known = self.known(&object);
        let find =
            |fits: &dyn Fn(&SeenPolicy) -> bool| package.policies.iter().find(|seen| fits(seen)).cloned();
        let found = find(&|seen| Some(seen.id.as_str()) == known)
            .or_else(|| find(&|seen| seen.description.contains(&reference)))
            .or_else(|| {
                find(&|seen| seen.facts.scope == policy.scope && seen.facts.targets == policy.targets)
            });
        let others = |ours: Option<&str>| {
            let others = package.policies.iter().filter(|seen| Some(seen.id.as_str()) != ours);
            others.map(|seen| seen.name.clone()).collect::<Vec<_>>()
        };
        let others = others(found.as_ref().map(|seen| seen.id.as_str()));
        let draft = match others.is_empty() {
            true => draft,
            false => draft.note("other-policies", &[("names", &others.join(", "))]),
        };
        let Some(seen) = found else {
            self.push(draft.at(StepState::Create, WhoseMove::Us));
            return;
        };
        self.claim(&object, &seen.id);
        let changes: Vec<Change> = seen
            .facts
            .differences(&policy)
            .into_iter()
            .map(|(value, is, wanted)| Change::new(value, self.in_words(&is), self.in_words(&wanted)))
            .collect();
        self.push(draft.at(changed(changes), WhoseMove::Us));
    }

    /// Ids of groups, organizations and people as names, as far as they are known.
    fn in_words(&self, value: &str) -> String {
        let word = |part: &str| match part.split_once(':') {
            Some(("group", id)) => self.group_name(id),
            Some(("organization", id)) => {
                let found = self.observation.connected.iter().find(|one| one.id.eq_ignore_ascii_case(id));
                found.map_or_else(|| id.to_owned(), |one| one.name.clone())
            }
            Some(("user", id)) => {
                let administrator = self.facts().administrator.as_ref();
                let named = administrator.filter(|who| who.id.to_string() == id);
                named.map_or_else(|| id.to_owned(), |who| who.name.clone())
            }
            _ => match part {
                "true" => "yes".to_owned(),
                "false" => "no".to_owned(),
                other => other.to_owned(),
            },
        };
        value.split(' ').map(word).collect::<Vec<_>>().join(", ")
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
