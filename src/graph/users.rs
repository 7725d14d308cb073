//! People in a directory, members and guests.

use serde::Deserialize;

use crate::graph::directory::{Ask, Directory, found};
use crate::graph::error::{GraphError, GraphErrorKind};
use crate::graph::lenient::{self, words};
use crate::graph::odata;
use crate::kit::ids::ObjectId;

words! {
    /// Member or guest of the directory.
    UserType { Member = "Member", Guest = "Guest" }
}

words! {
    /// How far a guest's invitation is (contract §22).
    ExternalUserState { PendingAcceptance = "PendingAcceptance", Accepted = "Accepted" }
}

/// A user as far as the app may see him: with User.ReadBasic.All the guest facts are None.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub id: ObjectId,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub display_name: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub user_principal_name: String,
    pub mail: Option<String>,
    pub user_type: Option<UserType>,
    pub external_user_state: Option<ExternalUserState>,
    pub account_enabled: Option<bool>,
}

const BASIC: &str = "id,displayName,userPrincipalName,mail";
pub(crate) const FULL: &str =
    "id,displayName,userPrincipalName,mail,userType,externalUserState,accountEnabled";

impl Directory {
    /// Who signed in, as this directory knows him. Only with a person's own token.
    pub async fn me(&self) -> Result<User, GraphError> {
        self.read(Ask::get("GET /me", format!("/v1.0/me{}", odata::query(&[("$select", BASIC)])))).await
    }

    /// A user by object id or user principal name; None when there is none.
    pub async fn user(&self, id_or_principal_name: &str) -> Result<Option<User>, GraphError> {
        let key = if id_or_principal_name.starts_with('$') {
            // A name that begins with `$` would read as an OData word (contract §22).
            format!("/v1.0/users({})", odata::path_literal(id_or_principal_name))
        } else {
            format!("/v1.0/users/{}", odata::segment(id_or_principal_name))
        };
        let ask =
            |select| Ask::get("GET /users/{id}", format!("{key}{}", odata::query(&[("$select", select)])));
        match found(self.read(ask(FULL)).await) {
            Err(error) if error.kind == GraphErrorKind::Forbidden => found(self.read(ask(BASIC)).await),
            outcome => outcome,
        }
    }

    /// Users with this mail address. It is not unique: more than one is for the caller to refuse (contract §22).
    pub async fn users_by_mail(&self, mail: &str) -> Result<Vec<User>, GraphError> {
        let filter = format!("mail eq {}", odata::literal(mail));
        let ask = |select| {
            let query = odata::query(&[("$filter", &filter), ("$select", select)]);
            Ask::get("GET /users", format!("/v1.0/users{query}"))
        };
        match self.list(ask(FULL)).await {
            Err(error) if error.kind == GraphErrorKind::Forbidden => self.list(ask(BASIC)).await,
            outcome => outcome,
        }
    }
}
