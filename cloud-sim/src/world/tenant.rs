//! One Entra tenant with everything in it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::application::ServicePrincipal;
use super::directory::{Group, User};
use super::entitlement::{
    Assignment, Catalog, ConnectedOrganization, Package, PackageChange, Policy, Request, Resource, RoleScope,
};
use super::licence;
use super::review::Review;

/// A verified domain.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Domain {
    pub name: String,
    pub is_default: bool,
    pub is_initial: bool,
}

/// An Entra tenant.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Tenant {
    pub id: String,
    pub display_name: String,
    pub created: Option<DateTime<Utc>>,
    pub domains: Vec<Domain>,
    /// Service plan names or SKU part numbers.
    pub licences: Vec<String>,
    /// Defender's permission model: `unified`, `classic` or `off`.
    pub rbac: String,
    pub users: Vec<User>,
    pub groups: Vec<Group>,
    pub service_principals: Vec<ServicePrincipal>,
    pub connected_organizations: Vec<ConnectedOrganization>,
    pub catalogs: Vec<Catalog>,
    pub resources: Vec<Resource>,
    pub resource_requests: Vec<Value>,
    pub packages: Vec<Package>,
    pub role_scopes: Vec<RoleScope>,
    pub package_changes: Vec<PackageChange>,
    pub policies: Vec<Policy>,
    pub requests: Vec<Request>,
    pub assignments: Vec<Assignment>,
    pub defender_roles: Vec<Value>,
    pub defender_assignments: Vec<Value>,
    pub audits: Vec<Value>,
    /// Review definitions that the control interface declared.
    pub reviews: Vec<Value>,
    /// Reviews that a policy's settings began.
    pub review_instances: Vec<Review>,
    pub alerts: Vec<Value>,
    pub incidents: Vec<Value>,
    pub conditional_access: Vec<Value>,
    pub partners: Vec<Value>,
    pub authorization_policy: Value,
    pub cross_tenant_default: Value,
    pub em_settings: Value,
    /// Roles of entitlement management held in a catalog.
    pub em_roles: Vec<Value>,
}

impl Tenant {
    /// A tenant as Microsoft hands it out: default policies, nothing else.
    pub fn fresh(id: &str, display_name: &str, now: DateTime<Utc>) -> Self {
        Self {
            id: id.to_owned(),
            display_name: display_name.to_owned(),
            created: Some(now),
            rbac: "unified".to_owned(),
            catalogs: vec![Catalog {
                id: super::new_id(),
                display_name: "General".to_owned(),
                description: Some("Built-in catalog.".to_owned()),
                state: "published".to_owned(),
                externally_visible: true,
                built_in: true,
                created: Some(now),
                modified: Some(now),
                ..Catalog::default()
            }],
            authorization_policy: json!({
                "id": "authorizationPolicy", "displayName": "Authorization Policy",
                "allowInvitesFrom": "everyone",
                "guestUserRoleId": "10dae51f-b6af-4016-8d66-8c2a99b929b3",
                "allowedToSignUpEmailBasedSubscriptions": true, "blockMsolPowerShell": false
            }),
            cross_tenant_default: json!({
                "isServiceDefault": true,
                "inboundTrust": {"isMfaAccepted": false, "isCompliantDeviceAccepted": false,
                    "isHybridAzureADJoinedDeviceAccepted": false},
                "b2bCollaborationInbound": {
                    "usersAndGroups": {"accessType": "allowed",
                        "targets": [{"target": "AllUsers", "targetType": "user"}]},
                    "applications": {"accessType": "allowed",
                        "targets": [{"target": "AllApplications", "targetType": "application"}]}},
                "automaticUserConsentSettings": {"inboundAllowed": false, "outboundAllowed": false}
            }),
            em_settings: json!({
                "id": "entitlementManagementSettings",
                "externalUserLifecycleAction": "blockSignInAndDelete",
                "durationUntilExternalUserDeletedAfterBlocked": "P30D"
            }),
            ..Self::default()
        }
    }

    pub fn answers_to(&self, key: &str) -> bool {
        self.id.eq_ignore_ascii_case(key) || self.domains.iter().any(|d| d.name.eq_ignore_ascii_case(key))
    }

    pub fn default_domain(&self) -> &str {
        self.domains.iter().find(|d| d.is_default).map_or("", |d| d.name.as_str())
    }

    pub fn initial_domain(&self) -> &str {
        self.domains.iter().find(|d| d.is_initial).map_or("", |d| d.name.as_str())
    }

    /// Whether a service plan is licensed, directly or inside a SKU, by a licence that serves.
    pub fn has_plan(&self, plan: &str) -> bool {
        self.licences.iter().any(|l| licence::serves(l) && licence::plans_of(l).contains(&plan))
    }

    /// Whether entitlement management is licensed; `late` counts licences that are suspended or have ended too.
    pub fn is_governed(&self, late: bool) -> bool {
        let held = |l: &String| {
            let plans = licence::plans_of(l);
            plans.contains(&"AAD_PREMIUM_P2") || plans.contains(&"Entra_Identity_Governance")
        };
        self.licences.iter().any(|l| held(l) && (late || licence::serves(l)))
    }

    /// A user by object id or user principal name.
    pub fn user(&self, key: &str) -> Option<&User> {
        self.users
            .iter()
            .find(|u| u.id.eq_ignore_ascii_case(key) || u.user_principal_name.eq_ignore_ascii_case(key))
    }

    /// A user by object id, user principal name or mail: how a person is named on the control interface.
    pub fn person(&self, key: &str) -> Option<&User> {
        self.user(key).or_else(|| {
            self.users.iter().find(|u| u.mail.as_deref().is_some_and(|m| m.eq_ignore_ascii_case(key)))
        })
    }

    pub fn group(&self, id: &str) -> Option<&Group> {
        self.groups.iter().find(|g| g.id.eq_ignore_ascii_case(id))
    }

    pub fn group_mut(&mut self, id: &str) -> Option<&mut Group> {
        self.groups.iter_mut().find(|g| g.id.eq_ignore_ascii_case(id))
    }

    pub fn is_member(&self, group: &str, user: &str) -> bool {
        self.group(group).is_some_and(|g| g.members.iter().any(|m| m == user))
    }

    pub fn service_principal(&self, app_id: &str) -> Option<&ServicePrincipal> {
        self.service_principals.iter().find(|s| s.app_id.eq_ignore_ascii_case(app_id))
    }

    pub fn service_principal_mut(&mut self, app_id: &str) -> Option<&mut ServicePrincipal> {
        self.service_principals.iter_mut().find(|s| s.app_id.eq_ignore_ascii_case(app_id))
    }

    pub fn package(&self, id: &str) -> Option<&Package> {
        self.packages.iter().find(|p| p.id.eq_ignore_ascii_case(id))
    }

    pub fn policy(&self, id: &str) -> Option<&Policy> {
        self.policies.iter().find(|p| p.id.eq_ignore_ascii_case(id))
    }
}
