//! People and groups of a tenant.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::late::Delay;

/// A member or guest of a directory.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct User {
    pub id: String,
    pub user_principal_name: String,
    pub display_name: String,
    pub mail: Option<String>,
    pub guest: bool,
    pub enabled: bool,
    /// `PendingAcceptance` or `Accepted`, for guests only.
    pub external_state: Option<String>,
    /// Directory roles by name, such as `Global Administrator`.
    pub roles: Vec<String>,
    pub created: Option<DateTime<Utc>>,
    /// Of a guest: his tenant and object id at home, when it is simulated too.
    pub home: Option<(String, String)>,
    /// Of a guest: entitlement management made him, and takes him away again.
    pub governed: bool,
    pub delete_at: Option<DateTime<Utc>>,
    pub delay: Delay,
}

impl User {
    /// A guest as an invitation makes him.
    pub fn invited(initial_domain: &str, mail: &str, name: &str, now: DateTime<Utc>) -> Self {
        Self {
            id: super::new_id(),
            user_principal_name: format!("{}#EXT#@{initial_domain}", mail.replace('@', "_")),
            display_name: name.to_owned(),
            mail: Some(mail.to_owned()),
            guest: true,
            enabled: true,
            external_state: Some("PendingAcceptance".to_owned()),
            created: Some(now),
            ..Self::default()
        }
    }
}

/// A security group.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Group {
    pub id: String,
    pub display_name: String,
    pub description: Option<String>,
    pub mail_nickname: String,
    pub unique_name: Option<String>,
    pub security_enabled: bool,
    pub mail_enabled: bool,
    pub group_types: Vec<String>,
    pub on_premises_sync: bool,
    pub created: Option<DateTime<Utc>>,
    /// Object ids of members and owners.
    pub members: Vec<String>,
    pub owners: Vec<String>,
    pub delay: Delay,
    /// Until entitlement management finds it in the directory.
    pub entitlement_delay: Delay,
    /// Of members and owners that lists do not show yet.
    pub late: BTreeMap<String, Delay>,
    /// Of former members and owners that lists still show: `members/` or `owners/`, and the object's id.
    pub lingering: BTreeMap<String, Delay>,
}
