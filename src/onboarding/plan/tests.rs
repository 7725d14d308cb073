//! The property the engine stands on: whatever state a tenant is in, and wherever a run broke off, applying and
//! planning again ends in a plan that wants nothing, without a second object of anything.

use std::collections::BTreeMap;

use chrono::DateTime;
use proptest::prelude::*;

use super::*;
use crate::kit::ids::{CustomerId, EntraTenantId, ObjectId, ProviderId};
use crate::onboarding::blueprint::DefenderMode;
use crate::onboarding::facts::{Administrator, Analysts, Answer, Declaration, Owned};
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
        let every: Vec<&str> =
            crate::onboarding::wanted::permissions(crate::onboarding::blueprint::LiveResponse::Advanced);
        let actions = every.iter().map(|name| format!("microsoft.xdr/{name}")).collect();
        let seen = Observation {
            organization: "Woodgrove".into(),
            hint: "woodgrove.onmicrosoft.com".into(),
            preflight,
            defender: SeenDefender::Unified { roles: Vec::new(), actions },
            ..Observation::default()
        };
        let facts = Facts {
            provider: ProviderId(uuid(1)),
            provider_name: "Contoso SOC".into(),
            customer: CustomerId(uuid(2)),
            analysts: Some(Analysts { tenant: EntraTenantId(uuid(3)), domain: "soc.example".into() }),
            reader: true,
            operator: true,
            owned: BTreeMap::new(),
            declared: BTreeMap::new(),
            answers: BTreeMap::new(),
            administrator: None,
            rbac: None,
            links: BTreeMap::new(),
        };
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
                    });
                    fresh.to_string()
                }
            }
            StepKind::ConnectedOrganization => {
                let tenants = vec![wanted_facts.analysts.as_ref().unwrap().tenant];
                let id = fresh.to_string();
                self.seen.connected.push(SeenConnected {
                    id: id.clone(),
                    name: "soc".into(),
                    configured: true,
                    tenants,
                });
                id
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
                    there.gives.push(group);
                    there.id.clone()
                } else {
                    self.seen.packages.push(SeenPackage {
                        id: fresh.to_string(),
                        name: new.display_name,
                        description: new.description,
                        hidden: new.is_hidden,
                        catalog,
                        gives: vec![group],
                        policies: Vec::new(),
                        held: 0,
                        first_end: None,
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
                    *there = SeenRole { id: there.id.clone(), ..made };
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
        let declaration = Declaration { by: "Anna".into(), at: DateTime::UNIX_EPOCH, proof: "seen".into() };
        match &step.state {
            StepState::Create | StepState::Change(_) => self.apply(&step.key, kept),
            StepState::Question(Question::Adopt(candidates)) => self.answer(&step.key, candidates, adopt),
            StepState::Question(Question::Administrator) => {
                let id = ObjectId(self.id());
                let name = "Admin".to_owned();
                self.facts.administrator = Some(Administrator { id, principal_name: name.clone(), name });
            }
            StepState::Manual => {
                self.facts.declared.insert(step.key.to_string(), declaration);
            }
            StepState::Waiting if step.key.kind == StepKind::FirstApprovers => {
                let group = self.facts.owned("group.approvers").unwrap().to_owned();
                let ours =
                    SeenPrincipal { name: "Ben".into(), mail: String::new(), ours: true, id: "b".into() };
                let group = self.seen.groups.iter_mut().find(|one| one.id.to_string() == group).unwrap();
                group.members.push(ours);
            }
            StepState::Waiting => self.facts.operator = false,
            StepState::Blocked | StepState::Done => panic!("{} is stuck: {:?}", step.key, step.notes),
        }
        true
    }
}

#[derive(Clone, Debug)]
struct Beginning {
    groups: Vec<bool>,
    catalog: bool,
    packages: Vec<bool>,
    organization: bool,
    automatic: bool,
}

fn beginning() -> impl Strategy<Value = Beginning> {
    let flags = || proptest::collection::vec(any::<bool>(), 3);
    (flags(), any::<bool>(), flags(), any::<bool>(), any::<bool>()).prop_map(
        |(groups, catalog, packages, organization, automatic)| Beginning {
            groups,
            catalog,
            packages,
            organization,
            automatic,
        },
    )
}

/// A tenant in which somebody did a part by hand, with Microsoft's own names.
fn world(from: &Beginning) -> World {
    let mode = if from.automatic { DefenderMode::Automatic } else { DefenderMode::Manual };
    let mut world = World::new(mode);
    let names = ["MSSP Analyst Approvers", "Tier 1 Analyst", "Tier 2 Analyst"];
    for (name, there) in names.iter().zip(&from.groups) {
        if *there {
            let id = ObjectId(world.id());
            let owners = vec!["Somebody".to_owned()];
            let (name, unique_name) = ((*name).to_owned(), String::new());
            world.seen.groups.push(SeenGroup {
                id,
                name,
                unique_name,
                usable: true,
                members: Vec::new(),
                owners,
            });
        }
    }
    if from.organization {
        let (id, tenants) = (world.id().to_string(), vec![EntraTenantId(uuid(3))]);
        world.seen.connected.push(SeenConnected { id, name: "soc".into(), configured: false, tenants });
    }
    if from.catalog {
        let id = world.id().to_string();
        let catalog = SeenCatalog {
            id: id.clone(),
            name: "MSSP Accesses".into(),
            description: "by hand".into(),
            published: false,
            external: false,
            resources: world.seen.groups.iter().map(|group| group.id).collect(),
        };
        world.seen.catalogs.push(catalog);
        for (name, there) in names.iter().zip(&from.packages) {
            if *there {
                let package = SeenPackage {
                    id: world.id().to_string(),
                    name: (*name).to_owned(),
                    description: String::new(),
                    hidden: false,
                    catalog: id.clone(),
                    gives: Vec::new(),
                    policies: Vec::new(),
                    held: 0,
                    first_end: None,
                };
                world.seen.packages.push(package);
            }
        }
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn from_any_state_and_through_any_break_the_plan_runs_empty(
        from in beginning(),
        turns in proptest::collection::vec((0_usize..50, any::<bool>(), prop::bool::weighted(0.7)), 200),
    ) {
        let mut world = world(&from);
        let before = world.seen.clone();
        for (choose, adopt, kept) in turns {
            if !world.turn(choose, adopt, kept) {
                break;
            }
        }
        let end = world.plan();
        prop_assert!(end.finished(), "{:#?}", end.steps.iter().filter(|step| !step.done()).collect::<Vec<_>>());
        prop_assert_eq!(end.acts().count(), 0);
        // One object of each, ours or adopted; nothing of others' was touched.
        for key in world.blueprint.keys() {
            let unique = world.facts.unique_name(key);
            let adopted = world.facts.owned[&format!("group.{key}")].adopted;
            let made = world.seen.groups.iter().filter(|group| group.unique_name == unique).count();
            prop_assert_eq!(made, usize::from(!adopted));
            let reference = world.facts.reference(&format!("package.{key}"));
            let adopted = world.facts.owned[&format!("package.{key}")].adopted;
            let made = world.seen.packages.iter().filter(|one| one.description.contains(&reference)).count();
            prop_assert_eq!(made, usize::from(!adopted));
        }
        for group in before.groups {
            if !world.facts.owned.values().any(|owned| owned.id == group.id.to_string()) {
                prop_assert!(world.seen.groups.contains(&group));
            }
        }
        prop_assert_eq!(end.fingerprint(), world.plan().fingerprint());
    }
}

#[test]
fn a_fresh_tenant_gets_microsofts_steps_in_order() {
    let plan = World::new(DefenderMode::Manual).plan();
    let keys: Vec<String> = plan.steps.iter().map(|step| step.key.to_string()).collect();
    let expected = "identify reader-consent preflight operator-consent group.approvers group.tier1 group.tier2 rbac \
        defender-role.tier1 defender-role.tier2 device-groups live-response.tier2 connected-organization catalog \
        resource.approvers resource.tier1 resource.tier2 package.approvers policy.approvers link.approvers \
        first-approvers package.tier1 policy.tier1 link.tier1 package.tier2 policy.tier2 link.tier2 \
        notification-rule first-analyst";
    assert_eq!(keys.join(" "), expected);
}

#[test]
fn what_stands_against_the_procedure_blocks_until_a_person_overrules() {
    let mut world = World::new(DefenderMode::Manual);
    world.seen.preflight.licence = false;
    let key: StepKey = StepKind::Preflight.into();
    let step = world.plan().step(&key).cloned().unwrap();
    assert_eq!((step.state, step.whose_move), (StepState::Blocked, WhoseMove::Customer));
    assert_eq!(step.notes[0].key, "no-licence");
    let by_anna = Declaration { by: "Anna".into(), at: DateTime::UNIX_EPOCH, proof: "bought today".into() };
    world.facts.declared.insert("preflight".into(), by_anna);
    assert!(world.plan().step(&key).unwrap().done());
}

#[test]
fn a_group_with_strangers_is_asked_about_with_their_names() {
    let mut world = World::new(DefenderMode::Manual);
    let stranger =
        SeenPrincipal { name: "Mallory".into(), mail: "m@other.example".into(), ours: false, id: "m".into() };
    world.seen.groups.push(SeenGroup {
        id: ObjectId(uuid(5000)),
        name: "tier 1 analyst".into(),
        unique_name: String::new(),
        usable: true,
        members: vec![stranger],
        owners: vec!["Otto".into()],
    });
    let plan = world.plan();
    let StepState::Question(Question::Adopt(candidates)) =
        &plan.step(&key(StepKind::Group, "tier1")).unwrap().state
    else {
        panic!("not asked");
    };
    assert_eq!(
        (candidates[0].foreign.as_slice(), candidates[0].owners.as_slice()),
        (&["Mallory".to_owned()][..], &["Otto".to_owned()][..])
    );
}
