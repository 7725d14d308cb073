//! I10: what was in the tenant before us is as it was.

use serde_json::Value;

use super::state::tenant;
use crate::play::Run;

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

pub fn untouched(run: &Run<'_>, first: &Value, world: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    let tenants = run.stage.customers.iter().map(|customer| &customer.tenant);
    for id in tenants.chain([&run.stage.home, &run.stage.analysts]) {
        let (before, after) = (tenant(first, id), tenant(world, id));
        for list in LISTS {
            let now = after[list].as_array().unwrap();
            for one in before[list].as_array().unwrap() {
                if !now.contains(one) {
                    problems.push(format!(
                        "I10 {list}: was {one}, is {:?}",
                        now.iter().find(|n| n["id"] == one["id"])
                    ));
                }
            }
        }
    }
    problems
}
