//! `/auditLogs/directoryAudits` (contract §11, §26): rows of access, newest first, some time after the fact.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::scene::{Scene, plain_key};
use crate::answer::{Answer, Outcome};
use crate::odata;

pub fn answer(scene: &Scene<'_>, rest: &[&str]) -> Outcome {
    match (scene.call.method.as_str(), rest) {
        ("GET", []) => scene.list(rows(scene).cloned().collect()),
        ("GET", [id]) => {
            let id = plain_key(id);
            let found = rows(scene).find(|r| r["id"] == id).ok_or_else(|| Answer::not_found(&id))?;
            Ok(odata::single(scene.call, found.clone(), &[]))
        }
        _ => Err(Answer::unknown()),
    }
}

/// What the log tells by now, the newest first.
fn rows<'a>(scene: &'a Scene<'_>) -> impl Iterator<Item = &'a Value> {
    let late = i64::try_from(scene.switches().number("audit.delay-seconds")).unwrap_or(0);
    let until: DateTime<Utc> = scene.now() - TimeDelta::seconds(late);
    let told = move |row: &&Value| {
        let at = row["activityDateTime"].as_str().and_then(|t| DateTime::parse_from_rfc3339(t).ok());
        at.is_some_and(|at| at.to_utc() <= until)
    };
    scene.tenant().audits.iter().rev().filter(told)
}
