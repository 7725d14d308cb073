//! What an Entra tenant is: its name, domains, licences; and what Microsoft tells about another tenant.

use serde::Deserialize;

use crate::graph::directory::{Ask, Directory, found};
use crate::graph::error::GraphError;
use crate::graph::lenient::{self, words};
use crate::graph::odata;
use crate::kit::ids::EntraTenantId;

/// The directory itself; its id is the proof that a token reached the tenant it was meant for.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Organization {
    pub id: EntraTenantId,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub display_name: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub verified_domains: Vec<VerifiedDomain>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VerifiedDomain {
    #[serde(deserialize_with = "lenient::or_default")]
    pub name: String,
    #[serde(deserialize_with = "lenient::or_default")]
    pub is_default: bool,
    #[serde(deserialize_with = "lenient::or_default")]
    pub is_initial: bool,
}

impl Organization {
    pub fn default_domain(&self) -> Option<&str> {
        self.verified_domains.iter().find(|domain| domain.is_default).map(|domain| domain.name.as_str())
    }

    /// The `onmicrosoft.com` domain, which never goes away.
    pub fn initial_domain(&self) -> Option<&str> {
        self.verified_domains.iter().find(|domain| domain.is_initial).map(|domain| domain.name.as_str())
    }

    /// The domain for My Access links. The initial one comes first, so that a link outlives a change of domains.
    pub fn hint(&self) -> Option<&str> {
        self.initial_domain().or_else(|| self.default_domain())
    }
}

words! {
    /// State of a subscription or of one service plan inside it.
    Provisioning {
        Enabled = "Enabled", Warning = "Warning", Suspended = "Suspended", Deleted = "Deleted",
        LockedOut = "LockedOut", Success = "Success", Disabled = "Disabled", Error = "Error",
        PendingInput = "PendingInput", PendingActivation = "PendingActivation",
        PendingProvisioning = "PendingProvisioning",
    }
}

/// One product the tenant has bought.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sku {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub sku_part_number: String,
    pub capability_status: Option<Provisioning>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub service_plans: Vec<ServicePlan>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicePlan {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub service_plan_id: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub service_plan_name: String,
    pub provisioning_status: Option<Provisioning>,
}

/// What the procedure needs of a tenant's licences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Licences {
    pub entra_id_p2: bool,
    pub entra_id_governance: bool,
    pub defender_endpoint_p2: bool,
}

impl Licences {
    /// By service plan id, never by product name (contract §21): a subscription counts while Enabled or Warning,
    /// a plan inside it unless Disabled or Error (INFERRED).
    pub fn of(skus: &[Sku]) -> Self {
        let has = |plan_id: &str| {
            skus.iter()
                .filter(|sku| {
                    matches!(sku.capability_status, Some(Provisioning::Enabled | Provisioning::Warning))
                })
                .flat_map(|sku| &sku.service_plans)
                .any(|plan| {
                    plan.service_plan_id.eq_ignore_ascii_case(plan_id)
                        && !matches!(
                            plan.provisioning_status,
                            Some(Provisioning::Disabled | Provisioning::Error)
                        )
                })
        };
        Self {
            entra_id_p2: has("eec0eb4f-6444-4f95-aba0-50c24d67f998"),
            entra_id_governance: has("e866a266-3cff-43a3-acca-0c90a7e00c8b"),
            defender_endpoint_p2: has("871d91ec-ec1a-452b-a83f-bd76c7d770ef"),
        }
    }

    /// Access packages and reviews need P2 or Governance. A missing licence is a warning: the service is the judge.
    pub fn entitlement_management(self) -> bool {
        self.entra_id_p2 || self.entra_id_governance
    }
}

/// What Microsoft tells about any tenant of the same cloud.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantInformation {
    pub tenant_id: EntraTenantId,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub display_name: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub default_domain_name: String,
    pub federation_brand_name: Option<String>,
}

impl Directory {
    /// This tenant. Permission Organization.Read.All.
    pub async fn organization(&self) -> Result<Organization, GraphError> {
        const CALL: &str = "GET /organization";
        let list: Vec<Organization> = self.list(Ask::get(CALL, "/v1.0/organization".into())).await?;
        list.into_iter()
            .find(|organization| organization.id == self.tenant())
            .ok_or_else(|| GraphError::not_understood(CALL, "the answer is not about this tenant"))
    }

    /// All products of this tenant. There is no server-side filter (contract §21).
    pub async fn subscribed_skus(&self) -> Result<Vec<Sku>, GraphError> {
        self.list(Ask::get("GET /subscribedSkus", "/v1.0/subscribedSkus".into())).await
    }

    /// Another tenant by one of its domains; None when there is none. Permission CrossTenantInformation.ReadBasic.All.
    pub async fn tenant_by_domain(&self, domain: &str) -> Result<Option<TenantInformation>, GraphError> {
        const CALL: &str = "GET /tenantRelationships/findTenantInformationByDomainName(domainName)";
        let argument = odata::path_literal(domain);
        let path =
            format!("/v1.0/tenantRelationships/findTenantInformationByDomainName(domainName={argument})");
        found(self.read(Ask::get(CALL, path)).await)
    }

    /// Another tenant by its id; None when there is none. Gives the domain that a connected organization needs.
    pub async fn tenant_by_id(&self, id: EntraTenantId) -> Result<Option<TenantInformation>, GraphError> {
        const CALL: &str = "GET /tenantRelationships/findTenantInformationByTenantId(tenantId)";
        let path = format!("/v1.0/tenantRelationships/findTenantInformationByTenantId(tenantId='{id}')");
        found(self.read(Ask::get(CALL, path)).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sku(status: &str, plan: &str, provisioning: &str) -> Vec<Sku> {
        let sku = serde_json::json!([{"capabilityStatus": status, "newThing": 1, "servicePlans": [
            {"servicePlanId": plan, "provisioningStatus": provisioning}]}, {"servicePlans": null}]);
        serde_json::from_value(sku).unwrap()
    }

    #[test]
    fn the_licence_rule_goes_by_plan_id_and_state() {
        const P2: &str = "EEC0EB4F-6444-4F95-ABA0-50C24D67F998";
        let licensed = |skus: &[Sku]| Licences::of(skus).entitlement_management();
        assert!(licensed(&sku("Enabled", P2, "Success")));
        assert!(licensed(&sku("warning", P2, "PendingActivation")));
        assert!(!licensed(&sku("Suspended", P2, "Success")));
        assert!(!licensed(&sku("Enabled", P2, "Disabled")));
        assert!(!licensed(&sku("Enabled", "41781fb2-bc02-4b7c-bd55-b576c07bb09d", "Success")));
        assert!(licensed(&sku("Enabled", "e866a266-3cff-43a3-acca-0c90a7e00c8b", "Success")));
    }
}
