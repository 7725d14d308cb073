//! A customer, his standing (state, whose move, since when) and the rules of both. No SQL, no axum.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::kit::ids::{CustomerId, EntraTenantId, PersonId};

macro_rules! keyed {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $key:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($variant),* }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// As the database and addresses hold it.
            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => $key),* }
            }

            pub fn from_key(key: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.key() == key)
            }
        }
    };
}

keyed! {
    /// Where a customer stands. Each has a sentence `customers-state-<key>` and its next move in the catalogue.
    State {
        New = "new",
        ConsentWanted = "consent-wanted",
        Reading = "reading",
        Blocked = "blocked",
        QuestionsOpen = "questions-open",
        PlanReady = "plan-ready",
        OperatorWanted = "operator-wanted",
        Running = "running",
        ManualStep = "manual-step",
        Failed = "failed",
        Onboarded = "onboarded",
        Drifted = "drifted",
        ConsentLost = "consent-lost",
    }
}

keyed! {
    /// Whose move it is: the status language of the whole portal.
    WhoseMove {
        Us = "us",
        Customer = "customer",
        Microsoft = "microsoft",
        Nobody = "nobody",
    }
}

/// What the engine or the consent probe found out about a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub state: State,
    pub whose_move: WhoseMove,
    /// Key of the catalogue that says what the move is.
    pub next_move: String,
    pub steps_done: i32,
    pub steps_total: i32,
}

/// A customer as his own page shows him.
#[derive(Clone, Debug)]
pub struct Customer {
    pub id: CustomerId,
    pub entra_tenant_id: EntraTenantId,
    pub domain: String,
    pub name: String,
    pub name_verified: bool,
    pub account_manager: Option<PersonId>,
    pub account_manager_name: Option<String>,
    pub notes: String,
    pub standing: Standing,
    pub since: DateTime<Utc>,
    pub open_requests: i32,
    pub next_expiry: Option<DateTime<Utc>>,
    pub read_at: Option<DateTime<Utc>>,
    /// When everything was in place for the first time.
    pub onboarded_at: Option<DateTime<Utc>>,
    pub pause: Option<Pause>,
    pub tags: Vec<String>,
    pub created_at: DateTime<Utc>,
}

#[derive(Clone, Debug)]
pub struct Pause {
    pub at: DateTime<Utc>,
    pub by: Option<String>,
    pub reason: String,
}

/// A person at the customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub name: String,
    pub mail: String,
    pub phone: String,
    /// What he is there, in free words.
    pub role: String,
}

/// Lower-case words of everything a customer can be found by.
pub fn words<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for text in texts {
        let text = text.to_lowercase();
        words.extend(
            text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned),
        );
        if text.contains(['.', '-']) && !text.contains(char::is_whitespace) {
            words.push(text);
        }
    }
    words.iter_mut().for_each(|word| *word = word.chars().take(80).collect());
    words.sort_unstable();
    words.dedup();
    words
}

/// Where a name stands in the alphabet.
pub fn sort_name(name: &str) -> String {
    name.trim().to_lowercase()
}

/// Tags as typed: trimmed, without doubles, at most 12 of 40 characters.
pub fn tags(typed: &str) -> Result<Vec<String>, TagError> {
    let mut tags: Vec<String> =
        typed.split(',').map(|tag| tag.trim().to_lowercase()).filter(|tag| !tag.is_empty()).collect();
    tags.sort_unstable();
    tags.dedup();
    if tags.len() > 12 {
        return Err(TagError::TooMany);
    }
    if tags.iter().any(|tag| tag.chars().count() > 40) {
        return Err(TagError::TooLong);
    }
    Ok(tags)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagError {
    TooMany,
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_is_found_by_words_of_name_domain_and_tags() {
        let words = words(["Woodgrove Bank N.V.", "woodgrove-bank.example", "gold"]);
        for word in ["woodgrove", "bank", "woodgrove-bank.example", "example", "gold"] {
            assert!(words.contains(&word.to_owned()), "{word} in {words:?}");
        }
    }

    #[test]
    fn tags_are_trimmed_and_stand_once() {
        assert_eq!(tags(" Gold, eu ,gold,,").unwrap(), ["eu", "gold"]);
        assert_eq!(tags(&"x".repeat(41)), Err(TagError::TooLong));
    }
}
