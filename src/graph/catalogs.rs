//! Catalogs of entitlement management and the groups in them as resources (contract §5).

use ::http::Method;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::graph::directory::{Ask, Directory};
use crate::graph::error::GraphError;
use crate::graph::ids::{CatalogId, CatalogResourceId, ResourceRequestId, ResourceRoleId, ResourceScopeId};
use crate::graph::lenient::{self, words};
use crate::graph::odata;
use crate::graph::requests::RequestState;
use crate::kit::ids::ObjectId;

words! {
    /// People can ask for packages of a published catalog only.
    CatalogState { Published = "published", Unpublished = "unpublished" }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Catalog {
    pub id: CatalogId,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub display_name: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub description: String,
    pub state: Option<CatalogState>,
    /// False: external people cannot ask for its packages.
    pub is_externally_visible: Option<bool>,
    pub catalog_type: Option<String>,
    pub created_date_time: Option<DateTime<Utc>>,
}

/// A catalog's wanted values; always published and open to external people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCatalog {
    pub display_name: String,
    pub description: String,
}

impl NewCatalog {
    fn body(&self) -> Value {
        json!({
            "displayName": self.display_name, "description": self.description,
            "state": "published", "isExternallyVisible": true,
        })
    }
}

/// What of a catalog is to be changed; absent values stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CatalogChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<CatalogState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_externally_visible: Option<bool>,
}

words! {
    /// Which system a catalog resource comes from.
    OriginSystem {
        Group = "AadGroup", Application = "AadApplication", SharePoint = "SharePointOnline",
    }
}

/// A group (or application, or site) inside a catalog.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CatalogResource {
    pub id: CatalogResourceId,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub display_name: String,
    /// For a group its object id: the natural key inside a catalog.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub origin_id: String,
    pub origin_system: Option<OriginSystem>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub roles: Vec<ResourceRole>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub scopes: Vec<ResourceScope>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceRole {
    pub id: ResourceRoleId,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub display_name: String,
    /// `Member_{group}` or `Owner_{group}`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub origin_id: String,
    pub origin_system: Option<OriginSystem>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceScope {
    pub id: ResourceScopeId,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub origin_id: String,
    pub is_root_scope: Option<bool>,
}

impl CatalogResource {
    pub fn is_group(&self, group: ObjectId) -> bool {
        self.origin_id.eq_ignore_ascii_case(&group.to_string())
    }

    /// The role that makes its holder a member of the group.
    pub fn member_role(&self) -> Option<&ResourceRole> {
        let origin = format!("Member_{}", self.origin_id);
        self.roles.iter().find(|role| role.origin_id.eq_ignore_ascii_case(&origin))
    }

    /// The root scope, or the only one.
    pub fn root_scope(&self) -> Option<&ResourceScope> {
        let root = self.scopes.iter().find(|scope| scope.is_root_scope == Some(true));
        root.or(if self.scopes.len() == 1 { self.scopes.first() } else { None })
    }
}

/// What became of a request to add a resource.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceRequest {
    pub id: ResourceRequestId,
    pub state: Option<RequestState>,
}

const EM: &str = "/v1.0/identityGovernance/entitlementManagement";

impl Directory {
    pub async fn catalogs(&self) -> Result<Vec<Catalog>, GraphError> {
        self.list(Ask::get("GET EM/catalogs", format!("{EM}/catalogs"))).await
    }

    /// All catalogs of this display name; names are not unique.
    pub async fn catalogs_by_name(&self, display_name: &str) -> Result<Vec<Catalog>, GraphError> {
        let filter = format!("displayName eq {}", odata::literal(display_name));
        let path = format!("{EM}/catalogs{}", odata::query(&[("$filter", &filter)]));
        self.list(Ask::get("GET EM/catalogs", path)).await
    }

    pub async fn catalog(&self, id: &CatalogId) -> Result<Option<Catalog>, GraphError> {
        let path = format!("{EM}/catalogs/{}", odata::segment(id));
        self.find(Ask::get("GET EM/catalogs/{id}", path)).await
    }

    /// Natural key: display name, **not unique**: after `LostAnswer` look at [`Directory::catalogs_by_name`] for one
    /// that was not there before.
    pub async fn create_catalog(&self, new: &NewCatalog) -> Result<Catalog, GraphError> {
        self.create(Ask::create("POST EM/catalogs", format!("{EM}/catalogs"), new.body())).await
    }

    /// Brings a catalog to these values. Natural key: its id.
    pub async fn update_catalog(&self, id: &CatalogId, to: &CatalogChange) -> Result<(), GraphError> {
        let path = format!("{EM}/catalogs/{}", odata::segment(id));
        self.write(Ask::set("PATCH EM/catalogs/{id}", Method::PATCH, path, json!(to))).await.map(drop)
    }

    /// All resources of a catalog with their roles and scopes.
    pub async fn catalog_resources(&self, id: &CatalogId) -> Result<Vec<CatalogResource>, GraphError> {
        let query = odata::query(&[("$expand", "roles,scopes")]);
        let path = format!("{EM}/catalogs/{}/resources{query}", odata::segment(id));
        self.list(Ask::get("GET EM/catalogs/{id}/resources", path)).await
    }

    /// A group as resource of a catalog; None until the request to add it is delivered.
    pub async fn catalog_group(
        &self,
        id: &CatalogId,
        group: ObjectId,
    ) -> Result<Option<CatalogResource>, GraphError> {
        let filter = format!("originId eq '{group}'");
        let query = odata::query(&[("$filter", &filter), ("$expand", "roles,scopes")]);
        let path = format!("{EM}/catalogs/{}/resources{query}", odata::segment(id));
        let list: Vec<CatalogResource> = self.list(Ask::get("GET EM/catalogs/{id}/resources", path)).await?;
        Ok(list.into_iter().find(|resource| resource.is_group(group)))
    }

    /// Asks to add a group to a catalog; delivered later. Natural key: (catalog, group), by
    /// [`Directory::catalog_group`]; a second request's answer is not documented. Right after the group was made it
    /// may be refused as `NotFound`.
    pub async fn add_group_to_catalog(
        &self,
        catalog: &CatalogId,
        group: ObjectId,
        display_name: &str,
    ) -> Result<ResourceRequest, GraphError> {
        let resource = json!({"displayName": display_name, "originId": group, "originSystem": "AadGroup"});
        let body = json!({"requestType": "adminAdd", "resource": resource, "catalog": {"id": catalog}});
        self.create(Ask::create("POST EM/resourceRequests", format!("{EM}/resourceRequests"), body)).await
    }
}
