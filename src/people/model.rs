//! A member of the provider's staff as an administrator sees him, and which requests are his own.

use chrono::{DateTime, TimeDelta, Utc};

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

/// Whoever has not signed in for so long is mailed no more. What he is to his provider is known from his sign-ins alone:
/// one who lost his roles at the authority never comes to say so.
pub const MAILED_FOR: TimeDelta = TimeDelta::days(30);

impl Person {
    /// Since when he has not signed in, if he is mailed no more for it.
    pub fn unmailed_since(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        Some(self.seen_at).filter(|seen| *seen <= now - MAILED_FOR)
    }
}

/// A customer given to a person.
#[derive(Clone, Debug)]
pub struct Given {
    pub customer: CustomerId,
    pub name: String,
    pub domain: String,
}

/// Addresses told of one person at most.
pub const ADDRESSES: usize = 10;

/// What was said of an address in the analysts' directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub address: String,
    /// False: it is somebody else's, however alike the names.
    pub is_his: bool,
    pub said_by: Option<String>,
    pub said_at: DateTime<Utc>,
}

/// What can be said of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    His,
    Another,
    /// Nothing any more.
    Unknown,
}

impl Verdict {
    pub const fn key(self) -> &'static str {
        match self {
            Self::His => "his",
            Self::Another => "another",
            Self::Unknown => "unknown",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        [Self::His, Self::Another, Self::Unknown].into_iter().find(|verdict| verdict.key() == key)
    }
}

/// By which addresses a person knows his own requests. He signs in with one directory and may ask from another. It
/// greys rows and nothing else: whoever may decide, Microsoft decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Oneself {
    pub name: String,
    /// As he signs in; in lower case like all of these.
    pub mail: String,
    pub analyst_domain: Option<String>,
    pub his: Vec<String>,
    pub anothers: Vec<String>,
}

impl Oneself {
    /// The address, if a request by it is his own: one that was told, or the one he signs in with.
    pub fn asks_as(&self, address: &str) -> Option<String> {
        let address = address.to_lowercase();
        let told = self.his.contains(&address);
        let signs_in = !self.mail.is_empty() && self.mail == address && !self.anothers.contains(&address);
        (told || signs_in).then_some(address)
    }

    /// The address he would have in the analysts' directory, if nothing was said of it: the same first part.
    pub fn proposed(&self) -> Option<String> {
        let domain = self.analyst_domain.as_deref()?;
        let (local, _) = self.mail.split_once('@')?;
        let address = format!("{local}@{domain}");
        let said = self.his.contains(&address) || self.anothers.contains(&address);
        (!said && address != self.mail).then_some(address)
    }

    /// Whether a request may be his: the proposed address, and the same name. A person must say so.
    pub fn may_be(&self, name: &str, address: &str) -> bool {
        self.proposed().is_some_and(|proposed| proposed == address.to_lowercase())
            && !self.name.is_empty()
            && self.name.trim().to_lowercase() == name.trim().to_lowercase()
    }

    /// Analysts have a directory of their own, and nobody has said who he is there.
    pub fn unknown(&self) -> bool {
        let at_home = |domain: &String| self.mail.split_once('@').is_some_and(|(_, his)| his == domain);
        self.his.is_empty() && self.analyst_domain.as_ref().is_some_and(|domain| !at_home(domain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> Oneself {
        Oneself {
            name: "Ada Analyst".into(),
            mail: "ada@contoso.example".into(),
            analyst_domain: Some("contoso-soc.example".into()),
            ..Oneself::default()
        }
    }

    #[test]
    fn nobody_is_matched_before_somebody_said_so() {
        let mut ada = ada();
        assert!(ada.unknown() && ada.may_be("ada analyst ", "ADA@contoso-soc.example"));
        assert_eq!(ada.asks_as("ada@contoso-soc.example"), None);
        for (name, address) in [
            ("Ada Other", "ada@contoso-soc.example"),
            ("Ada Analyst", "ada@elsewhere.example"),
            ("Ada Analyst", "a.analyst@contoso-soc.example"),
        ] {
            assert!(!ada.may_be(name, address), "{name} {address}");
        }
        ada.his.push("ada@contoso-soc.example".into());
        assert_eq!(ada.asks_as("Ada@Contoso-SOC.example").as_deref(), Some("ada@contoso-soc.example"));
        assert!(!ada.may_be("Ada Analyst", "ada@contoso-soc.example") && !ada.unknown());
    }

    #[test]
    fn the_sign_in_address_counts_unless_it_was_split_off() {
        let mut ada = Oneself { analyst_domain: Some("contoso.example".into()), ..ada() };
        assert!(ada.asks_as("ada@contoso.example").is_some());
        assert!(!ada.unknown() && ada.proposed().is_none());
        ada.anothers.push("ada@contoso.example".into());
        assert_eq!(ada.asks_as("ada@contoso.example"), None);
        assert_eq!(Oneself::default().asks_as(""), None);
    }
}
