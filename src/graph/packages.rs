//! Access packages and the roles they give (contract §6).

use ::http::Method;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::graph::catalogs::{Catalog, CatalogResource, ResourceRole, ResourceScope};
use crate::graph::directory::{Ask, Directory};
use crate::graph::error::GraphError;
use crate::graph::ids::{CatalogId, PackageId, ResourceRoleId, ResourceRoleScopeId, ResourceScopeId};
use crate::graph::lenient;
use crate::graph::odata;
use crate::kit::ids::ObjectId;

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessPackage {
    pub id: PackageId,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub display_name: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub description: String,
    /// Hidden packages are still asked for by their link.
    pub is_hidden: Option<bool>,
    pub created_date_time: Option<DateTime<Utc>>,
    /// Only where the call expands it.
    pub catalog: Option<Catalog>,
}

/// A package's wanted values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPackage {
    pub display_name: String,
    pub description: String,
    pub is_hidden: bool,
}

/// What of a package is to be changed; absent values stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PackageChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_hidden: Option<bool>,
}

/// A role a package gives its holder.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceRoleScope {
    pub id: ResourceRoleScopeId,
    /// Only where the call expands it.
    pub role: Option<ResourceRole>,
    pub scope: Option<ResourceScope>,
}

impl ResourceRoleScope {
    /// The id Microsoft gives to this pair: known before it is made.
    pub fn id_of(role: &ResourceRoleId, scope: &ResourceScopeId) -> ResourceRoleScopeId {
        ResourceRoleScopeId(format!("{role}_{scope}"))
    }

    /// It makes its holder a member of this group.
    pub fn gives_membership_of(&self, group: ObjectId) -> bool {
        let origin = format!("Member_{group}");
        self.role.as_ref().is_some_and(|role| role.origin_id.eq_ignore_ascii_case(&origin))
    }
}

const EM: &str = "/v1.0/identityGovernance/entitlementManagement";

impl Directory {
    pub async fn packages_in_catalog(&self, catalog: &CatalogId) -> Result<Vec<AccessPackage>, GraphError> {
        let path = format!("{EM}/catalogs/{}/accessPackages", odata::segment(catalog));
        self.list(Ask::get("GET EM/catalogs/{id}/accessPackages", path)).await
    }

    /// All packages of this name in any catalog, with their catalogs; names are not unique.
    pub async fn packages_by_name(&self, display_name: &str) -> Result<Vec<AccessPackage>, GraphError> {
        let filter = format!("displayName eq {}", odata::literal(display_name));
        let query = odata::query(&[("$filter", &filter), ("$expand", "catalog")]);
        self.list(Ask::get("GET EM/accessPackages", format!("{EM}/accessPackages{query}"))).await
    }

    pub async fn package(&self, id: &PackageId) -> Result<Option<AccessPackage>, GraphError> {
        let query = odata::query(&[("$expand", "catalog")]);
        let path = format!("{EM}/accessPackages/{}{query}", odata::segment(id));
        self.find(Ask::get("GET EM/accessPackages/{id}", path)).await
    }

    /// Natural key: (catalog, display name), **not unique**: look it up by [`Directory::packages_in_catalog`].
    pub async fn create_package(
        &self,
        catalog: &CatalogId,
        new: &NewPackage,
    ) -> Result<AccessPackage, GraphError> {
        let body = json!({
            "displayName": new.display_name, "description": new.description, "isHidden": new.is_hidden,
            "catalog": {"id": catalog},
        });
        self.create(Ask::create("POST EM/accessPackages", format!("{EM}/accessPackages"), body)).await
    }

    /// Brings a package to these values. Natural key: its id.
    pub async fn update_package(&self, id: &PackageId, to: &PackageChange) -> Result<(), GraphError> {
        let body = json!(to);
        let path = format!("{EM}/accessPackages/{}", odata::segment(id));
        self.write(Ask::set("PATCH EM/accessPackages/{id}", Method::PATCH, path, body)).await.map(drop)
    }

    /// The roles a package gives.
    pub async fn package_roles(&self, id: &PackageId) -> Result<Vec<ResourceRoleScope>, GraphError> {
        let query = odata::query(&[("$expand", "role,scope")]);
        let path = format!("{EM}/accessPackages/{}/resourceRoleScopes{query}", odata::segment(id));
        self.list(Ask::get("GET EM/accessPackages/{id}/resourceRoleScopes", path)).await
    }

    /// Lets a package give a role of a group in its catalog. Natural key: the deterministic id
    /// [`ResourceRoleScope::id_of`], looked up by [`Directory::package_roles`].
    pub async fn add_package_role(
        &self,
        package: &PackageId,
        resource: &CatalogResource,
        role: &ResourceRole,
        scope: &ResourceScope,
    ) -> Result<ResourceRoleScope, GraphError> {
        let body = json!({
            "role": {
                "id": role.id, "displayName": role.display_name, "originSystem": "AadGroup",
                "originId": role.origin_id,
                "resource": {
                    "id": resource.id, "originId": resource.origin_id, "originSystem": "AadGroup",
                },
            },
            "scope": {
                "id": scope.id, "originId": scope.origin_id, "originSystem": "AadGroup", "isRootScope": true,
            },
        });
        let path = format!("{EM}/accessPackages/{}/resourceRoleScopes", odata::segment(package));
        self.create(Ask::create("POST EM/accessPackages/{id}/resourceRoleScopes", path, body)).await
    }
}
