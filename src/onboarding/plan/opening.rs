//! Identity, consents and pre-flight; and at the end what only people can do.

use super::{Draft, Planner, key};
use crate::customers::WhoseMove;
use crate::onboarding::blueprint::APPROVERS;
use crate::onboarding::step::{StepKey, StepKind, StepState};

impl Planner<'_> {
    pub(super) fn opening(&mut self) {
        let organization = self.observation.organization.clone();
        self.push(Draft::new(StepKind::Identify, organization));
        let waiting = |there: bool| if there { StepState::Done } else { StepState::Waiting };
        self.push(
            Draft::new(StepKind::ReaderConsent, "")
                .after([StepKind::Identify.into()])
                .at(waiting(self.facts().reader), WhoseMove::Customer),
        );
        self.preflight();
        // Whether it is wanted is known once everything else is planned: see `closing`.
        self.push(
            Draft::new(StepKind::OperatorConsent, "")
                .after([StepKind::Preflight.into()])
                .at(waiting(self.facts().operator), WhoseMove::Customer),
        );
    }

    fn preflight(&mut self) {
        let seen = &self.observation.preflight;
        let mut draft = Draft::new(StepKind::Preflight, "").after([StepKind::ReaderConsent.into()]);
        if !self.facts().reader {
            self.push(draft.at(StepState::Waiting, WhoseMove::Customer));
            return;
        }
        let mut stands = Vec::new();
        if !seen.licence {
            stands.push("no-licence");
        }
        if self.observation.governance_unread {
            stands.push("licence-refused");
        }
        if seen.invites == Some(false) {
            stands.push("no-invites");
        }
        if seen.inbound == Some(false) {
            stands.push("no-inbound");
        }
        let key: StepKey = StepKind::Preflight.into();
        // Overruled is what stood there then, not what has come since.
        draft.about = stands.iter().map(|one| (*one).to_owned()).collect();
        let blocked = !stands.is_empty() && !self.covered(&key, &draft.about);
        if let Some(old) = self.facts().outdated.get(&key.to_string()).filter(|_| blocked) {
            draft = draft.note("proof-old", &[("name", &old.by), ("at", &old.at.to_rfc3339())]);
        }
        for note in stands {
            draft = draft.note(note, &[]);
        }
        if seen.mfa_trusted == Some(false) {
            draft = draft.note("mfa-not-trusted", &[]);
        }
        if let Some(names) = seen.blocking.as_ref().filter(|names| !names.is_empty()) {
            draft = draft.note("conditional-access", &[("names", &names.join(", "))]);
        }
        if let Some(names) = seen.devices.as_ref().filter(|names| !names.is_empty()) {
            draft = draft.note("devices-not-trusted", &[("names", &names.join(", "))]);
        }
        if seen.invites.is_none() || seen.inbound.is_none() || seen.blocking.is_none() {
            draft = draft.note("policies-not-readable", &[]);
        }
        if !seen.defender_p2 && self.blueprint().tiers.iter().any(super::defender::has_live_response) {
            draft = draft.note("no-defender-p2", &[]);
        }
        let state = if blocked { StepState::Blocked } else { StepState::Done };
        self.push(draft.at(state, WhoseMove::Customer));
    }

    /// The gate before the tiers: an empty group of approvers can only let requests expire.
    pub(super) fn first_approvers(&mut self) {
        let group = key(StepKind::Group, APPROVERS);
        let seated = self
            .known(&group)
            .and_then(|id| self.observation.group(id))
            .map_or(0, |group| group.members.iter().filter(|one| self.belongs(APPROVERS, one)).count());
        let name = self.wanted.group(APPROVERS).map(|group| group.display_name).unwrap_or_default();
        let state = if seated == 0 { StepState::Waiting } else { StepState::Done };
        let mut draft = Draft::new(StepKind::FirstApprovers, name)
            .after([key(StepKind::Link, APPROVERS)])
            .at(state, WhoseMove::Us);
        if seated == 1 {
            draft = draft.note("one-approver", &[]);
        }
        self.push(draft);
    }

    pub(super) fn closing(&mut self) {
        let rule = Draft::new(StepKind::NotificationRule, "").after([StepKind::Rbac.into()]).optional();
        self.push_manual(rule, WhoseMove::Customer);
        let tiers = || self.blueprint().tiers.iter();
        let packages = tiers().filter_map(|tier| self.known(&key(StepKind::Package, &tier.key)));
        // Whoever holds an adopted package from its previous owner proves nothing about ours.
        let mut seen = packages.filter_map(|id| self.observation.package(id));
        let held = seen.any(|package| package.held_by_ours > 0);
        let needs: Vec<_> = tiers()
            .map(|tier| key(StepKind::Link, &tier.key))
            .chain([StepKind::DeviceGroups.into()])
            .collect();
        let analyst = Draft::new(StepKind::FirstAnalyst, "").after(needs);
        if held {
            self.push(analyst);
        } else {
            self.push_manual(analyst, WhoseMove::Us);
        }
        self.operator();
    }

    /// Writing is wanted while something is to be written, and no longer.
    fn operator(&mut self) {
        if self.plan.acts().next().is_some() || self.plan.questions().next().is_some() {
            return;
        }
        let operator = self.facts().operator;
        if let Some(step) = self.plan.steps.iter_mut().find(|step| step.key.kind == StepKind::OperatorConsent)
        {
            step.state = StepState::Done;
            step.whose_move = WhoseMove::Nobody;
        }
        let state = if operator { StepState::Waiting } else { StepState::Done };
        self.push(Draft::new(StepKind::OperatorRemoved, "").at(state, WhoseMove::Customer).optional());
    }
}
