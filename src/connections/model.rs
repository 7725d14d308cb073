//! What a connection is, and how long it serves.

use chrono::{DateTime, TimeDelta, Utc};

use crate::kit::ids::{CustomerId, EntraTenantId};

/// What the approver app must be allowed, by its administrator, for a person to decide by it.
pub const NEEDED: &[&str] = &["EntitlementManagement.ReadWrite.All"];
/// What a person is sent to Microsoft for, besides who he is.
pub const SCOPES: [&str; 2] = ["User.Read", "EntitlementManagement.ReadWrite.All"];
/// Asked for only where the provider lets refresh tokens be kept.
pub const OFFLINE: &str = "offline_access";
/// A token with less left is renewed before it is used: what is decided now must not end in between.
const EARLY: TimeDelta = TimeDelta::minutes(2);

/// Who one is in the customer's directory: mostly a guest, with an object id of his own there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    pub oid: String,
    pub name: String,
    /// His address, else the name he signs in by.
    pub mail: String,
}

impl Account {
    /// As people know each other.
    pub fn shown(&self) -> &str {
        if self.mail.is_empty() { &self.name } else { &self.mail }
    }
}

/// A connection as its owner sees it.
#[derive(Clone, Debug)]
pub struct Connection {
    pub customer: CustomerId,
    pub customer_name: String,
    pub entra_tenant_id: EntraTenantId,
    pub account: Account,
    pub connected_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// Of the session that asks; the others belong to other browsers.
    pub here: bool,
}

impl Connection {
    /// It serves for what is done now.
    pub fn serves(&self, now: DateTime<Utc>) -> bool {
        serves(self.expires_at, now)
    }
}

/// A token that ends then serves for what is done now.
pub fn serves(expires_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    expires_at > now + EARLY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_about_to_end_serves_no_more() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let left = |minutes| serves(now + TimeDelta::minutes(minutes), now);
        assert!(left(3) && !left(2) && !left(-1));
    }
}
