//! Connected organizations, catalogs, packages and policies: ours, and those that bear a wanted name.

use std::collections::BTreeMap;

use crate::graph::catalogs::{Catalog, CatalogState, OriginSystem};
use crate::graph::connected_organizations::{ConnectedOrganizationState, IdentitySource};
use crate::graph::packages::{AccessPackage, ResourceRoleScope};
use crate::graph::policies::AssignmentPolicy;
use crate::graph::requests::{Assignment, AssignmentState};
use crate::graph::{CatalogId, Directory, GraphError, PackageId};
use crate::kit::ids::ObjectId;
use crate::onboarding::blueprint::Blueprint;
use crate::onboarding::facts::Facts;
use crate::onboarding::observation::{SeenCatalog, SeenConnected, SeenGiven, SeenPackage, SeenPolicy};
use crate::onboarding::observe::Ours;
use crate::onboarding::policy::PolicyFacts;
use crate::onboarding::step::StepKind;

/// Everything of entitlement management that the plan looks at.
#[derive(Default)]
pub(super) struct Governance {
    pub connected: Vec<SeenConnected>,
    pub catalogs: Vec<SeenCatalog>,
    pub packages: Vec<SeenPackage>,
}

pub(super) async fn read(
    directory: &Directory,
    blueprint: &Blueprint,
    facts: &Facts,
    ours: &mut Ours,
) -> Result<Governance, GraphError> {
    let connected = connected(directory).await?;
    ours.know_organizations(&connected, facts.analysts.as_ref());
    let (catalogs, resources) = catalogs(directory, blueprint, facts).await?;
    let packages = packages(directory, blueprint, facts, (&catalogs, &resources), ours).await?;
    Ok(Governance { connected, catalogs, packages })
}

pub(super) async fn connected(directory: &Directory) -> Result<Vec<SeenConnected>, GraphError> {
    let read = directory.connected_organizations().await?;
    let mut seen: Vec<SeenConnected> = read
        .into_iter()
        .map(|one| SeenConnected {
            id: one.id.to_string(),
            name: one.display_name,
            configured: one.state == Some(ConnectedOrganizationState::Configured),
            tenants: one.identity_sources.iter().filter_map(|source| source.tenant_id).collect(),
            sources: one.identity_sources.iter().map(source).collect(),
        })
        .collect();
    seen.sort_unstable();
    Ok(seen)
}

/// An Entra tenant by name and id, a domain by itself.
fn source(one: &IdentitySource) -> String {
    let name = one.display_name.clone().unwrap_or_default();
    let id = one.tenant_id.map(|id| id.to_string()).or_else(|| one.domain_name.clone()).unwrap_or_default();
    match (name.is_empty(), id.is_empty() || id == name) {
        (false, false) => format!("{name} ({id})"),
        (false, true) => name,
        (true, false) => id,
        (true, true) => one.kind.as_ref().map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
    }
}

/// Names of what lies in the catalogs, by origin id in small letters.
type Resources = BTreeMap<String, String>;

async fn catalogs(
    directory: &Directory,
    blueprint: &Blueprint,
    facts: &Facts,
) -> Result<(Vec<SeenCatalog>, Resources), GraphError> {
    let mut found: BTreeMap<String, Catalog> = BTreeMap::new();
    let mut keep = |one: Catalog| found.insert(one.id.to_string(), one);
    if let Some(id) = facts.owned("catalog") {
        directory.catalog(&CatalogId::new(id)).await?.map(&mut keep);
    }
    let wanted = crate::onboarding::wanted::Wanted { blueprint, facts }.catalog().display_name;
    let base = blueprint.catalog.name.trim();
    for name in [base, wanted.as_str()] {
        directory.catalogs_by_name(name).await?.into_iter().for_each(|one| drop(keep(one)));
        if wanted == base {
            break;
        }
    }
    let mut seen = Vec::with_capacity(found.len());
    let mut names = Resources::new();
    for (id, catalog) in found {
        let resources = directory.catalog_resources(&CatalogId::new(&id)).await?;
        names.extend(resources.iter().map(|one| (one.origin_id.to_lowercase(), one.display_name.clone())));
        // A resource without its roles is not there yet.
        let ready = resources.iter().filter(|one| one.member_role().is_some() && one.root_scope().is_some());
        let mut resources: Vec<ObjectId> = ready.filter_map(|one| one.origin_id.parse().ok()).collect();
        resources.sort_unstable();
        seen.push(SeenCatalog {
            id,
            name: catalog.display_name,
            description: catalog.description,
            published: catalog.state == Some(CatalogState::Published),
            external: catalog.is_externally_visible == Some(true),
            resources,
        });
    }
    Ok((seen, names))
}

async fn packages(
    directory: &Directory,
    blueprint: &Blueprint,
    facts: &Facts,
    (catalogs, resources): (&[SeenCatalog], &Resources),
    ours: &mut Ours,
) -> Result<Vec<SeenPackage>, GraphError> {
    let mut found: BTreeMap<String, (AccessPackage, Option<String>)> = BTreeMap::new();
    for catalog in catalogs {
        for package in directory.packages_in_catalog(&CatalogId::new(&catalog.id)).await? {
            found.insert(package.id.to_string(), (package, Some(catalog.id.clone())));
        }
    }
    let mut more = Vec::new();
    for id in facts.owned_of(StepKind::Package).filter(|id| !found.contains_key(*id)) {
        more.extend(directory.package(&PackageId::new(id)).await?);
    }
    for key in blueprint.keys() {
        if let Some(named) = blueprint.package(key) {
            more.extend(directory.packages_by_name(named.name.trim()).await?);
        }
    }
    for package in more {
        found.entry(package.id.to_string()).or_insert((package, None));
    }
    // Once for all packages: a filter by package is not documented, so each look would read all of the directory.
    let policies = if found.is_empty() { Vec::new() } else { directory.policies().await? };
    let mut read = Vec::with_capacity(found.len());
    for (id, (package, catalog)) in found {
        let (package, held) = read_package(directory, id, (package, catalog), (resources, &policies)).await?;
        ours.know_holders(&held);
        read.push((package, held));
    }
    Ok(read.into_iter().map(|(package, held)| with_holders(package, &held, ours)).collect())
}

/// How many names of others are kept; more would tell nobody more.
const NAMES: usize = 50;

pub(super) fn with_holders(package: SeenPackage, held: &[Assignment], ours: &Ours) -> SeenPackage {
    let (held_by_ours, others): (Vec<&Assignment>, Vec<&Assignment>) =
        held.iter().partition(|one| ours.holds(one));
    let named = |one: &&Assignment| {
        let who = one.target.as_ref();
        let name = who.and_then(|who| who.display_name.clone().or_else(|| who.email.clone()));
        name.unwrap_or_else(|| one.id.to_string())
    };
    let mut held_by_others: Vec<String> = others.iter().map(named).collect();
    held_by_others.sort_unstable();
    held_by_others.truncate(NAMES);
    SeenPackage {
        held: held.len(),
        held_by_ours: held_by_ours.len(),
        held_by_others,
        first_end: held.iter().filter_map(Assignment::ends).min(),
        ..package
    }
}

/// The group whose membership a role is.
fn membership(given: &ResourceRoleScope) -> Option<ObjectId> {
    let role = given.role.as_ref()?;
    let of_group = role.origin_system.as_ref().is_none_or(|system| *system == OriginSystem::Group);
    let (kind, group) = role.origin_id.split_once('_')?;
    group.parse().ok().filter(|_| of_group && kind.eq_ignore_ascii_case("Member"))
}

/// Any other role; what nobody can name is told by its id.
fn given(given: &ResourceRoleScope, resources: &Resources) -> SeenGiven {
    let role = given.role.as_ref();
    let origin = role.map(|role| role.origin_id.as_str()).unwrap_or_default();
    let system = role.and_then(|role| role.origin_system.as_ref());
    let scope = given.scope.as_ref().map(|scope| scope.origin_id.as_str()).unwrap_or_default();
    let what = if scope.is_empty() { given.id.as_str() } else { scope };
    let named = resources.get(&what.to_lowercase()).filter(|name| !name.is_empty());
    let what_name = named.map_or(what, String::as_str);
    let role_name = role.map(|role| role.display_name.as_str()).filter(|name| !name.is_empty());
    let name = format!("{} – {what_name}", role_name.unwrap_or(if origin.is_empty() { "?" } else { origin }));
    let name = match system {
        None | Some(OriginSystem::Group) => name,
        Some(system) => format!("{name} ({system})"),
    };
    let id = format!("{}:{origin}@{what}", system.map(OriginSystem::as_str).unwrap_or_default());
    SeenGiven { id, name }
}

async fn read_package(
    directory: &Directory,
    id: String,
    (package, catalog): (AccessPackage, Option<String>),
    (resources, policies): (&Resources, &[AssignmentPolicy]),
) -> Result<(SeenPackage, Vec<Assignment>), GraphError> {
    let of = PackageId::new(&id);
    let roles = directory.package_roles(&of).await?;
    let (mut gives, mut gives_else) = (Vec::new(), Vec::new());
    for role in &roles {
        match membership(role) {
            Some(group) => gives.push(group),
            None => gives_else.push(given(role, resources)),
        }
    }
    gives.sort_unstable();
    gives_else.sort_unstable();
    let mut policies: Vec<SeenPolicy> = policies
        .iter()
        .filter(|policy| policy.is_of(&of))
        .filter_map(|policy| {
            let facts = PolicyFacts::of(policy);
            let (name, description) = (policy.display_name.clone(), policy.description.clone());
            Some(SeenPolicy { id: policy.id.as_ref()?.to_string(), name, description, facts })
        })
        .collect();
    policies.sort_by(|one, other| one.id.cmp(&other.id));
    let held = directory.assignments(Some(&of), Some(&AssignmentState::Delivered)).await?;
    let seen = SeenPackage {
        id,
        name: package.display_name,
        description: package.description,
        hidden: package.is_hidden == Some(true),
        catalog: catalog.or_else(|| package.catalog.map(|one| one.id.to_string())).unwrap_or_default(),
        gives,
        gives_else,
        policies,
        first_end: None,
        held: 0,
        held_by_ours: 0,
        held_by_others: Vec::new(),
    };
    Ok((seen, held))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn only_membership_of_a_group_is_no_other_role() {
        const GROUP: &str = "11111111-2222-3333-4444-555555555555";
        let resources = Resources::from([("https://x/sites/soc".to_owned(), "SOC files".to_owned())]);
        let read = |role: Value, scope: &str| -> Result<ObjectId, SeenGiven> {
            let one = json!({ "id": "a_b", "role": role, "scope": { "id": "b", "originId": scope } });
            let one: ResourceRoleScope = serde_json::from_value(one).unwrap();
            membership(&one).ok_or_else(|| given(&one, &resources))
        };
        let of = |system: &str, id: &str| json!({ "id": "a", "displayName": "R", "originSystem": system, "originId": id });
        assert_eq!(read(of("AadGroup", &format!("Member_{GROUP}")), GROUP), Ok(GROUP.parse().unwrap()));
        assert_eq!(read(of("AadGroup", &format!("member_{GROUP}")), GROUP), Ok(GROUP.parse().unwrap()));
        let other = |system: &str, id: &str, scope: &str| read(of(system, id), scope).unwrap_err();
        let owner = other("AadGroup", &format!("Owner_{GROUP}"), GROUP);
        assert_eq!(owner.id, format!("AadGroup:Owner_{GROUP}@{GROUP}"));
        assert_eq!(owner.name, format!("R – {GROUP}"));
        let site = other("SharePointOnline", "4", "https://x/sites/SOC");
        assert_eq!(site.name, "R – SOC files (SharePointOnline)");
        let application = other("AadApplication", &format!("Member_{GROUP}"), "app");
        assert_eq!(
            application.name, "R – app (AadApplication)",
            "a role of an application may bear any name"
        );
        assert_eq!(read(Value::Null, "").unwrap_err().name, "? – a_b", "what is not shown is told of too");
    }
}
