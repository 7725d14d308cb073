//! Deciding on a request: a person's act, never an app's (contract §8.2).

use ::http::Method;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use crate::graph::directory::{Ask, Directory};
use crate::graph::error::GraphError;
use crate::graph::ids::{AccessRequestId, ApprovalStageId};
use crate::graph::lenient::words;
use crate::graph::odata;

words! {
    /// Where a stage stands.
    StageStatus {
        Initializing = "Initializing", InProgress = "InProgress", Completed = "Completed", Expired = "Expired",
    }
}

/// One stage of a request's approval, as the person sees it who asks.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalStage {
    pub id: ApprovalStageId,
    pub status: Option<StageStatus>,
    pub assigned_to_me: Option<bool>,
    pub reviewed_by: Option<Reviewer>,
    pub reviewed_date_time: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reviewer {
    pub display_name: Option<String>,
}

impl ApprovalStage {
    pub fn waits(&self) -> bool {
        self.status == Some(StageStatus::InProgress)
    }

    /// Its turn comes after another's.
    pub fn is_ahead(&self) -> bool {
        self.status == Some(StageStatus::Initializing)
    }

    /// It waits, and for whoever asked.
    pub fn waits_for_me(&self) -> bool {
        self.waits() && self.assigned_to_me == Some(true)
    }
}

const APPROVALS: &str = "/v1.0/identityGovernance/entitlementManagement/accessPackageAssignmentApprovals";

impl Directory {
    /// The stages of a request's approval.
    pub async fn approval_stages(&self, request: &AccessRequestId) -> Result<Vec<ApprovalStage>, GraphError> {
        let path = format!("{APPROVALS}/{}/stages", odata::segment(request));
        self.list(Ask::get("GET EM/accessPackageAssignmentApprovals/{id}/stages", path)).await
    }

    /// Decides on a stage; sent once, whatever happens. `Conflict`: somebody else was first.
    pub async fn decide_stage(
        &self,
        request: &AccessRequestId,
        stage: &ApprovalStageId,
        approve: bool,
        reason: &str,
    ) -> Result<(), GraphError> {
        let path = format!("{APPROVALS}/{}/stages/{}", odata::segment(request), odata::segment(stage));
        let result = if approve { "Approve" } else { "Deny" };
        let body = json!({ "reviewResult": result, "justification": reason });
        let call = "PATCH EM/accessPackageAssignmentApprovals/{id}/stages/{id}";
        self.write(Ask::once(call, Method::PATCH, path, Some(body))).await?;
        Ok(())
    }
}
