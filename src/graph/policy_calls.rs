//! Calls on assignment policies (contract §7).

use ::http::Method;
use serde_json::Value;

use crate::graph::directory::{Ask, Directory};
use crate::graph::error::{GraphError, GraphErrorKind};
use crate::graph::ids::{PackageId, PolicyId};
use crate::graph::odata;
use crate::graph::policies::AssignmentPolicy;

const PATH: &str = "/v1.0/identityGovernance/entitlementManagement/assignmentPolicies";

/// Which extension a stage calls is a relationship in its turn.
const WHOLE: &str = "accessPackage,questions,customExtensionStageSettings($expand=customExtension)";
const FLAT: &str = "accessPackage,questions,customExtensionStageSettings";
const STAGES: &str = "customExtensionStageSettings";

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
        policies.retain(|policy| policy.is_of(package));
        Ok(policies)
    }

    /// One policy with all that it is made of. Questions and custom extensions are relationships (slice: "Supports
    /// `$expand`"): a list does not hold them, and a policy written without them loses them.
    pub async fn policy(&self, id: &PolicyId) -> Result<Option<AssignmentPolicy>, GraphError> {
        let address = |expand: &str| {
            let query = odata::query(&[("$expand", expand)]);
            format!("{PATH}/{}{query}", odata::segment(id))
        };
        const CALL: &str = "GET EM/assignmentPolicies/{id}";
        let ask = Ask::get(CALL, address(WHOLE)).or_plainly(address(FLAT));
        let found: Option<AssignmentPolicy> = self.find(ask).await?;
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

    /// Writes a policy whole: as [`Directory::policy`] read it, with its package. Natural key: its id. Safe to repeat.
    ///
    /// # Errors
    /// Microsoft refused; or a stage does not tell its custom extension, which would be lost: then nothing is sent.
    pub async fn replace_policy(&self, id: &PolicyId, policy: &AssignmentPolicy) -> Result<(), GraphError> {
        const CALL: &str = "PUT EM/assignmentPolicies/{id}";
        let mut whole = policy.clone();
        whole.id = Some(id.clone());
        extensions_by_id(&mut whole, CALL)?;
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

/// Custom extensions are written back by their id, as Microsoft's example does.
fn extensions_by_id(policy: &mut AssignmentPolicy, call: &'static str) -> Result<(), GraphError> {
    let stages = policy.rest.get_mut(STAGES).and_then(Value::as_array_mut);
    for stage in stages.into_iter().flatten() {
        let extension = stage.get_mut("customExtension").and_then(Value::as_object_mut);
        let Some(extension) = extension.filter(|one| one.contains_key("id")) else {
            let kind = GraphErrorKind::Refused { code: "customExtension".to_owned() };
            let why = "the policy calls a custom extension that cannot be read and would be lost: change the policy by hand";
            return Err(GraphError::new(kind, call, why));
        };
        extension.retain(|name, _| name == "id" || name == "@odata.type");
        if let Some(stage) = stage.as_object_mut() {
            stage.retain(|name, _| !name.contains('@'));
        }
    }
    Ok(())
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
