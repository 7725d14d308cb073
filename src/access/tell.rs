//! Tells what happened to whoever wants to be told: ends that come near, approvers about to be lost, reviews due, an
//! app's key growing old. Told twice is told once.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

use crate::access::model::{WarningKind, within};
use crate::access::store::{self, Ending, NewWarning};
use crate::customers::model::WhoseMove;
use crate::kit::happening::{self, Happening, Kind};
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;
use crate::providers;

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

/// A key of the provider's own apps that came within 60, 30 or 7 days of its end. It belongs to no customer: it is told
/// with the provider's first one, so that it is told once.
pub async fn credentials(tx: &mut Tx, customer: CustomerId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    if !store::is_first(tx, customer).await? {
        return Ok(());
    }
    let apps = providers::store::apps(tx).await?;
    let told = apps.iter().filter_map(|app| {
        let end = app.not_after.filter(|_| !app.client_id.is_empty())?;
        let step = within(end, now)?;
        Some(Happening {
            kind: Kind::CredentialEnding,
            customer,
            about: format!("{}/{}/{step}", app.app, moment(end)),
            facts: json!({
                "title": app.app, "app": app.app, "until": end, "days": step, "whose": WhoseMove::Us.key(),
                "path": format!("/admin/apps/{}", app.app),
            }),
        })
    });
    happening::tell_all(tx, &told.collect::<Vec<_>>(), now).await.map(drop)
}
