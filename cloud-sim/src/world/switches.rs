//! Behaviours that can be set: quirks seen in the field, guesses, delays, page size.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::late::Delay;

/// Every switch with its value; the README says where each behaviour comes from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Switches(pub BTreeMap<String, Value>);

impl Default for Switches {
    fn default() -> Self {
        let values = [
            ("consistency.groups", json!(1)),
            ("consistency.organizations", json!(0)),
            ("consistency.catalogs", json!(0)),
            ("consistency.catalog-resources", json!(1)),
            ("consistency.packages", json!(0)),
            ("consistency.role-scopes", json!(0)),
            ("consistency.policies", json!(0)),
            ("consistency.defender", json!(0)),
            ("consistency.members", json!(0)),
            ("consistency.deletions", json!(0)),
            ("consistency.users", json!(0)),
            ("consistency.requests", json!(0)),
            ("consistency.assignments", json!(0)),
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
            ("applications.owned-by-reaches-itself", json!(false)),
            ("audit.correlation-kept", json!(true)),
            ("audit.decision-told-twice", json!(true)),
            ("consent.token-cache-seconds", json!(0)),
            ("consistency.resource-roles", json!(0)),
            ("defender.duplicates-made", json!(true)),
            ("defender.other-spellings", json!(false)),
            ("defender.prerequisites-checked", json!(true)),
            ("defender.role-in-use-kept", json!(false)),
            ("defender.v1-status", json!(400)),
            ("em.app-only-user-requests-refused", json!(true)),
            ("em.approval-stages-inlined", json!(false)),
            ("em.approval-words-past-tense", json!(false)),
            ("em.cancel-status", json!(204)),
            ("em.catalog-with-packages-kept", json!(true)),
            ("em.enum-case-ignored", json!(true)),
            ("em.extension-from-now", json!(false)),
            ("em.extension-follows-update", json!(true)),
            ("em.open-requests-deletable", json!(false)),
            ("em.owner-role", json!(true)),
            ("em.package-change-seconds", json!(0)),
            ("em.policy-created-disabled", json!(false)),
            ("em.request-answer-old-names", json!(false)),
            ("em.resource-in-use-kept", json!(true)),
            ("em.resource-owner-checked", json!(true)),
            ("em.resource-request-fails", json!(false)),
            ("em.role-scope-twice-refused", json!(true)),
            ("em.suspended-licence-counts", json!(false)),
            ("em.unknown-domain-refused", json!(true)),
            ("groups.service-principal-owners-listed", json!(true)),
            ("groups.upsert-sees-all", json!(true)),
            ("odata.undocumented-refused", json!(true)),
            ("policies.partner-sections-null", json!(true)),
            ("reviews.annual-needs-governance", json!(false)),
            ("reviews.apply-seconds", json!(0)),
            ("reviews.mail-seconds", json!(0)),
            ("reviews.query-without-catalog", json!(false)),
            ("throttle.on", json!(false)),
            ("throttle.divisor", json!(1)),
            ("throttle.entitlement-per-10-seconds", json!(0)),
            ("users.basic-refused", json!(false)),
            ("users.guest-issuer-told", json!(true)),
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

    /// No delay, no failure, and answers as documented: for whoever prepares a world.
    pub fn be_plain(&mut self) {
        let plain = [
            "em.delivery-seconds",
            "em.delivery-fails",
            "em.guest-waits-for-redemption",
            "em.policy-created-disabled",
            "em.resource-request-fails",
            "reviews.annual-needs-governance",
            "defender.redirect-after-post",
        ];
        for (name, value) in &mut self.0 {
            if name.starts_with("consistency.") {
                *value = json!(0);
            } else if plain.contains(&name.as_str()) {
                *value = if value.is_boolean() { json!(false) } else { json!(0) };
            }
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

    /// Sets switches, all of them or none; the error says which cannot be set so.
    pub fn set(&mut self, values: &serde_json::Map<String, Value>) -> Result<(), String> {
        let known = Self::default();
        let wrong = values.iter().find_map(|(name, value)| match known.0.get(name) {
            None => Some(format!("no such switch: {name}")),
            Some(usual) if !alike(name, usual, value) => Some(format!("{name} cannot be {value}")),
            Some(_) => None,
        });
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
        self.0.extend(values.iter().map(|(name, value)| (name.clone(), value.clone())));
        Ok(())
    }
}

/// A switch keeps its kind: yes or no, a number, or for a delay also a time.
fn alike(name: &str, usual: &Value, value: &Value) -> bool {
    match value {
        Value::Bool(_) => usual.is_boolean(),
        Value::Number(number) => usual.is_number() && number.is_u64(),
        Value::String(text) => {
            let number = text.strip_suffix("ms").unwrap_or("");
            name.starts_with("consistency.") && number.parse::<u32>().is_ok()
        }
        _ => false,
    }
}
