//! `/security/alerts_v2` and `/security/incidents` (contract §11). The control interface sets them.

use serde_json::{Value, json};

use super::scene::{Scene, only, plain_key, stamp, text};
use crate::answer::{Answer, Body, Outcome};
use crate::odata;

/// What may be changed in an alert, with the words of each (v1.0 schema).
const CHANGES: &[(&str, &[&str])] = &[
    ("status", &["new", "inProgress", "resolved"]),
    ("classification", &["unknown", "falsePositive", "truePositive", "informationalExpectedActivity"]),
    (
        "determination",
        &[
            "unknown",
            "apt",
            "malware",
            "securityPersonnel",
            "securityTesting",
            "unwantedSoftware",
            "other",
            "multiStagedAttack",
            "compromisedAccount",
            "phishing",
            "maliciousUserActivity",
            "notMalicious",
            "notEnoughDataToValidate",
            "confirmedActivity",
            "lineOfBusinessApplication",
        ],
    ),
];

pub fn answer(scene: &mut Scene<'_>, rest: &[&str]) -> Outcome {
    match (scene.call.method.as_str(), rest) {
        ("GET", ["alerts_v2"]) => alerts(scene),
        ("GET", ["incidents"]) => {
            let expands = scene.expands();
            let all = newest(&scene.tenant().incidents).into_iter();
            scene.list(all.map(|i| with_alerts(scene, i, !expands.is_empty())).collect())
        }
        ("GET", ["alerts_v2", id]) => Ok(odata::single(scene.call, find(&scene.tenant().alerts, id)?, &[])),
        ("GET", ["incidents", id]) => {
            let expands = scene.expands();
            let found = find(&scene.tenant().incidents, id)?;
            Ok(odata::single(scene.call, with_alerts(scene, found, !expands.is_empty()), &[]))
        }
        ("PATCH", ["alerts_v2", id]) => update(scene, id),
        _ => Err(Answer::unknown()),
    }
}

fn alerts(scene: &Scene<'_>) -> Outcome {
    let mut answer = scene.list(newest(&scene.tenant().alerts))?;
    if scene.switches().on("alerts.next-link-withheld")
        && let Body::Json(body) = &mut answer.body
    {
        body.as_object_mut().map(|page| page.remove("@odata.nextLink"));
    }
    Ok(answer)
}

fn find(all: &[Value], key: &str) -> Result<Value, Answer> {
    let id = plain_key(key);
    all.iter().find(|a| a["id"] == id).cloned().ok_or_else(|| Answer::not_found(&id))
}

fn newest(all: &[Value]) -> Vec<Value> {
    let mut items = all.to_vec();
    items.sort_by_key(|i| std::cmp::Reverse(i["createdDateTime"].as_str().unwrap_or("").to_owned()));
    items
}

fn with_alerts(scene: &Scene<'_>, mut incident: Value, wanted: bool) -> Value {
    if wanted {
        let of = |a: &&Value| a["incidentId"] == incident["id"];
        incident["alerts"] = scene.tenant().alerts.iter().filter(of).cloned().collect();
    }
    incident
}

fn update(scene: &mut Scene<'_>, key: &str) -> Outcome {
    let body = scene.body()?;
    let names: Vec<&str> = CHANGES.iter().map(|c| c.0).chain(["assignedTo"]).collect();
    only(&body, &names)?;
    text(&body, "assignedTo")?;
    for (name, words) in CHANGES {
        if text(&body, name)?.is_some_and(|given| !words.contains(&given.as_str())) {
            return Err(Answer::bad_request(&format!(
                "Invalid value specified for property '{name}' of resource."
            )));
        }
    }
    let (id, now) = (plain_key(key), stamp(Some(scene.now())));
    let found = scene.tenant_mut().alerts.iter_mut().find(|a| a["id"] == id);
    let alert = found.ok_or_else(|| Answer::not_found(&id))?;
    for name in names.iter().filter(|n| body.get(**n).is_some()) {
        alert[*name] = body[*name].clone();
    }
    alert["lastUpdateDateTime"] = json!(now);
    Ok(Answer::ok(alert.clone()))
}
