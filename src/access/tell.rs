//! Tells what happened to whoever wants to be told: ends that come near, approvers about to be lost, reviews due. Told
//! twice is told once.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

use crate::access::model::{WarningKind, within};
use crate::access::store::{self, Ending, NewWarning};
use crate::kit::happening::{self, Happening, Kind};
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn people(customer: CustomerId) -> String {
    format!("/customers/{customer}/people")
}

/// Warnings that are new. One that comes back later has another `since`, and is told again.
pub async fn warnings(
    tx: &mut Tx,
    customer: CustomerId,
    new: &[NewWarning],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let told = new.iter().map(|NewWarning { warning, since }| {
        let kind = match warning.kind {
            WarningKind::ApproversEmpty => Kind::ApproversEmpty,
            WarningKind::ApproverLast => Kind::ApproverLast,
            WarningKind::ApproversFew => Kind::ApproversFew,
            WarningKind::GuestBlocked => Kind::GuestBlocked,
        };
        let about = match warning.ends_at {
            Some(end) => format!("{}/{}", moment(end), within(end, now).unwrap_or_default()),
            None => format!("{}/{}", warning.about, moment(*since)),
        };
        let names: Vec<&str> = warning.facts["names"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|name| name.as_str())
            .collect();
        let facts = json!({ "who": names.join(", "), "until": warning.ends_at, "path": people(customer) });
        Happening { kind, customer, about, facts }
    });
    happening::tell_all(tx, &told.collect::<Vec<_>>(), now).await.map(drop)
}

/// Access that came within 60, 30 or 7 days of its end.
pub async fn endings(
    tx: &mut Tx,
    customer: CustomerId,
    endings: &[Ending],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let told = endings.iter().map(|one| Happening {
        kind: Kind::AccessEnding,
        customer,
        about: format!("{}/{}/{}", one.assignment, moment(one.ends_at), one.step),
        facts: json!({
            "package": one.package, "name": one.package_name, "who": one.name, "mail": one.mail,
            "until": one.ends_at, "days": one.step, "path": people(customer),
        }),
    });
    happening::tell_all(tx, &told.collect::<Vec<_>>(), now).await.map(drop)
}

/// Rounds that wait for decisions: when they begin, and once more in their last week.
pub async fn reviews(tx: &mut Tx, customer: CustomerId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    let open = store::undecided(tx, customer, now).await?;
    let told = open.iter().filter_map(|one| {
        let due = one.due_at?;
        let step = if within(due, now) == Some(7) { "7" } else { "begun" };
        Some(Happening {
            kind: Kind::ReviewDue,
            customer,
            about: format!("{}/{step}", one.id),
            facts: json!({
                "package": one.package, "name": one.package_name, "until": due,
                "many": one.people - one.approved - one.denied,
                "path": format!("/customers/{customer}/reviews/{}", one.id),
            }),
        })
    });
    happening::tell_all(tx, &told.collect::<Vec<_>>(), now).await.map(drop)
}
