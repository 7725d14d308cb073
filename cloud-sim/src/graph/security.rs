//! `/security/alerts_v2` and `/security/incidents` (contract §11). The control interface sets them.

use serde_json::Value;

use super::scene::{Scene, plain_key};
use crate::answer::{Answer, Outcome};
use crate::odata::{self, Allowed};

const FILTERS: &[&str] = &[
    "assignedTo",
    "classification",
    "determination",
    "createdDateTime",
    "lastUpdateDateTime",
    "severity",
    "status",
];

pub fn answer(scene: &Scene<'_>, rest: &[&str]) -> Outcome {
    let (all, filters) = match rest.first() {
        Some(&"alerts_v2") => (&scene.tenant().alerts, [FILTERS, &["serviceSource"]].concat()),
        Some(&"incidents") => (&scene.tenant().incidents, FILTERS.to_vec()),
        _ => return Err(Answer::unknown()),
    };
    match (scene.call.method.as_str(), &rest[1..]) {
        ("GET", []) => {
            let allowed = Allowed { filter: &filters, page: scene.page(), default: &[] };
            odata::page(scene.call, newest(all), &allowed)
        }
        ("GET", [id]) => {
            let id = plain_key(id);
            let found = all.iter().find(|a| a["id"] == id).ok_or_else(|| Answer::not_found(&id))?;
            Ok(odata::single(scene.call, found.clone(), &[]))
        }
        _ => Err(Answer::unknown()),
    }
}

fn newest(all: &[Value]) -> Vec<Value> {
    let mut items = all.to_vec();
    items.sort_by_key(|i| std::cmp::Reverse(i["createdDateTime"].as_str().unwrap_or("").to_owned()));
    items
}
