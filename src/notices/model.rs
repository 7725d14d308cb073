//! Channels, rules and what they weigh.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kit::happening::Kind;
use crate::kit::ids::{ChannelId, CustomerId, PersonId, RuleId};

/// How pressing a happening is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    Low,
    Medium,
    High,
}

impl Severity {
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    pub const fn key(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.key() == key)
    }

    /// Of a happening: what its facts say, else what its kind is.
    pub fn of(kind: Kind, facts: &Value) -> Self {
        if let Some(told) = facts.get("severity").and_then(Value::as_str) {
            return Self::from_key(&told.to_lowercase()).unwrap_or(Self::Low);
        }
        match kind {
            Kind::RequestPending => match Stage::of(facts) {
                Stage::New | Stage::Half => Self::Medium,
                Stage::Most | Stage::LastDay => Self::High,
            },
            Kind::RequestDecided => Self::Low,
            Kind::RequestExpired
            | Kind::DeliveryFailed
            | Kind::ApproverLast
            | Kind::ApproversEmpty
            | Kind::ConsentLost => Self::High,
            Kind::AccessEnding
            | Kind::ApproversFew
            | Kind::GuestBlocked
            | Kind::ReviewDue
            | Kind::CredentialEnding
            | Kind::AlertNew
            | Kind::RunFailed
            | Kind::Drifted => Self::Medium,
        }
    }
}

/// How far a pending request is on its way to being denied automatically.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    New,
    Half,
    Most,
    LastDay,
}

impl Stage {
    pub const ALL: [Self; 4] = [Self::New, Self::Half, Self::Most, Self::LastDay];

    pub const fn key(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Half => "50",
            Self::Most => "80",
            Self::LastDay => "last-day",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.key() == key)
    }

    /// Of a pending request, by the happening's facts.
    pub fn of(facts: &Value) -> Self {
        facts.get("stage").and_then(Value::as_str).and_then(Self::from_key).unwrap_or(Self::New)
    }
}

/// What a message is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChannelKind {
    Mail,
    Teams,
    Slack,
    Webhook,
}

impl ChannelKind {
    pub const ALL: [Self; 4] = [Self::Mail, Self::Teams, Self::Slack, Self::Webhook];

    pub const fn key(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Teams => "teams",
            Self::Slack => "slack",
            Self::Webhook => "webhook",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.key() == key)
    }
}

/// The role among a rule's that means the customer's own account manager.
pub const MANAGER: &str = "manager";

/// Which happenings are told to whom. An empty list: whichever.
#[derive(Clone, Debug, Serialize)]
pub struct Rule {
    pub id: RuleId,
    pub name: String,
    pub kinds: Vec<String>,
    pub stages: Vec<String>,
    pub tiers: Vec<String>,
    pub tags: Vec<String>,
    pub severity: Severity,
    pub channel: Option<ChannelId>,
    /// Claims of roles, and `manager`.
    pub roles: Vec<String>,
    pub language: String,
    pub urgent: bool,
    pub enabled: bool,
}

/// A happening as rules weigh it.
#[derive(Clone, Debug)]
pub struct Told {
    pub kind: Kind,
    pub about: String,
    pub facts: Value,
    pub at: DateTime<Utc>,
}

impl Told {
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.facts.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Its identity within the provider.
    pub fn event(&self, customer: Option<CustomerId>) -> String {
        let whose = customer.map_or_else(|| "provider".to_owned(), |customer| customer.to_string());
        format!("{}/{whose}/{}", self.kind.key(), self.about)
    }
}

/// Somebody who may be told about this customer: he sees him, may come in, has a mail address and wants mail.
#[derive(Clone, Debug)]
pub struct Reader {
    pub id: PersonId,
    pub roles: Vec<String>,
    pub language: String,
    /// He is this customer's account manager.
    pub is_manager: bool,
}

impl Rule {
    /// Whether it is about this happening of a customer with these tags.
    pub fn is_about(&self, told: &Told, tags: &[String]) -> bool {
        let any = |list: &[String], one: Option<&str>| {
            list.is_empty() || one.is_some_and(|one| list.iter().any(|other| other == one))
        };
        let stage = Stage::of(&told.facts).key();
        self.enabled
            && any(&self.kinds, Some(told.kind.key()))
            && (told.kind != Kind::RequestPending || any(&self.stages, Some(stage)))
            && any(&self.tiers, told.fact("package"))
            && (self.tags.is_empty() || tags.iter().any(|tag| self.tags.contains(tag)))
            && Severity::of(told.kind, &told.facts) >= self.severity
    }

    /// Whether it tells this person.
    pub fn is_for(&self, reader: &Reader) -> bool {
        let role = self
            .roles
            .iter()
            .any(|role| if role == MANAGER { reader.is_manager } else { reader.roles.contains(role) });
        role && (self.language.is_empty() || self.language == reader.language)
    }
}

/// A while in which nobody is told of something.
#[derive(Clone, Debug)]
pub struct Snoozed {
    /// Empty: every kind.
    pub kind: String,
    pub ends_at: DateTime<Utc>,
}

impl Snoozed {
    pub fn covers(&self, kind: Kind, now: DateTime<Utc>) -> bool {
        self.ends_at > now && (self.kind.is_empty() || self.kind == kind.key())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn rule() -> Rule {
        Rule {
            id: RuleId(Uuid::nil()),
            name: "All".into(),
            kinds: Vec::new(),
            stages: Vec::new(),
            tiers: Vec::new(),
            tags: Vec::new(),
            severity: Severity::Low,
            channel: None,
            roles: vec!["approver".into()],
            language: String::new(),
            urgent: false,
            enabled: true,
        }
    }

    fn told(facts: Value) -> Told {
        Told { kind: Kind::RequestPending, about: "r1".into(), facts, at: DateTime::UNIX_EPOCH }
    }

    #[test]
    fn each_part_of_a_rule_narrows_it() {
        let tier2 = told(json!({ "package": "tier2", "stage": "80" }));
        let tags = ["bank".to_owned()];
        let list = |one: &str| vec![one.to_owned()];
        assert!(rule().is_about(&tier2, &tags));
        for (fits, narrowed) in [
            (true, Rule { kinds: list("request-pending"), ..rule() }),
            (false, Rule { kinds: list("drifted"), ..rule() }),
            (true, Rule { stages: list("80"), ..rule() }),
            (false, Rule { stages: list("new"), ..rule() }),
            (true, Rule { tiers: list("tier2"), ..rule() }),
            (false, Rule { tiers: list("tier1"), ..rule() }),
            (true, Rule { tags: list("bank"), ..rule() }),
            (false, Rule { tags: list("care"), ..rule() }),
            (true, Rule { severity: Severity::High, ..rule() }),
            (false, Rule { enabled: false, ..rule() }),
        ] {
            assert_eq!(narrowed.is_about(&tier2, &tags), fits, "{narrowed:?}");
        }
        let new = told(json!({ "package": "tier2" }));
        assert!(!Rule { severity: Severity::High, ..rule() }.is_about(&new, &tags));
        // What has no tier is told by no rule for one tier; what has no stage by every rule.
        let drifted = Told { kind: Kind::Drifted, ..told(json!({})) };
        assert!(!Rule { tiers: list("tier1"), ..rule() }.is_about(&drifted, &tags));
        assert!(Rule { stages: list("80"), ..rule() }.is_about(&drifted, &tags));
    }

    #[test]
    fn a_rule_tells_people_of_its_roles_and_language() {
        let reader = |roles: &[&str], language: &str, is_manager| Reader {
            id: PersonId(Uuid::nil()),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            language: language.to_owned(),
            is_manager,
        };
        let dutch = Rule { language: "nl".into(), ..rule() };
        assert!(rule().is_for(&reader(&["approver"], "en", false)));
        assert!(!rule().is_for(&reader(&["auditor"], "en", true)));
        assert!(dutch.is_for(&reader(&["approver"], "nl", false)));
        assert!(!dutch.is_for(&reader(&["approver"], "en", false)));
        let manager = Rule { roles: vec![MANAGER.into()], ..rule() };
        assert!(manager.is_for(&reader(&["account-manager"], "en", true)));
        assert!(!manager.is_for(&reader(&["account-manager"], "en", false)), "another customer's");
    }

    #[test]
    fn what_the_facts_say_of_severity_counts_first() {
        let alert = |severity: &str| Severity::of(Kind::AlertNew, &json!({ "severity": severity }));
        assert_eq!(alert("High"), Severity::High);
        assert_eq!(alert("informational"), Severity::Low);
        assert_eq!(Severity::of(Kind::ConsentLost, &json!({})), Severity::High);
    }
}
