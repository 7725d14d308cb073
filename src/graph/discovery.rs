//! Which Entra tenant a domain belongs to, from the public discovery document: all that is read before consent.

use std::str::FromStr;

use serde::Deserialize;
use url::{Host, Url};

use crate::graph::cloud::{self, Cloud};
use crate::graph::error::{GraphError, GraphErrorKind};
use crate::graph::error_reading::{self, Refusal};
use crate::graph::retry::Patience;
use crate::graph::{Graph, http, lenient, odata};
use crate::kit::ids::EntraTenantId;

const CALL: &str = "GET /{tenant}/v2.0/.well-known/openid-configuration";

/// A directory that exists in this cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovered {
    pub tenant: EntraTenantId,
    /// Where it is: `EU`, `NA`, `WW`, …
    pub region: Option<String>,
}

/// Why a domain or id leads nowhere here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    #[error("neither a domain nor an Entra tenant id")]
    Malformed,
    #[error("no such Entra tenant")]
    NoSuchTenant,
    /// The directory lives in another Microsoft cloud; its app registrations would be others.
    #[error("the Entra tenant is in another cloud ({0})")]
    AnotherCloud(String),
    #[error(transparent)]
    Graph(GraphError),
}

#[derive(Deserialize)]
struct Document {
    #[serde(default, deserialize_with = "lenient::or_default")]
    issuer: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    cloud_instance_name: String,
    tenant_region_scope: Option<String>,
}

/// What a person typed, as the one path segment it may become: a tenant id, or a domain in its ASCII form.
///
/// # Errors
/// `Malformed`: an IP address, a bare word (`common`, `organizations`), anything with a slash, space or port.
pub fn named(text: &str) -> Result<String, DiscoveryError> {
    let text = text.trim().trim_end_matches('.');
    if let Ok(id) = EntraTenantId::from_str(text) {
        return Ok(id.to_string());
    }
    let plain = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'));
    match Host::parse(text) {
        Ok(Host::Domain(name)) if plain && is_domain(&name) => Ok(name),
        _ => Err(DiscoveryError::Malformed),
    }
}

fn is_domain(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(label)
}

impl Graph {
    /// Asks the login host of this cloud, and no other, whose domain (or tenant id) this is.
    ///
    /// # Errors
    /// See [`DiscoveryError`].
    pub async fn discover(&self, domain_or_id: &str) -> Result<Discovered, DiscoveryError> {
        let name = named(domain_or_id)?;
        let document = self.document(&name).await.map_err(|error| match error.code.as_deref() {
            _ if error.kind == GraphErrorKind::NoSuchTenant => DiscoveryError::NoSuchTenant,
            Some("invalid_tenant") => DiscoveryError::NoSuchTenant,
            _ => DiscoveryError::Graph(error),
        })?;
        checked(&self.0.cloud, &document)
    }

    async fn document(&self, name: &str) -> Result<Document, GraphError> {
        let path = format!("/{}/v2.0/.well-known/openid-configuration", odata::segment(name));
        let address = http::address(&self.0.cloud.login, &path, CALL)?;
        let mut patience = Patience::new(&self.0.limits);
        loop {
            let error = match self.document_once(address.clone()).await {
                Ok(document) => return Ok(document),
                Err(error) => error,
            };
            match patience.wait_after(&error, None, &self.0.chance) {
                Some(wait) => self.0.clock.sleep(wait).await,
                None => return Err(error),
            }
        }
    }

    async fn document_once(&self, address: Url) -> Result<Document, GraphError> {
        let unbuilt = |_| GraphError::not_understood(CALL, "the request cannot be built");
        let request = self.0.client.get(address).build().map_err(unbuilt)?;
        let answer = http::exchange(&self.0.client, &self.0.limits, CALL, false, request).await?;
        if !answer.is_success() {
            return Err(error_reading::of_entra(&Refusal {
                call: CALL,
                status: answer.status,
                body: &answer.body,
                request_id: answer.request_id(),
                retry_after: answer.retry_after(self.0.clock.now()),
                effect_unknown: false,
            }));
        }
        serde_json::from_slice(&answer.body)
            .map_err(|_| GraphError::not_understood(CALL, "the document cannot be read"))
    }
}

/// The issuer must be this cloud's own, exactly; it carries the tenant id.
fn checked(cloud: &Cloud, document: &Document) -> Result<Discovered, DiscoveryError> {
    let unreadable =
        || DiscoveryError::Graph(GraphError::not_understood(CALL, "the document's issuer cannot be read"));
    let issuer = Url::parse(&document.issuer).map_err(|_| unreadable())?;
    let instance = document.cloud_instance_name.as_str();
    let another = !instance.is_empty() && !cloud.instance.is_empty() && instance != cloud.instance;
    if issuer.origin() != cloud.login.origin() || another {
        let name = if instance.is_empty() { issuer.host_str().unwrap_or_default() } else { instance };
        return Err(DiscoveryError::AnotherCloud(error_reading::tidy(name).into()));
    }
    let rest = document.issuer.strip_prefix(cloud::base(&cloud.login)).ok_or_else(unreadable)?;
    let id = rest.strip_prefix('/').and_then(|rest| rest.strip_suffix("/v2.0")).ok_or_else(unreadable)?;
    let tenant = id.parse().map_err(|_| unreadable())?;
    Ok(Discovered { tenant, region: document.tenant_region_scope.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_domain_or_a_tenant_id_becomes_part_of_the_address() {
        assert_eq!(named(" Contoso.Example. ").unwrap(), "contoso.example");
        assert_eq!(named("bücher.example").unwrap(), "xn--bcher-kva.example");
        assert_eq!(
            named("84841066-274D-4EC0-A5C1-276BE684BDD3").unwrap(),
            "84841066-274d-4ec0-a5c1-276be684bdd3"
        );
        for wrong in [
            "",
            "common",
            "organizations",
            "127.0.0.1",
            "[::1]",
            "a.example/../b",
            "a.example:443",
            "a b.example",
            "a..example",
            "-a.example",
            "http://a.example",
            "a@b.example",
            "a.example?x",
            "%2e%2e.example",
            "0x7f.1",
        ] {
            assert_eq!(named(wrong), Err(DiscoveryError::Malformed), "{wrong}");
        }
    }

    #[test]
    fn the_issuer_must_be_of_this_cloud() {
        let document = |issuer: &str, instance: &str| Document {
            issuer: issuer.into(),
            cloud_instance_name: instance.into(),
            tenant_region_scope: None,
        };
        let id = "84841066-274d-4ec0-a5c1-276be684bdd3";
        let ours = format!("https://login.microsoftonline.com/{id}/v2.0");
        let found = checked(&Cloud::global(), &document(&ours, "microsoftonline.com")).unwrap();
        assert_eq!(found.tenant.to_string(), id);
        let gov = checked(&Cloud::global(), &document(&ours, "microsoftonline.us"));
        assert_eq!(gov, Err(DiscoveryError::AnotherCloud("microsoftonline.us".into())));
        let other = checked(&Cloud::global(), &document(&ours.replace(".com", ".us"), ""));
        assert_eq!(other, Err(DiscoveryError::AnotherCloud("login.microsoftonline.us".into())));
        let template = "https://login.microsoftonline.com/{tenantid}/v2.0";
        assert!(matches!(checked(&Cloud::global(), &document(template, "")), Err(DiscoveryError::Graph(_))));
    }
}
