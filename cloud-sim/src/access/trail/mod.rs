//! Rows of the directory's audit log about access (contract §26; the shape is FIELD).

mod others;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::graph::scene::stamp;
use crate::world::entitlement::Decision;
use crate::world::{Request, Tenant, new_id};

pub use others::{caller, of_user, resource, review, review_decided, written};

const KEPT: usize = 5000;
const SERVICE: &str = "Entitlement Management";

fn person(there: &Tenant, object: Option<&str>) -> Value {
    let user = object.and_then(|id| there.user(id));
    json!({"user": user.map(|u| json!({"id": u.id, "displayName": u.display_name,
        "userPrincipalName": u.user_principal_name, "ipAddress": ""})), "app": null})
}

/// The requestor, also when this directory does not know him yet.
fn requestor(request: &Request) -> Value {
    let who = &request.requestor;
    json!({"user": {"id": who.object_id.as_deref().unwrap_or(""), "displayName": who.display_name,
        "userPrincipalName": who.principal_name, "ipAddress": ""}, "app": null})
}

fn service() -> Value {
    json!({"user": null, "app": {"displayName": "Azure AD Identity Governance - Entitlement Management",
        "appId": null, "servicePrincipalId": null}})
}

fn push(there: &mut Tenant, mut row: Value, now: DateTime<Utc>) {
    row["id"] = json!(format!("Directory_{}", new_id()));
    if row["result"].is_null() {
        row["result"] = json!("success");
    }
    row["resultReason"] = json!("");
    row["activityDateTime"] = stamp(Some(now));
    there.audits.push(row);
    let over = there.audits.len().saturating_sub(KEPT);
    there.audits.drain(..over);
}

fn targets(there: &Tenant, request: &Request) -> Value {
    let package = there.package(&request.package);
    let one = |id: &str, name: Option<&str>, kind: &str| json!({"id": id, "displayName": name, "type": kind, "userPrincipalName": null, "modifiedProperties": []});
    json!([
        one(&request.id, None, "AccessPackageAssignmentRequest"),
        one(&request.package, package.map(|p| p.display_name.as_str()), "AccessPackage"),
    ])
}

fn told(there: &Tenant, request: &Request, activity: &str, by: Value, justification: Option<&str>) -> Value {
    let details = justification.map(|j| json!([{"key": "Justification", "value": j}]));
    json!({
        "category": "EntitlementManagement", "loggedByService": SERVICE, "activityDisplayName": activity,
        "correlationId": request.correlation, "operationType": operation(request), "initiatedBy": by,
        "targetResources": targets(there, request), "additionalDetails": details.unwrap_or_else(|| json!([])),
    })
}

fn operation(request: &Request) -> &'static str {
    match request.request_type.as_str() {
        "adminUpdate" => "CreateEntitlementGrantAdminUpdateRequest",
        "systemRemove" => "CreateEntitlementGrantSystemRemoveRequest",
        "userAdd" => "CreateEntitlementGrantUserAddRequest",
        "userUpdate" => "CreateEntitlementGrantUserExtendRequest",
        "userRemove" => "CreateEntitlementGrantUserRemoveRequest",
        "adminAdd" => "CreateEntitlementGrantAdminAddRequest",
        _ => "CreateEntitlementGrantAdminRemoveRequest",
    }
}

/// Somebody asked.
pub fn asked(there: &mut Tenant, request: &Request, now: DateTime<Utc>) {
    let activity = match request.request_type.as_str() {
        "userAdd" => "User requests access package assignment",
        "userUpdate" => "User requests to extend access package assignment",
        _ => "User requests to remove access package assignment",
    };
    let row = told(there, request, activity, requestor(request), request.justification.as_deref());
    push(there, row, now);
}

/// An administrator or an app gave or took.
pub fn administered(there: &mut Tenant, request: &Request, app: &str, now: DateTime<Utc>) {
    let activity = match request.request_type.as_str() {
        "adminAdd" => "Administrator directly assigns user to access package",
        "adminUpdate" => "Create access package assignment user update request",
        "systemRemove" => "Entitlement Management removes access package assignment request for user",
        _ => "Administrator directly removes user access package assignment",
    };
    let sp = there.service_principal(app);
    let by = sp.map(|s| {
        json!({"user": null, "app": {"displayName": s.display_name, "appId": s.app_id,
        "servicePrincipalId": s.id}})
    });
    let row = told(there, request, activity, by.unwrap_or_else(service), request.justification.as_deref());
    push(there, row, now);
}

/// How the log tells a decision; each is FIELD or unknown (contract §26).
pub struct Told {
    /// By a row of the approval service too, with the approver's words.
    pub twice: bool,
    /// With the correlation id of the request; of a later stage nobody knows.
    pub same_correlation: bool,
}

/// Somebody decided, or the clock did; `next` says that another stage follows.
pub fn decided(there: &mut Tenant, request: &Request, decision: &Decision, next: bool, how: &Told) {
    let now = decision.at.unwrap_or_default();
    let other = Request { correlation: new_id(), ..request.clone() };
    let request = if how.same_correlation { request } else { &other };
    let Some(by) = decision.by.as_deref() else {
        let activity = "Access package assignment request timed out (no approver action taken)";
        let row = told(there, request, activity, service(), None);
        return push(there, row, now);
    };
    let (activity, word) = match (decision.approved, next) {
        (true, false) => ("Approve access package assignment request", "Request approved"),
        (true, true) => {
            ("Approval stage completed for access package assignment request", "Request approved")
        }
        (false, _) => ("Deny access package assignment request", "Request denied"),
    };
    let by = person(there, Some(by));
    let row = told(there, request, activity, by.clone(), None);
    push(there, row, now);
    if !how.twice {
        return;
    }
    let target = json!({"id": request.id, "displayName": null, "type": "Other", "userPrincipalName": null,
        "modifiedProperties": []});
    let row = json!({
        "category": "UserManagement", "loggedByService": "Request Approvals", "activityDisplayName": word,
        "correlationId": new_id(), "operationType": "Update", "initiatedBy": by, "targetResources": [target],
        "additionalDetails": [{"key": "Justification", "value": decision.justification}],
    });
    push(there, row, now);
}

/// A request waits for approval: told by the approval service (contract §11; the shape is INFERRED from its later
/// rows).
pub fn waits(there: &mut Tenant, request: &Request, now: DateTime<Utc>) {
    for activity in ["Create request approval", "Add approver to request approval"] {
        let target = json!({"id": request.id, "displayName": null, "type": "Other", "userPrincipalName": null,
            "modifiedProperties": []});
        let row = json!({
            "category": "UserManagement", "loggedByService": "Request Approvals", "activityDisplayName": activity,
            "correlationId": new_id(), "operationType": "Add", "initiatedBy": service(),
            "targetResources": [target], "additionalDetails": [],
        });
        push(there, row, now);
    }
}

pub fn canceled(there: &mut Tenant, request: &Request, now: DateTime<Utc>) {
    let row = told(there, request, "Cancel access package assignment request", requestor(request), None);
    push(there, row, now);
}

/// What the service does with a request.
pub fn row(there: &mut Tenant, request: &Request, activity: &str, now: DateTime<Utc>) {
    let row = told(there, request, activity, service(), None);
    push(there, row, now);
}

/// An assignment came to its end by itself.
pub fn expired(there: &mut Tenant, assignment: &str, now: DateTime<Utc>) {
    let request = there.requests.iter().find(|r| r.assignment.as_deref() == Some(assignment)).cloned();
    if let Some(request) = request {
        row(there, &request, "Remove access package assignment", now);
    }
}
