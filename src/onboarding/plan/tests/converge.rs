//! The property the engine stands on: whatever state a tenant is in, and wherever a run broke off, applying and
//! planning again ends in a plan that wants nothing, without a second object of anything.

use proptest::prelude::*;

use super::*;
use crate::onboarding::policy::{PolicyFacts, Stage};

/// What somebody did by hand before, with Microsoft's own names.
#[derive(Clone, Debug)]
struct Beginning {
    groups: Vec<OldGroup>,
    catalog: bool,
    packages: Vec<OldPackage>,
    organization: OldOrganization,
    defender: OldDefender,
}

#[derive(Clone, Copy, Debug)]
enum OldGroup {
    None,
    Plain,
    Strangers,
    Unusable,
}

#[derive(Clone, Copy, Debug)]
enum OldPackage {
    None,
    Bare,
    /// With the very policy that is wanted, made by hand.
    Right,
    /// With a policy for our people that lets them in without approval.
    Wrong,
    /// With a policy for another provider's people, some of whom hold it.
    Foreign,
}

#[derive(Clone, Copy, Debug)]
enum OldOrganization {
    None,
    Configured,
    Proposed,
    Shared,
}

#[derive(Clone, Copy, Debug)]
enum OldDefender {
    Manual,
    Fresh,
    /// Roles of the wanted names, with other permissions, held by another group.
    Roles,
    Inactive,
    Unread,
}

fn beginning() -> impl Strategy<Value = Beginning> {
    use {OldDefender as D, OldGroup as G, OldOrganization as O, OldPackage as P};
    let groups = prop::sample::select(vec![G::None, G::Plain, G::Strangers, G::Unusable]);
    let packages = prop::sample::select(vec![P::None, P::Bare, P::Right, P::Wrong, P::Foreign]);
    let organizations = prop::sample::select(vec![O::None, O::Configured, O::Proposed, O::Shared]);
    let defenders = prop::sample::select(vec![D::Manual, D::Fresh, D::Roles, D::Inactive, D::Unread]);
    let (groups, packages) = (prop::collection::vec(groups, 3), prop::collection::vec(packages, 3));
    (groups, any::<bool>(), packages, organizations, defenders).prop_map(
        |(groups, catalog, packages, organization, defender)| Beginning {
            groups,
            catalog,
            packages,
            organization,
            defender,
        },
    )
}

const NAMES: [&str; 3] = ["MSSP Analyst Approvers", "Tier 1 Analyst", "Tier 2 Analyst"];

fn world(from: &Beginning) -> World {
    let manual = matches!(from.defender, OldDefender::Manual);
    let mut world = World::new(if manual { DefenderMode::Manual } else { DefenderMode::Automatic });
    for (name, old) in NAMES.iter().zip(&from.groups) {
        let id = world.id();
        let strangers = vec![member(&format!("Mallory of {name}"), false)];
        let made = match old {
            OldGroup::None => continue,
            OldGroup::Plain => group(id, name, Vec::new()),
            OldGroup::Strangers => group(id, name, strangers),
            OldGroup::Unusable => SeenGroup { usable: false, ..group(id, name, Vec::new()) },
        };
        world.seen.groups.push(made);
    }
    let (ours, theirs) = (EntraTenantId(uuid(3)), EntraTenantId(uuid(9)));
    let id = world.id().to_string();
    world.seen.connected.extend(match from.organization {
        OldOrganization::None => None,
        OldOrganization::Configured => Some(organization(&id, &[ours], true)),
        OldOrganization::Proposed => Some(organization(&id, &[ours], false)),
        OldOrganization::Shared => Some(organization(&id, &[ours, theirs], true)),
    });
    world.seen.connected.push(organization("theirs", &[theirs], true));
    if from.catalog {
        old_catalog(&mut world, from, &id);
    }
    old_defender(&mut world, from);
    world
}

fn old_catalog(world: &mut World, from: &Beginning, organization: &str) {
    let id = world.id().to_string();
    let resources = world.seen.groups.iter().map(|group| group.id).collect();
    world.seen.catalogs.push(SeenCatalog {
        id: id.clone(),
        name: "MSSP Accesses".into(),
        description: "by hand".into(),
        published: false,
        external: false,
        resources,
    });
    for (name, old) in NAMES.iter().zip(&from.packages) {
        let subject = |text: &str| text.to_owned();
        let right = |organization: &str| {
            let organization = format!("organization:{organization}");
            PolicyFacts::wanted(&world.blueprint, organization, subject("user:u"), subject("group:g"))
        };
        let facts = match old {
            OldPackage::None => continue,
            OldPackage::Bare => None,
            OldPackage::Right => Some(right(organization)),
            OldPackage::Wrong => Some(PolicyFacts {
                approval: false,
                stages: vec![Stage::default(); 2],
                ..right(organization)
            }),
            OldPackage::Foreign => Some(right("theirs")),
        };
        let policies: Vec<SeenPolicy> = facts
            .into_iter()
            .map(|facts| SeenPolicy {
                id: format!("policy of {name}"),
                name: "Initial policy".into(),
                description: String::new(),
                facts,
            })
            .collect();
        let foreign = matches!(old, OldPackage::Foreign);
        world.next += 1;
        let id_of_package = uuid(world.next).to_string();
        world.seen.packages.push(SeenPackage {
            id: id_of_package,
            name: (*name).to_owned(),
            catalog: id.clone(),
            policies,
            held: usize::from(foreign),
            held_by_others: if foreign { vec!["Mallory".into()] } else { Vec::new() },
            ..nothing_in_it()
        });
    }
}

fn old_defender(world: &mut World, from: &Beginning) {
    match from.defender {
        OldDefender::Manual | OldDefender::Fresh => {}
        OldDefender::Inactive => world.seen.defender = SeenDefender::Inactive,
        OldDefender::Unread => world.seen.defender = SeenDefender::Unknown,
        OldDefender::Roles => {
            let role = |name: &str| SeenRole {
                id: format!("role {name}"),
                name: name.to_owned(),
                description: "by hand".into(),
                built_in: false,
                actions: vec!["microsoft.xdr/secops/*/manage".into()],
                groups: vec!["another group".into()],
            };
            world.roles().extend(["Tier 1 Analysts", "Tier 2 Analysts"].map(role));
        }
    }
}

/// One object of each, ours or adopted.
fn each_once(world: &World) -> Result<(), TestCaseError> {
    let (seen, facts) = (&world.seen, &world.facts);
    let made = |object: &str, many: usize| {
        let adopted = facts.owned[object].adopted;
        prop_assert_eq!(many, usize::from(!adopted), "{} adopted: {}", object, adopted);
        Ok(())
    };
    let marked = |object: &str, descriptions: Vec<&str>| {
        let reference = facts.reference(object);
        descriptions.iter().filter(|one| one.contains(&reference)).count()
    };
    let ours = facts.analysts.as_ref().unwrap().tenant;
    let found = facts.owned["connected-organization"].clone();
    let alone = seen.connected.iter().filter(|one| one.is_only(ours)).count();
    prop_assert_eq!(
        alone,
        usize::from(!found.adopted),
        "one organization stands for us alone, or a shared one"
    );
    made("catalog", marked("catalog", seen.catalogs.iter().map(|one| one.description.as_str()).collect()))?;
    let catalog = seen.catalog(&facts.owned["catalog"].id).unwrap();
    for key in world.blueprint.keys() {
        let unique = facts.unique_name(key);
        let group = format!("group.{key}");
        made(&group, seen.groups.iter().filter(|one| one.unique_name == unique).count())?;
        let id = &facts.owned[&group].id;
        let times = catalog.resources.iter().filter(|one| one.to_string() == *id).count();
        prop_assert_eq!(times, 1, "{} is a resource once", &group);
        let package = format!("package.{key}");
        made(&package, marked(&package, seen.packages.iter().map(|one| one.description.as_str()).collect()))?;
        let held = seen.package(&facts.owned[&package].id).unwrap();
        prop_assert_eq!(held.gives.iter().filter(|one| one.to_string() == *id).count(), 1);
        let policy = format!("policy.{key}");
        made(&policy, marked(&policy, held.policies.iter().map(|one| one.description.as_str()).collect()))?;
        prop_assert!(held.policies.iter().any(|one| one.id == facts.owned[&policy].id));
        if let (Some(_), SeenDefender::Unified { roles, .. }) = (world.blueprint.tier(key), &seen.defender) {
            let role = format!("defender-role.{key}");
            if world.blueprint.defender.mode == DefenderMode::Automatic {
                made(&role, marked(&role, roles.iter().map(|one| one.description.as_str()).collect()))?;
                let role = roles.iter().find(|one| one.id == facts.owned[&role].id).unwrap();
                prop_assert_eq!(role.groups.iter().filter(|one| *one == id).count(), 1);
            }
        }
    }
    Ok(())
}

/// What is not ours is as it was.
fn untouched(before: &Observation, world: &World) -> Result<(), TestCaseError> {
    let ours = |id: &str| world.facts.owned.values().any(|owned| owned.id == id);
    for one in before.groups.iter().filter(|one| !ours(&one.id.to_string())) {
        prop_assert!(world.seen.groups.contains(one));
    }
    for one in before.connected.iter().filter(|one| !ours(&one.id)) {
        prop_assert!(world.seen.connected.contains(one));
    }
    for one in before.catalogs.iter().filter(|one| !ours(&one.id)) {
        prop_assert!(world.seen.catalogs.contains(one));
    }
    for package in &before.packages {
        let now = world.seen.package(&package.id).unwrap();
        prop_assert!(ours(&package.id) || now == package);
        for policy in package.policies.iter().filter(|one| !ours(&one.id)) {
            prop_assert!(now.policies.contains(policy));
        }
    }
    if let (SeenDefender::Unified { roles, .. }, SeenDefender::Unified { roles: now, .. }) =
        (&before.defender, &world.seen.defender)
    {
        for role in roles.iter().filter(|one| !ours(&one.id)) {
            prop_assert!(now.contains(role));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn from_any_state_and_through_any_break_the_plan_runs_empty(
        from in beginning(),
        turns in proptest::collection::vec((0_usize..50, any::<bool>(), prop::bool::weighted(0.7)), 120),
    ) {
        let mut world = world(&from);
        let before = world.seen.clone();
        for (choose, adopt, kept) in turns {
            if !world.turn(choose, adopt, kept) {
                break;
            }
        }
        let end = world.plan();
        prop_assert!(end.finished(), "{:?}", end.steps.iter().filter(|step| !step.done()).collect::<Vec<_>>());
        prop_assert_eq!(end.acts().count(), 0);
        each_once(&world)?;
        untouched(&before, &world)?;
        prop_assert_eq!(end.fingerprint(), world.plan().fingerprint());
    }
}
