//! Policies of the customer that may get in the way of guests (contract §24). All optional: the permission may be
//! withheld, and that is an answer.

use serde::Deserialize;

use crate::graph::directory::{Ask, Directory, found};
use crate::graph::error::{GraphError, GraphErrorKind};
use crate::graph::lenient::{self, words};
use crate::kit::ids::EntraTenantId;

/// What was read, or that it may not be read.
#[derive(Clone, Debug, PartialEq)]
pub enum Readable<T> {
    Read(T),
    /// Policy.Read.All is not consented: the checklist asks a person instead.
    NotReadable,
}

words! {
    /// Who may invite guests.
    InvitesFrom {
        Nobody = "none", AdminsAndGuestInviters = "adminsAndGuestInviters",
        AdminsGuestInvitersAndAllMembers = "adminsGuestInvitersAndAllMembers", Everyone = "everyone",
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizationPolicy {
    pub allow_invites_from: Option<InvitesFrom>,
    /// Restricted guests (`2af84b1e-…`) cannot see their own groups.
    pub guest_user_role_id: Option<String>,
}

/// How this tenant meets another one. A null section inherits the default (INFERRED).
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CrossTenantAccess {
    pub inbound_trust: Option<InboundTrust>,
    pub b2b_collaboration_inbound: Option<B2bSetting>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InboundTrust {
    pub is_mfa_accepted: Option<bool>,
    pub is_compliant_device_accepted: Option<bool>,
    #[serde(rename = "isHybridAzureADJoinedDeviceAccepted")]
    pub is_hybrid_joined_device_accepted: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct B2bSetting {
    pub users_and_groups: Option<B2bTarget>,
    pub applications: Option<B2bTarget>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct B2bTarget {
    pub access_type: Option<AccessType>,
    /// Whom it names; `AllUsers`, `AllApplications` or ids.
    #[serde(deserialize_with = "lenient::or_default")]
    pub targets: Vec<B2bName>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct B2bName {
    pub target: Option<String>,
    pub target_type: Option<String>,
}

words! {
    AccessType { Allowed = "allowed", Blocked = "blocked" }
}

impl CrossTenantAccess {
    /// Guests are kept out as a whole.
    pub fn blocks_everybody(&self) -> bool {
        let target =
            self.b2b_collaboration_inbound.as_ref().and_then(|inbound| inbound.users_and_groups.as_ref());
        target.is_some_and(|target| {
            target.access_type == Some(AccessType::Blocked)
                && target.targets.iter().any(|one| one.target.as_deref() == Some("AllUsers"))
        })
    }
}

pub(crate) fn readable<T>(outcome: Result<T, GraphError>) -> Result<Readable<T>, GraphError> {
    match outcome {
        Ok(value) => Ok(Readable::Read(value)),
        Err(error) if matches!(error.kind, GraphErrorKind::Forbidden | GraphErrorKind::ConsentMissing) => {
            Ok(Readable::NotReadable)
        }
        Err(error) => Err(error),
    }
}

impl Directory {
    pub async fn authorization_policy(&self) -> Result<Readable<AuthorizationPolicy>, GraphError> {
        let ask = Ask::get("GET /policies/authorizationPolicy", "/v1.0/policies/authorizationPolicy".into());
        readable(self.read(ask).await)
    }

    /// What applies to all tenants without an entry of their own.
    pub async fn cross_tenant_default(&self) -> Result<Readable<CrossTenantAccess>, GraphError> {
        let path = "/v1.0/policies/crossTenantAccessPolicy/default".into();
        readable(self.read(Ask::get("GET /policies/crossTenantAccessPolicy/default", path)).await)
    }

    /// The entry for one partner; None: the default applies.
    pub async fn cross_tenant_partner(
        &self,
        partner: EntraTenantId,
    ) -> Result<Readable<Option<CrossTenantAccess>>, GraphError> {
        let path = format!("/v1.0/policies/crossTenantAccessPolicy/partners/{partner}");
        readable(found(
            self.read(Ask::get("GET /policies/crossTenantAccessPolicy/partners/{id}", path)).await,
        ))
    }
}
