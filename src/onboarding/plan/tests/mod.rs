//! A tenant in memory, on which plans are tried.

mod converge;
mod gone;
mod told;

use chrono::DateTime;

use super::*;
use crate::kit::ids::{EntraTenantId, ObjectId};
use crate::onboarding::blueprint::DefenderMode;
use crate::onboarding::facts::{Administrator, Analysts, Answer, Declaration, Facts, Owned};
use crate::onboarding::observation::*;
use crate::onboarding::step::{Candidate, Question};

fn uuid(number: u32) -> uuid::Uuid {
    uuid::Uuid::from_u128(u128::from(number) + (7 << 64))
}

/// A tenant in memory, and what the portal knows of it.
struct World {
    blueprint: Blueprint,
    seen: Observation,
    facts: Facts,
    next: u32,
}

impl World {
    fn new(mode: DefenderMode) -> Self {
        let mut blueprint = Blueprint::default();
        blueprint.defender.mode = mode;
        let preflight = Preflight { licence: true, defender_p2: true, ..Preflight::default() };
        let actions = all_actions();
        let seen = Observation {
            organization: "Woodgrove".into(),
            hint: "woodgrove.onmicrosoft.com".into(),
            preflight,
            defender: SeenDefender::Unified { roles: Vec::new(), actions },
            ..Observation::default()
        };
        let analysts = Analysts { tenant: EntraTenantId(uuid(3)), domain: "soc.example".into() };
        let facts = Facts { analysts: Some(analysts), ..Facts::of_nobody() };
        Self { blueprint, seen, facts, next: 1000 }
    }

    fn plan(&self) -> Plan {
        plan(&self.blueprint, &self.seen, &self.facts)
    }

    fn id(&mut self) -> uuid::Uuid {
        self.next += 1;
        uuid(self.next)
    }

    /// What the portal does for one step, in memory. `kept`: the id of what was made reached our own database.
    #[expect(clippy::too_many_lines, reason = "one arm per kind of step")]
    fn apply(&mut self, step: &StepKey, kept: bool) {
        let wanted_facts = self.facts.clone();
        let wanted = Wanted { blueprint: &self.blueprint.clone(), facts: &wanted_facts };
        let owned = |kind| wanted_facts.owned(&StepKey::new(kind, &step.of).to_string()).map(str::to_owned);
        let catalog = wanted_facts.owned("catalog").map(str::to_owned).unwrap_or_default();
        let fresh = self.id();
        let id = match step.kind {
            StepKind::Group => {
                let (new, unique) = (wanted.group(&step.of).unwrap(), wanted_facts.unique_name(&step.of));
                let mine = owned(StepKind::Group);
                let group = self
                    .seen
                    .groups
                    .iter_mut()
                    .find(|one| Some(one.id.to_string()) == mine || one.unique_name == unique);
                if let Some(group) = group {
                    group.name = new.display_name;
                    group.id.to_string()
                } else {
                    self.seen.groups.push(SeenGroup {
                        id: ObjectId(fresh),
                        name: new.display_name,
                        unique_name: unique,
                        usable: true,
                        members: Vec::new(),
                        owners: Vec::new(),
                        owned_by: Vec::new(),
                    });
                    fresh.to_string()
                }
            }
            StepKind::ConnectedOrganization => {
                let tenant = wanted_facts.analysts.as_ref().unwrap().tenant;
                let mine = owned(StepKind::ConnectedOrganization);
                let all = &mut self.seen.connected;
                let there = all.iter().position(|one| Some(&one.id) == mine.as_ref());
                match there.or_else(|| all.iter().position(|one| one.is_only(tenant))) {
                    Some(at) => {
                        all[at].configured = true;
                        all[at].id.clone()
                    }
                    None => {
                        all.push(organization(&fresh.to_string(), &[tenant], true));
                        fresh.to_string()
                    }
                }
            }
            StepKind::Catalog => {
                let (new, reference) = (wanted.catalog(), wanted_facts.reference("catalog"));
                let mine = owned(StepKind::Catalog);
                let there = self
                    .seen
                    .catalogs
                    .iter_mut()
                    .find(|one| Some(&one.id) == mine.as_ref() || one.description.contains(&reference));
                if let Some(there) = there {
                    (there.name, there.published, there.external) = (new.display_name, true, true);
                    there.id.clone()
                } else {
                    self.seen.catalogs.push(SeenCatalog {
                        id: fresh.to_string(),
                        name: new.display_name,
                        description: new.description,
                        published: true,
                        external: true,
                        resources: Vec::new(),
                    });
                    fresh.to_string()
                }
            }
            StepKind::Resource => {
                let group: ObjectId = owned(StepKind::Group).unwrap().parse().unwrap();
                self.seen.catalogs.iter_mut().find(|one| one.id == catalog).unwrap().resources.push(group);
                return;
            }
            StepKind::Package => {
                let group: ObjectId = owned(StepKind::Group).unwrap().parse().unwrap();
                let (new, mine) = (wanted.package(&step.of).unwrap(), owned(StepKind::Package));
                let reference = wanted_facts.reference(&step.to_string());
                let there = self
                    .seen
                    .packages
                    .iter_mut()
                    .find(|one| Some(&one.id) == mine.as_ref() || one.description.contains(&reference));
                if let Some(there) = there {
                    (there.name, there.hidden) = (new.display_name, new.is_hidden);
                    if !there.gives.contains(&group) {
                        there.gives.push(group);
                    }
                    there.id.clone()
                } else {
                    self.seen.packages.push(SeenPackage {
                        id: fresh.to_string(),
                        name: new.display_name,
                        description: new.description,
                        hidden: new.is_hidden,
                        catalog,
                        gives: vec![group],
                        ..nothing_in_it()
                    });
                    fresh.to_string()
                }
            }
            StepKind::Policy => {
                let (facts, (name, description)) =
                    (wanted.policy(&step.of).unwrap(), wanted.policy_named(&step.of).unwrap());
                let (package, mine) = (owned(StepKind::Package).unwrap(), owned(StepKind::Policy));
                let reference = wanted_facts.reference(&step.to_string());
                let package = self.seen.packages.iter_mut().find(|one| one.id == package).unwrap();
                let there = package
                    .policies
                    .iter_mut()
                    .find(|one| Some(&one.id) == mine.as_ref() || one.description.contains(&reference));
                if let Some(there) = there {
                    there.facts = facts;
                    there.id.clone()
                } else {
                    package.policies.push(SeenPolicy { id: fresh.to_string(), name, description, facts });
                    fresh.to_string()
                }
            }
            StepKind::DefenderRole => {
                let group = owned(StepKind::Group).unwrap();
                let SeenDefender::Unified { roles, actions } = &mut self.seen.defender else { return };
                let new = wanted.role(&step.of, actions).unwrap();
                let (reference, mine) =
                    (wanted_facts.reference(&step.to_string()), owned(StepKind::DefenderRole));
                let made = SeenRole {
                    id: fresh.to_string(),
                    name: new.display_name,
                    description: new.description,
                    built_in: false,
                    actions: new.actions,
                    groups: vec![group],
                };
                let there = roles
                    .iter_mut()
                    .find(|one| Some(&one.id) == mine.as_ref() || one.description.contains(&reference));
                if let Some(there) = there {
                    let mut groups = std::mem::take(&mut there.groups);
                    groups.extend(
                        made.groups.iter().filter(|one| !groups.contains(one)).cloned().collect::<Vec<_>>(),
                    );
                    let (id, description) = (there.id.clone(), std::mem::take(&mut there.description));
                    *there = SeenRole { id, description, groups, ..made };
                    there.id.clone()
                } else {
                    roles.push(made);
                    fresh.to_string()
                }
            }
            StepKind::Link => {
                let url = format!(
                    "https://x/@{}#/access-packages/{}",
                    self.seen.hint,
                    owned(StepKind::Package).unwrap()
                );
                self.facts.links.insert(step.of.clone(), url);
                return;
            }
            other => panic!("{other:?} is nothing the portal does"),
        };
        if kept && self.facts.owned(&step.to_string()) != Some(&id) {
            self.facts.owned.insert(step.to_string(), Owned { id, adopted: false });
        }
    }

    fn answer(&mut self, step: &StepKey, candidates: &[Candidate], adopt: bool) {
        match candidates.iter().find(|one| one.adoptable).filter(|_| adopt) {
            Some(one) => {
                self.facts.owned.insert(step.to_string(), Owned { id: one.id.clone(), adopted: true });
            }
            None => {
                self.facts.answers.insert(step.to_string(), Answer::Beside);
            }
        }
    }

    /// One move of whoever's turn it is; false when nothing is left to move.
    fn turn(&mut self, choose: usize, adopt: bool, kept: bool) -> bool {
        let plan = self.plan();
        for (object, id) in &plan.claims {
            self.facts.owned.insert(object.clone(), Owned { id: id.clone(), adopted: false });
        }
        let done = |key: &StepKey| plan.step(key).is_none_or(Step::done);
        let open: Vec<&Step> =
            plan.steps.iter().filter(|step| !step.done() && step.needs.iter().all(done)).collect();
        let Some(step) = open.get(choose % open.len().max(1)) else { return false };
        match &step.state {
            StepState::Create | StepState::Change(_) => self.apply(&step.key, kept),
            StepState::Question(Question::Adopt(candidates)) => self.answer(&step.key, candidates, adopt),
            StepState::Question(Question::Administrator) => {
                let id = ObjectId(self.id());
                let name = "Admin".to_owned();
                self.facts.administrator = Some(Administrator { id, principal_name: name.clone(), name });
            }
            StepState::Manual => self.declare(&step.key.to_string(), step.about.clone()),
            // Somebody activates Unified RBAC, or consents to reading it.
            StepState::Waiting if step.key.kind == StepKind::DefenderRole => {
                self.seen.defender = SeenDefender::Unified { roles: Vec::new(), actions: all_actions() };
            }
            StepState::Waiting if step.key.kind == StepKind::FirstApprovers => {
                let group = self.facts.owned("group.approvers").unwrap().to_owned();
                let ours = member("Ben", true);
                let group = self.seen.groups.iter_mut().find(|one| one.id.to_string() == group).unwrap();
                group.members.push(ours);
            }
            StepState::Waiting => self.facts.operator = step.key.kind == StepKind::OperatorConsent,
            StepState::Blocked | StepState::Done => panic!("{} is stuck: {:?}", step.key, step.notes),
        }
        true
    }

    fn declare(&mut self, step: &str, about: Vec<String>) {
        let (by, proof) = ("Anna".to_owned(), "seen".to_owned());
        self.facts
            .declared
            .insert(step.to_owned(), Declaration { by, at: DateTime::UNIX_EPOCH, proof, about });
    }

    /// Everybody does whatever is his turn, until nothing is left.
    fn onboard(&mut self) {
        for _ in 0..200 {
            if !self.turn(0, true, true) {
                break;
            }
        }
        self.seen.packages.iter_mut().for_each(|package| (package.held, package.held_by_ours) = (1, 1));
        let plan = self.plan();
        assert!(plan.finished(), "{:?}", plan.steps.iter().filter(|one| !one.done()).collect::<Vec<_>>());
    }

    fn step(&self, kind: StepKind, of: &str) -> Step {
        self.plan().step(&key(kind, of)).cloned().unwrap_or_else(|| panic!("no step {kind:?} {of}"))
    }

    fn owned_group(&mut self, of: &str) -> &mut SeenGroup {
        let id = self.facts.owned[&format!("group.{of}")].id.clone();
        self.seen.groups.iter_mut().find(|one| one.id.to_string() == id).unwrap()
    }

    fn owned_package(&mut self, of: &str) -> &mut SeenPackage {
        let id = self.facts.owned[&format!("package.{of}")].id.clone();
        self.seen.packages.iter_mut().find(|one| one.id == id).unwrap()
    }

    fn roles(&mut self) -> &mut Vec<SeenRole> {
        match &mut self.seen.defender {
            SeenDefender::Unified { roles, .. } => roles,
            other => panic!("{other:?} has no roles"),
        }
    }
}

fn all_actions() -> Vec<String> {
    let every = crate::onboarding::wanted::permissions(crate::onboarding::blueprint::LiveResponse::Advanced);
    every.iter().map(|name| format!("microsoft.xdr/{name}")).collect()
}

fn organization(id: &str, tenants: &[EntraTenantId], configured: bool) -> SeenConnected {
    let sources = tenants.iter().map(|tenant| format!("directory ({tenant})")).collect();
    SeenConnected {
        id: id.to_owned(),
        name: format!("organization {id}"),
        configured,
        tenants: tenants.to_vec(),
        sources,
    }
}

fn member(name: &str, ours: bool) -> SeenPrincipal {
    SeenPrincipal { name: name.into(), mail: String::new(), ours, id: name.to_lowercase() }
}

fn group(id: uuid::Uuid, name: &str, members: Vec<SeenPrincipal>) -> SeenGroup {
    let (unique_name, owners) = (String::new(), vec!["Somebody".to_owned()]);
    let owned_by = Vec::new();
    SeenGroup {
        id: ObjectId(id),
        name: name.to_owned(),
        unique_name,
        usable: true,
        members,
        owners,
        owned_by,
    }
}

fn nothing_in_it() -> SeenPackage {
    SeenPackage {
        id: String::new(),
        name: String::new(),
        description: String::new(),
        hidden: false,
        catalog: String::new(),
        gives: Vec::new(),
        gives_else: Vec::new(),
        policies: Vec::new(),
        held: 0,
        held_by_ours: 0,
        held_by_others: Vec::new(),
        first_end: None,
    }
}
