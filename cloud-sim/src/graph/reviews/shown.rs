//! Reviews as Graph shows them (contract §25; shapes of Microsoft's examples).

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::access::review;
use crate::graph::scene::{Scene, stamp};
use crate::world::{Policy, Review, Reviewed, Tenant};

/// A policy has the same definition at every reading.
pub fn definition_of(policy: &Policy) -> String {
    policy.review_definition.clone().unwrap_or_else(|| made_id(&policy.id))
}

fn made_id(of: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, of.as_bytes()).to_string()
}

/// Those of the policies, then those that were declared; instances and what is below them inside.
pub fn definitions(scene: &Scene<'_>) -> Vec<Value> {
    let there = scene.tenant();
    let of_policies = there.policies.iter().filter_map(|p| definition(scene, p));
    of_policies.chain(there.reviews.iter().cloned()).collect()
}

/// None before the first review, unless a switch shows it early (INFERRED).
fn definition(scene: &Scene<'_>, policy: &Policy) -> Option<Value> {
    let there = scene.tenant();
    let settings = &policy.body["reviewSettings"];
    let begun: Vec<&Review> = there.review_instances.iter().filter(|r| r.policy == policy.id).collect();
    let early = scene.switches().on("reviews.definition-before-start") && settings["isEnabled"] == true;
    let coming = review::next(there, policy).filter(|_| early);
    let since = begun.first().map(|r| r.starts).or(coming)?;
    let package = there.package(&policy.package)?;
    let scope = scope(scene, &package.id, policy, &package.catalog);
    let mut instances: Vec<Value> = begun.iter().map(|r| instance(scene, r, &scope)).collect();
    instances.extend(coming.map(|at| not_started(policy, at, &scope)));
    let open = instances.iter().any(|i| i["status"] == "InProgress");
    Some(json!({
        "id": definition_of(policy),
        "displayName": format!("{} {}", package.display_name, policy.body["displayName"].as_str()?),
        "createdDateTime": stamp(Some(since)), "lastModifiedDateTime": stamp(Some(since)),
        "status": if open { "InProgress" } else { "NotStarted" }, "scope": scope,
        "reviewers": reviewers(&settings["primaryReviewers"]),
        "fallbackReviewers": reviewers(&settings["fallbackReviewers"]), "instances": instances,
    }))
}

/// The catalog stands in it since 2024; older services left it out.
fn scope(scene: &Scene<'_>, package: &str, policy: &Policy, catalog: &str) -> Value {
    let mut of = format!("accessPackageId eq '{package}' and assignmentPolicyId eq '{}'", policy.id);
    if !scene.switches().on("reviews.query-without-catalog") {
        of = format!("{of} and catalogId eq '{catalog}'");
    }
    json!({"@odata.type": "#microsoft.graph.accessReviewQueryScope", "queryType": "MicrosoftGraph",
        "query": format!("/identityGovernance/entitlementManagement/accessPackageAssignments?$filter=({of})"),
        "queryRoot": null})
}

/// Sets of people as queries.
fn reviewers(sets: &Value) -> Vec<Value> {
    let query = |set: &Value| {
        let text = |name: &str| set[name].as_str();
        let group =
            text("groupId").map(|id| format!("/v1.0/groups/{id}/transitiveMembers/microsoft.graph.user"));
        group.or_else(|| text("userId").map(|id| format!("/v1.0/users/{id}")))
    };
    let all = sets.as_array().into_iter().flatten().filter_map(query);
    all.map(|query| json!({"query": query, "queryType": "MicrosoftGraph", "queryRoot": null})).collect()
}

fn not_started(policy: &Policy, at: DateTime<Utc>, scope: &Value) -> Value {
    json!({
        "id": made_id(&format!("{}{at}", policy.id)), "startDateTime": stamp(Some(at)),
        "endDateTime": null, "status": "NotStarted", "scope": scope, "reviewers": [], "fallbackReviewers": [],
        "contactedReviewers": [], "decisions": [],
    })
}

fn status(review: &Review) -> &'static str {
    match (review.apply_at, review.applied) {
        (None, _) => "InProgress",
        (Some(_), None) => "AutoReviewing",
        _ => "Completed",
    }
}

fn instance(scene: &Scene<'_>, review: &Review, scope: &Value) -> Value {
    let there = scene.tenant();
    let told = review.mailed <= scene.now();
    let contacted = review.reviewers.iter().filter(|_| told).filter_map(|id| there.user(id));
    let contacted = contacted.map(|user| {
        json!({"id": user.id, "displayName": user.display_name, "userPrincipalName": user.user_principal_name,
            "createdDateTime": stamp(Some(review.mailed))})
    });
    json!({
        "id": review.id, "startDateTime": stamp(Some(review.starts)), "endDateTime": stamp(Some(review.ends)),
        "status": status(review), "scope": scope,
        "reviewers": reviewers(&review.settings["primaryReviewers"]),
        "fallbackReviewers": reviewers(&review.settings["fallbackReviewers"]),
        "contactedReviewers": contacted.collect::<Vec<_>>(),
        "decisions": review.people.iter().map(|p| decision(scene, there, review, p)).collect::<Vec<_>>(),
    })
}

fn decision(scene: &Scene<'_>, there: &Tenant, review: &Review, person: &Reviewed) -> Value {
    let who = &person.target;
    let identity = |id: Option<&str>| {
        let user = id.and_then(|id| there.user(id));
        user.map(|u| json!({"id": u.id, "displayName": u.display_name, "userPrincipalName": u.user_principal_name}))
    };
    let nobody =
        json!({"id": "00000000-0000-0000-0000-000000000000", "displayName": "", "userPrincipalName": ""});
    let package = there.policy(&review.policy).and_then(|p| there.package(&p.package));
    let resource = package.map(|package| {
        json!({
            "@odata.type":
                "#microsoft.graph.accessReviewInstanceDecisionItemAccessPackageAssignmentPolicyResource",
            "id": review.policy, "displayName": package.display_name, "type": "accessPackageAssignmentPolicy",
            "accessPackageId": package.id, "accessPackageDisplayName": package.display_name,
        })
    });
    let link = who.object_id.as_ref().map(|id| format!("{}/v1.0/users/{id}", scene.call.base));
    json!({
        "id": person.id, "accessReviewId": review.id, "decision": person.decision,
        "justification": person.justification, "recommendation": person.recommendation,
        "reviewedDateTime": stamp(person.at), "reviewedBy": identity(person.by.as_deref()).unwrap_or_else(|| nobody.clone()),
        "applyResult": person.result, "appliedDateTime": stamp(person.applied), "appliedBy": nobody,
        "principalLink": link, "resourceLink": null, "resource": resource,
        "principal": {"@odata.type": "#microsoft.graph.userIdentity", "id": who.object_id,
            "displayName": who.display_name, "userPrincipalName": who.principal_name},
    })
}
