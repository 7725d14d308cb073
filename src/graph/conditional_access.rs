//! Conditional Access policies that keep guests out, or ask for what a guest's device is not (contract §24; heuristic,
//! INFERRED: groups, roles and named locations are not resolved). Whatever narrows a policy leaves it out: the baselines
//! of every tenant (old protocols, countries, device code flow) block, and touch nobody who signs in as usual.

use serde::Deserialize;
use serde_json::Value;

use crate::graph::directory::{Ask, Directory};
use crate::graph::error::GraphError;
use crate::graph::lenient::{self, words};
use crate::graph::preflight::{InboundTrust, Readable, readable};
use crate::kit::ids::EntraTenantId;

words! {
    ConditionalAccessState {
        Enabled = "enabled", Disabled = "disabled", ReportOnly = "enabledForReportingButNotEnforced",
    }
}

/// A policy, as far as it can touch guests.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConditionalAccessPolicy {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub display_name: String,
    pub state: Option<ConditionalAccessState>,
    /// Read piece by piece: conditions that nobody knows yet narrow a policy too.
    #[serde(default)]
    conditions: Value,
    #[serde(default, deserialize_with = "lenient::or_default")]
    grant_controls: GrantControls,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct GrantControls {
    #[serde(deserialize_with = "lenient::or_default")]
    operator: String,
    #[serde(deserialize_with = "lenient::or_default")]
    built_in_controls: Vec<String>,
}

/// The kind of guest that entitlement management invites.
const GUEST: &str = "b2bCollaborationGuest";
/// Applications by which nearly everything is meant.
const WIDE: &[&str] = &["All", "Office365", "MicrosoftAdminPortals"];

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn names(value: &Value, wanted: &str) -> bool {
    texts(value).any(|one| one.eq_ignore_ascii_case(wanted))
}

/// Nothing, or an empty list: it narrows nothing.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(all) => all.is_empty(),
        Value::String(text) => text.is_empty() || text == "none",
        Value::Object(all) => all.iter().all(|(name, value)| name.starts_with('@') || is_empty(value)),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// `includeGuestsOrExternalUsers` or its opposite, for guests of this tenant; none: of any.
fn means_guests_of(value: &Value, tenant: Option<EntraTenantId>) -> bool {
    let kinds = value["guestOrExternalUserTypes"].as_str().unwrap_or_default();
    let kind = kinds.split(',').any(|one| one.trim().eq_ignore_ascii_case(GUEST));
    let whose = &value["externalTenants"];
    let enumerated =
        whose["membershipKind"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("enumerated"));
    kind && (!enumerated || tenant.is_none_or(|tenant| names(&whose["members"], &tenant.to_string())))
}

impl ConditionalAccessPolicy {
    /// Enforced, and its users include guests of this tenant.
    pub fn reaches_guests_of(&self, tenant: Option<EntraTenantId>) -> bool {
        let users = &self.conditions["users"];
        let by_name =
            |list: &Value, all: bool| names(list, "GuestsOrExternalUsers") || (all && names(list, "All"));
        let included = by_name(&users["includeUsers"], true)
            || means_guests_of(&users["includeGuestsOrExternalUsers"], tenant);
        let excluded = by_name(&users["excludeUsers"], false)
            || means_guests_of(&users["excludeGuestsOrExternalUsers"], tenant);
        self.state == Some(ConditionalAccessState::Enabled) && included && !excluded
    }

    /// It holds only of some sign-ins: by the client, the place, the platform, the device, the risk, the way of
    /// signing in, or the application.
    pub fn is_narrowed(&self) -> bool {
        let Value::Object(conditions) = &self.conditions else { return false };
        conditions.iter().any(|(name, value)| match name.as_str() {
            "users" => false,
            "clientAppTypes" => !is_empty(value) && !names(value, "all") && !names(value, "browser"),
            "applications" => !is_wide(value),
            "locations" => !is_all(value, "includeLocations", "excludeLocations"),
            "platforms" => !is_all(value, "includePlatforms", "excludePlatforms"),
            name if name.starts_with('@') => false,
            _ => !is_empty(value),
        })
    }

    fn has(&self, control: &str) -> bool {
        self.grant_controls.built_in_controls.iter().any(|name| name.eq_ignore_ascii_case(control))
    }

    pub fn blocks(&self) -> bool {
        self.has("block")
    }

    /// It asks for a device that a guest brings only where the customer trusts what his home says of it.
    pub fn asks_for_a_device(&self, trust: Option<&InboundTrust>) -> bool {
        let trusted = |of: fn(&InboundTrust) -> Option<bool>| trust.and_then(of) == Some(true);
        let compliant = trusted(|trust| trust.is_compliant_device_accepted);
        let joined = trusted(|trust| trust.is_hybrid_joined_device_accepted);
        let untrusted = |name: &String| match name.to_ascii_lowercase().as_str() {
            "compliantdevice" => !compliant,
            "domainjoineddevice" => !joined,
            _ => false,
        };
        let controls = &self.grant_controls.built_in_controls;
        if self.grant_controls.operator.eq_ignore_ascii_case("or") {
            !controls.is_empty() && controls.iter().all(untrusted)
        } else {
            controls.iter().any(untrusted)
        }
    }
}

/// All applications, or all of Office; not an action of the user's, and not one application.
fn is_wide(applications: &Value) -> bool {
    texts(&applications["includeApplications"])
        .any(|one| WIDE.iter().any(|wide| one.eq_ignore_ascii_case(wide)))
}

fn is_all(value: &Value, include: &str, exclude: &str) -> bool {
    is_empty(value) || (names(&value[include], "all") && is_empty(&value[exclude]))
}

impl Directory {
    /// All of them, the disabled ones too.
    ///
    /// # Errors
    /// They could not be read, for another reason than a permission that is missing.
    pub async fn conditional_access(&self) -> Result<Readable<Vec<ConditionalAccessPolicy>>, GraphError> {
        let path = "/v1.0/identity/conditionalAccess/policies".into();
        readable(self.list(Ask::get("GET /identity/conditionalAccess/policies", path)).await)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tenant() -> EntraTenantId {
        "11111111-2222-3333-4444-555555555555".parse().unwrap()
    }

    /// A policy for everybody and everything, with these conditions in the place of that.
    fn policy(conditions: Value, controls: &[&str]) -> ConditionalAccessPolicy {
        let mut all = json!({
            "clientAppTypes": ["all"], "signInRiskLevels": [], "userRiskLevels": [], "platforms": null,
            "locations": null, "devices": null, "authenticationFlows": null, "insiderRiskLevels": null,
            "applications": {"includeApplications": ["All"], "excludeApplications": [], "includeUserActions": []},
            "users": {"includeUsers": ["All"], "excludeUsers": [], "includeGuestsOrExternalUsers": null},
        });
        for (name, value) in conditions.as_object().unwrap() {
            all[name] = value.clone();
        }
        serde_json::from_value(json!({"displayName": "x", "state": "enabled", "conditions": all,
            "grantControls": {"operator": "OR", "builtInControls": controls}}))
        .unwrap()
    }

    fn named(conditions: Value) -> bool {
        let policy = policy(conditions, &["block"]);
        policy.reaches_guests_of(Some(tenant())) && policy.blocks() && !policy.is_narrowed()
    }

    #[test]
    fn the_baselines_of_every_tenant_keep_no_guest_out() {
        for (what, conditions) in [
            ("old protocols", json!({"clientAppTypes": ["exchangeActiveSync", "other"]})),
            ("countries", json!({"locations": {"includeLocations": ["c0"], "excludeLocations": []}})),
            (
                "all places but trusted ones",
                json!({"locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}}),
            ),
            ("device code flow", json!({"authenticationFlows": {"transferMethods": "deviceCodeFlow"}})),
            (
                "platforms nobody knows",
                json!({"platforms": {"includePlatforms": ["all"],
                "excludePlatforms": ["windows", "macOS", "iOS", "android", "linux"]}}),
            ),
            ("risky sign-ins", json!({"signInRiskLevels": ["high"]})),
            (
                "registering",
                json!({"applications": {"includeApplications": [],
                "includeUserActions": ["urn:user:registersecurityinfo"]}}),
            ),
            ("one application", json!({"applications": {"includeApplications": ["a1"]}})),
            ("filtered devices", json!({"devices": {"deviceFilter": {"mode": "include", "rule": "x"}}})),
            ("what is new", json!({"conditionOfTomorrow": {"levels": ["high"]}})),
        ] {
            assert!(!named(conditions), "{what}");
        }
    }

    #[test]
    fn a_policy_that_blocks_guests_as_such_is_named() {
        let guests = |kind: &str, members: &[String]| {
            json!({"guestOrExternalUserTypes": "internalGuest, b2bCollaborationGuest",
                "externalTenants": {"membershipKind": kind, "members": members}})
        };
        let ours = [tenant().to_string()];
        let others = ["99999999-2222-3333-4444-555555555555".to_owned()];
        let included =
            |value: Value| json!({"users": {"includeUsers": [], "includeGuestsOrExternalUsers": value}});
        let excluded =
            |value: Value| json!({"users": {"includeUsers": ["All"], "excludeGuestsOrExternalUsers": value}});
        for (named_so, conditions) in [
            (true, json!({})),
            (true, json!({"clientAppTypes": ["browser", "mobileAppsAndDesktopClients"]})),
            (true, json!({"applications": {"includeApplications": ["Office365"]}})),
            (true, json!({"locations": {"includeLocations": ["All"], "excludeLocations": []}})),
            (true, json!({"users": {"includeUsers": ["GuestsOrExternalUsers"]}})),
            (false, json!({"users": {"includeUsers": ["All"], "excludeUsers": ["GuestsOrExternalUsers"]}})),
            (true, included(guests("all", &[]))),
            (true, included(guests("enumerated", &ours))),
            (false, included(guests("enumerated", &others))),
            (false, included(json!({"guestOrExternalUserTypes": "serviceProvider"}))),
            (false, excluded(guests("all", &[]))),
            (false, excluded(guests("enumerated", &ours))),
            (true, excluded(guests("enumerated", &others))),
        ] {
            assert_eq!(named(conditions.clone()), named_so, "{conditions}");
        }
    }

    #[test]
    fn a_device_is_asked_for_where_nothing_else_will_do_and_the_home_is_not_trusted() {
        let both = InboundTrust {
            is_compliant_device_accepted: Some(true),
            is_hybrid_joined_device_accepted: Some(true),
            ..InboundTrust::default()
        };
        let one = InboundTrust { is_compliant_device_accepted: Some(true), ..InboundTrust::default() };
        let asks = |controls: &[&str], trust| policy(json!({}), controls).asks_for_a_device(trust);
        assert!(asks(&["compliantDevice"], None) && !asks(&["compliantDevice"], Some(&one)));
        assert!(!asks(&["mfa", "compliantDevice"], None), "another sign-in will do");
        assert!(asks(&["domainJoinedDevice"], Some(&one)) && !asks(&["domainJoinedDevice"], Some(&both)));
        assert!(!asks(&["compliantDevice", "domainJoinedDevice"], Some(&one)));
        assert!(!asks(&[], None) && !asks(&["mfa"], None));
        let mut and = policy(json!({}), &["mfa", "compliantDevice"]);
        and.grant_controls.operator = "AND".into();
        assert!(and.asks_for_a_device(None));
    }
}
