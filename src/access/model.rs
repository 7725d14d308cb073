//! Access as the portal keeps it: what a person holds, until when, in which round it is reviewed, and the rules of
//! who is who, what is near its end and what warns. No SQL, no axum.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::kit::ids::{CustomerId, ProviderId};

/// The blueprint's key of the package that makes somebody an approver.
pub const APPROVERS: &str = "approvers";

/// One assignment of a package of ours as it was read. States are Microsoft's words, unknown ones included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    pub id: String,
    /// The blueprint's key.
    pub package: String,
    pub package_id: String,
    pub package_name: String,
    pub state: String,
    pub status: String,
    pub target_oid: String,
    pub target_name: String,
    /// In small letters.
    pub target_mail: String,
    pub organization: String,
    pub policy_id: String,
    pub starts_at: Option<DateTime<Utc>>,
    pub ends_at: Option<DateTime<Utc>>,
    pub expired_at: Option<DateTime<Utc>>,
}

impl Holding {
    /// What tells one account of a customer from another: its address, or its object id where there is none.
    pub fn account(&self) -> String {
        if self.target_mail.is_empty() {
            format!("oid:{}", self.target_oid)
        } else {
            self.target_mail.clone()
        }
    }
}

/// By what our own people are known at one customer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ours {
    /// The connected organization that stands for the analysts' directory.
    pub organization: Option<String>,
    /// Domains of the analysts' mail, in small letters.
    pub domains: BTreeSet<String>,
}

impl Ours {
    pub fn is(&self, held: &Holding) -> bool {
        let of_organization = !held.organization.is_empty()
            && self.organization.as_ref().is_some_and(|id| id.eq_ignore_ascii_case(&held.organization));
        // An address proves nothing against an organization that is named and not ours.
        let of_domain = held.organization.is_empty()
            && held.target_mail.rsplit_once('@').is_some_and(|(_, his)| self.domains.contains(his));
        of_organization || of_domain
    }
}

/// The id of a match follows from what it is made of, so that two readings at once make one.
fn made_of(provider: ProviderId, what: &str) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(provider.0.as_bytes());
    hash.update(what.as_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    uuid::Builder::from_custom_bytes(digest[..16].try_into().unwrap_or_default()).into_uuid()
}

/// Everybody of our organization with this address is one person, unless somebody says otherwise.
pub fn match_of_mail(provider: ProviderId, mail: &str) -> Uuid {
    made_of(provider, &format!("mail:{mail}"))
}

/// Anybody else is matched with nobody.
pub fn match_of_account(provider: ProviderId, customer: CustomerId, account: &str) -> Uuid {
    made_of(provider, &format!("account:{customer}:{account}"))
}

/// How near an end is, in the steps of the lists and the warnings.
pub const STEPS: [i64; 3] = [60, 30, 7];

/// The nearest step that an end has come within, if any.
pub fn within(end: DateTime<Utc>, now: DateTime<Utc>) -> Option<i64> {
    STEPS.into_iter().rev().find(|days| end <= now + TimeDelta::days(*days))
}

/// Class and icon of an end.
pub fn nearness(end: Option<DateTime<Utc>>, now: DateTime<Utc>) -> (&'static str, &'static str) {
    match end.and_then(|end| within(end, now)) {
        Some(7) => ("last-day", "alert-triangle"),
        Some(30) => ("soon", "calendar-due"),
        Some(_) => ("unknown", "calendar-due"),
        None => ("calm", "clock"),
    }
}

/// What warns at a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WarningKind {
    /// The approvers' group has nobody in it.
    ApproversEmpty,
    /// The last approver loses his own access soon.
    ApproverLast,
    /// One approver only.
    ApproversFew,
    /// A guest cannot sign in since his last access ended.
    GuestBlocked,
}

impl WarningKind {
    pub const ALL: [Self; 4] =
        [Self::ApproversEmpty, Self::ApproverLast, Self::ApproversFew, Self::GuestBlocked];

    pub const fn key(self) -> &'static str {
        match self {
            Self::ApproversEmpty => "approvers-empty",
            Self::ApproverLast => "approver-last",
            Self::ApproversFew => "approvers-few",
            Self::GuestBlocked => "guest-blocked",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Warning {
    pub kind: WarningKind,
    pub about: String,
    pub ends_at: Option<DateTime<Utc>>,
    /// What it says: names of people.
    pub facts: Value,
}

/// Who may decide at a customer: an approver by the package has an end, one who was put into the group by hand has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    pub name: String,
    pub ends_at: Option<DateTime<Utc>>,
}

/// What the seats of a customer's approvers warn of. `None`: his group was not read yet.
pub fn seats(seats: Option<&[Seat]>, now: DateTime<Utc>) -> Vec<Warning> {
    let Some(seats) = seats else { return Vec::new() };
    let names = || serde_json::json!({ "names": seats.iter().map(|seat| &seat.name).collect::<Vec<_>>() });
    let warning = |kind, ends_at| Warning { kind, about: String::new(), ends_at, facts: names() };
    let mut found = Vec::new();
    if seats.is_empty() {
        found.push(warning(WarningKind::ApproversEmpty, None));
        return found;
    }
    let last = seats.iter().map(|seat| seat.ends_at).collect::<Option<Vec<_>>>();
    let last = last.and_then(|ends| ends.into_iter().max());
    if let Some(last) = last.filter(|last| within(*last, now).is_some()) {
        let mut last_of_all = warning(WarningKind::ApproverLast, Some(last));
        // So that it says something new with each step it comes nearer.
        last_of_all.facts["within"] = within(last, now).into();
        found.push(last_of_all);
    }
    if seats.len() < 2 {
        found.push(warning(WarningKind::ApproversFew, None));
    }
    found
}

/// One round of a review as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    pub id: String,
    pub definition: String,
    pub state: String,
    pub starts_at: Option<DateTime<Utc>>,
    pub due_at: Option<DateTime<Utc>>,
}

/// What Microsoft made of a policy's review settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Definition {
    pub id: String,
    pub package: String,
    pub package_id: String,
    pub policy_id: String,
    pub name: String,
    pub state: String,
}

/// What was decided about one person in one round.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    pub round: String,
    pub id: String,
    pub principal_oid: String,
    pub principal_name: String,
    pub decision: String,
    pub recommendation: String,
    pub result: String,
    pub decided_by: String,
    pub decided_at: Option<DateTime<Utc>>,
    pub reason: String,
}

/// States of a round after which nothing is decided any more.
pub fn is_over(state: &str) -> bool {
    matches!(state, "Completed" | "AutoReviewed" | "Applied" | "Completing" | "AutoReviewing")
}

/// Access that came to a leaver later than this after he left, and was not asked for before, is that of somebody who came
/// back.
pub const LEFT: TimeDelta = TimeDelta::days(30);

/// How a removal of one assignment stands. `leaver-state-<key>` is its sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Removal {
    Waiting,
    /// The request may have left; nobody heard the answer.
    Sending,
    Asked,
    /// Only the customer can remove it: he has not consented to writing.
    ByCustomer,
    Failed,
    /// Seen to be gone.
    Verified,
}

impl Removal {
    pub const ALL: [Self; 6] =
        [Self::Waiting, Self::Sending, Self::Asked, Self::ByCustomer, Self::Failed, Self::Verified];

    pub const fn key(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Asked => "asked",
            Self::ByCustomer => "by-customer",
            Self::Failed => "failed",
            Self::Verified => "verified",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.key() == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn seat(days: Option<i64>) -> Seat {
        Seat { name: "Ada".to_owned(), ends_at: days.map(|days| noon() + TimeDelta::days(days)) }
    }

    fn kinds(found: Option<&[Seat]>) -> Vec<&'static str> {
        seats(found, noon()).iter().map(|one| one.kind.key()).collect()
    }

    #[test]
    fn the_last_approver_is_warned_of_only_when_all_of_them_end() {
        assert_eq!(kinds(None), [""; 0], "never read");
        assert_eq!(kinds(Some(&[])), ["approvers-empty"]);
        assert_eq!(kinds(Some(&[seat(Some(20))])), ["approver-last", "approvers-few"]);
        assert_eq!(kinds(Some(&[seat(Some(20)), seat(Some(50))])), ["approver-last"]);
        assert_eq!(kinds(Some(&[seat(Some(20)), seat(Some(61))])), [""; 0]);
        assert_eq!(kinds(Some(&[seat(Some(20)), seat(None)])), [""; 0], "one has no end");
        let found = seats(Some(&[seat(Some(20)), seat(Some(50))]), noon());
        assert_eq!(found[0].ends_at, Some(noon() + TimeDelta::days(50)), "when the last of them goes");
    }

    #[test]
    fn an_end_is_told_by_the_nearest_step_it_came_within() {
        let at = |days| within(noon() + TimeDelta::days(days), noon());
        assert_eq!(
            [at(61), at(60), at(30), at(8), at(7), at(-1)],
            [None, Some(60), Some(30), Some(30), Some(7), Some(7)]
        );
    }

    #[test]
    fn people_of_our_organization_are_one_by_their_address_and_others_by_nothing() {
        let provider = ProviderId(Uuid::from_u128(1));
        let (one, two) = (CustomerId(Uuid::from_u128(2)), CustomerId(Uuid::from_u128(3)));
        assert_eq!(match_of_mail(provider, "a@x"), match_of_mail(provider, "a@x"));
        assert_ne!(match_of_mail(provider, "a@x"), match_of_mail(ProviderId(Uuid::from_u128(9)), "a@x"));
        assert_ne!(match_of_account(provider, one, "a@x"), match_of_account(provider, two, "a@x"));
        let ours = Ours { organization: Some("ORG".into()), domains: ["soc.example".into()].into() };
        let held = |organization: &str, mail: &str| Holding {
            organization: organization.into(),
            target_mail: mail.into(),
            ..Holding::default()
        };
        assert!(ours.is(&held("org", "a@else.example")) && ours.is(&held("", "a@soc.example")));
        assert!(!ours.is(&held("", "a@notsoc.example")) && !Ours::default().is(&held("", "")));
        assert!(!ours.is(&held("another", "a@soc.example")), "another organization says that he is its own");
    }
}
