//! Connected organizations: whose people may ask for packages (contract §4).

use ::http::Method;
use serde::Deserialize;
use serde_json::json;

use crate::graph::directory::{Ask, Directory};
use crate::graph::error::GraphError;
use crate::graph::ids::ConnectedOrganizationId;
use crate::graph::lenient::{self, words};
use crate::graph::odata;
use crate::kit::ids::EntraTenantId;

words! {
    /// `configured` organizations count for "all configured organizations"; `proposed` ones do not.
    ConnectedOrganizationState { Configured = "configured", Proposed = "proposed" }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectedOrganization {
    pub id: ConnectedOrganizationId,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub display_name: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub description: String,
    pub state: Option<ConnectedOrganizationState>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub identity_sources: Vec<IdentitySource>,
}

impl ConnectedOrganization {
    /// It stands for this Entra tenant.
    pub fn is_of(&self, tenant: EntraTenantId) -> bool {
        self.identity_sources.iter().any(|source| source.tenant_id == Some(tenant))
    }
}

words! {
    /// From `@odata.type`.
    IdentitySourceKind {
        EntraTenant = "#microsoft.graph.azureActiveDirectoryTenant",
        CrossCloudEntraTenant = "#microsoft.graph.crossCloudAzureActiveDirectoryTenant",
        Domain = "#microsoft.graph.domainIdentitySource",
        DomainFederation = "#microsoft.graph.externalDomainFederation",
        Social = "#microsoft.graph.socialIdentitySource",
    }
}

/// Where the organization's people come from; exactly one in practice.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentitySource {
    #[serde(rename = "@odata.type")]
    pub kind: Option<IdentitySourceKind>,
    pub display_name: Option<String>,
    pub tenant_id: Option<EntraTenantId>,
    pub domain_name: Option<String>,
    /// `microsoftonline.us`, … of a tenant in another cloud.
    pub cloud_instance: Option<String>,
}

/// A connected organization to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewConnectedOrganization {
    pub display_name: String,
    pub description: String,
    /// A verified domain of the analysts' tenant. A tenant id is not accepted by the service.
    pub domain: String,
}

const PATH: &str = "/v1.0/identityGovernance/entitlementManagement/connectedOrganizations";

impl Directory {
    pub async fn connected_organizations(&self) -> Result<Vec<ConnectedOrganization>, GraphError> {
        self.list(Ask::get("GET EM/connectedOrganizations", PATH.into())).await
    }

    /// Those that stand for one Entra tenant: zero or one in practice.
    pub async fn connected_organizations_of(
        &self,
        tenant: EntraTenantId,
    ) -> Result<Vec<ConnectedOrganization>, GraphError> {
        let source = "microsoft.graph.azureActiveDirectoryTenant/tenantId";
        let filter = format!("identitySources/any(is:is/{source} eq '{tenant}')");
        let path = format!("{PATH}{}", odata::query(&[("$filter", &filter)]));
        self.list(Ask::get("GET EM/connectedOrganizations", path)).await
    }

    pub async fn connected_organization(
        &self,
        id: &ConnectedOrganizationId,
    ) -> Result<Option<ConnectedOrganization>, GraphError> {
        let path = format!("{PATH}/{}", odata::segment(id));
        self.find(Ask::get("GET EM/connectedOrganizations/{id}", path)).await
    }

    /// Natural key: the tenant of its identity source, by [`Directory::connected_organizations_of`]. The service
    /// turns the domain into that tenant; read it back to see it.
    pub async fn create_connected_organization(
        &self,
        new: &NewConnectedOrganization,
    ) -> Result<ConnectedOrganization, GraphError> {
        let body = json!({
            "displayName": new.display_name, "description": new.description, "state": "configured",
            "identitySources": [{
                "@odata.type": "#microsoft.graph.domainIdentitySource",
                "domainName": new.domain, "displayName": new.domain,
            }],
        });
        self.create(Ask::create("POST EM/connectedOrganizations", PATH.into(), body)).await
    }

    /// Makes a proposed organization count as a configured one. Natural key: its id. Safe to repeat.
    pub async fn configure_connected_organization(
        &self,
        id: &ConnectedOrganizationId,
    ) -> Result<(), GraphError> {
        let path = format!("{PATH}/{}", odata::segment(id));
        let ask = Ask::set(
            "PATCH EM/connectedOrganizations/{id}",
            Method::PATCH,
            path,
            json!({ "state": "configured" }),
        );
        self.write(ask).await.map(drop)
    }
}
