//! Which packages an account may ask for: policies, connected organizations, catalogs.

use serde_json::Value;

use super::Refused;
use crate::pages::account::Account;
use crate::world::{ConnectedOrganization, Policy, Tenant, World};

/// Packages of a tenant that an account may ask for, hidden ones too: (package id, policy id).
pub fn offers(world: &World, tenant: &str, account: &Account) -> Vec<(String, String)> {
    let Some(there) = world.tenant(tenant) else { return Vec::new() };
    let all = there.packages.iter();
    all.filter_map(|p| Some((p.id.clone(), offer(world, tenant, &p.id, account).ok()?))).collect()
}

/// The policy under which an account may ask for a package.
pub fn offer(world: &World, tenant: &str, package: &str, account: &Account) -> Result<String, Refused> {
    let there = world.tenant(tenant).ok_or_else(Refused::missing)?;
    let package = there.package(package).ok_or_else(Refused::missing)?;
    let catalog = there.catalogs.iter().find(|c| c.id == package.catalog).ok_or_else(Refused::missing)?;
    let open = catalog.state == "published" && (catalog.externally_visible || account.tenant == there.id);
    let own = there.policies.iter().filter(|p| p.package == package.id);
    let mut admitting = own.filter(|p| {
        p.body["requestorSettings"]["enableTargetsToSelfAddAccess"] == true
            && admits(world, there, p, account)
    });
    admitting.next().filter(|_| open).map(|p| p.id.clone()).ok_or_else(|| {
        Refused::new(
            403,
            "AccessPackageNotRequestable",
            "The access package cannot be requested by this user: no policy allows it.",
        )
    })
}

/// Whether an account is in the scope of a policy.
pub fn admits(world: &World, there: &Tenant, policy: &Policy, account: &Account) -> bool {
    let external = account.tenant != there.id;
    let known = account.in_tenant(world, &there.id);
    let targets = || policy.body["specificAllowedTargets"].as_array().into_iter().flatten();
    match policy.body["allowedTargetScope"].as_str().unwrap_or("") {
        "specificConnectedOrganizationUsers" => {
            let mut named = targets().filter_map(|t| t["connectedOrganizationId"].as_str());
            external && named.any(|id| organizations(there).any(|o| o.id == id && is_of(world, o, account)))
        }
        "allConfiguredConnectedOrganizationUsers" => {
            external && organizations(there).any(|o| o.state == "configured" && is_of(world, o, account))
        }
        "allExternalUsers" => external,
        "allMemberUsers" => known.is_some_and(|u| !u.guest),
        "allDirectoryUsers" => known.is_some(),
        "specificDirectoryUsers" => known.is_some_and(|u| targets().any(|t| names(there, t, &u.id))),
        _ => false,
    }
}

fn organizations(there: &Tenant) -> impl Iterator<Item = &ConnectedOrganization> {
    there.connected_organizations.iter()
}

/// A tenant's people are those who sign in there; a domain's are those whose address ends with it.
fn is_of(world: &World, org: &ConnectedOrganization, account: &Account) -> bool {
    if let Some(tenant) = org.identity_source["tenantId"].as_str() {
        return account.tenant.eq_ignore_ascii_case(tenant);
    }
    let address =
        account.person(world).map(|u| u.mail.clone().unwrap_or_else(|| u.user_principal_name.clone()));
    let domain = address.as_deref().and_then(|a| a.rsplit_once('@')).map(|(_, d)| d.to_lowercase());
    domain.is_some_and(|d| org.domains.contains(&d))
}

/// The connected organization an account belongs to.
pub fn organization_of(world: &World, there: &Tenant, account: &Account) -> Option<String> {
    let external = account.tenant != there.id;
    organizations(there).find(|o| external && is_of(world, o, account)).map(|o| o.id.clone())
}

/// Whether a set of people names a person of this tenant.
pub fn names(there: &Tenant, set: &Value, user: &str) -> bool {
    let text = |name: &str| set[name].as_str().unwrap_or("");
    match text("@odata.type") {
        "#microsoft.graph.groupMembers" => there.is_member(text("groupId"), user),
        "#microsoft.graph.singleUser" => text("userId").eq_ignore_ascii_case(user),
        _ => false,
    }
}
