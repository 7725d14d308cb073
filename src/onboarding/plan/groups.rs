//! Groups, the connected organization, the catalog, and the groups in it.

use super::{Draft, Planner, key};
use crate::customers::WhoseMove;
use crate::onboarding::facts::Answer;
use crate::onboarding::observation::{SeenGroup, same_name};
use crate::onboarding::step::{Candidate, Change, Question, StepKey, StepKind, StepState};

/// What stands where an object of ours is wanted.
pub(super) fn missing(candidates: Vec<Candidate>) -> StepState {
    if candidates.is_empty() { StepState::Create } else { StepState::Question(Question::Adopt(candidates)) }
}

pub(super) fn changed(changes: Vec<Change>) -> StepState {
    if changes.is_empty() { StepState::Done } else { StepState::Change(changes) }
}

pub(super) fn differs(changes: &mut Vec<Change>, value: &str, is: &str, wanted: &str) {
    if is != wanted {
        changes.push(Change::new(value, is, wanted));
    }
}

impl Planner<'_> {
    /// A person said: leave theirs alone, make ours beside it.
    pub(super) fn beside(&self, object: &StepKey) -> bool {
        self.facts().answers.get(&object.to_string()) == Some(&Answer::Beside)
    }

    pub(super) fn group(&mut self, of: &str) {
        let object = key(StepKind::Group, of);
        let (Some(wanted), Some(named)) = (self.wanted.group(of), self.blueprint().group(of)) else { return };
        let unique = self.facts().unique_name(of);
        let seen = &self.observation.groups;
        let found = self
            .known(&object)
            .and_then(|id| self.observation.group(id))
            .or_else(|| seen.iter().find(|group| group.unique_name == unique));
        let mut draft = Draft::new(object.clone(), wanted.display_name.clone())
            .after([StepKind::OperatorConsent.into(), StepKind::Preflight.into()]);
        let Some(group) = found.cloned() else {
            let others = seen.iter().filter(|group| same_name(&group.name, &named.name));
            let others = others.filter(|group| !self.is_ours(&group.id.to_string()) && !self.beside(&object));
            let state = missing(others.map(candidate).collect());
            if self.facts().owned(&object.to_string()).is_some() {
                draft = draft.note("vanished", &[("name", &named.name)]);
            }
            self.push(draft.at(state, WhoseMove::Us));
            return;
        };
        self.claim(&object, &group.id.to_string());
        let foreign: Vec<&str> =
            group.members.iter().filter(|member| !member.ours).map(|member| member.name.as_str()).collect();
        if !foreign.is_empty() {
            draft = draft.note("foreign-members", &[("names", &foreign.join(", "))]);
        }
        if !group.usable {
            let draft = draft.note("group-not-usable", &[("name", &group.name)]);
            self.push(draft.at(StepState::Blocked, WhoseMove::Us));
            return;
        }
        let mut changes = Vec::new();
        differs(&mut changes, "name", &group.name, &wanted.display_name);
        self.push(draft.at(changed(changes), WhoseMove::Us));
    }

    pub(super) fn connected_organization(&mut self) {
        let object: StepKey = StepKind::ConnectedOrganization.into();
        let needs = [StepKind::OperatorConsent.into(), StepKind::Preflight.into()];
        let Some(analysts) = &self.facts().analysts else {
            let draft = Draft::new(object, "").after(needs).note("no-analysts", &[]);
            self.push(draft.at(StepState::Blocked, WhoseMove::Us));
            return;
        };
        let draft = Draft::new(object.clone(), analysts.domain.clone()).after(needs);
        let mut seen = self.observation.connected.iter();
        let found = seen.find(|organization| organization.tenants.contains(&analysts.tenant)).cloned();
        match found {
            // It stands for our own analysts' directory, whoever made it.
            Some(organization) => {
                self.claim(&object, &organization.id);
                self.push(draft);
            }
            None => self.push(draft.at(StepState::Create, WhoseMove::Us)),
        }
    }

    pub(super) fn catalog(&mut self) {
        let object: StepKey = StepKind::Catalog.into();
        let (wanted, named) = (self.wanted.catalog(), &self.blueprint().catalog);
        let reference = self.facts().reference(&object.to_string());
        let seen = &self.observation.catalogs;
        let found = self
            .known(&object)
            .and_then(|id| self.observation.catalog(id))
            .or_else(|| seen.iter().find(|catalog| catalog.description.contains(&reference)))
            .cloned();
        let mut draft = Draft::new(object.clone(), wanted.display_name.clone())
            .after([StepKind::OperatorConsent.into(), StepKind::Preflight.into()]);
        let Some(catalog) = found else {
            let others = seen.iter().filter(|catalog| same_name(&catalog.name, &named.name));
            let others = others.filter(|_| !self.beside(&object)).map(|catalog| Candidate {
                id: catalog.id.clone(),
                name: catalog.name.clone(),
                adoptable: true,
                members: catalog.resources.iter().map(|id| self.group_name(&id.to_string())).collect(),
                owners: Vec::new(),
                held: 0,
                foreign: self.foreign_organizations(&catalog.id),
            });
            let state = missing(others.collect());
            if self.facts().owned(&object.to_string()).is_some() {
                draft = draft.note("vanished", &[("name", &named.name)]);
            }
            self.push(draft.at(state, WhoseMove::Us));
            return;
        };
        self.claim(&object, &catalog.id);
        let mut changes = Vec::new();
        differs(&mut changes, "name", &catalog.name, &wanted.display_name);
        let said = |is: bool| if is { "yes" } else { "no" };
        differs(&mut changes, "published", said(catalog.published), "yes");
        differs(&mut changes, "external", said(catalog.external), "yes");
        self.push(draft.at(changed(changes), WhoseMove::Us));
    }

    pub(super) fn group_name(&self, id: &str) -> String {
        self.observation.group(id).map_or_else(|| id.to_owned(), |group| group.name.clone())
    }

    /// Organizations that packages of a catalog let in and that are not the provider's.
    fn foreign_organizations(&self, catalog: &str) -> Vec<String> {
        let packages = self.observation.packages.iter().filter(|package| package.catalog == catalog);
        let mut names: Vec<String> = packages.flat_map(|package| self.lets_in(package)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    pub(super) fn resource(&mut self, of: &str) {
        let object = key(StepKind::Resource, of);
        let group = self.known(&key(StepKind::Group, of)).map(str::to_owned);
        let catalog = self.known(&StepKind::Catalog.into()).and_then(|id| self.observation.catalog(id));
        let there = match (&group, catalog) {
            (Some(group), Some(catalog)) => {
                catalog.resources.iter().any(|id| id.to_string().eq_ignore_ascii_case(group))
            }
            _ => false,
        };
        let name = self.wanted.group(of).map(|group| group.display_name).unwrap_or_default();
        let state = if there { StepState::Done } else { StepState::Create };
        self.push(
            Draft::new(object, name)
                .after([StepKind::Catalog.into(), key(StepKind::Group, of)])
                .at(state, WhoseMove::Us),
        );
    }
}

fn candidate(group: &SeenGroup) -> Candidate {
    Candidate {
        id: group.id.to_string(),
        name: group.name.clone(),
        adoptable: group.usable,
        members: group.members.iter().map(|member| member.name.clone()).collect(),
        owners: group.owners.clone(),
        held: 0,
        foreign: group.members.iter().filter(|one| !one.ours).map(|one| one.name.clone()).collect(),
    }
}
