//! The way to an authority. The cloud's own is reached as Graph is. Any other belongs to whoever a provider names: what
//! its discovery document names is called by this server, so it goes the guarded way of `kit::reach`.

use std::sync::Arc;

use anyhow::{Context, bail};
use futures::future::BoxFuture;
use openidconnect::core::CoreProviderMetadata;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use url::Url;

use crate::kit::reach::Reach;

/// Bytes of an authority's answer that are read.
const MOST: usize = 1 << 20;

/// The ways to every authority.
#[derive(Clone, Debug)]
pub struct Ways {
    login: Url,
    cloud: reqwest::Client,
    others: Arc<Reach>,
}

impl Ways {
    /// `login` is the cloud's host of sign-ins, `cloud` the house's client for it.
    pub fn new(login: Url, cloud: reqwest::Client, others: Reach) -> Self {
        Self { login, cloud, others: Arc::new(others) }
    }

    /// Neither follows redirects.
    pub fn to(&self, issuer: &str) -> Way {
        let own = Url::parse(issuer).is_ok_and(|issuer| issuer.origin() == self.login.origin());
        if own { Way::Cloud(self.cloud.clone()) } else { Way::Other(self.others.clone()) }
    }
}

/// The way to one authority; openidconnect's HTTP client.
#[derive(Clone, Debug)]
pub enum Way {
    Cloud(reqwest::Client),
    Other(Arc<Reach>),
}

impl Way {
    /// Whether the endpoints that a discovery document names may be called.
    ///
    /// # Errors
    /// One is not https, or a private address.
    pub fn admit(&self, read: &CoreProviderMetadata) -> anyhow::Result<()> {
        let Self::Other(reach) = self else { return Ok(()) };
        let token = read.token_endpoint().map(|endpoint| ("token_endpoint", endpoint.url()));
        let named = [
            ("authorization_endpoint", read.authorization_endpoint().url()),
            ("jwks_uri", read.jwks_uri().url()),
        ];
        for (name, url) in named.into_iter().chain(token) {
            reach.admit(url).with_context(|| format!("{name} {url}"))?;
        }
        Ok(())
    }

    async fn send(&self, request: reqwest::Request) -> anyhow::Result<reqwest::Response> {
        let client = match self {
            Self::Cloud(client) => client,
            Self::Other(reach) => {
                reach.admit(request.url())?;
                reach.client()?
            }
        };
        client.execute(request).await.context("the authority did not answer")
    }
}

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct WayError(#[from] anyhow::Error);

impl<'c> AsyncHttpClient<'c> for Way {
    type Error = WayError;
    type Future = BoxFuture<'c, Result<HttpResponse, WayError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let request = reqwest::Request::try_from(request).context("request to the authority")?;
            let answer = self.send(request).await?;
            let mut response = http::Response::builder().status(answer.status());
            if let Some(headers) = response.headers_mut() {
                headers.clone_from(answer.headers());
            }
            let body = capped(answer).await?;
            Ok(response.body(body).context("answer of the authority")?)
        })
    }
}

/// Reads no more than that, however little it was on the wire.
async fn capped(mut answer: reqwest::Response) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.context("the authority's answer was cut")? {
        if body.len() + chunk.len() > MOST {
            bail!("the authority's answer is too large");
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use openidconnect::IssuerUrl;
    use serde_json::json;
    use tokio::net::TcpListener;

    use super::*;
    use crate::kit::reach::Allowed;

    const CLOUD: &str = "https://login.microsoftonline.com";

    fn ways(private: bool) -> Ways {
        let cloud = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Ways::new(CLOUD.parse().unwrap(), cloud, Reach::new(Allowed { private, ..Allowed::default() }))
    }

    #[test]
    fn only_the_clouds_own_host_is_spared() {
        let of = |issuer: &str| matches!(ways(false).to(issuer), Way::Cloud(_));
        assert!(of("https://login.microsoftonline.com/84841066-274d-4ec0-a5c1-276be684bdd3/v2.0"));
        for other in [
            "http://login.microsoftonline.com/x/v2.0",
            "https://login.microsoftonline.com.evil.example/x/v2.0",
            "https://login.microsoftonline.com:8443/x/v2.0",
            "https://login.microsoftonline.com@evil.example/x/v2.0",
            "https://id.example/",
            "nonsense",
        ] {
            assert!(!of(other), "{other}");
        }
    }

    /// A discovery document in which this field says that.
    fn document(field: &str, url: &str) -> CoreProviderMetadata {
        let mut document = json!({
            "issuer": "https://id.example", "authorization_endpoint": "https://id.example/authorize",
            "token_endpoint": "https://id.example/token", "jwks_uri": "https://id.example/keys",
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        });
        document[field] = json!(url);
        serde_json::from_value(document).unwrap()
    }

    #[test]
    fn a_discovery_document_leads_to_no_private_address_and_nothing_unencrypted() {
        let way = ways(false).to("https://id.example");
        assert!(way.admit(&document("issuer", "https://id.example")).is_ok());
        for field in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
            for url in [
                "https://127.0.0.1/x",
                "https://169.254.169.254/latest/meta-data",
                "https://[::1]/x",
                "https://10.1.2.3:8443/x",
                "http://id.example/x",
                "https://user@id.example/x",
            ] {
                let refused = way.admit(&document(field, url)).map_err(|error| format!("{error:#}"));
                assert!(refused.is_err_and(|why| why.contains(field)), "{field} {url}");
            }
        }
        let allowed = ways(true).to("https://id.example");
        assert!(
            allowed.admit(&document("token_endpoint", "http://127.0.0.1/x")).is_ok(),
            "where operators say so"
        );
    }

    #[tokio::test]
    async fn what_is_private_is_refused_before_it_is_connected_to() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        for host in ["127.0.0.1", "localhost", "[::1]"] {
            let issuer = format!("https://{host}:{port}");
            let read = CoreProviderMetadata::discover_async(
                IssuerUrl::new(issuer.clone()).unwrap(),
                &ways(false).to(&issuer),
            )
            .await;
            let why = anyhow::Error::new(read.unwrap_err());
            assert!(format!("{why:#}").contains("only private addresses"), "{host}: {why:#}");
        }
        let connected = tokio::time::timeout(std::time::Duration::from_millis(100), listener.accept()).await;
        assert!(connected.is_err(), "somebody came");
    }
}
