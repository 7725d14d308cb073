//! I1: the tenant holds what the blueprint wants, once; the portal's own records say the same.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::play::Run;
use crate::stage::Customer;

pub fn is_as_wanted(run: &Run<'_>, world: &Value) -> Vec<String> {
    run.stage.customers.iter().flat_map(|customer| one(run, world, customer)).collect()
}

pub fn tenant<'a>(world: &'a Value, id: &str) -> &'a Value {
    world["tenants"].as_array().unwrap().iter().find(|tenant| tenant["id"] == id).unwrap()
}

/// The mark of an object of ours, computed here anew.
fn mark(run: &Run<'_>, customer: &Customer, object: &str) -> String {
    let mut hash = Sha256::new();
    for part in [run.stage.provider.to_string(), customer.id.to_string(), object.to_owned()] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let short: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("[ref {short}]")
}

struct Look<'a> {
    tenant: &'a Value,
    name: &'a str,
    problems: Vec<String>,
}

impl<'a> Look<'a> {
    /// The one object of a list that fits; anything but one is a problem.
    fn the(&mut self, list: &str, what: &str, fits: impl Fn(&Value) -> bool) -> Option<&'a Value> {
        let found: Vec<&Value> =
            self.tenant[list].as_array().unwrap().iter().filter(|one| fits(one)).collect();
        if found.len() != 1 {
            self.problems.push(format!("I1 {}: {} of {what} in {list}", self.name, found.len()));
        }
        found.first().copied()
    }

    fn must(&mut self, holds: bool, what: &str) {
        if !holds {
            self.problems.push(format!("I1 {}: {what}", self.name));
        }
    }
}

/// As the blueprint says, or beside somebody else's of that name.
fn is_named(one: &Value, name: &str) -> bool {
    one["displayName"] == name || one["displayName"] == format!("{name} (Contoso)").as_str()
}

fn one(run: &Run<'_>, world: &Value, customer: &Customer) -> Vec<String> {
    let tenant = tenant(world, &customer.tenant);
    let mut look = Look { tenant, name: tenant["displayName"].as_str().unwrap(), problems: Vec::new() };
    let marked = |object: &str| {
        let mark = mark(run, customer, object);
        move |one: &Value| one["description"].as_str().is_some_and(|text| text.contains(&mark))
    };
    let organization = look.the("connectedOrganizations", "the analysts' organization", |one| {
        one["identitySource"]["tenantId"] == run.stage.analysts.as_str()
    });
    let catalog = look.the("catalogs", "our catalog", marked("catalog"));
    if let Some(catalog) = catalog {
        look.must(catalog["state"] == "published", "the catalog is not published");
        look.must(catalog["externallyVisible"] == true, "the catalog is not open to external people");
        look.must(is_named(catalog, "MSSP Accesses"), "the catalog has another name");
    }
    let tiers = (1..=run.schedule.tiers).map(|tier| (format!("tier{tier}"), format!("Tier {tier} Analyst")));
    let all = std::iter::once(("approvers".to_owned(), "MSSP Analyst Approvers".to_owned())).chain(tiers);
    let mut approvers = None;
    for (key, name) in all {
        let unique = format!("mssp-{}-{key}", run.stage.provider.0.simple());
        let group = look.the("groups", &format!("group {key}"), |one| one["uniqueName"] == unique.as_str());
        if let Some(group) = group {
            look.must(is_named(group, &name), &format!("group {key} has another name"));
            if key == "approvers" {
                approvers = group["id"].as_str();
            }
        }
        let resource = look.the("resources", &format!("resource {key}"), |one| {
            Some(&one["group"]) == group.map(|group| &group["id"])
                && Some(&one["catalog"]) == catalog.map(|catalog| &catalog["id"])
        });
        let package = look.the("packages", &format!("package {key}"), marked(&format!("package.{key}")));
        if let Some(package) = package {
            look.must(is_named(package, &name), &format!("package {key} has another name"));
            look.must(package["hidden"] == true, &format!("package {key} is not hidden"));
        }
        let in_package = |one: &Value| Some(&one["package"]) == package.map(|package| &package["id"]);
        look.the("roleScopes", &format!("membership of group {key}"), |one| {
            in_package(one) && one["role"] == "Member" && Some(&one["resource"]) == resource.map(|r| &r["id"])
        });
        let policy = look.the("policies", &format!("policy {key}"), in_package);
        if let (Some(policy), Some(organization)) = (policy, organization) {
            let approver = if key == "approvers" { None } else { approvers };
            policy_is(&mut look, &key, &policy["body"], organization, approver);
        }
        if run.schedule.defender && key != "approvers" {
            defender(&mut look, &key, group, &mark(run, customer, &format!("defender-role.{key}")));
        }
    }
    look.problems
}

/// A year, for the analysts' organization alone, decided by the approvers, reviewed every year.
fn policy_is(look: &mut Look<'_>, key: &str, body: &Value, organization: &Value, approvers: Option<&str>) {
    let days = body["expiration"]["duration"].as_str().unwrap_or_default();
    look.must(days == "P365D", &format!("policy {key} ends after {days}"));
    look.must(
        body["allowedTargetScope"] == "specificConnectedOrganizationUsers"
            && body["specificAllowedTargets"][0]["connectedOrganizationId"] == organization["id"]
            && body["specificAllowedTargets"].as_array().is_some_and(|all| all.len() == 1),
        &format!("policy {key} is for others too"),
    );
    let stage = &body["requestApprovalSettings"]["stages"][0];
    look.must(
        body["requestApprovalSettings"]["isApprovalRequiredForAdd"] == true
            && stage["primaryApprovers"].as_array().is_some_and(|all| all.len() == 1)
            && approvers.is_none_or(|group| stage["primaryApprovers"][0]["groupId"] == group),
        &format!("policy {key} is decided by others"),
    );
    let recurrence = &body["reviewSettings"]["schedule"]["recurrence"]["pattern"];
    look.must(
        body["reviewSettings"]["isEnabled"] == true && recurrence["interval"] == 12,
        &format!("policy {key} is not reviewed every year"),
    );
}

fn defender(look: &mut Look<'_>, key: &str, group: Option<&Value>, mark: &str) {
    let role = look.the("defenderRoles", &format!("Defender role {key}"), |one| {
        one["description"].as_str().is_some_and(|text| text.contains(mark))
    });
    look.the("defenderAssignments", &format!("Defender assignment {key}"), |one| {
        Some(&one["roleDefinitionId"]) == role.map(|role| &role["id"])
            && one["principalIds"].as_array().is_some_and(|all| all.len() == 1)
            && Some(&one["principalIds"][0]) == group.map(|group| &group["id"])
    });
}
