//! Rows about groups joined and left, accounts, reviews, and whatever was written over Graph.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{SERVICE, person, push, service};
use crate::world::{Review, RoleScope, Tenant, User, new_id};

/// Somebody got or lost a group through a package: told by entitlement management and by the directory.
pub fn resource(
    there: &mut Tenant,
    role: &RoleScope,
    group: &str,
    object: &str,
    (activity, now): (&str, DateTime<Utc>),
) {
    let name = |id: &str| there.group(id).map(|g| g.display_name.clone());
    let upn = there.user(object).map(|u| u.user_principal_name.clone());
    let target = |id: &str, name: Option<String>, kind: &str| json!({"id": id, "displayName": name, "type": kind, "userPrincipalName": null, "modifiedProperties": []});
    let package =
        target(&role.package, there.package(&role.package).map(|p| p.display_name.clone()), "AccessPackage");
    let group = target(group, name(group), "Group");
    let mut person = target(object, None, "User");
    person["userPrincipalName"] = json!(upn);
    let correlation = new_id();
    let verb = if activity.starts_with("Remove") { "Remove" } else { "Add" };
    let (side, word) = if role.role == "Owner" { ("owner", "Owner") } else { ("member", "Member") };
    let joined = if verb == "Add" { "to" } else { "from" };
    let rows = [
        ("EntitlementManagement", SERVICE, activity.to_owned(), vec![package, group.clone(), person.clone()]),
        ("GroupManagement", "Core Directory", format!("{verb} {side} {joined} group"), vec![group, person]),
    ];
    for (category, by, activity, targets) in rows {
        let row = json!({
            "category": category, "loggedByService": by, "activityDisplayName": activity,
            "correlationId": correlation, "operationType": if verb == "Add" { "Assign" } else { "Unassign" },
            "initiatedBy": service(), "targetResources": targets,
            "additionalDetails": [{"key": "Role", "value": word}],
        });
        push(there, row, now);
    }
}

/// What the service does to a guest's account.
pub fn of_user(there: &mut Tenant, user: &User, (by, activity): (&str, &str), now: DateTime<Utc>) {
    let target = json!({"id": user.id, "displayName": user.display_name, "type": "User",
        "userPrincipalName": user.user_principal_name, "modifiedProperties": []});
    written(there, ("UserManagement", by, activity), service(), vec![target], now);
}

/// A row of any service about a change that somebody made.
pub fn written(
    there: &mut Tenant,
    (category, by, activity): (&str, &str, &str),
    who: Value,
    targets: Vec<Value>,
    now: DateTime<Utc>,
) {
    let verb = activity.split(' ').next().unwrap_or("");
    let operation = match verb {
        "Create" | "Add" | "Invite" => "Add",
        "Delete" | "Remove" => "Delete",
        _ => "Update",
    };
    let row = json!({
        "category": category, "loggedByService": by, "activityDisplayName": activity,
        "correlationId": new_id(), "operationType": operation, "initiatedBy": who, "targetResources": targets,
        "additionalDetails": [],
    });
    push(there, row, now);
}

/// Who made a call, as the log tells it.
pub fn caller(there: &Tenant, app: &str, user: Option<&str>) -> Value {
    let sp = there.service_principal(app).map(|s| {
        json!({"user": null, "app": {"displayName": s.display_name, "appId": s.app_id, "servicePrincipalId": s.id}})
    });
    match (user, sp) {
        (Some(user), _) => person(there, Some(user)),
        (None, Some(sp)) => sp,
        (None, None) => {
            let admin = there.users.iter().find(|u| u.roles.iter().any(|r| r == "Global Administrator"));
            person(there, admin.map(|u| u.id.as_str()))
        }
    }
}

const REVIEWS: &str = "Access Reviews";

/// A review began, ended or was carried out.
pub fn review(there: &mut Tenant, review: &Review, activity: &str, now: DateTime<Utc>) {
    let category = if activity == "Apply review" { "UserManagement" } else { "Policy" };
    let target = json!({"id": review.id, "displayName": null, "type": "AccessReview", "userPrincipalName": null,
        "modifiedProperties": []});
    written(there, (category, REVIEWS, activity), service(), vec![target], now);
}

/// A reviewer spoke about somebody.
pub fn review_decided(
    there: &mut Tenant,
    review: &Review,
    which: usize,
    activity: &str,
    by: &str,
    now: DateTime<Utc>,
) {
    let who = &review.people[which].target;
    let targets = vec![
        json!({"id": review.id, "displayName": null, "type": "AccessReview", "userPrincipalName": null,
            "modifiedProperties": []}),
        json!({"id": who.object_id, "displayName": who.display_name, "type": "User",
            "userPrincipalName": who.principal_name, "modifiedProperties": []}),
    ];
    let by = person(there, Some(by));
    written(there, ("Policy", REVIEWS, activity), by, targets, now);
}
