//! Access reviews of packages: entitlement management makes a definition from a policy's review settings, each of its
//! instances is one round, each decision is about one person (contract §10, §25). Read only.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::graph::directory::{Ask, Directory};
use crate::graph::error::GraphError;
use crate::graph::ids::{PackageId, PolicyId, ReviewDecisionId, ReviewDefinitionId, ReviewInstanceId};
use crate::graph::lenient::{self, words};
use crate::graph::odata;

words! {
    /// Where a round stands.
    ReviewState {
        Initializing = "Initializing", NotStarted = "NotStarted", Starting = "Starting", InProgress = "InProgress",
        Completing = "Completing", Completed = "Completed", AutoReviewing = "AutoReviewing",
        AutoReviewed = "AutoReviewed", Applied = "Applied",
    }
}

words! {
    /// What was decided about one person.
    ReviewVerdict { Approve = "Approve", Deny = "Deny", NotReviewed = "NotReviewed", DontKnow = "DontKnow" }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewDefinition {
    pub id: ReviewDefinitionId,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub display_name: String,
    pub status: Option<ReviewState>,
    pub scope: Option<ReviewScope>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ReviewScope {
    pub query: Option<String>,
}

impl ReviewDefinition {
    /// The package and the policy it reviews, as its scope's query names them. Nothing else links them (contract §25).
    pub fn of(&self) -> (Option<PackageId>, Option<PolicyId>) {
        let query = self.scope.as_ref().and_then(|scope| scope.query.as_deref()).unwrap_or_default();
        (named(query, "accessPackageId").map(PackageId), named(query, "assignmentPolicyId").map(PolicyId))
    }
}

/// The text after `name eq '`, whatever the capitals of the name; ids in small letters.
fn named(query: &str, name: &str) -> Option<String> {
    let plain = query.to_ascii_lowercase();
    let wanted = format!("{} eq '", name.to_ascii_lowercase());
    let after = plain.find(&wanted)? + wanted.len();
    let rest = plain.get(after..)?;
    let id = rest.get(..rest.find('\'')?)?;
    (!id.is_empty()).then(|| id.to_owned())
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewInstance {
    pub id: ReviewInstanceId,
    pub status: Option<ReviewState>,
    pub start_date_time: Option<DateTime<Utc>>,
    pub end_date_time: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewDecision {
    pub id: ReviewDecisionId,
    pub decision: Option<ReviewVerdict>,
    pub recommendation: Option<String>,
    pub apply_result: Option<String>,
    pub justification: Option<String>,
    pub reviewed_date_time: Option<DateTime<Utc>>,
    pub reviewed_by: Option<Identity>,
    pub principal: Option<Identity>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    pub id: Option<String>,
    pub display_name: Option<String>,
    pub user_principal_name: Option<String>,
}

impl Identity {
    /// His name, else how he signs in; nothing for the empty identity that stands for nobody.
    pub fn told(&self) -> Option<&str> {
        let filled = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.is_empty());
        let name = Some(&self.display_name).filter(|name| filled(name));
        name.or(Some(&self.user_principal_name).filter(|name| filled(name)))?.as_deref()
    }
}

const DEFINITIONS: &str = "/v1.0/identityGovernance/accessReviews/definitions";

/// Every definition that reviews assignments of packages. A filter on one package is not documented.
pub(crate) fn definitions_ask() -> Ask {
    let filter = "contains(scope/microsoft.graph.accessReviewQueryScope/query,'accessPackageAssignments')";
    let query = odata::query(&[("$filter", filter)]);
    Ask::get("GET /identityGovernance/accessReviews/definitions", format!("{DEFINITIONS}{query}"))
}

/// The rounds of one definition.
pub(crate) fn instances_ask(definition: &ReviewDefinitionId) -> Ask {
    let path = format!("{DEFINITIONS}/{}/instances", odata::segment(definition));
    Ask::get("GET /identityGovernance/accessReviews/definitions/{id}/instances", path)
}

/// What was decided in one round, person by person.
pub(crate) fn decisions_ask(definition: &ReviewDefinitionId, instance: &ReviewInstanceId) -> Ask {
    let (definition, instance) = (odata::segment(definition), odata::segment(instance));
    let path = format!("{DEFINITIONS}/{definition}/instances/{instance}/decisions");
    Ask::get("GET /identityGovernance/accessReviews/definitions/{id}/instances/{id}/decisions", path)
}

impl Directory {
    pub async fn review_definitions(&self) -> Result<Vec<ReviewDefinition>, GraphError> {
        self.list(definitions_ask()).await
    }

    pub async fn review_instances(
        &self,
        definition: &ReviewDefinitionId,
    ) -> Result<Vec<ReviewInstance>, GraphError> {
        self.list(instances_ask(definition)).await
    }

    pub async fn review_decisions(
        &self,
        definition: &ReviewDefinitionId,
        instance: &ReviewInstanceId,
    ) -> Result<Vec<ReviewDecision>, GraphError> {
        self.list(decisions_ask(definition, instance)).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn definition(query: &str) -> ReviewDefinition {
        serde_json::from_value(json!({ "id": "d", "scope": { "query": query } })).unwrap()
    }

    #[test]
    fn the_package_and_policy_of_a_review_are_read_out_of_its_query() {
        let query = "/identityGovernance/entitlementManagement/accessPackageAssignments?$filter=(accessPackageId eq \
                     'AAAA-1' and assignmentPolicyId eq 'bbbb-2' and catalogId eq 'cccc-3')";
        let (package, policy) = definition(query).of();
        assert_eq!((package.unwrap().as_str(), policy.unwrap().as_str()), ("aaaa-1", "bbbb-2"));
        let (package, policy) = definition("x?$filter=(ASSIGNMENTPOLICYID EQ 'b')").of();
        assert_eq!((package, policy.unwrap().as_str()), (None, "b"));
        for query in ["", "./members", "accessPackageId eq '", "accessPackageId eq ''"] {
            assert_eq!(definition(query).of(), (None, None), "{query}");
        }
        let bare: ReviewDefinition = serde_json::from_value(json!({ "id": "d", "scope": null })).unwrap();
        assert_eq!(bare.of(), (None, None));
    }

    #[test]
    fn nobody_is_not_told_as_somebody() {
        let identity = |value| serde_json::from_value::<Identity>(value).unwrap();
        let nobody = json!({ "id": "00000000-0000-0000-0000-000000000000", "displayName": "", "userPrincipalName": "" });
        assert_eq!(identity(nobody).told(), None);
        assert_eq!(identity(json!({ "displayName": null, "userPrincipalName": "a@b" })).told(), Some("a@b"));
    }
}
