//! Defender: role-based access, roles, device groups and live response.

use super::groups::{changed, differs, missing};
use super::{Draft, Planner, key};
use crate::customers::WhoseMove;
use crate::graph::defender::covers;
use crate::onboarding::blueprint::{DefenderMode, LiveResponse, Tier};
use crate::onboarding::facts::Rbac;
use crate::onboarding::observation::{SeenDefender, SeenRole, same_name};
use crate::onboarding::step::{Candidate, Change, StepKey, StepKind, StepState};
use crate::onboarding::wanted::{excess, named_actions, permissions};

pub(super) fn has_live_response(tier: &Tier) -> bool {
    tier.live_response != LiveResponse::None
}

impl Planner<'_> {
    pub(super) fn defender(&mut self) {
        let groups: Vec<StepKey> =
            self.blueprint().tiers.iter().map(|tier| key(StepKind::Group, &tier.key)).collect();
        // The groups come first: turning classic roles on locks out whoever has none (procedure 1.1, step 5).
        self.manual(StepKind::Rbac.into(), "", groups);
        for tier in &self.blueprint().tiers {
            let automatic = self.blueprint().defender.mode == DefenderMode::Automatic;
            if automatic && self.facts().rbac != Some(Rbac::Classic) {
                self.role(tier);
            } else {
                let needs = vec![StepKind::Rbac.into(), key(StepKind::Group, &tier.key)];
                self.manual(key(StepKind::DefenderRole, &tier.key), &tier.role.name, needs);
            }
        }
        let roles: Vec<StepKey> =
            self.blueprint().tiers.iter().map(|tier| key(StepKind::DefenderRole, &tier.key)).collect();
        self.manual(StepKind::DeviceGroups.into(), "", roles);
        for tier in self.blueprint().tiers.iter().filter(|tier| has_live_response(tier)) {
            let of = key(StepKind::LiveResponse, &tier.key);
            self.manual(of, &tier.group.name, vec![StepKind::Rbac.into()]);
        }
    }

    fn manual(&mut self, step: StepKey, name: &str, needs: Vec<StepKey>) {
        self.push_manual(Draft::new(step, name).after(needs), WhoseMove::Customer);
    }

    fn role(&mut self, tier: &Tier) {
        let object = key(StepKind::DefenderRole, &tier.key);
        let group = key(StepKind::Group, &tier.key);
        let Some(new) = self.wanted.role(&tier.key, &[]) else { return };
        let draft = Draft::new(object.clone(), new.display_name.clone())
            .told("name", new.display_name)
            .told("description", new.description)
            .told("actions", permissions(tier.live_response).join(", "))
            .told("assigned", self.wanted.group(&tier.key).map(|one| one.display_name).unwrap_or_default())
            .after([StepKind::Rbac.into(), group.clone()])
            .note("beta", &[]);
        let SeenDefender::Unified { roles, actions } = &self.observation.defender else {
            self.unread_role(draft);
            return;
        };
        let Some(wanted) = self.wanted.role(&tier.key, actions) else { return };
        let (_, unnamed) = named_actions(tier.live_response, actions);
        if !unnamed.is_empty() {
            // Declared by a person instead: he made the role by hand.
            let draft = draft.note("actions-unknown", &[("permissions", &unnamed.join(", "))]);
            self.push_manual(draft, WhoseMove::Customer);
            return;
        }
        let reference = self.facts().reference(&object.to_string());
        let found = roles
            .iter()
            .find(|role| Some(role.id.as_str()) == self.known(&object))
            .or_else(|| roles.iter().find(|role| role.description.contains(&reference)));
        let Some(role) = found.cloned() else {
            let others = roles.iter().filter(|role| !role.built_in && same_name(&role.name, &tier.role.name));
            let others = others.filter(|role| !self.is_ours(&role.id) && !self.beside(&object));
            let state = missing(others.map(|role| self.role_candidate(role)).collect());
            let draft = match self.known(&object) {
                Some(_) => draft.note("vanished", &[("name", &tier.role.name)]),
                None => draft,
            };
            self.push(draft.at(state, WhoseMove::Us));
            return;
        };
        self.claim(&object, &role.id);
        let mut changes = Vec::new();
        differs(&mut changes, "name", &role.name, &wanted.display_name);
        let lacks: Vec<&str> = wanted
            .actions
            .iter()
            .map(String::as_str)
            .filter(|action| !role.actions.iter().any(|held| covers(held, action)))
            .collect();
        if !lacks.is_empty() {
            changes.push(Change::new("actions-lacking", "", lacks.join(", ")));
        }
        let more = excess(&role.actions, &wanted.actions);
        if !more.is_empty() {
            changes.push(Change::new("actions-more", more.join(", "), ""));
        }
        let held_by_ours =
            self.there(&group).is_some_and(|id| role.groups.iter().any(|held| held.eq_ignore_ascii_case(id)));
        if !held_by_ours {
            changes.push(Change::new("assigned", "", tier.group.name.clone()));
        }
        self.push(draft.at(changed(changes), WhoseMove::Us));
    }

    /// Roles that cannot be read are neither there nor missing: somebody has to open the way first. Before
    /// role-based access is declared on, it is natural that Defender knows of none: then they are part of the plan.
    fn unread_role(&mut self, draft: Draft) {
        let inactive = self.observation.defender == SeenDefender::Inactive;
        let draft = draft.note(if inactive { "rbac-inactive" } else { "rbac-unread" }, &[]);
        let begun = self.declared(&StepKind::Rbac.into()) || self.known(&draft.key).is_some();
        if self.declared(&draft.key) {
            self.push(draft);
        } else if inactive && !begun && !self.facts().outdated.contains_key(StepKind::Rbac.key()) {
            self.push(draft.at(StepState::Create, WhoseMove::Us));
        } else {
            self.push(draft.at(StepState::Waiting, WhoseMove::Customer));
        }
    }

    fn role_candidate(&self, role: &SeenRole) -> Candidate {
        Candidate {
            id: role.id.clone(),
            name: role.name.clone(),
            adoptable: true,
            members: role.groups.iter().map(|id| self.names().group(id)).collect(),
            owners: Vec::new(),
            held: 0,
            foreign: role
                .groups
                .iter()
                .filter(|id| !self.is_ours(id))
                .map(|id| self.names().group(id))
                .collect(),
            values: Vec::new(),
        }
    }
}
