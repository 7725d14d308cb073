//! Writes the daily digests of a provider: one per person, with a part for each of his roles that gets one. Who has
//! nothing to be told gets none.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::store::{self, Figures, Settings};
use super::weigh::recipient;
use crate::app::App;
use crate::kit::outbox::{self, New};
use crate::kit::right::Role;
use crate::kit::scope::Tx;

/// How far ahead access that ends is told.
const AHEAD: TimeDelta = TimeDelta::days(30);

/// Everything of one person that a digest may tell.
#[derive(Default)]
struct Known {
    figures: Figures,
    requests: Vec<Value>,
    endings: Vec<Value>,
    happened: Vec<Value>,
    dead: i64,
}

pub async fn write(
    app: &App,
    tx: &mut Tx,
    settings: &Settings,
    (round, now): (DateTime<Utc>, DateTime<Utc>),
) -> Result<(), sqlx::Error> {
    let readers = store::digest_readers(tx, &settings.digest_roles, now).await?;
    let ids: Vec<Uuid> = readers.iter().map(|(id, _)| id.0).collect();
    let mut known: BTreeMap<Uuid, Known> = BTreeMap::new();
    for figures in store::figures(tx, &ids).await? {
        let person = figures.person;
        known.entry(person).or_default().figures = figures;
    }
    for one in store::waiting(tx, &ids).await? {
        let say = if one.until.is_some() { "request" } else { "request-open" };
        let line = json!({ "say": say, "customer": one.customer, "package": one.package, "who": one.who,
            "until": one.until });
        known.entry(one.person).or_default().requests.push(line);
    }
    for one in store::endings(tx, &ids, now + AHEAD).await? {
        let line = json!({ "say": "ending", "customer": one.customer, "until": one.until });
        known.entry(one.person).or_default().endings.push(line);
    }
    for (person, kind, many) in store::happened(tx, &ids, now - TimeDelta::days(1)).await? {
        let line = json!({ "say": "happened", "kind": kind, "count": many });
        known.entry(person).or_default().happened.push(line);
    }
    let dead = store::dead_count(tx).await?;
    // Of the day it was due: however late it is written, the next one is another.
    let day = settings.zone().local(round).date();
    let message = |(id, roles): (crate::kit::ids::PersonId, Vec<String>)| {
        let mut of = known.remove(&id.0).unwrap_or_default();
        of.dead = dead;
        let wanted = Role::ALL.into_iter().filter(|role| {
            roles.iter().any(|claim| claim == role.claim())
                && settings.digest_roles.iter().any(|claim| claim == role.claim())
        });
        let parts: Vec<Value> = wanted
            .map(|role| (role, of.lines(role)))
            .filter(|(_, lines)| !lines.is_empty())
            .map(|(role, lines)| json!({ "role": role.claim(), "lines": lines }))
            .collect();
        (!parts.is_empty()).then(|| New {
            event: format!("digest/{day}"),
            recipient: recipient(None, Some(id)),
            customer: None,
            channel: None,
            person: Some(id),
            told: json!({ "what": "digest", "parts": parts }),
            due_at: now,
            held: false,
            urgent: true,
        })
    };
    let messages: Vec<New> = readers.into_iter().filter_map(message).collect();
    outbox::put(tx, &app.clock, &app.chance, &messages).await?;
    Ok(())
}

fn count(say: &str, many: i64) -> Option<Value> {
    (many > 0).then(|| json!({ "say": say, "count": many }))
}

impl Known {
    /// What this role is told.
    fn lines(&self, role: Role) -> Vec<Value> {
        let figures = &self.figures;
        let counted: Vec<Option<Value>> = match role {
            Role::Admin => vec![count("dead", self.dead), count("lost", figures.lost)],
            Role::Onboarding => vec![count("moves", figures.moves), count("lost", figures.lost)],
            Role::Approver => vec![count("requests", figures.requests)],
            Role::AccountManager => {
                vec![count("own-requests", figures.own_requests), count("own-lost", figures.own_lost)]
            }
            Role::Auditor => Vec::new(),
        };
        let listed: &[Value] = match role {
            Role::Approver => &self.requests,
            Role::AccountManager => &self.endings,
            Role::Auditor => &self.happened,
            Role::Admin | Role::Onboarding => &[],
        };
        counted.into_iter().flatten().chain(listed.iter().cloned()).collect()
    }
}
