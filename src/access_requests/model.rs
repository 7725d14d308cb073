//! A request for access in a customer's directory, as the portal keeps it, and how much time is left.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::kit::ids::{CustomerId, EntraTenantId, PersonId};

/// What the package asks beside the justification, and what was said. Kept as a list of these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenAnswer {
    pub question: String,
    pub answer: String,
}

/// What was read of one request. States are Microsoft's words (contract §8.1), unknown ones included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadRequest {
    pub id: String,
    pub state: String,
    pub status: String,
    pub request_type: String,
    pub package_id: String,
    pub package_name: String,
    pub requestor_name: String,
    pub requestor_mail: String,
    pub requestor_oid: String,
    pub justification: String,
    pub created_at: DateTime<Utc>,
    pub completed_at: Option<DateTime<Utc>>,
    pub answers: Vec<GivenAnswer>,
    /// The requestor's connected organization; often not told.
    pub organization: String,
    /// The end that was asked for.
    pub ends_at: Option<DateTime<Utc>>,
    pub assignment_id: String,
}

pub const PENDING: &str = "pendingApproval";

/// After these nothing happens by itself. `gone` is ours: the directory forgot it before it told the end.
const FINAL: [&str; 6] = ["delivered", "denied", "canceled", "deliveryFailed", "partiallyDelivered", "gone"];

pub fn is_final(state: &str) -> bool {
    FINAL.contains(&state)
}

/// Waits for somebody's decision, or for that to begin.
pub fn waits(state: &str) -> bool {
    matches!(state, PENDING | "submitted")
}

/// What was decided, as far as the state tells; empty for what nobody decides on and for states we do not know.
pub fn decision(request_type: &str, state: &str) -> &'static str {
    let kind = request_type.to_ascii_lowercase();
    let asked = matches!(
        kind.as_str(),
        "" | "notspecified" | "useradd" | "userupdate" | "userextend" | "onbehalfadd"
    );
    match state {
        "denied" if asked => "denied",
        "approved" | "scheduled" | "delivering" | "delivered" | "partiallyDelivered" | "deliveryFailed"
            if asked =>
        {
            "approved"
        }
        _ => "",
    }
}

impl ReadRequest {
    /// When it stopped waiting, if it has: as Microsoft tells, else now.
    pub fn waited_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (!waits(&self.state)).then(|| self.completed_at.map_or(now, |at| at.min(now)))
    }

    /// When its delivery failed, if it stands failed.
    pub fn failed_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let failed = matches!(self.state.as_str(), "deliveryFailed" | "partiallyDelivered");
        failed.then(|| self.completed_at.map_or(now, |at| at.min(now)))
    }
}

/// Who decided, as the customer's audit log tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decider {
    /// None: nobody; Microsoft denied or approved by itself.
    pub who: Option<Who>,
    pub at: DateTime<Utc>,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    pub name: String,
    pub mail: String,
    pub oid: String,
}

/// The blueprint's key of the package that makes somebody an approver: the customer's administrator decides on it.
pub const APPROVERS: &str = "approvers";

/// Which request: its id is unique in its directory only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub customer: CustomerId,
    pub request: String,
}

impl Key {
    /// `customer/request`, as forms name it and addresses end in it.
    pub fn path(&self) -> String {
        format!("{}/{}", self.customer, self.request)
    }

    pub fn from_path(path: &str) -> Option<Self> {
        let (customer, request) = path.split_once('/')?;
        let request = Some(request).filter(|id| !id.is_empty() && id.len() <= 200)?;
        Some(Self { customer: customer.parse().ok()?, request: request.to_owned() })
    }
}

/// One request as it is kept.
#[derive(Clone, Debug)]
pub struct RequestRow {
    pub customer: CustomerId,
    pub customer_name: String,
    pub domain: String,
    pub entra_tenant_id: EntraTenantId,
    pub id: String,
    pub state: String,
    /// What is asked, in Microsoft's word: `userAdd`, `userUpdate` (an extension), …
    pub request_type: String,
    /// The blueprint's key.
    pub package: String,
    pub package_id: String,
    pub package_name: String,
    pub requestor_name: String,
    pub requestor_mail: String,
    pub requestor_oid: String,
    /// Of the requestor: the connected organization's id; often not told.
    pub organization: String,
    pub justification: String,
    pub answers: serde_json::Value,
    pub created_at: DateTime<Utc>,
    pub denied_at: Option<DateTime<Utc>>,
    /// When it stopped waiting for a decision.
    pub waited_until: Option<DateTime<Utc>>,
    pub completed_at: Option<DateTime<Utc>>,
    pub failed_at: Option<DateTime<Utc>>,
    pub gone_at: Option<DateTime<Utc>>,
    /// The end that was asked for.
    pub ends_at: Option<DateTime<Utc>>,
    /// `approved`, `denied` or empty.
    pub decision: String,
    /// `here`, `log`, `nobody`, or empty: not known (yet).
    pub decision_from: String,
    pub decision_reason: String,
    pub decider_name: String,
    pub decider_mail: String,
    pub decided_at: Option<DateTime<Utc>>,
    pub read_at: DateTime<Utc>,
}

impl RequestRow {
    pub fn key(&self) -> Key {
        Key { customer: self.customer, request: self.id.clone() }
    }

    pub fn requestor(&self) -> &str {
        if self.requestor_name.is_empty() { &self.requestor_mail } else { &self.requestor_name }
    }
}

/// The lists that a request can stand in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequestTab {
    #[default]
    Pending,
    /// Decided by somebody, or withdrawn.
    Decided,
    /// Decided, and not or only in part delivered.
    Failed,
    /// Nobody decided in time: Microsoft denied it.
    Expired,
}

impl RequestTab {
    pub const ALL: [Self; 4] = [Self::Pending, Self::Decided, Self::Failed, Self::Expired];

    pub const fn key(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Decided => "decided",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }

    pub fn from_key(key: &str) -> Self {
        Self::ALL.into_iter().find(|tab| tab.key() == key).unwrap_or_default()
    }
}

/// How long Microsoft delivers once more what failed (contract §8.1).
pub const REPROCESS: TimeDelta = TimeDelta::days(7);

/// Whether a request of this state can be delivered once more.
pub fn failed(state: &str) -> bool {
    matches!(state, "deliveryFailed" | "partiallyDelivered")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Approve,
    Deny,
}

impl Verdict {
    pub const fn key(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Deny => "deny",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        [Self::Approve, Self::Deny].into_iter().find(|one| one.key() == key)
    }

    /// As the request's own row tells it.
    pub const fn decided(self) -> &'static str {
        match self {
            Self::Approve => "approved",
            Self::Deny => "denied",
        }
    }

    /// Whether a request in this state looks as if it was decided so.
    pub fn fits(self, state: &str) -> bool {
        match self {
            Self::Approve => {
                failed(state) || matches!(state, "submitted" | "delivering" | "delivered" | "scheduled")
            }
            Self::Deny => state == "denied",
        }
    }
}

/// Outcome of an approval after which the request waits for another stage.
pub const STAGE: &str = "stage";

/// What somebody meant to decide here, and what became of it.
#[derive(Clone, Debug)]
pub struct Decision {
    pub key: Key,
    pub customer_name: String,
    pub requestor: String,
    pub package_name: String,
    pub person: String,
    /// As whom, in the customer's directory.
    pub account: String,
    pub verdict: Verdict,
    pub reason: String,
    /// `wanted`, `intended`, `sent`, `accepted`, `refused`, `unknown` or `settled`.
    pub state: String,
    pub outcome: String,
    pub detail: String,
    pub intended_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

/// A decision of which it is not known what became.
#[derive(Clone, Debug)]
pub struct Open {
    pub batch: uuid::Uuid,
    pub key: Key,
    pub verdict: Verdict,
    /// It went on its way to Microsoft.
    pub sent: bool,
    pub at: DateTime<Utc>,
    /// Where the request stands by the last reading.
    pub request_state: String,
    /// When the customer's requests were read well the last time.
    pub read_at: Option<DateTime<Utc>>,
}

/// A decision whose outcome does not show in what was read yet.
#[derive(Clone, Debug)]
pub struct UnderWay {
    pub key: Key,
    pub verdict: Verdict,
    pub state: String,
    pub person: String,
}

/// Somebody is on a request.
#[derive(Clone, Debug)]
pub struct Claim {
    pub key: Key,
    pub person: PersonId,
    pub name: String,
    pub until: DateTime<Utc>,
}

/// Key of the text that says what is asked (`requests-type-<key>`). What this version does not know is told as it came.
pub fn type_key(request_type: &str) -> &'static str {
    match request_type.to_ascii_lowercase().as_str() {
        "useradd" | "" | "notspecified" => "add",
        // Beta's word, and an older page's, for the same.
        "userupdate" | "userextend" => "extend",
        "userremove" => "remove",
        "adminadd" | "onbehalfadd" => "add-for",
        "adminupdate" => "change-for",
        "adminremove" | "approverremove" => "remove-for",
        _ => "",
    }
}

/// How pressing a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pressure {
    /// More than half of its time is left.
    Calm,
    /// Less than half is left.
    Soon,
    /// The last day.
    LastDay,
    /// Its time is over; Microsoft will deny it, or has.
    Over,
    /// The policy in force is not known.
    Unknown,
}

impl Pressure {
    /// As texts (`requests-pressure-<key>`) and the stylesheet know it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Soon => "soon",
            Self::LastDay => "last-day",
            Self::Over => "over",
            Self::Unknown => "unknown",
        }
    }

    pub const fn icon(self) -> &'static str {
        match self {
            Self::Calm => "clock",
            Self::Soon => "calendar-due",
            Self::LastDay => "alert-triangle",
            Self::Over => "circle-x",
            Self::Unknown => "help-circle",
        }
    }
}

/// What the list can be narrowed to; the same bounds as `pressure`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressing {
    /// On its last day, or over.
    LastDay,
    /// Past half of its time.
    Soon,
}

impl Pressing {
    pub const ALL: [Self; 2] = [Self::LastDay, Self::Soon];

    /// As the address has it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::LastDay => "last-day",
            Self::Soon => "soon",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.key() == key)
    }
}

/// How pressing a request of this age and end is now.
pub fn pressure(created: DateTime<Utc>, denied: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Pressure {
    let Some(denied) = denied else { return Pressure::Unknown };
    let left = denied - now;
    if left <= TimeDelta::zero() {
        Pressure::Over
    } else if left <= TimeDelta::days(1) {
        Pressure::LastDay
    } else if left * 2 <= denied - created {
        Pressure::Soon
    } else {
        Pressure::Calm
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_is_told_whatever_microsoft_calls_it() {
        for word in ["userUpdate", "UserExtend", "userupdate"] {
            assert_eq!(type_key(word), "extend");
        }
        assert_eq!((type_key("userAdd"), type_key("systemAdd")), ("add", ""));
    }

    #[test]
    fn a_state_tells_what_was_decided_only_where_somebody_decides() {
        assert_eq!(decision("userAdd", "delivering"), "approved");
        assert_eq!(decision("UserExtend", "denied"), "denied");
        for (kind, state) in [
            ("userAdd", PENDING),
            ("userAdd", "canceled"),
            ("userAdd", "somethingNew"),
            ("adminAdd", "delivered"),
            ("userRemove", "delivered"),
        ] {
            assert_eq!(decision(kind, state), "", "{kind} {state}");
        }
        assert!(is_final("denied") && !is_final("delivering") && !is_final("somethingNew"));
    }

    #[test]
    fn pressure_grows_as_time_runs_out() {
        let created = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let denied = Some(created + TimeDelta::days(14));
        let after = |days| pressure(created, denied, created + TimeDelta::days(days));
        assert_eq!(after(1), Pressure::Calm);
        assert_eq!(after(7), Pressure::Soon);
        assert_eq!(after(13), Pressure::LastDay);
        assert_eq!(after(14), Pressure::Over);
        assert_eq!(pressure(created, None, created), Pressure::Unknown);
    }
}
