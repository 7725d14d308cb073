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

/// The value a switch has until it is set.
#[derive(Clone, Copy)]
enum Usual {
    Flag(bool),
    Number(u64),
}

use Usual::{Flag, Number};

const ALL: &[(&str, Usual)] = &[
    ("consistency.groups", Number(1)),
    ("consistency.groups-in-entitlement", Number(0)),
    ("consistency.organizations", Number(0)),
    ("consistency.catalogs", Number(0)),
    ("consistency.catalog-resources", Number(1)),
    ("consistency.packages", Number(0)),
    ("consistency.role-scopes", Number(0)),
    ("consistency.policies", Number(0)),
    ("consistency.defender", Number(0)),
    ("consistency.members", Number(0)),
    ("consistency.deletions", Number(0)),
    ("consistency.users", Number(0)),
    ("consistency.requests", Number(0)),
    ("consistency.assignments", Number(0)),
    ("page.size", Number(100)),
    ("defender.redirect-after-post", Flag(true)),
    ("defender.odata-type-refused", Flag(true)),
    ("defender.reduced-actions", Flag(true)),
    ("defender.unreadable-actions", Flag(false)),
    ("defender.actions-missing", Flag(false)),
    ("defender.inactive-status", Number(400)),
    ("groups.unique-name-withheld", Flag(false)),
    ("em.licence-required", Flag(true)),
    ("em.licence-refusal-told", Flag(true)),
    ("em.organization-twice-refused", Flag(true)),
    ("em.organization-answered-without-sources", Flag(true)),
    ("em.organization-in-use-kept", Flag(true)),
    ("em.tenant-id-source-refused", Flag(true)),
    ("em.resource-twice-refused", Flag(true)),
    ("em.resource-request-answers-delivered", Flag(true)),
    ("em.guest-waits-for-redemption", Flag(false)),
    ("em.delivery-seconds", Number(0)),
    ("em.delivery-fails", Flag(false)),
    ("em.no-invites-fail-delivery", Flag(true)),
    ("em.requestor-organization-withheld", Flag(true)),
    ("em.nested-expand-refused", Flag(false)),
    ("em.delegated-needs-a-role", Flag(true)),
    ("reviews.definition-before-start", Flag(false)),
    ("alerts.next-link-withheld", Flag(false)),
    ("audit.delay-seconds", Number(0)),
    ("applications.owned-by-reaches-itself", Flag(false)),
    ("audit.correlation-kept", Flag(true)),
    ("audit.decision-told-twice", Flag(true)),
    ("consent.token-cache-seconds", Number(0)),
    ("consistency.resource-roles", Number(0)),
    ("defender.duplicates-made", Flag(true)),
    ("defender.other-spellings", Flag(false)),
    ("defender.prerequisites-checked", Flag(true)),
    ("defender.role-in-use-kept", Flag(false)),
    ("defender.v1-status", Number(400)),
    ("em.app-only-user-requests-refused", Flag(true)),
    ("em.approval-stages-inlined", Flag(false)),
    ("em.approval-words-past-tense", Flag(false)),
    ("em.cancel-status", Number(204)),
    ("em.catalog-with-packages-kept", Flag(true)),
    ("em.enum-case-ignored", Flag(true)),
    ("em.extension-from-now", Flag(false)),
    ("em.extension-follows-update", Flag(true)),
    ("em.open-requests-deletable", Flag(false)),
    ("em.owner-role", Flag(true)),
    ("em.package-change-seconds", Number(0)),
    ("em.policy-created-disabled", Flag(false)),
    ("em.request-answer-old-names", Flag(false)),
    ("em.resource-in-use-kept", Flag(true)),
    ("em.resource-owner-checked", Flag(true)),
    ("em.resource-request-fails", Flag(false)),
    ("em.role-scope-twice-refused", Flag(true)),
    ("em.suspended-licence-counts", Flag(false)),
    ("em.unknown-domain-refused", Flag(true)),
    ("groups.service-principal-owners-listed", Flag(true)),
    ("groups.upsert-sees-all", Flag(true)),
    ("odata.undocumented-refused", Flag(true)),
    ("policies.partner-sections-null", Flag(true)),
    ("reviews.annual-needs-governance", Flag(false)),
    ("reviews.apply-seconds", Number(0)),
    ("reviews.mail-seconds", Number(0)),
    ("reviews.query-without-catalog", Flag(false)),
    ("throttle.on", Flag(false)),
    ("throttle.divisor", Number(1)),
    ("throttle.entitlement-per-10-seconds", Number(0)),
    ("users.basic-refused", Flag(false)),
    ("users.guest-issuer-told", Flag(true)),
    ("batch.answers-reversed", Flag(true)),
    ("assertions.replay-refused", Flag(false)),
    ("assertions.rs256-refused", Flag(false)),
    ("consent.cancel-subcode", Flag(false)),
];

impl Default for Switches {
    fn default() -> Self {
        let value = |usual: Usual| match usual {
            Flag(on) => json!(on),
            Number(number) => json!(number),
        };
        Self(ALL.iter().map(|(name, usual)| ((*name).to_owned(), value(*usual))).collect())
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
