//! Alerts of Defender (contract §11).

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;

use crate::graph::directory::{Ask, Directory};
use crate::graph::error::GraphError;
use crate::graph::lenient::{self, words};
use crate::graph::odata;

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

/// What changed since then; the newest first.
pub fn alerts_ask(since: DateTime<Utc>) -> Ask {
    let filter = format!("lastUpdateDateTime ge {}", since.to_rfc3339_opts(SecondsFormat::Micros, true));
    Ask::get(
        "GET /security/alerts_v2",
        format!("/v1.0/security/alerts_v2{}", odata::query(&[("$filter", &filter)])),
    )
}

impl Directory {
    /// As [`alerts_ask`].
    ///
    /// # Errors
    /// Microsoft refused, or did not answer.
    pub async fn alerts(&self, since: DateTime<Utc>) -> Result<Vec<Alert>, GraphError> {
        self.list(alerts_ask(since)).await
    }
}
