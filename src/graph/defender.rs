//! Roles of Defender's Unified RBAC. Beta: "not supported in production" (contract §9).
//!
//! Known quirks: a body with `@odata.type` is refused; a POST that worked is answered with a redirect to http, which
//! is never followed and comes out as `LostAnswer`; names are not unique and a blind second POST makes a duplicate;
//! reading back lags; the service stores a reduced list of actions, so roles are compared by coverage.

use ::http::Method;
use serde::Deserialize;
use serde_json::json;

use crate::graph::directory::{Ask, Directory};
use crate::graph::error::{GraphError, GraphErrorKind};
use crate::graph::ids::{DefenderAssignmentId, DefenderRoleId};
use crate::graph::lenient;
use crate::graph::odata;
use crate::kit::ids::ObjectId;

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DefenderRole {
    pub id: DefenderRoleId,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub display_name: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub description: String,
    pub is_enabled: Option<bool>,
    pub is_built_in: Option<bool>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub role_permissions: Vec<RolePermission>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RolePermission {
    #[serde(deserialize_with = "lenient::or_default")]
    pub allowed_resource_actions: Vec<String>,
}

impl DefenderRole {
    /// The actions it allows, over all its parts.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        self.role_permissions.iter().flat_map(|part| &part.allowed_resource_actions).map(String::as_str)
    }

    /// Each wanted action is allowed, by itself or by a wildcard.
    pub fn allows_all<'a>(&self, wanted: impl IntoIterator<Item = &'a str>) -> bool {
        wanted.into_iter().all(|action| self.actions().any(|held| covers(held, action)))
    }
}

/// `microsoft.xdr/secops/*/manage` covers `microsoft.xdr/secops/alerts/manage`. A `*` stands for one or more parts.
pub fn covers(held: &str, action: &str) -> bool {
    fn fits(held: &[&str], action: &[&str]) -> bool {
        match (held, action) {
            ([], []) => true,
            (["*", rest @ ..], [_, tail @ ..]) => (0..=tail.len()).any(|skip| fits(rest, &tail[skip..])),
            ([one, rest @ ..], [other, tail @ ..]) => one.eq_ignore_ascii_case(other) && fits(rest, tail),
            _ => false,
        }
    }
    fits(&held.split('/').collect::<Vec<_>>(), &action.split('/').collect::<Vec<_>>())
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DefenderAssignment {
    pub id: DefenderAssignmentId,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub display_name: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub role_definition_id: String,
    /// Groups as a rule; kept as text.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub principal_ids: Vec<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub directory_scope_ids: Vec<String>,
    /// Data sources; `/` = all.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub app_scope_ids: Vec<String>,
}

impl DefenderAssignment {
    pub fn is_for(&self, role: &DefenderRoleId, group: ObjectId) -> bool {
        self.role_definition_id.eq_ignore_ascii_case(role.as_str())
            && self.principal_ids.iter().any(|id| id.eq_ignore_ascii_case(&group.to_string()))
    }
}

/// One thing that can be allowed, as the tenant itself names it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceAction {
    /// `microsoft.xdr/secops/alerts/manage`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub name: String,
    pub description: Option<String>,
}

#[derive(Deserialize)]
struct Namespace {
    id: String,
}

/// A custom role's wanted values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDefenderRole {
    pub display_name: String,
    pub description: String,
    pub actions: Vec<String>,
}

impl NewDefenderRole {
    fn body(&self) -> serde_json::Value {
        json!({
            "displayName": self.display_name, "description": self.description, "isEnabled": true,
            "rolePermissions": [{"allowedResourceActions": self.actions}],
        })
    }
}

/// What of a custom role is to be changed; absent values stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DefenderRoleChange {
    pub display_name: Option<String>,
    pub actions: Option<Vec<String>>,
}

impl DefenderRoleChange {
    fn body(&self) -> serde_json::Value {
        let mut body = json!({});
        if let Some(name) = &self.display_name {
            body["displayName"] = json!(name);
        }
        if let Some(actions) = &self.actions {
            body["rolePermissions"] = json!([{ "allowedResourceActions": actions }]);
        }
        body
    }
}

const PATH: &str = "/beta/roleManagement/defender";

impl Directory {
    /// All role definitions, built-in ones too. Permission RoleManagement.Read.Defender.
    pub async fn defender_roles(&self) -> Result<Vec<DefenderRole>, GraphError> {
        let path = format!("{PATH}/roleDefinitions");
        self.list(Ask::get("GET beta/roleManagement/defender/roleDefinitions", path)).await
    }

    /// All role assignments.
    pub async fn defender_assignments(&self) -> Result<Vec<DefenderAssignment>, GraphError> {
        let path = format!("{PATH}/roleAssignments");
        self.list(Ask::get("GET beta/roleManagement/defender/roleAssignments", path)).await
    }

    /// Every action this tenant knows: Microsoft publishes display names only, so the truth is read at run time.
    pub async fn defender_actions(&self) -> Result<Vec<ResourceAction>, GraphError> {
        let path = format!("{PATH}/resourceNamespaces");
        let spaces: Vec<Namespace> =
            self.list(Ask::get("GET beta/roleManagement/defender/resourceNamespaces", path)).await?;
        let mut actions = Vec::new();
        for space in spaces {
            const CALL: &str = "GET beta/roleManagement/defender/resourceNamespaces/{id}/resourceActions";
            let path = format!("{PATH}/resourceNamespaces/{}/resourceActions", odata::segment(space.id));
            actions.extend(self.list::<ResourceAction>(Ask::get(CALL, path)).await?);
        }
        Ok(actions)
    }

    /// The same by name; where they cannot be read (that they can is INFERRED, contract §9), those that these roles
    /// name, which is the second way. A wildcard names nothing.
    pub async fn defender_action_names(&self, roles: &[DefenderRole]) -> Result<Vec<String>, GraphError> {
        let closed = |kind: &GraphErrorKind| {
            use GraphErrorKind::{ConsentMissing, Forbidden, NotFound, Refused};
            matches!(kind, Forbidden | ConsentMissing | NotFound | Refused { .. })
        };
        let mut names: Vec<String> = match self.defender_actions().await {
            Ok(actions) => actions.into_iter().map(|action| action.name).collect(),
            Err(error) if closed(&error.kind) => {
                let named = roles.iter().flat_map(DefenderRole::actions);
                named.filter(|name| !name.contains('*')).map(str::to_owned).collect()
            }
            Err(error) => return Err(error),
        };
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// Natural key: display name, **not unique**. `LostAnswer` is what success looks like when Microsoft answers with
    /// a redirect: read back by name, for a while, before anything else.
    pub async fn create_defender_role(&self, new: &NewDefenderRole) -> Result<DefenderRole, GraphError> {
        let path = format!("{PATH}/roleDefinitions");
        let call = "POST beta/roleManagement/defender/roleDefinitions";
        self.create(Ask::create(call, path, new.body())).await
    }

    /// Brings a custom role to these values. Natural key: its id.
    pub async fn update_defender_role(
        &self,
        id: &DefenderRoleId,
        to: &DefenderRoleChange,
    ) -> Result<(), GraphError> {
        let path = format!("{PATH}/roleDefinitions/{}", odata::segment(id));
        let call = "PATCH beta/roleManagement/defender/roleDefinitions/{id}";
        self.write(Ask::set(call, Method::PATCH, path, to.body())).await.map(drop)
    }

    /// Gives a role to a group for all data sources. Natural key: (role, group), by
    /// [`DefenderAssignment::is_for`]; **not unique**, so `LostAnswer` is treated as for roles.
    pub async fn create_defender_assignment(
        &self,
        display_name: &str,
        role: &DefenderRoleId,
        group: ObjectId,
    ) -> Result<DefenderAssignment, GraphError> {
        let body = json!({
            "displayName": display_name, "roleDefinitionId": role, "principalIds": [group],
            "directoryScopeIds": ["/"], "appScopeIds": ["/"],
        });
        let path = format!("{PATH}/roleAssignments");
        self.create(Ask::create("POST beta/roleManagement/defender/roleAssignments", path, body)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_covers_what_it_stands_for_and_no_more() {
        assert!(covers("microsoft.xdr/secops/*/manage", "microsoft.xdr/secops/alerts/manage"));
        assert!(covers("microsoft.xdr/securityposture/*/read", "microsoft.xdr/securityposture/a/b/read"));
        assert!(covers(
            "microsoft.xdr/secops/securitydata/*/read",
            "microsoft.xdr/secops/securitydata/basics/read"
        ));
        assert!(!covers("microsoft.xdr/secops/*/manage", "microsoft.xdr/secops/alerts/read"));
        assert!(!covers("microsoft.xdr/secops/alerts/manage", "microsoft.xdr/secops/*/manage"));
        assert!(!covers("microsoft.xdr/secops/*/manage", "microsoft.xdr/secops/manage"));
        assert!(covers("microsoft.xdr/secops/*/manage", "microsoft.xdr/secops/*/manage"));
    }
}
