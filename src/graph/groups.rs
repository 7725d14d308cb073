//! Security groups, their members and owners (contract §3).

use ::http::Method;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::graph::cloud;
use crate::graph::directory::{Ask, Directory, found, understood};
use crate::graph::error::{GraphError, GraphErrorKind};
use crate::graph::lenient::{self, words};
use crate::graph::odata;
use crate::graph::users::{self, ExternalUserState, UserType};
use crate::kit::ids::ObjectId;

/// A group as far as the app may see it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    pub id: ObjectId,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub display_name: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub description: String,
    pub mail_nickname: Option<String>,
    pub mail_enabled: Option<bool>,
    pub security_enabled: Option<bool>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub group_types: Vec<String>,
    /// Our own mark, set at creation and never changed; None also when the permission hides it.
    pub unique_name: Option<String>,
    /// Synced from on-premises: cannot be a catalog resource.
    pub on_premises_sync_enabled: Option<bool>,
    pub created_date_time: Option<DateTime<Utc>>,
}

const SELECT: &str = "id,displayName,description,mailNickname,mailEnabled,securityEnabled,groupTypes,uniqueName,\
                      onPremisesSyncEnabled,createdDateTime";

words! {
    /// What a member or owner is; from `@odata.type`.
    PrincipalKind {
        User = "#microsoft.graph.user", Group = "#microsoft.graph.group",
        ServicePrincipal = "#microsoft.graph.servicePrincipal", Device = "#microsoft.graph.device",
    }
}

/// A member or owner of a group, with the guest facts where the app may read them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Principal {
    pub id: ObjectId,
    #[serde(rename = "@odata.type")]
    pub kind: Option<PrincipalKind>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub display_name: String,
    pub user_principal_name: Option<String>,
    pub mail: Option<String>,
    pub user_type: Option<UserType>,
    pub external_user_state: Option<ExternalUserState>,
    pub account_enabled: Option<bool>,
    /// Of a service principal only.
    pub app_id: Option<String>,
}

/// A security group to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGroup {
    pub display_name: String,
    pub description: String,
    /// At most 64 ASCII characters without spaces and `@()\[]";:.<>,`.
    pub mail_nickname: String,
}

/// What an upsert did.
#[derive(Clone, Debug, PartialEq)]
pub enum Upserted {
    Created(Group),
    /// It was there; Microsoft answers 204 without a body. Read it back by its unique name.
    Updated,
}

/// Whether a change of membership was still needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    Changed,
    /// It was so already.
    AlreadySo,
}

impl Directory {
    pub async fn group(&self, id: ObjectId) -> Result<Option<Group>, GraphError> {
        let path = format!("/v1.0/groups/{id}{}", odata::query(&[("$select", SELECT)]));
        self.find(Ask::get("GET /groups/{id}", path)).await
    }

    /// The group that carries our mark.
    pub async fn group_by_unique_name(&self, unique_name: &str) -> Result<Option<Group>, GraphError> {
        let key = odata::path_literal(unique_name);
        let path = format!("/v1.0/groups(uniqueName={key}){}", odata::query(&[("$select", SELECT)]));
        self.find(Ask::get("GET /groups(uniqueName)", path)).await
    }

    /// All groups of this display name; names are not unique.
    pub async fn groups_by_name(&self, display_name: &str) -> Result<Vec<Group>, GraphError> {
        let filter = format!("displayName eq {}", odata::literal(display_name));
        let path = format!("/v1.0/groups{}", odata::query(&[("$filter", &filter), ("$select", SELECT)]));
        self.list(Ask::get("GET /groups", path)).await
    }

    /// Makes the group, or brings the one with this unique name to these values. Natural key: `uniqueName`, unique
    /// and immutable, so repeating it is safe (documented: `Prefer: create-if-missing`).
    pub async fn upsert_group(&self, unique_name: &str, group: &NewGroup) -> Result<Upserted, GraphError> {
        let path = format!("/v1.0/groups(uniqueName={})", odata::path_literal(unique_name));
        let body = json!({
            "displayName": group.display_name, "description": group.description,
            "mailNickname": group.mail_nickname, "mailEnabled": false, "securityEnabled": true, "groupTypes": [],
        });
        let ask = Ask::set("PATCH /groups(uniqueName)", Method::PATCH, path, body)
            .header("prefer", "create-if-missing");
        let answer = self.send(&ask).await?;
        if answer.status == 201 {
            let read = understood(&ask, &answer).map(Upserted::Created);
            return read.map_err(|error| GraphError { kind: GraphErrorKind::LostAnswer, ..error });
        }
        Ok(Upserted::Updated)
    }

    /// Changes name and description of a group; absent values stay. Natural key: the group's id.
    pub async fn update_group(
        &self,
        id: ObjectId,
        display_name: Option<&str>,
        description: Option<&str>,
    ) -> Result<(), GraphError> {
        let given = [("displayName", display_name), ("description", description)];
        let body: Map<String, Value> =
            given.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.into()))).collect();
        let path = format!("/v1.0/groups/{id}");
        self.write(Ask::set("PATCH /groups/{id}", Method::PATCH, path, body.into())).await.map(drop)
    }

    /// All direct members, of whatever kind.
    pub async fn group_members(&self, id: ObjectId) -> Result<Vec<Principal>, GraphError> {
        let query = odata::query(&[("$select", users::FULL), ("$top", "999")]);
        self.list(Ask::get("GET /groups/{id}/members", format!("/v1.0/groups/{id}/members{query}"))).await
    }

    /// Owners. Service principals may be left out by Microsoft: an empty list does not mean "no owner".
    pub async fn group_owners(&self, id: ObjectId) -> Result<Vec<Principal>, GraphError> {
        self.list(Ask::get("GET /groups/{id}/owners", format!("/v1.0/groups/{id}/owners"))).await
    }

    /// Natural key: (group, member); repeating it answers 400 "already exist", which is [`Membership::AlreadySo`].
    pub async fn add_group_member(
        &self,
        group: ObjectId,
        member: ObjectId,
    ) -> Result<Membership, GraphError> {
        let graph = cloud::base(&self.graph.cloud.graph);
        let body = json!({"@odata.id": format!("{graph}/v1.0/directoryObjects/{member}")});
        let path = format!("/v1.0/groups/{group}/members/$ref");
        match self.write(Ask::set("POST /groups/{id}/members/$ref", Method::POST, path, body)).await {
            Ok(_) => Ok(Membership::Changed),
            Err(error) if error.status == Some(400) && error.message.contains("already exist") => {
                Ok(Membership::AlreadySo)
            }
            Err(error) => Err(error),
        }
    }

    /// Natural key: (group, member); a member no longer there is [`Membership::AlreadySo`].
    pub async fn remove_group_member(
        &self,
        group: ObjectId,
        member: ObjectId,
    ) -> Result<Membership, GraphError> {
        let path = format!("/v1.0/groups/{group}/members/{member}/$ref");
        let done = self.write(Ask::delete("DELETE /groups/{id}/members/{id}/$ref", path)).await;
        Ok(if found(done)?.is_some() { Membership::Changed } else { Membership::AlreadySo })
    }
}
