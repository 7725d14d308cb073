//! The client for Microsoft Graph and Entra. It knows no room of the portal.
//!
//! [`Graph`] holds the cloud, the HTTP client, tokens and manners; [`Directory`] is one app of a provider in one
//! Entra tenant, with its calls in one file per resource. Two rules run through all of them: reading never fails on
//! what is new, and nothing here repeats a create: a create without a usable answer is `LostAnswer`, and whoever
//! asked looks the object up under the natural key its function names.

pub mod alerts;
pub mod approvals;
pub mod assertion;
pub(crate) mod assignments;
pub mod audits;
pub mod batch;
mod budget;
pub mod catalogs;
pub mod catalogue;
mod challenge;
pub mod cloud;
pub mod conditional_access;
pub mod connected_organizations;
mod credential;
mod deadline;
pub mod defender;
mod directory;
pub mod discovery;
pub mod error;
mod error_reading;
pub mod groups;
mod http;
pub mod ids;
mod lane;
mod lenient;
mod needs;
mod odata;
pub mod organization;
pub mod packages;
mod paging;
pub mod policies;
mod policy_calls;
pub mod preflight;
pub mod requests;
mod retry;
pub mod reviews;
mod strict;
pub mod subjects;
mod token;
mod token_claims;
mod turns;
pub mod users;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};

use crate::kit::chance::Chance;
use crate::kit::clock::Clock;
use crate::kit::ids::EntraTenantId;

pub use batch::{Answers, Batch, Slot};
pub use cloud::Cloud;
pub use credential::{AppCredential, Proof};
pub use directory::{Ask, Directory};
pub use error::{CAUSES, GraphError, GraphErrorKind, WhoseMove, move_of};
pub use http::Limits;
pub use ids::*;
pub use paging::Pages;
pub use token_claims::{OfPerson, Permissions};
pub use turns::Urgency;

/// One Microsoft cloud as this process talks to it. Cheap to clone.
#[derive(Clone)]
pub struct Graph(Arc<Inner>);

pub(crate) struct Inner {
    pub cloud: Cloud,
    pub clock: Clock,
    pub chance: Chance,
    pub limits: Limits,
    pub client: reqwest::Client,
    pub tokens: token::Tokens,
    pub lanes: lane::Lanes,
    pub turns: Arc<turns::Turns>,
}

impl Graph {
    /// # Errors
    /// The HTTP client cannot be made (no TLS roots on this machine).
    pub fn new(cloud: Cloud, clock: Clock, chance: Chance) -> Result<Self, GraphError> {
        Self::with_limits(cloud, clock, chance, Limits::default())
    }

    /// The same with other deadlines and caps.
    ///
    /// # Errors
    /// As [`Graph::new`].
    pub fn with_limits(
        cloud: Cloud,
        clock: Clock,
        chance: Chance,
        limits: Limits,
    ) -> Result<Self, GraphError> {
        let client = http::client(&cloud, &limits)?;
        let (tokens, lanes) = (token::Tokens::default(), lane::Lanes::default());
        let turns = turns::Turns::new(&limits);
        Ok(Self(Arc::new(Inner { cloud, clock, chance, limits, client, tokens, lanes, turns })))
    }

    pub fn cloud(&self) -> &Cloud {
        &self.0.cloud
    }

    /// The house's HTTP client: no redirects, deadlines. Also for the provider's sign-in authority.
    pub fn http_client(&self) -> reqwest::Client {
        self.0.client.clone()
    }

    /// One app in one Entra tenant. Nothing is asked yet.
    pub fn app(&self, tenant: EntraTenantId, credential: &AppCredential) -> Directory {
        Directory::new(self.0.clone(), tenant, credential)
    }

    /// A person who signed in to one Entra tenant by way of this app. Nothing is asked yet.
    ///
    /// # Errors
    /// The token is another directory's, another app's, or none of a person: it is used nowhere.
    pub fn person(
        &self,
        tenant: EntraTenantId,
        credential: &AppCredential,
        bearer: SecretString,
        expires: DateTime<Utc>,
    ) -> Result<(Directory, OfPerson), GraphError> {
        const CALL: &str = "a person's own token";
        let told = token_claims::read(CALL, bearer.expose_secret())?;
        let person = told.checked_own(CALL, &self.0.cloud, tenant, &credential.client_id)?;
        let permissions = person.permissions.clone();
        let token = token::Token::held(tenant, bearer, permissions, self.0.clock.now(), expires);
        Ok((Directory::holding(self.0.clone(), credential, tenant, token), person))
    }
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Graph({})", self.0.cloud.name)
    }
}
