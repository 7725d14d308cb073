//! Behaviours that can be set: quirks seen in the field, guesses, delays, page size.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::directory::Delay;

/// Every switch with its value; the README says where each behaviour comes from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Switches(pub BTreeMap<String, Value>);

impl Default for Switches {
    fn default() -> Self {
        let values = [
            ("consistency.groups", json!(1)),
            ("consistency.catalog-resources", json!(1)),
            ("consistency.role-scopes", json!(0)),
            ("consistency.defender", json!(0)),
            ("page.size", json!(100)),
            ("defender.redirect-after-post", json!(true)),
            ("defender.odata-type-refused", json!(true)),
            ("defender.reduced-actions", json!(true)),
            ("defender.unreadable-actions", json!(false)),
            ("defender.inactive-status", json!(400)),
            ("groups.unique-name-withheld", json!(false)),
            ("em.licence-required", json!(true)),
            ("em.organization-twice-refused", json!(true)),
            ("em.organization-answered-without-sources", json!(true)),
            ("em.organization-in-use-kept", json!(true)),
            ("em.tenant-id-source-refused", json!(true)),
            ("em.resource-twice-refused", json!(true)),
            ("em.resource-request-answers-delivered", json!(true)),
            ("em.guest-waits-for-redemption", json!(false)),
            ("em.delivery-seconds", json!(0)),
            ("em.delivery-fails", json!(false)),
            ("em.no-invites-fail-delivery", json!(true)),
            ("em.requestor-organization-withheld", json!(true)),
            ("em.delegated-needs-a-role", json!(true)),
            ("reviews.definition-before-start", json!(false)),
            ("audit.delay-seconds", json!(0)),
            ("batch.answers-reversed", json!(true)),
            ("assertions.replay-refused", json!(false)),
            ("assertions.rs256-refused", json!(false)),
            ("consent.cancel-subcode", json!(false)),
        ];
        Self(values.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
    }
}

impl Switches {
    /// A world saved by another version: switches it did not know get their value, those gone go.
    pub fn complete(&mut self) {
        let known = Self::default();
        self.0.retain(|name, _| known.0.contains_key(name));
        for (name, value) in known.0 {
            self.0.entry(name).or_insert(value);
        }
    }

    pub fn on(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    pub fn number(&self, name: &str) -> u64 {
        self.0.get(name).and_then(Value::as_u64).unwrap_or(0)
    }

    /// The delay of something made now: a number means reads, `"250ms"` means time.
    pub fn delay(&self, name: &str, now: DateTime<Utc>) -> Delay {
        match self.0.get(name) {
            Some(Value::String(text)) => {
                let ms = text.trim_end_matches("ms").parse::<i64>().unwrap_or(0);
                Delay { reads: 0, until: Some(now + TimeDelta::milliseconds(ms)) }
            }
            Some(Value::Number(n)) => {
                Delay { reads: u32::try_from(n.as_u64().unwrap_or(0)).unwrap_or(u32::MAX), until: None }
            }
            _ => Delay::default(),
        }
    }

    /// Sets known switches; answers the names that do not exist.
    pub fn set(&mut self, values: &serde_json::Map<String, Value>) -> Vec<String> {
        let mut unknown = Vec::new();
        for (name, value) in values {
            match self.0.get_mut(name) {
                Some(slot) => *slot = value.clone(),
                None => unknown.push(name.clone()),
            }
        }
        unknown
    }
}
