//! The end of access: the assignment expires, groups are left, and a governed guest without access goes too.

use chrono::{DateTime, TimeDelta, Utc};

use super::trail;
use crate::world::{RoleScope, Tenant};

/// Ends an assignment.
pub fn end(there: &mut Tenant, id: &str, now: DateTime<Utc>) {
    let Some(assignment) = there.assignments.iter_mut().find(|a| a.id == *id) else { return };
    assignment.state = "expired".to_owned();
    assignment.status = "ExpiredNotificationTriggered".to_owned();
    assignment.expired = Some(now);
    let (package, object) = (assignment.package.clone(), assignment.target.object_id.clone());
    if let Some(object) = object {
        leave(there, &package, &object, now);
        block(there, &object, now);
    }
}

/// Leaves the package's groups.
fn leave(there: &mut Tenant, package: &str, object: &str, now: DateTime<Utc>) {
    let own = there.role_scopes.iter().filter(|r| r.package == package).cloned().collect();
    lose(there, own, object, now);
}

/// Takes roles away from somebody, unless another package still gives them.
pub fn lose(there: &mut Tenant, roles: Vec<RoleScope>, object: &str, now: DateTime<Utc>) {
    let same = |a: &RoleScope, b: &RoleScope| a.resource == b.resource && a.role == b.role;
    let packages: Vec<String> = held(there, object);
    let kept: Vec<RoleScope> =
        there.role_scopes.iter().filter(|r| packages.contains(&r.package)).cloned().collect();
    for role in roles.into_iter().filter(|r| !kept.iter().any(|k| same(k, r))) {
        let group = there.resources.iter().find(|r| r.id == role.resource).map(|r| r.group.clone());
        let Some(group) = group.and_then(|id| there.group_mut(&id)) else { continue };
        let list = if role.role == "Owner" { &mut group.owners } else { &mut group.members };
        list.retain(|o| o != object);
        let group = group.id.clone();
        trail::resource(there, &role, &group, object, ("Remove access package resource assignment", now));
    }
}

fn held(there: &Tenant, object: &str) -> Vec<String> {
    let active =
        |a: &&crate::world::Assignment| a.is_active() && a.target.object_id.as_deref() == Some(object);
    there.assignments.iter().filter(active).map(|a| a.package.clone()).collect()
}

/// A guest made by entitlement management who holds nothing any more: as the tenant's settings say (contract §8.3).
fn block(there: &mut Tenant, object: &str, now: DateTime<Utc>) {
    if !held(there, object).is_empty() {
        return;
    }
    let action = there.em_settings["externalUserLifecycleAction"].as_str().unwrap_or("").to_owned();
    let after = there.em_settings["durationUntilExternalUserDeletedAfterBlocked"].as_str();
    let after = after.and_then(crate::graph::duration).unwrap_or(30 * 86_400);
    let guest = there.users.iter_mut().find(|u| u.id == object && u.guest && u.governed);
    let Some(guest) = guest.filter(|_| action != "none") else { return };
    guest.enabled = false;
    if action == "blockSignInAndDelete" {
        guest.delete_at = Some(now + TimeDelta::seconds(after));
    }
    let guest = guest.clone();
    trail::of_user(there, &guest, ("Core Directory", "Disable account"), now);
}

/// Deletes a guest whose time has come, unless he holds something again.
pub fn delete_guest(there: &mut Tenant, object: &str, now: DateTime<Utc>) {
    if !held(there, object).is_empty() {
        if let Some(guest) = there.users.iter_mut().find(|u| u.id == object) {
            guest.delete_at = None;
        }
        return;
    }
    if let Some(guest) = there.user(object).cloned() {
        trail::of_user(there, &guest, ("Core Directory", "Delete user"), now);
    }
    there.users.retain(|u| u.id != object);
    for group in &mut there.groups {
        group.members.retain(|m| m != object);
        group.owners.retain(|o| o != object);
    }
    for request in there.requests.iter_mut().filter(|r| r.requestor.object_id.as_deref() == Some(object)) {
        request.requestor.object_id = None;
    }
}
