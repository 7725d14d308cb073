//! The audit log of what was written over Graph (activities of Microsoft's audit reference). Requests, decisions and
//! deliveries are told by `access::trail`.

use serde_json::{Value, json};

use super::scene::Scene;
use crate::access::trail;
use crate::answer::{Answer, Body};
use crate::world::Tenant;

const EM: (&str, &str) = ("EntitlementManagement", "Entitlement Management");
const GROUPS: (&str, &str) = ("GroupManagement", "Core Directory");
const USERS: (&str, &str) = ("UserManagement", "Core Directory");
const APPLICATIONS: (&str, &str) = ("ApplicationManagement", "Core Directory");
/// Microsoft's list has nothing about Defender's own roles; these are told as roles of the directory (INFERRED).
const ROLES: (&str, &str) = ("RoleManagement", "Core Directory");

/// The activity of a write that succeeded, and the type of what it was done to.
fn activity(
    method: &str,
    path: &[&str],
) -> Option<((&'static str, &'static str), &'static str, &'static str)> {
    let path = match path {
        ["identityGovernance", "entitlementManagement", rest @ ..] => return entitlement(method, rest),
        other => other,
    };
    let (of, what, kind) = match (method, path) {
        ("POST", ["groups"]) => (GROUPS, "Add group", "Group"),
        ("PATCH", ["groups", _]) => (GROUPS, "Update group", "Group"),
        ("DELETE", ["groups", _]) => (GROUPS, "Delete group", "Group"),
        ("POST", ["groups", _, "members", "$ref"]) => (GROUPS, "Add member to group", "Group"),
        ("DELETE", ["groups", _, "members", _, "$ref"]) => (GROUPS, "Remove member from group", "Group"),
        ("POST", ["groups", _, "owners", "$ref"]) => (GROUPS, "Add owner to group", "Group"),
        ("DELETE", ["groups", _, "owners", _, "$ref"]) => (GROUPS, "Remove owner from group", "Group"),
        ("PATCH", ["users", _]) => (USERS, "Update user", "User"),
        ("DELETE", ["users", _]) => (USERS, "Delete user", "User"),
        ("POST", ["invitations"]) => (("UserManagement", "Invited Users"), "Invite external user", "User"),
        ("DELETE", ["servicePrincipals", _, "appRoleAssignments" | "appRoleAssignedTo", _]) => {
            (APPLICATIONS, "Remove app role assignment from service principal", "ServicePrincipal")
        }
        ("DELETE", ["oauth2PermissionGrants", _]) => {
            (APPLICATIONS, "Remove delegated permission grant", "ServicePrincipal")
        }
        ("POST", ["roleManagement", "defender", "roleDefinitions"]) => (ROLES, "Add role definition", "Role"),
        ("PATCH", ["roleManagement", "defender", "roleDefinitions", _]) => {
            (ROLES, "Update role definition", "Role")
        }
        ("DELETE", ["roleManagement", "defender", "roleDefinitions", _]) => {
            (ROLES, "Delete role definition", "Role")
        }
        ("POST", ["roleManagement", "defender", "roleAssignments"]) => {
            (ROLES, "Add role assignment to role definition", "Role")
        }
        ("PATCH", ["roleManagement", "defender", "roleAssignments", _]) => {
            (ROLES, "Update role assignment", "Role")
        }
        ("DELETE", ["roleManagement", "defender", "roleAssignments", _]) => {
            (ROLES, "Remove role assignment from role definition", "Role")
        }
        ("POST", ["roleManagement", "entitlementManagement", "roleAssignments"]) => {
            (EM, "Add Entitlement Management role assignment", "Role")
        }
        _ => return None,
    };
    Some((of, what, kind))
}

fn entitlement(
    method: &str,
    path: &[&str],
) -> Option<((&'static str, &'static str), &'static str, &'static str)> {
    let (what, kind) = match (method, path) {
        ("POST", ["connectedOrganizations"]) => ("Create connected organization", "ConnectedOrganization"),
        ("PATCH", ["connectedOrganizations", _]) => {
            ("Update connected organization", "ConnectedOrganization")
        }
        ("DELETE", ["connectedOrganizations", _]) => {
            ("Delete connected organization", "ConnectedOrganization")
        }
        ("POST", [_, _, "externalSponsors", "$ref"]) => {
            ("Assign user as external sponsor", "ConnectedOrganization")
        }
        ("POST", [_, _, "internalSponsors", "$ref"]) => {
            ("Assign user as internal sponsor", "ConnectedOrganization")
        }
        ("DELETE", [_, _, "externalSponsors", ..]) => {
            ("Remove user as external sponsor", "ConnectedOrganization")
        }
        ("DELETE", [_, _, "internalSponsors", ..]) => {
            ("Remove user as internal sponsor", "ConnectedOrganization")
        }
        ("POST", ["catalogs"]) => ("Create access package catalog", "AccessPackageCatalog"),
        ("PATCH", ["catalogs", _]) => ("Update access package catalog", "AccessPackageCatalog"),
        ("DELETE", ["catalogs", _]) => ("Delete access package catalog", "AccessPackageCatalog"),
        ("POST", ["resourceRequests"]) => ("Create resource request", "AccessPackageResourceRequest"),
        ("POST", ["accessPackages"]) => ("Create access package", "AccessPackage"),
        ("PATCH", ["accessPackages", _]) | (_, ["accessPackages", _, "resourceRoleScopes", ..])
            if method != "GET" =>
        {
            ("Update access package", "AccessPackage")
        }
        ("DELETE", ["accessPackages", _]) => ("Delete access package", "AccessPackage"),
        ("POST", ["assignmentPolicies"]) => {
            ("Create access package assignment policy", "AccessPackageAssignmentPolicy")
        }
        ("PUT", ["assignmentPolicies", _]) => {
            ("Update access package assignment policy", "AccessPackageAssignmentPolicy")
        }
        ("DELETE", ["assignmentPolicies", _]) => {
            ("Delete access package assignment policy", "AccessPackageAssignmentPolicy")
        }
        ("DELETE", ["assignmentRequests", _]) => {
            ("Delete access package assignment request", "AccessPackageAssignmentRequest")
        }
        ("PATCH", ["settings"]) => ("Update tenant setting", "TenantSettings"),
        _ => return None,
    };
    Some((EM, what, kind))
}

/// The name of an object of the directory or of entitlement management.
fn name_of(there: &Tenant, id: &str) -> Option<String> {
    let is = |one: &str| one.eq_ignore_ascii_case(id);
    let group = there.groups.iter().find(|g| is(&g.id)).map(|g| &g.display_name);
    let user = || there.user(id).map(|u| &u.display_name);
    let sp = || there.service_principals.iter().find(|s| is(&s.id)).map(|s| &s.display_name);
    let org = || there.connected_organizations.iter().find(|o| is(&o.id)).map(|o| &o.display_name);
    let catalog = || there.catalogs.iter().find(|c| is(&c.id)).map(|c| &c.display_name);
    let package = || there.package(id).map(|p| &p.display_name);
    let found = group.or_else(user).or_else(sp).or_else(org).or_else(catalog).or_else(package).cloned();
    let policy = || there.policy(id).and_then(|p| p.body["displayName"].as_str()).map(str::to_owned);
    found.or_else(policy)
}

/// Objects a write is about, seen before it is done: what it deletes has no name afterwards.
pub struct About(Vec<(String, Option<String>)>);

impl About {
    pub fn of(scene: &Scene<'_>, path: &[&str]) -> Self {
        let ids = path.iter().map(|piece| super::scene::plain_key(piece));
        let ids = ids.filter(|id| uuid::Uuid::parse_str(id).is_ok() || id.contains('@'));
        Self(ids.map(|id| (id.clone(), name_of(scene.tenant(), &id))).collect())
    }
}

/// Writes the row of a write that succeeded.
pub fn write(scene: &mut Scene<'_>, path: &[&str], about: About, answer: &Answer) {
    if answer.status >= 400 || scene.call.method == "GET" {
        return;
    }
    let Some(((category, by), mut what, kind)) = activity(&scene.call.method, path) else { return };
    let sent = scene.call.json().unwrap_or_default();
    let mut objects = about.0;
    if let Body::Json(made) = &answer.body
        && let Some(id) = made["id"].as_str().or_else(|| made["invitedUser"]["id"].as_str())
        && objects.is_empty()
    {
        objects.push((id.to_owned(), made["displayName"].as_str().map(str::to_owned)));
    }
    // What is bound by an address is a target too.
    if let Some(id) = super::scene::bound_id(&sent["@odata.id"]) {
        objects.push((id.clone(), name_of(scene.tenant(), &id)));
    }
    what = match (what, &sent) {
        ("Create resource request", sent) if sent["requestType"] == "adminRemove" => {
            "Create resource remove request"
        }
        ("Update user", sent) if sent["accountEnabled"] == false => "Disable account",
        ("Update user", sent) if sent["accountEnabled"] == true => "Enable account",
        ("Update group", _) if answer.status == 201 => "Add group",
        (other, _) => other,
    };
    let targets = objects.into_iter().enumerate().map(|(at, (id, name))| {
        let user = scene.tenant().user(&id).map(|u| u.user_principal_name.clone());
        let kind = if at > 0 && user.is_some() { "User" } else { kind };
        json!({"id": id, "displayName": name, "type": kind, "userPrincipalName": user, "modifiedProperties": []})
    });
    let targets: Vec<Value> = targets.collect();
    let who = trail::caller(scene.tenant(), &scene.caller.app_id, scene.caller.user.as_deref());
    let now = scene.now();
    trail::written(scene.tenant_mut(), (category, by, what), who, targets, now);
}
