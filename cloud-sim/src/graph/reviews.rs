//! `/identityGovernance/accessReviews/definitions` (contract §10, §25), read only: those that follow from the policies,
//! and those the control interface declares. Nobody decides in them, and nothing is taken away by them.

use chrono::{DateTime, Months, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::entitlement::duration;
use super::scene::{Scene, plain_key, stamp};
use crate::answer::{Answer, Outcome};
use crate::odata::{self, Allowed};
use crate::world::{Assignment, Policy, Tenant};

const FILTERS: &[&str] =
    &["id", "status", "displayName", "scope/microsoft.graph.accessReviewQueryScope/query"];
/// Parts of a declared definition that have addresses of their own.
const PARTS: &[&str] = &["instances", "decisions", "contactedReviewers"];

pub fn answer(scene: &Scene<'_>, rest: &[&str]) -> Outcome {
    if scene.call.method != "GET" || rest.contains(&"filterByCurrentUser") {
        return Err(Answer::unknown());
    }
    let mut list = definitions(scene);
    let mut names: Vec<&str> = Vec::new();
    for (depth, piece) in rest.iter().enumerate() {
        if depth % 2 == 1 {
            names.push(piece);
            let below = list.first_mut().map(|one| one[*piece].take());
            list = below.and_then(|v| v.as_array().cloned()).unwrap_or_default();
            continue;
        }
        let id = plain_key(piece);
        list.retain(|one| one["id"] == id);
        if list.is_empty() {
            return Err(Answer::not_found(&id));
        }
    }
    let known =
        matches!(names.as_slice(), [] | ["instances"] | ["instances", "decisions" | "contactedReviewers"]);
    if !known {
        return Err(Answer::unknown());
    }
    let mut items: Vec<Value> = list.into_iter().map(bare).collect();
    match (rest.len() % 2 == 1, items.pop()) {
        (true, Some(one)) => Ok(odata::single(scene.call, one, &[])),
        (_, last) => {
            items.extend(last);
            let filters = if rest.is_empty() { FILTERS } else { &["id", "status", "decision"] };
            odata::page(scene.call, items, &Allowed { filter: filters, page: scene.page(), default: &[] })
        }
    }
}

fn bare(mut value: Value) -> Value {
    if let Some(object) = value.as_object_mut() {
        object.retain(|name, _| !PARTS.contains(&name.as_str()));
    }
    value
}

fn definitions(scene: &Scene<'_>) -> Vec<Value> {
    let there = scene.tenant();
    let early = scene.switches().on("reviews.definition-before-start");
    let of_policies = there.policies.iter().filter_map(|p| of_policy(there, p, scene.now(), early));
    of_policies.chain(there.reviews.iter().cloned()).collect()
}

/// The same policy has the same definition at every reading.
fn made_id(of: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, of.as_bytes()).to_string()
}

fn of_policy(there: &Tenant, policy: &Policy, now: DateTime<Utc>, early: bool) -> Option<Value> {
    let settings = &policy.body["reviewSettings"];
    if settings["isEnabled"] != true {
        return None;
    }
    let start = DateTime::parse_from_rfc3339(settings["schedule"]["startDateTime"].as_str()?).ok()?.to_utc();
    if start > now && !early {
        return None;
    }
    let package = there.package(&policy.package)?;
    let query = format!(
        "/identityGovernance/entitlementManagement/accessPackageAssignments?$filter=(accessPackageId eq '{}' and assignmentPolicyId eq '{}' and catalogId eq '{}')",
        package.id, policy.id, package.catalog
    );
    let scope = json!({"@odata.type": "#microsoft.graph.accessReviewQueryScope", "query": query,
        "queryType": "MicrosoftGraph", "queryRoot": null});
    let instances = instances(there, policy, start, now, &scope);
    let open = instances.iter().any(|i| i["status"] == "InProgress");
    Some(json!({
        "id": made_id(&policy.id), "displayName": format!("{} {}", package.display_name, policy.body["displayName"].as_str()?),
        "createdDateTime": stamp(Some(start)), "lastModifiedDateTime": stamp(Some(start)),
        "status": if open { "InProgress" } else { "NotStarted" }, "scope": scope, "reviewers": [],
        "instances": instances,
    }))
}

/// One instance for every review that has begun.
fn instances(
    there: &Tenant,
    policy: &Policy,
    start: DateTime<Utc>,
    now: DateTime<Utc>,
    scope: &Value,
) -> Vec<Value> {
    let schedule = &policy.body["reviewSettings"]["schedule"];
    let open = schedule["expiration"]["duration"].as_str().and_then(duration).unwrap_or(14 * 86_400);
    let pattern = &schedule["recurrence"]["pattern"];
    let step = pattern["interval"].as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or(12);
    let nth = |n: u32| match pattern["type"].as_str() {
        Some("weekly") => Some(start + TimeDelta::weeks(i64::from(step) * i64::from(n))),
        _ => start.checked_add_months(Months::new(step.checked_mul(n)?)),
    };
    let begun = (0..1000).map_while(nth).take_while(|at| *at <= now);
    begun
        .map(|from| {
            let until = from + TimeDelta::seconds(open);
            let reviewed = there.assignments.iter().filter(|a| a.policy == policy.id && held(a, from));
            json!({
                "id": made_id(&format!("{}{from}", policy.id)), "scope": scope,
                "startDateTime": stamp(Some(from)), "endDateTime": stamp(Some(until)),
                "status": if now < until { "InProgress" } else { "Completed" },
                "reviewers": [], "fallbackReviewers": [], "contactedReviewers": [],
                "decisions": reviewed.map(decision).collect::<Vec<_>>(),
            })
        })
        .collect()
}

fn held(assignment: &Assignment, at: DateTime<Utc>) -> bool {
    assignment.starts.is_some_and(|s| s <= at) && assignment.expired.is_none_or(|e| e > at)
}

fn decision(assignment: &Assignment) -> Value {
    let who = &assignment.target;
    json!({
        "id": made_id(&assignment.id), "decision": "NotReviewed", "applyResult": "New",
        "recommendation": "NoInfoAvailable", "reviewedBy": null, "reviewedDateTime": null,
        "principal": {"@odata.type": "#microsoft.graph.userIdentity", "id": who.object_id,
            "displayName": who.display_name, "userPrincipalName": who.principal_name},
    })
}
