//! Calls on assignment policies (contract §7).

use ::http::Method;
use serde_json::Value;

use crate::graph::directory::{Ask, Directory};
use crate::graph::error::{GraphError, GraphErrorKind};
use crate::graph::ids::{PackageId, PolicyId};
use crate::graph::odata;
use crate::graph::policies::AssignmentPolicy;

const PATH: &str = "/v1.0/identityGovernance/entitlementManagement/assignmentPolicies";

impl Directory {
    /// All policies of the directory, each with the id of its package.
    pub async fn policies(&self) -> Result<Vec<AssignmentPolicy>, GraphError> {
        let path = format!("{PATH}{}", odata::query(&[("$expand", "accessPackage")]));
        const CALL: &str = "GET EM/assignmentPolicies";
        let policies: Vec<AssignmentPolicy> = self.list(Ask::get(CALL, path)).await?;
        policies.into_iter().map(|policy| known(policy, CALL)).collect()
    }

    /// The policies of one package. A filter by package is not documented, so it is done here.
    pub async fn policies_of(&self, package: &PackageId) -> Result<Vec<AssignmentPolicy>, GraphError> {
        let mut policies = self.policies().await?;
        policies.retain(|policy| policy.access_package.as_ref().is_some_and(|of| of.id == *package));
        Ok(policies)
    }

    pub async fn policy(&self, id: &PolicyId) -> Result<Option<AssignmentPolicy>, GraphError> {
        let query = odata::query(&[("$expand", "accessPackage")]);
        let path = format!("{PATH}/{}{query}", odata::segment(id));
        const CALL: &str = "GET EM/assignmentPolicies/{id}";
        let found: Option<AssignmentPolicy> = self.find(Ask::get(CALL, path)).await?;
        found.map(|policy| known(policy, CALL)).transpose()
    }

    /// Natural key: (package, display name), **not unique**: look it up by [`Directory::policies_of`]. The answer
    /// need not hold the package: the examples leave it out.
    pub async fn create_policy(&self, policy: &AssignmentPolicy) -> Result<AssignmentPolicy, GraphError> {
        const CALL: &str = "POST EM/assignmentPolicies";
        let mut body = body(policy, CALL)?;
        if let Some(object) = body.as_object_mut() {
            object.remove("id");
        }
        let made = self.create(Ask::create(CALL, PATH.into(), body)).await?;
        known(made, CALL).map_err(|error| GraphError { kind: GraphErrorKind::LostAnswer, ..error })
    }

    /// Writes a policy whole; it must hold its package. Natural key: its id. Safe to repeat.
    pub async fn replace_policy(&self, id: &PolicyId, policy: &AssignmentPolicy) -> Result<(), GraphError> {
        const CALL: &str = "PUT EM/assignmentPolicies/{id}";
        let mut whole = policy.clone();
        whole.id = Some(id.clone());
        let path = format!("{PATH}/{}", odata::segment(id));
        self.write(Ask::set(CALL, Method::PUT, path, body(&whole, CALL)?)).await.map(drop)
    }

    /// Natural key: its id; one that is gone is no error. Refused while it has active assignments.
    pub async fn delete_policy(&self, id: &PolicyId) -> Result<(), GraphError> {
        let path = format!("{PATH}/{}", odata::segment(id));
        let done = self.write(Ask::delete("DELETE EM/assignmentPolicies/{id}", path)).await;
        crate::graph::directory::found(done).map(drop)
    }
}

/// One that is there has an id. Before it is made it has none, so the type does not say it.
fn known(policy: AssignmentPolicy, call: &'static str) -> Result<AssignmentPolicy, GraphError> {
    if policy.id.is_some() {
        return Ok(policy);
    }
    Err(GraphError::not_understood(call, "a policy without an id"))
}

/// What may be written: without what the service sets itself, and without nulls it never asked for.
fn body(policy: &AssignmentPolicy, call: &'static str) -> Result<Value, GraphError> {
    let mut body = serde_json::to_value(policy)
        .map_err(|_| GraphError::not_understood(call, "the policy cannot be written"))?;
    if let Some(object) = body.as_object_mut() {
        object.retain(|key, value| {
            !key.starts_with('@')
                && !key.contains('@')
                && !matches!(key.as_str(), "createdDateTime" | "modifiedDateTime" | "catalog")
                && !value.is_null()
        });
    }
    Ok(body)
}
