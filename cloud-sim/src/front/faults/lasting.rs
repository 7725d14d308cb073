//! Faults that outlast the call they hit: a token refused from now on, permissions gone for a while, a part of Graph
//! that is busy, an object not yet seen.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::class::{is_graph, workload};
use super::fault::{Kind, Strike};
use super::{lists, told};
use crate::answer::{Answer, Body};
use crate::call::Call;
use crate::graph::bearer::Who;

/// Tenant and app.
type Pair = (String, String);

#[derive(Default)]
pub struct Lasting {
    refused: BTreeSet<String>,
    lapsed: BTreeMap<Pair, DateTime<Utc>>,
    busy: BTreeMap<(Pair, &'static str), DateTime<Utc>>,
    hidden: Vec<Hidden>,
    /// What apps made: tenant, class of the call, id.
    pub made: Vec<Made>,
    /// What a person made midway: tenant, list of the world, the object as it was made.
    pub made_by_hand: Vec<Value>,
}

struct Hidden {
    tenant: String,
    id: String,
    reads: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    pub tenant: String,
    /// Last word of the collection: `groups`, `catalogs`, …
    pub kind: String,
    pub id: String,
}

fn pair(who: &Who) -> Pair {
    (who.0.clone().unwrap_or_default(), who.1.clone().unwrap_or_default())
}

fn seconds(wait: u64) -> TimeDelta {
    TimeDelta::seconds(i64::try_from(wait).unwrap_or(60))
}

impl Lasting {
    /// Why this call is refused although nothing hits it now.
    pub fn refusal(&mut self, call: &Call, who: &Who) -> Option<Answer> {
        if !is_graph(call) {
            return None;
        }
        let pair = pair(who);
        if call.header("authorization").is_some_and(|token| self.refused.contains(token)) {
            let text = "Lifetime validation failed, the token is expired.";
            return Some(Answer::error(401, "InvalidAuthenticationToken", text));
        }
        if self.is_lapsed(&pair.0, &pair.1, call.now) {
            return Some(Answer::forbidden("Insufficient privileges to complete the operation."));
        }
        let until = self.busy.get(&(pair, workload(call))).copied().unwrap_or_default();
        if until > call.now {
            let left = (until - call.now).num_milliseconds().div_euclid(1000) + 1;
            return Some(told::busy(call, Some(left.to_string())));
        }
        if let Some(page) = lists::endless(call) {
            return Some(page);
        }
        let body = String::from_utf8_lossy(&call.body);
        let tenant = who.0.as_deref().unwrap_or_default();
        let unseen = self.hidden.iter_mut().find(|one| {
            one.reads > 0
                && one.tenant == tenant
                && (call.path.contains(&one.id) || call.method != "GET" && body.contains(&one.id))
        })?;
        unseen.reads -= 1;
        let em = call.path.contains("/entitlementManagement/");
        Some(if em { Answer::em_not_found() } else { Answer::not_found(&unseen.id) })
    }

    /// Whether the app has no permission in the tenant now, whatever was consented.
    pub fn is_lapsed(&self, tenant: &str, app: &str, now: DateTime<Utc>) -> bool {
        self.lapsed.get(&(tenant.to_owned(), app.to_owned())).is_some_and(|until| *until > now)
    }

    pub fn lapse(&mut self, call: &Call, who: &Who, wait: u64) {
        self.lapsed.insert(pair(who), call.now + seconds(wait));
    }

    /// What an answered fault leaves behind.
    pub fn told(&mut self, call: &Call, who: &Who, strike: Strike) {
        match strike.kind {
            Kind::Expired | Kind::Claims => {
                self.refused.extend(call.header("authorization").map(str::to_owned));
            }
            Kind::Workload => {
                let until = call.now + seconds(strike.retry_after.unwrap_or(1));
                self.busy.insert((pair(who), workload(call)), until);
            }
            _ => {}
        }
    }

    /// Hides the object of a create's answer.
    pub fn hide(&mut self, who: &Who, body: &Value, reads: u32) -> bool {
        let (Some(tenant), Some(id)) = (who.0.clone(), body["id"].as_str()) else { return false };
        self.hidden.push(Hidden { tenant, id: id.to_owned(), reads });
        true
    }

    /// A real answer as it is seen: hidden objects are missing from lists; what an app makes is remembered.
    pub fn seen(&mut self, call: &Call, who: &Who, mut answer: Answer) -> Answer {
        if !is_graph(call) || answer.status >= 400 {
            return answer;
        }
        let tenant = who.0.clone().unwrap_or_default();
        if call.method == "GET" {
            let hidden: Vec<&mut Hidden> =
                self.hidden.iter_mut().filter(|one| one.reads > 0 && one.tenant == tenant).collect();
            if let (false, Body::Json(body)) = (hidden.is_empty(), &mut answer.body)
                && let Some(items) = body["value"].as_array_mut()
            {
                for one in hidden {
                    let before = items.len();
                    items.retain(|item| item["id"] != one.id.as_str());
                    one.reads -= u32::from(items.len() < before);
                }
            }
        } else if answer.status == 201
            && let Some(id) = answer.json_body()["id"].as_str()
        {
            let kind =
                call.segments.iter().rfind(|piece| !piece.starts_with('(')).cloned().unwrap_or_default();
            self.made.push(Made { tenant, kind, id: id.to_owned() });
        }
        answer
    }
}
