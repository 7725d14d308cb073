//! The directory's audit log, as far as it tells who decided a request (contract §26). Kept for 30 days, and told
//! minutes later.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::graph::directory::{Ask, Directory};
use crate::graph::error::GraphError;
use crate::graph::ids::AccessRequestId;
use crate::graph::{lenient, odata};

/// One row. Its words are open sets: activities are documented by name only.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditRow {
    pub id: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub activity_display_name: String,
    pub activity_date_time: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub correlation_id: String,
    pub result: Option<String>,
    pub initiated_by: Option<InitiatedBy>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub target_resources: Vec<Target>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub additional_details: Vec<Detail>,
}

/// A person, or an app: the service itself, say.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct InitiatedBy {
    pub user: Option<AuditUser>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditUser {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub id: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub display_name: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub user_principal_name: String,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Target {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub id: String,
    #[serde(default, deserialize_with = "lenient::or_default", rename = "type")]
    pub kind: String,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Detail {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub key: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub value: String,
}

impl AuditRow {
    /// Is it about this very object?
    pub fn is_about(&self, id: &str) -> bool {
        self.target_resources.iter().any(|target| target.id.eq_ignore_ascii_case(id))
    }

    pub fn detail(&self, key: &str) -> Option<&str> {
        let found = self.additional_details.iter().find(|detail| detail.key.eq_ignore_ascii_case(key));
        found.map(|detail| detail.value.as_str())
    }
}

fn rows(filter: &str) -> Ask {
    let path = format!("/v1.0/auditLogs/directoryAudits{}", odata::query(&[("$filter", filter)]));
    Ask::get("GET /auditLogs/directoryAudits", path)
}

/// Rows about one request.
pub fn about_ask(request: &AccessRequestId) -> Ask {
    rows(&format!("targetResources/any(t:t/id eq {})", odata::literal(request)))
}

/// Rows of one act, whatever they are about.
pub fn chain_ask(correlation: &str) -> Ask {
    rows(&format!("correlationId eq {}", odata::literal(correlation)))
}

impl Directory {
    /// As [`about_ask`].
    pub async fn audits_about(&self, request: &AccessRequestId) -> Result<Vec<AuditRow>, GraphError> {
        self.list(about_ask(request)).await
    }

    /// As [`chain_ask`].
    pub async fn audits_of(&self, correlation: &str) -> Result<Vec<AuditRow>, GraphError> {
        self.list(chain_ask(correlation)).await
    }
}
