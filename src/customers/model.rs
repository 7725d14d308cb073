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

impl State {
    /// Something approved is to be written now.
    pub fn writes(self) -> bool {
        matches!(self, Self::OperatorWanted | Self::Running | Self::Failed)
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

/// What became of asking a customer for a consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// No link is out.
    Not,
    Open,
    Declined,
}

impl Standing {
    /// Without the reader's consent nothing can be read. Whose move it is follows from what was asked: with a link out
    /// it is the customer's, else ours, to send one or to ask what was unclear.
    pub fn without_reader(&self, lost: bool, asked: Asked) -> Self {
        let (whose_move, next_move) = match asked {
            Asked::Open => (WhoseMove::Customer, "customers-next-consent"),
            Asked::Declined => (WhoseMove::Us, "customers-next-consent-declined"),
            Asked::Not if lost => (WhoseMove::Us, "customers-next-consent-again"),
            Asked::Not => (WhoseMove::Us, "customers-next-send-link"),
        };
        let state = if lost { State::ConsentLost } else { State::ConsentWanted };
        Self { state, whose_move, next_move: next_move.to_owned(), ..self.clone() }
    }
}

/// A customer as his own page shows him.
#[derive(Clone, Debug)]
pub struct Customer {
    pub id: CustomerId,
    pub entra_tenant_id: EntraTenantId,
    /// One of his directory's domains; empty until one is known.
    pub domain: String,
    pub name: String,
    pub name_verified: bool,
    pub account_manager: Option<PersonId>,
    pub account_manager_name: Option<String>,
    pub notes: String,
    pub standing: Standing,
    pub since: DateTime<Utc>,
    pub open_requests: i32,
    /// What warns that access is about to be lost there.
    pub warnings: i32,
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub name: String,
    pub mail: String,
    pub phone: String,
    /// What he is there, in free words.
    pub role: String,
}

/// Characters of a customer's name, whoever gave it.
pub const NAME: usize = 200;
/// Contacts of one customer at most, and characters of each of their fields.
pub const CONTACTS: usize = 20;
pub const CONTACT_LENGTH: usize = 120;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactError {
    TooMany,
    TooLong,
    NoName,
    /// No mail address: it becomes a link.
    Mail,
}

/// Contacts as typed, one per row: trimmed, without the empty rows.
pub fn contacts(rows: Vec<Contact>) -> Result<Vec<Contact>, ContactError> {
    let mut kept = Vec::new();
    for row in rows {
        let [name, mail, phone, role] =
            [row.name, row.mail, row.phone, row.role].map(|text| text.trim().to_owned());
        let fields = [&name, &mail, &phone, &role];
        if fields.iter().all(|text| text.is_empty()) {
            continue;
        }
        if name.is_empty() {
            return Err(ContactError::NoName);
        }
        if fields.iter().any(|text| text.chars().count() > CONTACT_LENGTH) {
            return Err(ContactError::TooLong);
        }
        if !mail.is_empty() && !is_mail(&mail) {
            return Err(ContactError::Mail);
        }
        kept.push(Contact { name, mail, phone, role });
    }
    if kept.len() > CONTACTS { Err(ContactError::TooMany) } else { Ok(kept) }
}

/// Something, one `@`, something with a dot; no blanks. Whether mail arrives there nobody can tell.
pub fn is_mail(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let plain = text.chars().all(|c| !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | ','));
    let dotted = domain.split('.').count() > 1 && domain.split('.').all(|label| !label.is_empty());
    plain && !local.is_empty() && dotted && !domain.contains('@')
}

/// Lower-case words of everything a customer can be found by.
pub fn words<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for text in texts {
        let text = text.to_lowercase();
        words.extend(
            text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned),
        );
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
        assert_eq!(words, ["bank", "example", "gold", "n", "v", "woodgrove"]);
    }

    #[test]
    fn contacts_are_trimmed_and_empty_rows_left_out() {
        let row =
            |name: &str, mail: &str| Contact { name: name.into(), mail: mail.into(), ..Contact::default() };
        let kept = contacts(vec![row(" Kim ", " kim@a.example "), row("", " "), row("Lee", "")]).unwrap();
        assert_eq!(kept, [row("Kim", "kim@a.example"), row("Lee", "")]);
        assert_eq!(contacts(vec![row("", "kim@a.example")]), Err(ContactError::NoName));
        for wrong in
            ["kim", "kim@", "@a.example", "kim@a", "kim@a..example", "k m@a.example", "a@b@c.example"]
        {
            assert_eq!(contacts(vec![row("Kim", wrong)]), Err(ContactError::Mail), "{wrong}");
        }
        assert_eq!(contacts(vec![row("Kim", ""); 21]), Err(ContactError::TooMany));
    }

    #[test]
    fn tags_are_trimmed_and_stand_once() {
        assert_eq!(tags(" Gold, eu ,gold,,").unwrap(), ["eu", "gold"]);
        assert_eq!(tags(&"x".repeat(41)), Err(TagError::TooLong));
    }
}
