//! Steps of a plan: what is to be done, by whom, after what.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::customers::WhoseMove;

macro_rules! kinds {
    ($($variant:ident = $key:literal),* $(,)?) => {
        /// What a step is about. Texts: `onboarding-step-<key>-…`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum StepKind { $($variant),* }

        impl StepKind {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => $key),* }
            }
        }
    };
}

kinds! {
    Identify = "identify",
    ReaderConsent = "reader-consent",
    Preflight = "preflight",
    OperatorConsent = "operator-consent",
    Group = "group",
    Rbac = "rbac",
    DefenderRole = "defender-role",
    DeviceGroups = "device-groups",
    LiveResponse = "live-response",
    ConnectedOrganization = "connected-organization",
    Catalog = "catalog",
    Resource = "resource",
    Package = "package",
    Policy = "policy",
    Link = "link",
    FirstApprovers = "first-approvers",
    NotOurs = "not-ours",
    Leftover = "leftover",
    NotificationRule = "notification-rule",
    FirstAnalyst = "first-analyst",
    OperatorRemoved = "operator-removed",
}

/// Names a step within a plan: `catalog`, `group.tier1`. The same text names the object it makes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct StepKey {
    pub kind: StepKind,
    /// Key of the group, tier or package; empty where there is one only.
    pub of: String,
}

impl StepKey {
    pub fn new(kind: StepKind, of: &str) -> Self {
        Self { kind, of: of.to_owned() }
    }
}

impl From<StepKind> for StepKey {
    fn from(kind: StepKind) -> Self {
        Self::new(kind, "")
    }
}

impl fmt::Display for StepKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.key())?;
        if self.of.is_empty() { Ok(()) } else { write!(f, ".{}", self.of) }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("no such step")]
pub struct NoSuchStep;

impl FromStr for StepKey {
    type Err = NoSuchStep;

    fn from_str(text: &str) -> Result<Self, NoSuchStep> {
        let (kind, of) = text.split_once('.').unwrap_or((text, ""));
        let kind = StepKind::ALL.iter().copied().find(|one| one.key() == kind).ok_or(NoSuchStep)?;
        Ok(Self::new(kind, of))
    }
}

impl From<StepKey> for String {
    fn from(key: StepKey) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for StepKey {
    type Error = NoSuchStep;
    fn try_from(text: String) -> Result<Self, NoSuchStep> {
        text.parse()
    }
}

/// One value that differs: its name (`onboarding-value-<name>`), what is there, what is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub value: String,
    pub before: String,
    pub after: String,
}

impl Change {
    pub fn new(value: &str, before: impl Into<String>, after: impl Into<String>) -> Self {
        Self { value: value.to_owned(), before: before.into(), after: after.into() }
    }
}

/// One value that will be there: its name (`onboarding-value-<name>`) and what it will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub value: String,
    pub is: String,
}

impl Told {
    pub fn new(value: &str, is: impl Into<String>) -> Self {
        Self { value: value.to_owned(), is: is.into() }
    }
}

/// A sentence about a step: `onboarding-note-<key>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub key: String,
    pub arguments: BTreeMap<String, String>,
}

impl Note {
    pub fn new(key: &str, arguments: &[(&str, &str)]) -> Self {
        let arguments =
            arguments.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { key: key.to_owned(), arguments }
    }
}

/// An object of the wanted name that is not ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    pub id: String,
    pub name: String,
    /// Can it be taken over at all: the right kind, in the right catalog.
    pub adoptable: bool,
    pub members: Vec<String>,
    pub owners: Vec<String>,
    /// How many people hold it, for a package.
    pub held: usize,
    /// People, or organizations named by policies, that are not the provider's: taking over needs a typed yes.
    pub foreign: Vec<String>,
    /// What it says, where a name does not tell: a policy.
    #[serde(default)]
    pub values: Vec<Told>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// An object of this name is there already and is not ours.
    Adopt(Vec<Candidate>),
    /// Which administrator of the customer decides on the first approvers?
    Administrator,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    Done,
    /// The portal makes it.
    Create,
    /// The portal brings it back to what is wanted.
    Change(Vec<Change>),
    Question(Question),
    /// A person does it and declares it.
    Manual,
    /// Somebody else's move outside this portal, seen by itself.
    Waiting,
    /// Something stands against it; the notes say what.
    Blocked,
}

impl StepState {
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Create => "create",
            Self::Change(_) => "change",
            Self::Question(_) => "question",
            Self::Manual => "manual",
            Self::Waiting => "waiting",
            Self::Blocked => "blocked",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub key: StepKey,
    /// The name of what it is about, as in the customer's tenant.
    pub name: String,
    pub needs: Vec<StepKey>,
    pub state: StepState,
    pub whose_move: WhoseMove,
    /// Not needed to be onboarded.
    pub optional: bool,
    pub notes: Vec<Note>,
    /// What a step that makes something will make.
    #[serde(default)]
    pub wanted: Vec<Told>,
    /// Ids of what a declaration of this step is about.
    #[serde(default)]
    pub about: Vec<String>,
}

impl Step {
    pub fn done(&self) -> bool {
        self.state == StepState::Done
    }

    /// The portal writes something in the customer's tenant, or keeps a link.
    pub fn acts(&self) -> bool {
        matches!(self.state, StepState::Create | StepState::Change(_))
    }

    /// Stands in a declaration's form, so that nobody declares what came after he looked; empty: about nothing.
    pub fn about_mark(&self) -> String {
        if self.about.is_empty() {
            return String::new();
        }
        let digest = Sha256::digest(self.about.join("\n"));
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// A person can declare it.
    pub fn declarable(kind: StepKind) -> bool {
        matches!(
            kind,
            StepKind::Preflight
                | StepKind::Rbac
                | StepKind::DefenderRole
                | StepKind::DeviceGroups
                | StepKind::LiveResponse
                | StepKind::NotificationRule
                | StepKind::FirstAnalyst
                | StepKind::NotOurs
                | StepKind::Leftover
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_named_by_its_text() {
        for kind in StepKind::ALL {
            for of in ["", "tier1"] {
                let key = StepKey::new(*kind, of);
                assert_eq!(key.to_string().parse::<StepKey>().unwrap(), key);
            }
        }
        assert!("nothing".parse::<StepKey>().is_err());
    }
}
