//! `/assignments`: what people hold (contract §8.3).

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{packages, policies, subjects};
use crate::access;
use crate::answer::{Answer, Outcome};
use crate::graph::scene::{Scene, plain_key, stamp};
use crate::odata::{self, Expand};
use crate::world::{Assignment, late};

pub fn answer(scene: &mut Scene<'_>, rest: &[&str]) -> Outcome {
    subjects::may_expand(scene, &scene.expands())?;
    match (scene.call.method.as_str(), rest) {
        ("GET", []) => list(scene),
        ("GET", [id]) => {
            let expands = scene.expands();
            let (id, now) = (plain_key(id), scene.now());
            let found = late::seen_one(&mut scene.tenant_mut().assignments, &id, now);
            let found = found.ok_or_else(Answer::em_not_found)?;
            Ok(odata::single(scene.call, expanded(scene, &found, &expands), &[]))
        }
        ("POST", [id, "reprocess"]) => {
            let (id, tenant, now) = (plain_key(id), scene.tenant().id.clone(), scene.now());
            access::again(scene.world, now, &tenant, &id)?;
            Ok(Answer::empty(202))
        }
        _ => Err(Answer::unknown()),
    }
}

pub fn shown(scene: &Scene<'_>, held: &Assignment) -> Value {
    let near = held.state == "delivered" && held.ends.is_some_and(|e| e - TimeDelta::days(1) <= scene.now());
    let kind = if held.ends.is_some() { "afterDateTime" } else { "noExpiration" };
    json!({
        "id": held.id, "state": held.state,
        "status": if near { "NearExpiry1DayNotificationTriggered" } else { held.status.as_str() },
        "expiredDateTime": stamp(held.expired), "customExtensionCalloutInstances": [],
        "schedule": {"startDateTime": stamp(held.starts), "recurrence": null,
            "expiration": {"endDateTime": stamp(held.ends), "duration": null, "type": kind}},
    })
}

fn expanded(scene: &Scene<'_>, held: &Assignment, expands: &[Expand]) -> Value {
    let mut value = shown(scene, held);
    for expand in expands {
        value[&expand.name] = match expand.name.as_str() {
            "target" => subjects::shown(scene, &held.target, expand),
            "accessPackage" => scene.tenant().package(&held.package).map(packages::shown).into(),
            _ => scene.tenant().policy(&held.policy).map(policies::shown).into(),
        };
    }
    value
}

fn list(scene: &mut Scene<'_>) -> Outcome {
    let (expands, now) = (scene.expands(), scene.now());
    let seen = late::seen(&mut scene.tenant_mut().assignments, now);
    let items = seen.iter().map(|a| expanded(scene, a, &expands)).collect();
    scene.list(items)
}
