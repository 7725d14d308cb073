//! People's requests for packages, and what they hold of them (contract §8).

use ::http::Method;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer};
use serde_json::json;

use crate::graph::directory::{Ask, Directory};
use crate::graph::error::GraphError;
use crate::graph::ids::{AccessRequestId, AssignmentId, ConnectedOrganizationId, PackageId, PolicyId};
use crate::graph::lenient::{self, words};
use crate::graph::odata;
use crate::graph::policies::Expiration;
use crate::kit::ids::ObjectId;

words! {
    /// Who asks for what. An extension is `userUpdate`.
    RequestType {
        NotSpecified = "notSpecified", UserAdd = "userAdd", UserUpdate = "userUpdate", UserRemove = "userRemove",
        AdminAdd = "adminAdd", AdminUpdate = "adminUpdate", AdminRemove = "adminRemove",
        SystemAdd = "systemAdd", SystemUpdate = "systemUpdate", SystemRemove = "systemRemove",
        OnBehalfAdd = "onBehalfAdd", ApproverRemove = "approverRemove",
    }
}

words! {
    /// Where a request stands. Automatic denial shows as `denied`.
    RequestState {
        Submitted = "submitted", PendingApproval = "pendingApproval", Delivering = "delivering",
        Delivered = "delivered", DeliveryFailed = "deliveryFailed", Denied = "denied", Scheduled = "scheduled",
        Canceled = "canceled", PartiallyDelivered = "partiallyDelivered",
    }
}

words! {
    AssignmentState {
        Delivering = "delivering", PartiallyDelivered = "partiallyDelivered", Delivered = "delivered",
        Expired = "expired", DeliveryFailed = "deliveryFailed",
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssignmentRequest {
    /// Also the id of its approval.
    pub id: AccessRequestId,
    pub request_type: Option<RequestType>,
    /// Microsoft's own examples answer `requestState` (contract §1).
    #[serde(alias = "requestState")]
    pub state: Option<RequestState>,
    /// Free text.
    #[serde(alias = "requestStatus")]
    pub status: Option<String>,
    pub created_date_time: Option<DateTime<Utc>>,
    #[serde(alias = "completedDate")]
    pub completed_date_time: Option<DateTime<Utc>>,
    pub justification: Option<String>,
    /// What the package asks beside the justification.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub answers: Vec<GivenAnswer>,
    pub schedule: Option<Schedule>,
    pub requestor: Option<Subject>,
    pub access_package: Option<PackageBrief>,
    pub assignment: Option<AssignmentBrief>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GivenAnswer {
    pub display_value: Option<String>,
    pub answered_question: Option<Question>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Question {
    pub text: Option<String>,
}

/// A person as entitlement management knows him.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    pub display_name: Option<String>,
    pub email: Option<String>,
    /// None until the guest exists.
    pub object_id: Option<ObjectId>,
    pub principal_name: Option<String>,
    /// Often null (contract §8.1).
    pub connected_organization: Option<OrganizationBrief>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct OrganizationBrief {
    pub id: ConnectedOrganizationId,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PackageBrief {
    pub id: PackageId,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub display_name: String,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct AssignmentBrief {
    pub id: Option<AssignmentId>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PolicyBrief {
    pub id: PolicyId,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    pub start_date_time: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "with_a_moment")]
    pub expiration: Option<Expiration>,
}

/// An end that cannot be read is no answer: taken for none, access would seem to last for ever.
fn with_a_moment<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Expiration>, D::Error> {
    let end = Option::<Expiration>::deserialize(source)?;
    if let Some(text) = end.as_ref().and_then(|end| end.end_date_time.as_deref()) {
        text.parse::<DateTime<Utc>>().map_err(serde::de::Error::custom)?;
    }
    Ok(end)
}

/// What a person holds.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assignment {
    pub id: AssignmentId,
    pub state: Option<AssignmentState>,
    pub status: Option<String>,
    /// When it did end; the future end is in the schedule.
    pub expired_date_time: Option<DateTime<Utc>>,
    pub schedule: Option<Schedule>,
    pub target: Option<Subject>,
    pub access_package: Option<PackageBrief>,
    pub assignment_policy: Option<PolicyBrief>,
}

impl Assignment {
    /// When it will end by itself.
    pub fn ends(&self) -> Option<DateTime<Utc>> {
        self.schedule.as_ref()?.expiration.as_ref()?.end_date_time.as_deref()?.parse().ok()
    }
}

const EM: &str = "/v1.0/identityGovernance/entitlementManagement";
/// A person's organization is a relationship of his: his own expansion asks for it (example 026, of beta; no page of
/// v1.0 shows it, hence the plain one).
const EXPAND: &str = "requestor($expand=connectedOrganization),accessPackage,assignment";
const PLAIN: &str = "requestor,accessPackage,assignment";
const HELD: &str = "target($expand=connectedOrganization),accessPackage,assignmentPolicy";
const HELD_PLAIN: &str = "target,accessPackage,assignmentPolicy";

/// A read that expands, or expands less where that is refused.
fn expanding(call: &'static str, path: &str, [whole, plain]: [&str; 2], filter: &str) -> Ask {
    let address = |expand: &str| {
        let options = [("$expand", expand), ("$filter", filter)];
        format!("{path}{}", odata::query(&options[..if filter.is_empty() { 1 } else { 2 }]))
    };
    Ask::get(call, address(whole)).or_plainly(address(plain))
}

/// Without it some types of request are told as `unknownFutureValue` (slice: requestType).
const EVERY_WORD: (&str, &str) = ("prefer", "include-unknown-enum-members");

/// Parts of a filter joined with `and`; no parts, no filter.
fn joined(parts: &[Option<String>]) -> String {
    parts.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" and ")
}

/// Requests in one state, or of any; with `since` those made from that moment on.
pub fn requests_ask(state: Option<&RequestState>, since: Option<DateTime<Utc>>) -> Ask {
    let since =
        since.map(|at| format!("createdDateTime ge {}", at.to_rfc3339_opts(SecondsFormat::Micros, true)));
    let filter = joined(&[state.map(|state| format!("state eq {}", odata::literal(state))), since]);
    expanding("GET EM/assignmentRequests", &format!("{EM}/assignmentRequests"), [EXPAND, PLAIN], &filter)
        .header(EVERY_WORD.0, EVERY_WORD.1)
}

/// One request.
pub fn request_ask(id: &AccessRequestId) -> Ask {
    let path = format!("{EM}/assignmentRequests/{}", odata::segment(id));
    expanding("GET EM/assignmentRequests/{id}", &path, [EXPAND, PLAIN], "").header(EVERY_WORD.0, EVERY_WORD.1)
}

/// What people hold, of one package or of all, in one state or in any.
pub fn assignments_ask(package: Option<&PackageId>, state: Option<&AssignmentState>) -> Ask {
    let filter = joined(&[
        state.map(|state| format!("state eq {}", odata::literal(state))),
        package.map(|id| format!("accessPackage/id eq {}", odata::literal(id))),
    ]);
    expanding("GET EM/assignments", &format!("{EM}/assignments"), [HELD, HELD_PLAIN], &filter)
}

impl Directory {
    /// As [`requests_ask`].
    pub async fn assignment_requests(
        &self,
        state: Option<&RequestState>,
        since: Option<DateTime<Utc>>,
    ) -> Result<Vec<AssignmentRequest>, GraphError> {
        self.list(requests_ask(state, since)).await
    }

    pub async fn assignment_request(
        &self,
        id: &AccessRequestId,
    ) -> Result<Option<AssignmentRequest>, GraphError> {
        self.find(request_ask(id)).await
    }

    /// As [`assignments_ask`].
    pub async fn assignments(
        &self,
        package: Option<&PackageId>,
        state: Option<&AssignmentState>,
    ) -> Result<Vec<Assignment>, GraphError> {
        self.list(assignments_ask(package, state)).await
    }

    /// Asks to end what a person holds. No natural key: before repeating it, look whether the assignment is still
    /// `delivered` and whether a request for it is open.
    pub async fn remove_assignment(&self, id: &AssignmentId) -> Result<AssignmentRequest, GraphError> {
        let body = json!({"requestType": "adminRemove", "assignment": {"id": id}});
        self.create(Ask::create("POST EM/assignmentRequests", format!("{EM}/assignmentRequests"), body)).await
    }

    /// Asks Microsoft to deliver once more what failed or came only in part. Taken within a week of the failure; the
    /// request's state tells what became of it.
    pub async fn reprocess_request(&self, id: &AccessRequestId) -> Result<(), GraphError> {
        let path = format!("{EM}/assignmentRequests/{}/reprocess", odata::segment(id));
        self.write(Ask::once("POST EM/assignmentRequests/{id}/reprocess", Method::POST, path, None)).await?;
        Ok(())
    }
}
