//! Typed ids: a customer's id cannot stand where a provider's is asked for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::kit::chance::Chance;
use crate::kit::clock::Clock;

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )*};
}

typed_ids! {
    /// A managed security service provider of this installation.
    ProviderId,
    /// An organisation a provider looks after.
    CustomerId,
    /// A member of a provider's staff, as this installation knows him.
    PersonId,
    /// One stored, immutable plan.
    PlanId,
    /// One application of an approved plan.
    RunId,
    /// Where a provider is told things: a mailbox, a Teams or Slack channel, a webhook.
    ChannelId,
    /// Which happenings are told where.
    RuleId,
    /// A while in which nobody is told of something.
    SnoozeId,
    /// One message to one recipient, in the outbox.
    OutgoingId,
    /// Microsoft's GUID of a directory.
    EntraTenantId,
    /// A directory object (user, group, service principal) inside one Entra tenant.
    ObjectId,
}

macro_rules! made_here {
    ($($name:ident),*) => {$(
        impl $name {
            /// A new id, ordered by time of making.
            pub fn new(clock: &Clock, chance: &Chance) -> Self {
                Self(chance.uuid_v7(clock.now()))
            }
        }
    )*};
}

made_here!(ProviderId, CustomerId, PersonId, PlanId, RunId, ChannelId, RuleId, SnoozeId, OutgoingId);
