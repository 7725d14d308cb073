//! A member of the provider's staff as an administrator sees him.

use chrono::{DateTime, Utc};

use crate::kit::ids::{CustomerId, PersonId};

#[derive(Clone, Debug)]
pub struct Person {
    pub id: PersonId,
    pub name: String,
    pub mail: String,
    /// As the last sign-in brought them.
    pub roles: Vec<String>,
    pub sees_all: bool,
    /// How many customers are given to him; it counts only where he does not see all.
    pub given: i64,
    pub seen_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub disabled_at: Option<DateTime<Utc>>,
    pub disabled_reason: Option<String>,
}

/// A customer given to a person.
#[derive(Clone, Debug)]
pub struct Given {
    pub customer: CustomerId,
    pub name: String,
    pub domain: String,
}
