//! What stands in our own objects that the portal did not put there: people, policies, rights. Nothing of it is
//! removed by itself. A person looks, has it removed, or declares why it may stay; what comes later is asked anew.

use sha2::{Digest, Sha256};

use super::{Draft, Planner, key};
use crate::customers::WhoseMove;
use crate::onboarding::blueprint::APPROVERS;
use crate::onboarding::observation::{SeenDefender, SeenGroup, SeenPackage, SeenPrincipal, SeenRole};
use crate::onboarding::step::{Note, StepKey, StepKind, StepState};

/// Notes about what was found, and its ids.
#[derive(Default)]
struct Found {
    notes: Vec<Note>,
    about: Vec<String>,
}

impl Found {
    fn add(&mut self, note: &str, found: Vec<(String, String)>) {
        if found.is_empty() {
            return;
        }
        let (ids, names): (Vec<String>, Vec<String>) = found.into_iter().unzip();
        self.notes.push(Note::new(note, &[("names", &names.join(", "))]));
        self.about.extend(ids);
    }
}

impl Planner<'_> {
    pub(super) fn not_ours(&mut self) {
        let organization: StepKey = StepKind::ConnectedOrganization.into();
        let seen = self.known(&organization).and_then(|id| self.observation.connected(id));
        if let Some(seen) = seen.cloned() {
            let others = self.other_sources(&seen);
            let mut found = Found::default();
            found.add("other-sources", others.into_iter().map(|one| (one.clone(), one)).collect());
            self.push_found(key(StepKind::NotOurs, organization.kind.key()), &seen.name, found);
        }
        for of in self.blueprint().keys() {
            let mut found = Found::default();
            let group = self.known(&key(StepKind::Group, of)).and_then(|id| self.observation.group(id));
            if let Some(group) = group {
                found.add("foreign-members", self.strangers(of, group));
                found.add("foreign-owners", foreign_owners(group));
            }
            let package = self.known(&key(StepKind::Package, of)).and_then(|id| self.observation.package(id));
            if let Some(package) = package {
                found.add("other-policies", self.other_policies(of, package));
                found.add("package-gives-more", self.gives_more(of, package));
            }
            if let SeenDefender::Unified { roles, .. } = &self.observation.defender {
                let role = key(StepKind::DefenderRole, of);
                let role = self.known(&role).and_then(|id| roles.iter().find(|role| role.id == id));
                found.add("role-given-more", role.map(|role| self.given_more(of, role)).unwrap_or_default());
            }
            let name = self.wanted.group(of).map(|group| group.display_name).unwrap_or_default();
            self.push_found(key(StepKind::NotOurs, of), &name, found);
        }
    }

    fn push_found(&mut self, step: StepKey, name: &str, found: Found) {
        if found.about.is_empty() {
            return;
        }
        let covered = self.covered(&step, &found.about);
        let mut draft = Draft::new(step, name);
        draft.notes = found.notes;
        draft.about = found.about;
        if covered || !self.declared(&draft.key) {
            self.push_manual(draft, WhoseMove::Us);
        } else {
            // Declared for what was there then, not for what has come since.
            self.push(draft.at(StepState::Manual, WhoseMove::Us));
        }
    }

    /// Members who are not from the analysts' directory. The administrator who decides on the first approvers may
    /// sit among them: the customer named him.
    fn strangers(&self, of: &str, group: &SeenGroup) -> Vec<(String, String)> {
        let strangers = group.members.iter().filter(|one| !self.belongs(of, one));
        strangers.map(|one| (one.id.clone(), one.name.clone())).collect()
    }

    pub(super) fn belongs(&self, of: &str, member: &SeenPrincipal) -> bool {
        let administrator = self.facts().administrator.as_ref();
        let is_he = administrator.is_some_and(|who| who.id.to_string().eq_ignore_ascii_case(&member.id));
        member.ours || (of == APPROVERS && is_he)
    }

    /// Policies beside ours by which somebody can ask for the package. Their ids carry what they say, so that a
    /// changed one is looked at again.
    fn other_policies(&self, of: &str, package: &SeenPackage) -> Vec<(String, String)> {
        let policy = key(StepKind::Policy, of);
        let step = self.plan.step(&policy);
        if step.is_some_and(|step| matches!(step.state, StepState::Question(_))) {
            return Vec::new();
        }
        let ours = self.known(&policy);
        let others = package.policies.iter().filter(|seen| Some(seen.id.as_str()) != ours);
        let others = others.filter(|seen| seen.facts.lets_ask()).map(|seen| {
            let says = serde_json::to_vec(&seen.facts).unwrap_or_default();
            let mark: String =
                Sha256::digest(says).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
            (format!("{}#{mark}", seen.id), seen.name.clone())
        });
        others.collect()
    }

    /// Whatever a package gives besides membership of its own group.
    pub(super) fn gives_more(&self, of: &str, package: &SeenPackage) -> Vec<(String, String)> {
        let group = self.known(&key(StepKind::Group, of));
        let more = package.gives.iter().map(ToString::to_string);
        let more = more.filter(|id| group.is_none_or(|ours| !ours.eq_ignore_ascii_case(id)));
        let more = more.map(|id| (format!("gives:{id}"), self.names().group(&id)));
        let others = package.gives_else.iter().map(|one| (format!("gives:{}", one.id), one.name.clone()));
        more.chain(others).collect()
    }

    fn given_more(&self, of: &str, role: &SeenRole) -> Vec<(String, String)> {
        let group = self.known(&key(StepKind::Group, of));
        let others = role.groups.iter().filter(|id| group.is_none_or(|ours| !ours.eq_ignore_ascii_case(id)));
        others.map(|id| (format!("given:{id}"), self.names().group(id))).collect()
    }
}

/// Owners who are not from the analysts' directory: whoever owns a group lets people in without asking anybody. The
/// portal makes groups without owners, so nobody is one by our doing, not even the customer's own administrator: he may
/// well stay, but somebody says why.
fn foreign_owners(group: &SeenGroup) -> Vec<(String, String)> {
    let others = group.owned_by.iter().filter(|one| !one.ours);
    others.map(|one| (format!("owner:{}", one.id), one.name.clone())).collect()
}
