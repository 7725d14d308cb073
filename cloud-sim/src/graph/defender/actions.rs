//! Everything that can be allowed. Microsoft publishes display names only; these strings were observed (contract §9).

use serde_json::{Value, json};

use super::bad;
use crate::answer::{Answer, Outcome};
use crate::graph::scene::Scene;

/// Name and Microsoft's display name. Those marked `?` in the contract are INFERRED spellings.
const ACTIONS: &[(&str, &str)] = &[
    ("secops/securitydata/basics/read", "Security data basics"),
    ("secops/securitydata/alerts/manage", "Alerts"),
    ("secops/securitydata/response/manage", "Response"),
    ("secops/securitydata/filecollection/manage", "File collection"),
    ("secops/securitydata/liveresponse-basic/manage", "Basic live response"),
    ("secops/securitydata/liveresponse-advanced/manage", "Advanced live response"),
    ("secops/securitydata/emailquarantine/manage", "Email & collaboration quarantine"),
    ("secops/securitydata/emailadvancedactions/manage", "Email & collaboration advanced actions"),
    ("secops/securitydata/copilot/read", "Security Copilot"),
    ("secops/rawdata/emailcontent/read", "Email & collaboration content"),
    ("securityposture/posturemanagement/vulnerabilitymanagement/read", "Vulnerability management"),
    ("securityposture/posturemanagement/exceptionhandling/manage", "Exception handling"),
    ("securityposture/posturemanagement/remediationhandling/manage", "Remediation handling"),
    ("securityposture/posturemanagement/applicationhandling/manage", "Application handling"),
    ("securityposture/posturemanagement/baselineassessmentprofiles/manage", "Security baselines assessment"),
    ("securityposture/posturemanagement/securescore/manage", "Secure Score"),
    ("configuration/authorization/read", "Authorization (read)"),
    ("configuration/authorization/manage", "Authorization (manage)"),
    ("configuration/security/core/read", "Core security settings (read)"),
    ("configuration/security/core/manage", "Core security settings (manage)"),
    ("configuration/security/detectiontuning/manage", "Detection tuning (manage)"),
    ("configuration/system/read", "System settings (read)"),
    ("configuration/system/manage", "System settings (manage)"),
];
/// What only Defender for Endpoint knows.
const ENDPOINT: &[&str] = &["liveresponse", "filecollection", "posturemanagement"];

/// Spellings nobody has seen (`?` in contract §9), and others they might have.
const OTHERWISE: &[(&str, &str)] = &[
    ("vulnerabilitymanagement/read", "vulnerabilities/read"),
    ("remediationhandling/manage", "remediation/manage"),
    ("applicationhandling/manage", "applications/manage"),
    ("detectiontuning/manage", "alerttuning/manage"),
];

/// The whole name of an action as this tenant spells it.
fn full(scene: &Scene<'_>, name: &str) -> String {
    let other = OTHERWISE.iter().find(|(end, _)| name.ends_with(end));
    match other.filter(|_| scene.switches().on("defender.other-spellings")) {
        Some((end, other)) => format!("microsoft.xdr/{}{other}", name.strip_suffix(end).unwrap_or(name)),
        None => format!("microsoft.xdr/{name}"),
    }
}

pub fn list(scene: &Scene<'_>) -> Outcome {
    if scene.switches().on("defender.unreadable-actions") {
        return Err(Answer::forbidden("Insufficient privileges to complete the operation."));
    }
    let items = ACTIONS.iter().map(|(name, text)| {
        let verb = name.rsplit('/').next().unwrap_or("");
        let name = full(scene, name);
        json!({"id": name.replace('/', "-"), "name": name, "description": text,
            "actionVerb": if verb == "read" { "GET" } else { "PATCH" }, "isPrivileged": false})
    });
    scene.list(items.collect())
}

/// `*` stands for one or more parts.
pub fn covers(held: &str, action: &str) -> bool {
    fn fits(held: &[&str], action: &[&str]) -> bool {
        match (held, action) {
            ([], []) => true,
            (["*", rest @ ..], [_, tail @ ..]) => (0..=tail.len()).any(|n| fits(rest, &tail[n..])),
            ([one, rest @ ..], [other, tail @ ..]) => one.eq_ignore_ascii_case(other) && fits(rest, tail),
            _ => false,
        }
    }
    fits(&held.split('/').collect::<Vec<_>>(), &action.split('/').collect::<Vec<_>>())
}

/// The actions of a role as the service stores them, or why it does not (FIELD: the words of the refusal).
pub fn stored(scene: &Scene<'_>, permissions: &Value) -> Result<Value, Answer> {
    let parts = permissions.as_array().filter(|p| !p.is_empty());
    let parts = parts.ok_or_else(|| bad("The rolePermissions field is required."))?;
    let mut asked: Vec<String> = Vec::new();
    for part in parts {
        let list = part["allowedResourceActions"].as_array().filter(|l| !l.is_empty());
        for action in list.ok_or_else(|| bad("The allowedResourceActions field is required."))? {
            let action = action.as_str().unwrap_or("");
            if !storable(scene, action) {
                return Err(bad(&format!("'{action}' is not a valid permission for storage.")));
            }
            if !asked.iter().any(|a| a.eq_ignore_ascii_case(action)) {
                asked.push(action.to_owned());
            }
        }
    }
    let swallowed = |one: &String| asked.iter().any(|other| other != one && covers(other, one));
    let kept: Vec<&String> = if scene.switches().on("defender.reduced-actions") {
        asked.iter().filter(|one| !swallowed(one)).collect()
    } else {
        asked.iter().collect()
    };
    Ok(json!([{"allowedResourceActions": kept, "condition": null}]))
}

/// Known here, and its product licensed: an unmet prerequisite is refused the same way (FIELD).
fn storable(scene: &Scene<'_>, action: &str) -> bool {
    let known = ACTIONS.iter().any(|(name, _)| covers(action, &full(scene, name)));
    let of_endpoint = ENDPOINT.iter().any(|part| action.contains(part));
    let met = scene.tenant().has_plan("WINDEFATP") || !scene.switches().on("defender.prerequisites-checked");
    known && (!of_endpoint || met)
}
