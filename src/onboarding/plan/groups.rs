//! Groups, the connected organization, the catalog, and the groups in it.

use super::{Draft, Planner, key};
use crate::customers::WhoseMove;
use crate::onboarding::facts::Answer;
use crate::onboarding::observation::{SeenConnected, SeenGroup, SeenPrincipal, same_name};
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

pub(super) const fn said(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
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
            .told("name", wanted.display_name.clone())
            .told("description", wanted.description.clone())
            .told("kind", "security-group")
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
        let draft = Draft::new(object.clone(), analysts.domain.clone())
            .told("name", self.facts().provider_name.clone())
            .told("description", self.wanted.organization_described())
            .told("domain", analysts.domain.clone())
            .told("directory", analysts.tenant.to_string())
            .told("configured", "yes")
            .after(needs);
        let seen = &self.observation.connected;
        let known = self.known(&object).and_then(|id| self.observation.connected(id));
        let found = known
            .filter(|one| one.tenants.contains(&analysts.tenant))
            // It stands for our own analysts' directory and for nobody else, whoever made it.
            .or_else(|| seen.iter().find(|one| one.is_only(analysts.tenant)))
            .cloned();
        let Some(organization) = found else {
            let shared = seen.iter().filter(|one| one.tenants.contains(&analysts.tenant));
            let shared = shared.filter(|_| !self.beside(&object)).map(|one| Candidate {
                id: one.id.clone(),
                name: one.name.clone(),
                adoptable: true,
                members: one.sources.clone(),
                owners: Vec::new(),
                held: 0,
                foreign: self.other_sources(one),
                values: Vec::new(),
            });
            let state = missing(shared.collect());
            let draft = match self.known(&object) {
                Some(_) => draft.note("vanished", &[("name", &analysts.domain)]),
                None => draft,
            };
            self.push(draft.at(state, WhoseMove::Us));
            return;
        };
        self.claim(&object, &organization.id);
        let mut changes = Vec::new();
        differs(&mut changes, "configured", said(organization.configured), "yes");
        self.push(draft.at(changed(changes), WhoseMove::Us));
    }

    /// Identity sources of an organization that are not the analysts' directory.
    pub(super) fn other_sources(&self, organization: &SeenConnected) -> Vec<String> {
        let ours = self.facts().analysts.as_ref().map(|analysts| analysts.tenant);
        if organization.sources.is_empty() {
            let tenants = organization.tenants.iter().filter(|tenant| Some(**tenant) != ours);
            return tenants.map(ToString::to_string).collect();
        }
        let is_ours = |source: &&String| ours.is_some_and(|tenant| source.contains(&tenant.to_string()));
        organization.sources.iter().filter(|source| !is_ours(source)).cloned().collect()
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
            .told("name", wanted.display_name.clone())
            .told("description", wanted.description.clone())
            .told("published", "yes")
            .told("external", "yes")
            .after([StepKind::OperatorConsent.into(), StepKind::Preflight.into()]);
        let Some(catalog) = found else {
            let others = seen.iter().filter(|catalog| same_name(&catalog.name, &named.name));
            let others = others.filter(|_| !self.beside(&object)).map(|catalog| Candidate {
                id: catalog.id.clone(),
                name: catalog.name.clone(),
                adoptable: true,
                members: catalog.resources.iter().map(|id| self.names().group(&id.to_string())).collect(),
                owners: Vec::new(),
                held: 0,
                foreign: self.foreign_organizations(&catalog.id),
                values: Vec::new(),
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
        differs(&mut changes, "published", said(catalog.published), "yes");
        differs(&mut changes, "external", said(catalog.external), "yes");
        self.push(draft.at(changed(changes), WhoseMove::Us));
    }

    /// Whom packages of a catalog let in that are not the provider's.
    fn foreign_organizations(&self, catalog: &str) -> Vec<String> {
        let packages = self.observation.packages.iter().filter(|package| package.catalog == catalog);
        let mut names: Vec<String> = packages.flat_map(|package| self.lets_in(package)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    pub(super) fn resource(&mut self, of: &str) {
        let object = key(StepKind::Resource, of);
        let group = self.there(&key(StepKind::Group, of)).map(str::to_owned);
        let catalog = self.there(&StepKind::Catalog.into()).and_then(|id| self.observation.catalog(id));
        let there = match (&group, catalog) {
            (Some(group), Some(catalog)) => {
                catalog.resources.iter().any(|id| id.to_string().eq_ignore_ascii_case(group))
            }
            _ => false,
        };
        let name = self.wanted.group(of).map(|group| group.display_name).unwrap_or_default();
        let state = if there { StepState::Done } else { StepState::Create };
        self.push(
            Draft::new(object, name.clone())
                .told("resource", name)
                .told("catalog", self.wanted.catalog().display_name)
                .after([StepKind::Catalog.into(), key(StepKind::Group, of)])
                .at(state, WhoseMove::Us),
        );
    }
}

fn candidate(group: &SeenGroup) -> Candidate {
    let strangers = |all: &[SeenPrincipal]| -> Vec<String> {
        all.iter().filter(|one| !one.ours).map(|one| one.name.clone()).collect()
    };
    let mut foreign = strangers(&group.members);
    foreign.extend(strangers(&group.owned_by).into_iter().map(|name| format!("owner:{name}")));
    Candidate {
        id: group.id.to_string(),
        name: group.name.clone(),
        adoptable: group.usable,
        members: group.members.iter().map(|member| member.name.clone()).collect(),
        owners: group.owners.clone(),
        held: 0,
        foreign,
        values: Vec::new(),
    }
}
