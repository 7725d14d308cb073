//! Ids that Microsoft hands out for things that are not directory objects. Kept as the text they came in.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! text_ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    )*};
}

text_ids! {
    /// Application (client) id of an app registration.
    ClientId,
    /// A connected organization of entitlement management.
    ConnectedOrganizationId,
    /// A catalog of entitlement management.
    CatalogId,
    /// A resource inside a catalog; not the group's own object id.
    CatalogResourceId,
    /// A role of a catalog resource.
    ResourceRoleId,
    /// A scope of a catalog resource.
    ResourceScopeId,
    /// A request to add a resource to a catalog.
    ResourceRequestId,
    /// A role a package gives; always `{role id}_{scope id}` (contract §6).
    ResourceRoleScopeId,
    /// An access package.
    PackageId,
    /// An assignment policy of an access package.
    PolicyId,
    /// A person's request for an access package; also the id of its approval (contract §8.2).
    AccessRequestId,
    /// One stage of a request's approval.
    ApprovalStageId,
    /// What a person holds of an access package.
    AssignmentId,
    /// What entitlement management has reviewed, made from a policy's settings.
    ReviewDefinitionId,
    /// One round of a review.
    ReviewInstanceId,
    /// What was decided about one person in one round.
    ReviewDecisionId,
    /// A role definition of Defender's Unified RBAC.
    DefenderRoleId,
    /// A role assignment of Defender's Unified RBAC.
    DefenderAssignmentId,
}
