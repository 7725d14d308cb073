//! Reading what our own bearer token says about itself.
//!
//! The signature is not verified: the token came straight from the token endpoint over TLS and is only sent back
//! to Microsoft, who verifies it. It is read to be sure that it is the token that was asked for, and because a
//! token is issued even without any permission: its `roles` are the proof of consent (contract §15).

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::graph::cloud::{self, Cloud};
use crate::graph::error::GraphError;
use crate::graph::ids::ClientId;
use crate::graph::lenient;
use crate::kit::ids::EntraTenantId;
use crate::kit::planted::{self, Bug};

/// Microsoft Graph's own application id: the other form of its audience.
const GRAPH_APP: &str = "00000003-0000-0000-c000-000000000000";

/// The application permissions an app holds in one directory, as its token tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions(pub BTreeSet<String>);

impl Permissions {
    pub fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Of the wanted permissions those that are not held, in the given order.
    pub fn missing<'a>(&self, wanted: &[&'a str]) -> Vec<&'a str> {
        wanted.iter().copied().filter(|name| !self.has(name)).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[derive(Deserialize)]
pub(crate) struct Claims {
    #[serde(default, deserialize_with = "lenient::or_default")]
    tid: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    aud: String,
    /// Version 1 tokens name the app in `appid`, version 2 in `azp`.
    appid: Option<String>,
    azp: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    roles: Vec<String>,
    /// What the app may do for a person who signed in, in one text.
    #[serde(default, deserialize_with = "lenient::or_default")]
    scp: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    oid: String,
}

/// What a person's own token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfPerson {
    pub permissions: Permissions,
    /// His object id in that directory, where he may be a guest.
    pub oid: String,
}

pub(crate) fn read(call: &'static str, token: &str) -> Result<Claims, GraphError> {
    let unreadable = || GraphError::not_understood(call, "the token is not one that can be read");
    let payload = token.split('.').nth(1).ok_or_else(unreadable)?;
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).map_err(|_| unreadable())?;
    serde_json::from_slice(&payload).map_err(|_| unreadable())
}

impl Claims {
    /// # Errors
    /// `NotUnderstood` with code `token-mismatch` when directory, audience or app are not what was asked.
    pub fn checked(
        self,
        call: &'static str,
        cloud: &Cloud,
        tenant: EntraTenantId,
        client: &ClientId,
    ) -> Result<Permissions, GraphError> {
        self.is_for(call, cloud, tenant, client)?;
        Ok(Permissions(self.roles.into_iter().collect()))
    }

    /// The same of the token of a person who signed in.
    ///
    /// # Errors
    /// As [`Claims::checked`]; a token of an app alone is none of a person.
    pub fn checked_own(
        self,
        call: &'static str,
        cloud: &Cloud,
        tenant: EntraTenantId,
        client: &ClientId,
    ) -> Result<OfPerson, GraphError> {
        self.is_for(call, cloud, tenant, client)?;
        if self.scp.is_empty() || self.oid.is_empty() {
            let wrong = "the token is not one of a person";
            return Err(GraphError::not_understood(call, wrong).with_code("token-mismatch"));
        }
        let permissions = Permissions(self.scp.split_whitespace().map(str::to_owned).collect());
        Ok(OfPerson { permissions, oid: self.oid })
    }

    fn is_for(
        &self,
        call: &'static str,
        cloud: &Cloud,
        tenant: EntraTenantId,
        client: &ClientId,
    ) -> Result<(), GraphError> {
        let audience = self.aud.trim_end_matches('/');
        let app = self.appid.as_deref().or(self.azp.as_deref()).unwrap_or_default();
        let any = planted::has(Bug::AnyTokenTaken);
        let wrong = if !any && !self.tid.eq_ignore_ascii_case(&tenant.to_string()) {
            "the token is for another directory"
        } else if audience != cloud::base(&cloud.graph) && audience != GRAPH_APP {
            "the token is for another service"
        } else if !app.eq_ignore_ascii_case(client.as_str()) {
            "the token is for another app"
        } else {
            return Ok(());
        };
        Err(GraphError::not_understood(call, wrong).with_code("token-mismatch"))
    }
}
