//! I10: what was in the tenant before us, or was made by somebody else midway, is as it was, and nothing of ours hangs
//! on it.

use serde_json::Value;

use super::state::tenant;
use crate::play::Run;
use crate::stage::control;

const LISTS: &[&str] = &[
    "groups",
    "connectedOrganizations",
    "catalogs",
    "resources",
    "packages",
    "roleScopes",
    "policies",
    "defenderRoles",
    "defenderAssignments",
    "users",
    "assignments",
];

/// The object without what reading alone changes.
fn bare(one: &Value) -> Value {
    let mut one = one.clone();
    one.as_object_mut().unwrap().remove("delay");
    one
}

pub fn untouched(run: &Run<'_>, first: &Value, world: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    let mut compare = |list: &str, was: &Value, after: &Value| {
        let is = after[list].as_array().unwrap().iter().find(|one| one["id"] == was["id"]).map(bare);
        if is.as_ref() != Some(&bare(was)) {
            problems.push(format!("I10 {list}: was {was}, is {is:?}"));
        }
    };
    let tenants = run.stage.customers.iter().map(|customer| &customer.tenant);
    for id in tenants.chain([&run.stage.home, &run.stage.analysts]) {
        for list in LISTS {
            for one in tenant(first, id)[list].as_array().unwrap() {
                compare(list, one, tenant(world, id));
            }
        }
    }
    let told = control(run.lane, "GET", "/faults/plan", Value::Null);
    let made = told["madeByHand"].as_array().unwrap();
    for one in made {
        compare(
            one["list"].as_str().unwrap(),
            &one["object"],
            tenant(world, one["tenant"].as_str().unwrap()),
        );
    }
    for customer in &run.stage.customers {
        let (before, after) = (tenant(first, &customer.tenant), tenant(world, &customer.tenant));
        let before = before["catalogs"].as_array().unwrap().iter();
        let theirs = before.chain(made.iter().map(|one| &one["object"])).map(|one| &one["id"]);
        let theirs: Vec<&Value> = theirs.collect();
        for list in ["resources", "packages"] {
            for one in after[list].as_array().unwrap().iter().filter(|one| theirs.contains(&&one["catalog"]))
            {
                if !theirs.contains(&&one["id"]) {
                    problems.push(format!("I10 {list}: {one} is in a catalog that is not ours"));
                }
            }
        }
    }
    problems
}
