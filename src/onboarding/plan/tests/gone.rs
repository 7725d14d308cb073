//! What somebody deleted in an onboarded tenant.

use super::told::onboarded;
use super::*;

fn group_of(world: &mut World, of: &str) {
    let id = world.owned_group(of).id;
    world.seen.groups.retain(|one| one.id != id);
}

#[test]
fn one_run_makes_again_what_is_gone_and_brings_along_what_builds_on_it() {
    type Delete = fn(&mut World);
    let deletes: [(&str, Delete); 7] = [
        ("group.tier1", |world| group_of(world, "tier1")),
        ("group.approvers", |world| group_of(world, APPROVERS)),
        ("connected-organization", |world| world.seen.connected.clear()),
        ("catalog", |world| {
            world.seen.catalogs.clear();
            world.seen.packages.clear();
        }),
        ("package.tier1", |world| {
            let id = world.owned_package("tier1").id.clone();
            world.seen.packages.retain(|one| one.id != id);
        }),
        ("policy.tier1", |world| world.owned_package("tier1").policies.clear()),
        ("defender-role.tier1", |world| {
            let id = world.facts.owned["defender-role.tier1"].id.clone();
            world.roles().retain(|one| one.id != id);
        }),
    ];
    for (what, delete) in deletes {
        let mut world = onboarded(DefenderMode::Automatic);
        delete(&mut world);
        let plan = world.plan();
        let acts: Vec<StepKey> = plan.acts().map(|step| step.key.clone()).collect();
        assert_eq!(acts[0].to_string(), what);
        for act in &acts {
            world.apply(act, true);
        }
        let left: Vec<String> = world.plan().acts().map(|step| step.key.to_string()).collect();
        assert!(left.is_empty(), "{what} is gone: after {acts:?} it takes another run for {left:?}");
    }
}
