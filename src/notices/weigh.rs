//! Holds what happened to one customer against the rules: which messages follow, to whom, and when they may leave. Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::model::{Reader, Rule, Snoozed, Told};
use super::quiet::Quiet;
use crate::kit::ids::{ChannelId, CustomerId, PersonId};
use crate::kit::outbox::New;

/// Everything the weighing needs to know of one customer.
#[derive(Debug)]
pub struct Scales {
    /// None: it concerns the provider himself.
    pub customer: Option<CustomerId>,
    pub tags: Vec<String>,
    pub rules: Vec<Rule>,
    /// Channels that are in use.
    pub channels: Vec<ChannelId>,
    pub readers: Vec<Reader>,
    pub snoozed: Vec<Snoozed>,
    pub quiet: Quiet,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum To {
    Channel(ChannelId),
    Person(PersonId),
}

impl Scales {
    /// The messages of one happening: one per recipient, however many rules name him.
    pub fn weigh(&self, told: &Told, now: DateTime<Utc>) -> Vec<New> {
        if self.snoozed.iter().any(|snoozed| snoozed.covers(told.kind, now)) {
            return Vec::new();
        }
        // Whether any rule that names this recipient is urgent.
        let mut to: BTreeMap<To, bool> = BTreeMap::new();
        for rule in self.rules.iter().filter(|rule| rule.is_about(told, &self.tags)) {
            let named: Vec<To> = match rule.channel {
                Some(channel) if self.channels.contains(&channel) => vec![To::Channel(channel)],
                Some(_) => Vec::new(),
                None => {
                    let readers = self.readers.iter().filter(|reader| rule.is_for(reader));
                    readers.map(|reader| To::Person(reader.id)).collect()
                }
            };
            for one in named {
                *to.entry(one).or_default() |= rule.urgent;
            }
        }
        let quiet = self.quiet.until(now);
        let message = |(to, urgent): (To, bool)| {
            let held = quiet.filter(|_| !urgent);
            let (channel, person) = match to {
                To::Channel(id) => (Some(id), None),
                To::Person(id) => (None, Some(id)),
            };
            New {
                event: told.event(self.customer),
                recipient: recipient(channel, person),
                customer: self.customer,
                channel,
                person,
                told: happening(told),
                due_at: held.unwrap_or(now),
                held: held.is_some(),
                urgent,
            }
        };
        to.into_iter().map(message).collect()
    }
}

/// A recipient's identity in the outbox.
pub fn recipient(channel: Option<ChannelId>, person: Option<PersonId>) -> String {
    match (channel, person) {
        (Some(channel), _) => format!("channel:{channel}"),
        (None, Some(person)) => format!("person:{person}"),
        (None, None) => "nobody".to_owned(),
    }
}

/// What a message about a happening is made of.
fn happening(told: &Told) -> Value {
    json!({
        "what": "happening", "kind": told.kind.key(), "about": told.about, "at": told.at, "facts": told.facts,
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::kit::happening::Kind;
    use crate::kit::ids::RuleId;
    use crate::notices::model::Severity;
    use crate::notices::quiet::Zone;

    fn rule(channel: Option<u128>, urgent: bool) -> Rule {
        Rule {
            id: RuleId(Uuid::nil()),
            name: "A rule".into(),
            kinds: Vec::new(),
            stages: Vec::new(),
            tiers: Vec::new(),
            tags: Vec::new(),
            severity: Severity::Low,
            channel: channel.map(|id| ChannelId(Uuid::from_u128(id))),
            roles: if channel.is_some() { Vec::new() } else { vec!["approver".into()] },
            language: String::new(),
            urgent,
            enabled: true,
        }
    }

    fn scales(rules: Vec<Rule>) -> Scales {
        let approver = |id: u128| Reader {
            id: PersonId(Uuid::from_u128(id)),
            roles: vec!["approver".into()],
            language: "en".into(),
            is_manager: false,
        };
        Scales {
            customer: Some(CustomerId(Uuid::from_u128(9))),
            tags: Vec::new(),
            rules,
            channels: vec![ChannelId(Uuid::from_u128(1))],
            readers: vec![approver(2), approver(3)],
            snoozed: Vec::new(),
            quiet: Quiet { zone: Zone::parse("UTC").unwrap(), hours: Some((1320, 420)), weekend: false },
        }
    }

    fn told() -> Told {
        Told { kind: Kind::ConsentLost, about: "reader/1".into(), facts: json!({}), at: DateTime::UNIX_EPOCH }
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn two_rules_for_one_recipient_make_one_message() {
        let day = at("2026-11-23T12:00:00Z");
        let scales =
            scales(vec![rule(Some(1), false), rule(Some(1), true), rule(None, false), rule(None, false)]);
        let messages = scales.weigh(&told(), day);
        let to: Vec<&str> = messages.iter().map(|one| one.recipient.split(':').next().unwrap()).collect();
        assert_eq!(to, ["channel", "person", "person"]);
        assert!(messages.iter().all(|one| one.due_at == day && !one.held));
    }

    #[test]
    fn at_night_only_what_some_rule_calls_urgent_leaves_at_once() {
        let night = at("2026-11-23T23:00:00Z");
        let scales = scales(vec![rule(Some(1), false), rule(Some(1), true), rule(None, false)]);
        let messages = scales.weigh(&told(), night);
        let (channel, people) = messages.split_first().unwrap();
        assert!(channel.due_at == night && !channel.held);
        assert!(people.iter().all(|one| one.due_at == at("2026-11-24T07:00:00Z") && one.held));
    }

    #[test]
    fn a_snooze_silences_its_kind_until_it_ends() {
        let day = at("2026-11-23T12:00:00Z");
        let mut scales = scales(vec![rule(Some(1), false)]);
        let snoozed = |kind: &str, ends_at| Snoozed { kind: kind.into(), ends_at };
        for (kind, ends, silent) in [
            ("", "2026-11-24T12:00:00Z", true),
            ("consent-lost", "2026-11-24T12:00:00Z", true),
            ("drifted", "2026-11-24T12:00:00Z", false),
            ("", "2026-11-23T12:00:00Z", false),
        ] {
            scales.snoozed = vec![snoozed(kind, at(ends))];
            assert_eq!(scales.weigh(&told(), day).is_empty(), silent, "{kind} until {ends}");
        }
    }

    #[test]
    fn a_channel_that_is_out_of_use_is_told_nothing() {
        assert!(scales(vec![rule(Some(7), true)]).weigh(&told(), at("2026-11-23T12:00:00Z")).is_empty());
    }
}
