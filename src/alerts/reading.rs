//! Reads what changed of one customer's alerts since the last reading, by Microsoft's own time of the last update.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::alerts::model::{ReadAlert, severity};
use crate::alerts::store;
use crate::graph::alerts::{Alert, alerts};
use crate::graph::{Directory, GraphError, GraphErrorKind, Pages};
use crate::kit::happening::{self, Happening, Kind};
use crate::kit::ids::CustomerId;
use crate::kit::reading::{self, Due, Kept};
use crate::kit::scope::Tx;

/// Microsoft may show an update a little later than it was made.
const OVERLAP: TimeDelta = TimeDelta::minutes(5);
/// What a first reading looks back. An alert that nobody has touched for longer is not counted.
const FIRST: TimeDelta = TimeDelta::days(30);
/// How often while something moves, and how seldom while nothing does: Microsoft allows 150 calls a minute and customer.
const BOUNDS: (TimeDelta, TimeDelta) = (TimeDelta::minutes(2), TimeDelta::minutes(30));
/// How often a customer is asked who has not opened his alerts to us.
const CLOSED: TimeDelta = TimeDelta::hours(6);

/// What is due.
pub struct Wanted {
    due: Due,
}

pub async fn wanted(
    tx: &mut Tx,
    customer: CustomerId,
    now: DateTime<Utc>,
) -> Result<Option<Wanted>, sqlx::Error> {
    let due = reading::due(tx, customer, reading::ALERTS, now).await?;
    Ok(due.map(|due| Wanted { due }))
}

/// A reading under way.
pub struct Reading {
    due: Due,
    pages: Pages<Alert>,
    /// `None`: the customer's consent does not open his alerts.
    alerts: Option<Vec<ReadAlert>>,
}

impl Wanted {
    pub fn due(&self) -> &Due {
        &self.due
    }

    pub fn begin(self, now: DateTime<Utc>) -> Reading {
        let since = self.due.watermark.map_or(now - FIRST, |watermark| watermark - OVERLAP);
        Reading { pages: alerts(since), alerts: Some(Vec::new()), due: self.due }
    }
}

impl Reading {
    pub fn due(&self) -> &Due {
        &self.due
    }

    /// Reads one page. False: that was all.
    ///
    /// # Errors
    /// The page could not be read, for another reason than a permission that is missing.
    pub async fn step(&mut self, directory: &Directory) -> Result<bool, GraphError> {
        match self.pages.next(directory).await {
            Ok(Some(page)) => {
                self.alerts.get_or_insert_default().extend(page.into_iter().filter_map(understood));
                Ok(true)
            }
            Ok(None) => Ok(false),
            // The token says so itself. A bare refusal may be anything, and passes: that is a failure.
            Err(error) if error.kind == GraphErrorKind::ConsentMissing && !error.missing.is_empty() => {
                self.alerts = None;
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    pub fn end(self) -> Read {
        Read { due: self.due, alerts: self.alerts }
    }
}

/// What came.
pub struct Read {
    due: Due,
    alerts: Option<Vec<ReadAlert>>,
}

fn understood(alert: Alert) -> Option<ReadAlert> {
    let created_at = alert.created_date_time?;
    Some(ReadAlert {
        id: alert.id,
        severity: alert.severity.map_or("unknown", |word| severity(word.as_str())),
        status: alert.status.map_or_else(|| "new".to_owned(), |word| word.as_str().to_owned()),
        title: alert.title,
        created_at,
        updated_at: alert.last_update_date_time.unwrap_or(created_at),
    })
}

/// Keeps what changed, and tells of alerts that are new since the last reading; a first reading tells of none.
pub async fn keep(
    tx: &mut Tx,
    customer: CustomerId,
    read: Read,
    now: DateTime<Utc>,
) -> Result<Kept, sqlx::Error> {
    let Some(alerts) = read.alerts else {
        let changed = store::set_closed(tx, customer).await?;
        // Once they are opened they are read as at first: what is open and was not touched meanwhile counts again.
        reading::forget(tx, customer, reading::ALERTS).await?;
        return Ok(Kept { changed, watermark: None, rest: Some(CLOSED) });
    };
    let (changed, added) = store::keep(tx, customer, &alerts).await?;
    if read.due.watermark.is_some() {
        tell(tx, customer, (&alerts, &added), now).await?;
    }
    let newest = alerts.iter().map(|alert| alert.updated_at).max();
    // Never behind where it was; of a customer without any alert, from this reading on.
    let watermark = newest.or(Some(now).filter(|_| read.due.watermark.is_none())).max(read.due.watermark);
    Ok(Kept { watermark, ..Kept::adaptive(changed, &read.due, now, BOUNDS) })
}

/// One happening for all that are new in one reading, known by the newest of them. New is what was not kept before,
/// whenever it was made: Microsoft may show an alert long after that.
async fn tell(
    tx: &mut Tx,
    customer: CustomerId,
    (alerts, added): (&[ReadAlert], &BTreeSet<String>),
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let mut new: Vec<&ReadAlert> =
        alerts.iter().filter(|alert| alert.is_new() && added.contains(&alert.id)).collect();
    new.sort_by_key(|alert| (alert.created_at, alert.id.clone()));
    let Some(newest) = new.last() else { return Ok(()) };
    let worst = ["high", "medium"].into_iter().find(|known| new.iter().any(|alert| alert.severity == *known));
    let facts = json!({
        "many": new.len(), "severity": worst.unwrap_or("low"), "title": newest.title,
        "path": format!("/customers/{customer}/alerts"),
    });
    let about: String = newest.id.chars().take(300).collect();
    happening::tell(tx, &Happening { kind: Kind::AlertNew, customer, about, facts }, now).await?;
    Ok(())
}
