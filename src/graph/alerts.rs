//! Alerts of Defender (contract §11).

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;

use crate::graph::directory::{Ask, Directory};
use crate::graph::error::GraphError;
use crate::graph::lenient::{self, words};
use crate::graph::odata;
use crate::graph::paging::Pages;

words! {
    AlertStatus {
        New = "new",
        InProgress = "inProgress",
        Resolved = "resolved",
    }
}

words! {
    AlertSeverity {
        Unknown = "unknown",
        Informational = "informational",
        Low = "low",
        Medium = "medium",
        High = "high",
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    pub id: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub title: String,
    #[serde(default)]
    pub status: Option<AlertStatus>,
    #[serde(default)]
    pub severity: Option<AlertSeverity>,
    #[serde(default)]
    pub created_date_time: Option<DateTime<Utc>>,
    #[serde(default)]
    pub last_update_date_time: Option<DateTime<Utc>>,
}

/// Alerts of a page, as the documented example asks. One may be of tens of kilobytes, for the evidence in it.
const PAGE: usize = 100;

/// What changed since then; the newest first. Page by page, and in no batch: what is big must keep nothing else waiting.
pub fn alerts(since: DateTime<Utc>) -> Pages<Alert> {
    let filter = format!("lastUpdateDateTime ge {}", since.to_rfc3339_opts(SecondsFormat::Micros, true));
    let query = odata::query(&[("$filter", &filter), ("$top", &PAGE.to_string())]);
    let ask = Ask::get("GET /security/alerts_v2", format!("/v1.0/security/alerts_v2{query}"));
    Pages::of(ask, PAGE)
}

impl Directory {
    /// All of [`alerts`].
    ///
    /// # Errors
    /// A page could not be read.
    pub async fn alerts(&self, since: DateTime<Utc>) -> Result<Vec<Alert>, GraphError> {
        let (mut pages, mut all) = (alerts(since), Vec::new());
        while let Some(page) = pages.next(self).await? {
            all.extend(page);
        }
        Ok(all)
    }
}
