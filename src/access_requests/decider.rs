//! Who decided a request that was not decided here: the customer's audit log tells it, minutes later (contract §26).
//! What the log does not tell for certain stays unknown: nobody is ever guessed.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::access_requests::model::{Decider, Who};
use crate::access_requests::store::{self, Undecided};
use crate::graph::audits::{AuditRow, AuditUser, about_ask};
use crate::graph::{AccessRequestId, Answers, Batch, GraphError, Slot};
use crate::kit::ids::CustomerId;
use crate::kit::reading::{self, Due};
use crate::kit::scope::Tx;

/// Microsoft keeps the log for so long.
const LOG: TimeDelta = TimeDelta::days(30);
/// These go first.
const FRESH: TimeDelta = TimeDelta::minutes(20);
/// While no request lacks who decided it: whatever is decided has the log read soon after.
const NOTHING: TimeDelta = TimeDelta::days(1);
/// Requests asked after in a turn: each costs two of five calls in ten seconds (contract §14).
const AT_ONCE: i64 = 2;

const APPROVED: &str = "approve access package assignment request";
const DENIED: &str = "deny access package assignment request";
const BY_ITSELF: &str = "auto approve access package assignment request";
const TIMED_OUT: &str = "access package assignment request timed out (no approver action taken)";

/// What is due: requests that lack who decided them.
pub struct Wanted {
    due: Due,
    requests: Vec<Undecided>,
}

pub async fn wanted(
    tx: &mut Tx,
    customer: CustomerId,
    now: DateTime<Utc>,
) -> Result<Option<Wanted>, sqlx::Error> {
    let Some(due) = reading::due(tx, customer, reading::AUDIT, now).await? else { return Ok(None) };
    let requests = store::undecided(tx, customer, (now - LOG, now - FRESH), AT_ONCE, now).await?;
    Ok(Some(Wanted { due, requests }))
}

pub struct Asked {
    due: Due,
    requests: Vec<(Undecided, Slot<Vec<AuditRow>>)>,
}

impl Wanted {
    pub fn put(self, batch: &mut Batch) -> Asked {
        let ask = |one: Undecided| {
            let slot = batch.list(about_ask(&AccessRequestId::new(one.id.as_str())));
            (one, slot)
        };
        Asked { due: self.due, requests: self.requests.into_iter().map(ask).collect() }
    }
}

impl Asked {
    pub fn due(&self) -> &Due {
        &self.due
    }
}

pub struct Read {
    found: Vec<(Undecided, Option<Decider>)>,
}

/// # Errors
/// The log could not be read.
pub async fn read(asked: Asked, answers: &mut Answers) -> Result<Read, GraphError> {
    let mut found = Vec::new();
    for (request, slot) in asked.requests {
        let mut rows = answers.take(slot).await?;
        let correlation = rows
            .iter()
            .find(|row| row.is_about(&request.id) && is_asking(row))
            .map(|row| row.correlation_id.clone())
            .filter(|id| !id.is_empty());
        if let Some(correlation) = &correlation {
            rows.extend(answers.directory().audits_of(correlation).await?);
        }
        let decider = decider(&request, correlation.as_deref(), &rows);
        found.push((request, decider));
    }
    Ok(Read { found })
}

fn is_asking(row: &AuditRow) -> bool {
    row.activity_display_name.to_ascii_lowercase().starts_with("user requests")
}

/// Rows of another request may share the correlation, where one act made several.
fn belongs(row: &AuditRow, request: &str, correlation: Option<&str>) -> bool {
    let of_another = || {
        let mut targets = row.target_resources.iter();
        targets.any(|target| target.kind.eq_ignore_ascii_case("AccessPackageAssignmentRequest"))
    };
    row.is_about(request) || (correlation == Some(row.correlation_id.as_str()) && !of_another())
}

/// None: the log does not tell, or tells two things.
fn decider(request: &Undecided, correlation: Option<&str>, rows: &[AuditRow]) -> Option<Decider> {
    let (person, itself) =
        if request.decision == "denied" { (DENIED, TIMED_OUT) } else { (APPROVED, BY_ITSELF) };
    let verdicts: Vec<(&AuditRow, String)> = rows
        .iter()
        .filter(|row| belongs(row, &request.id, correlation) && succeeded(row))
        .map(|row| (row, row.activity_display_name.to_ascii_lowercase()))
        .filter(|(_, activity)| [APPROVED, DENIED, BY_ITSELF, TIMED_OUT].contains(&activity.as_str()))
        .collect();
    let kinds: BTreeSet<&str> = verdicts.iter().map(|(_, activity)| activity.as_str()).collect();
    let (row, at) = verdicts.iter().find_map(|(row, _)| Some((*row, row.activity_date_time?)))?;
    if kinds == BTreeSet::from([itself]) {
        return Some(Decider { who: None, at, reason: String::new() });
    }
    let people: BTreeSet<&str> =
        verdicts.iter().map(|(row, _)| user(row).map_or("", |user| user.id.as_str())).collect();
    if kinds != BTreeSet::from([person]) || people.len() != 1 {
        return None;
    }
    // Decided, but by no person: an app, or the service itself.
    let Some(who) = user(row).filter(|user| !user.id.is_empty()) else {
        return row.initiated_by.is_some().then(|| Decider { who: None, at, reason: String::new() });
    };
    let words =
        rows.iter().filter(|row| row.is_about(&request.id) && user(row).is_none_or(|by| by.id == who.id));
    let reason = words
        .filter(|row| matches!(row.activity_display_name.as_str(), "Request approved" | "Request denied"))
        .find_map(|row| row.detail("Justification"));
    Some(Decider {
        who: Some(Who {
            name: plain(&who.display_name),
            mail: plain(&who.user_principal_name),
            oid: plain(&who.id),
        }),
        at,
        reason: plain(reason.unwrap_or_default()),
    })
}

/// What was tried and failed decided nothing.
fn succeeded(row: &AuditRow) -> bool {
    row.result.as_deref().is_none_or(|result| result.eq_ignore_ascii_case("success"))
}

fn user(row: &AuditRow) -> Option<&AuditUser> {
    row.initiated_by.as_ref()?.user.as_ref()
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !c.is_control()).take(4000).collect()
}

/// Keeps who was found. What is not told yet is asked after often at first, then ever more seldom.
pub async fn keep(
    tx: &mut Tx,
    customer: CustomerId,
    read: Read,
    now: DateTime<Utc>,
) -> Result<reading::Kept, sqlx::Error> {
    let (mut changed, mut rest) = (false, None);
    for (request, decider) in read.found {
        match decider {
            Some(decider) => changed |= store::decided_by(tx, customer, &request.id, &decider, now).await?,
            None => {
                let wait = patience(now - request.waited_until);
                rest = Some(rest.map_or(wait, |rest: TimeDelta| rest.min(wait)));
            }
        }
    }
    let rest = match rest {
        Some(rest) => rest,
        None if store::undecided(tx, customer, (now - LOG, now - FRESH), 1, now).await?.is_empty() => NOTHING,
        // Others lack theirs still.
        None => TimeDelta::seconds(30),
    };
    Ok(reading::Kept { changed, watermark: None, rest: Some(rest) })
}

fn patience(since: TimeDelta) -> TimeDelta {
    if since < FRESH {
        TimeDelta::seconds(90)
    } else if since < TimeDelta::hours(3) {
        TimeDelta::minutes(10)
    } else if since < TimeDelta::days(1) {
        TimeDelta::hours(1)
    } else {
        TimeDelta::hours(6)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_attempt_that_failed_decided_nothing() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let request = Undecided { id: "r".to_owned(), decision: "approved".to_owned(), waited_until: now };
        let row = |who: &str, result: Option<&str>| -> AuditRow {
            serde_json::from_value(json!({
                "id": who, "activityDisplayName": "Approve access package assignment request",
                "activityDateTime": now, "correlationId": "c", "result": result,
                "initiatedBy": { "user": { "id": who, "displayName": who, "userPrincipalName": who } },
                "targetResources": [{ "id": "r", "type": "AccessPackageAssignmentRequest" }], "additionalDetails": [],
            }))
            .unwrap()
        };
        let name =
            |rows: &[AuditRow]| decider(&request, None, rows).and_then(|found| found.who).map(|who| who.name);
        assert_eq!(name(&[row("anna", Some("failure"))]), None);
        let both = [row("anna", Some("failure")), row("ben", Some("success"))];
        assert_eq!(name(&both).as_deref(), Some("ben"));
        assert_eq!(name(&[row("anna", Some("success")), row("ben", None)]), None, "two deciders");
    }
}
