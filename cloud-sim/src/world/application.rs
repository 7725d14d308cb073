//! Applications (in their home tenant) and service principals (in every tenant that consented).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// An app registration.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Application {
    pub app_id: String,
    pub home_tenant: String,
    pub display_name: String,
    pub redirect_uris: Vec<String>,
    /// True for `AzureADMultipleOrgs`.
    pub multi_tenant: bool,
    pub required_application: Vec<String>,
    pub required_delegated: Vec<String>,
    pub app_roles: Vec<AppRole>,
    pub secrets: Vec<Secret>,
    /// DER of the registered certificates, base64.
    pub certificates: Vec<String>,
}

/// A role an application defines for the people who sign in to it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AppRole {
    pub id: String,
    pub value: String,
}

/// A client secret; `expires` absent means it does not expire.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Secret {
    pub value: String,
    pub expires: Option<DateTime<Utc>>,
}

/// An application as one tenant knows it (an enterprise application).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServicePrincipal {
    pub id: String,
    pub app_id: String,
    pub display_name: String,
    pub owner_tenant: String,
    pub enabled: bool,
    pub created: Option<DateTime<Utc>>,
    /// Application permissions granted here.
    pub granted: Vec<Grant>,
    /// Delegated permissions granted here for everybody.
    pub delegated: Vec<String>,
    /// Id of that grant, where it does not follow from the id above.
    pub delegated_grant: Option<String>,
    /// App roles held by people: (user id, role value).
    pub people: Vec<(String, String)>,
    /// Application permissions as the tokens tell them, since an instant.
    pub told: Option<(DateTime<Utc>, Vec<String>)>,
}

/// One application permission held, with the id of its assignment.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Grant {
    pub id: String,
    pub permission: String,
}

impl ServicePrincipal {
    pub fn permissions(&self) -> Vec<String> {
        self.granted.iter().map(|g| g.permission.clone()).collect()
    }
}
