//! A directory at a glance.

use askama::Template;

use super::Desk;
use crate::answer::Outcome;
use crate::pages::html;
use crate::pages::visitor::Who;
use crate::world::{Application, Tenant};

struct PackageRow<'a> {
    id: &'a str,
    name: &'a str,
    catalog: &'a str,
    hidden: bool,
    /// The groups it makes a person a member of.
    groups: Vec<&'a str>,
    policies: Vec<&'a str>,
}

struct OrganizationRow<'a> {
    name: &'a str,
    state: &'a str,
    source: String,
}

#[derive(Template)]
#[template(path = "entra/overview.html")]
struct Overview<'a> {
    place: &'a str,
    who: Option<Who>,
    tenant: &'a Tenant,
    packages: Vec<PackageRow<'a>>,
    organizations: Vec<OrganizationRow<'a>>,
    registrations: Vec<&'a Application>,
}

pub fn page(desk: &Desk<'_>) -> Outcome {
    let tenant = desk.tenant()?;
    let page = Overview {
        place: "Entra",
        who: desk.who(),
        packages: tenant.packages.iter().map(|p| package(tenant, p)).collect(),
        organizations: tenant.connected_organizations.iter().map(organization).collect(),
        registrations: desk.world.applications.iter().filter(|a| a.home_tenant == tenant.id).collect(),
        tenant,
    };
    Ok(html(200, &page))
}

fn package<'a>(tenant: &'a Tenant, package: &'a crate::world::Package) -> PackageRow<'a> {
    let catalog = tenant.catalogs.iter().find(|c| c.id == package.catalog);
    let scopes = tenant.role_scopes.iter().filter(|s| s.package == package.id);
    let resources = scopes.filter_map(|s| tenant.resources.iter().find(|r| r.id == s.resource));
    let policies = tenant.policies.iter().filter(|p| p.package == package.id);
    PackageRow {
        id: &package.id,
        name: &package.display_name,
        catalog: catalog.map_or("", |c| c.display_name.as_str()),
        hidden: package.hidden,
        groups: resources.map(|r| r.display_name.as_str()).collect(),
        policies: policies.map(|p| p.body["displayName"].as_str().unwrap_or("policy")).collect(),
    }
}

fn organization(one: &crate::world::ConnectedOrganization) -> OrganizationRow<'_> {
    let tenant = one.identity_source["tenantId"].as_str().map(|t| format!("directory {t}"));
    let source = tenant.unwrap_or_else(|| format!("domain {}", one.domains.join(", ")));
    OrganizationRow { name: &one.display_name, state: &one.state, source }
}
