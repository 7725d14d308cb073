//! OpenID Connect against the provider's own authority: code + PKCE, exact issuer, one path for any identity
//! provider.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim,
    CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata,
    CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthType, AuthorizationCode, ClaimsVerificationError, Client, ClientId, ClientSecret,
    CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdToken, IdTokenClaims,
    IdTokenFields, IssuerUrl, LoginHint, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, RefreshToken, Scope as OidcScope, SignatureVerificationError, StandardErrorResponse,
    StandardTokenResponse, TokenResponse,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::graph::{AppCredential, Proof, assertion};
use crate::kit::chance::Chance;
use crate::kit::clock::Clock;
use crate::sign_in::way::Ways;

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How long an authority that could not be read is left alone.
const QUIET: TimeDelta = TimeDelta::seconds(10);
/// How long a discovery document and its keys are used before they are read again.
const FRESH: TimeDelta = TimeDelta::minutes(10);
/// A token signed with a key that we do not know has the keys read again, once in so long: an authority may change
/// them at any moment, and must not be asked at every sign-in.
const REREAD: TimeDelta = TimeDelta::seconds(30);

/// Claims beyond the standard ones. `oid` and `tid` are Entra's; another provider has only `sub`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct HouseClaims {
    #[serde(default)]
    tid: Option<String>,
    #[serde(default)]
    oid: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
}

impl AdditionalClaims for HouseClaims {}

type TokenFields = IdTokenFields<
    HouseClaims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type HouseToken =
    IdToken<HouseClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type HouseTokenClaims = IdTokenClaims<HouseClaims, CoreGenderClaim>;
type HouseClient = Client<
    HouseClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<TokenFields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Who signed in, as the provider's authority says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Entra tenant id, or the issuer where the authority is not Entra.
    pub tid: String,
    /// Entra object id, or the subject.
    pub oid: String,
    pub name: String,
    pub mail: String,
    pub roles: Vec<String>,
}

/// What an authority is asked for besides who it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish<'a> {
    /// Beside `openid` and `profile`.
    pub scopes: &'a [&'a str],
    /// Without a page: it goes through, or it comes back with an error.
    pub silent: bool,
    /// Whichever account is signed in, the person chooses which it shall be.
    pub choose: bool,
    pub hint: Option<&'a str>,
}

/// Who came back, and what he may be acted for with.
pub struct Arrival {
    pub identity: Identity,
    pub tokens: Tokens,
}

/// What a code or a refresh token was exchanged for.
pub struct Tokens {
    pub access: SecretString,
    pub refresh: Option<SecretString>,
    pub lives: Duration,
}

/// The authority did not take a code or a refresh token, in its own words.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the authority refused: {error} {description}")]
pub struct Refused {
    pub error: String,
    pub description: String,
}

/// The start of a sign-in: where the browser goes, and the secrets to keep until it comes back.
#[derive(Debug)]
pub struct Departure {
    pub to: Url,
    pub state: String,
    pub secrets: Secrets,
}

/// Kept sealed with the attempt.
#[derive(Debug, Serialize, Deserialize)]
pub struct Secrets {
    pub nonce: String,
    pub verifier: String,
}

/// What was read of an authority: its discovery document and keys, or that it could not be read.
#[derive(Clone)]
struct Reading {
    at: DateTime<Utc>,
    number: u64,
    metadata: Option<CoreProviderMetadata>,
}

/// By issuer: when it was last read again before its time. Held while it is read.
type Again = HashMap<String, Arc<tokio::sync::Mutex<Option<DateTime<Utc>>>>>;

/// Reads authorities and speaks with them.
#[derive(Clone)]
pub struct Authorities {
    ways: Ways,
    clock: Clock,
    chance: Chance,
    known: Arc<Mutex<HashMap<String, Reading>>>,
    again: Arc<Mutex<Again>>,
}

impl Authorities {
    pub fn new(ways: Ways, clock: Clock, chance: Chance) -> Self {
        Self { ways, clock, chance, known: Arc::default(), again: Arc::default() }
    }

    pub async fn depart(&self, issuer: &str, client_id: &str, redirect: &Url) -> anyhow::Result<Departure> {
        self.depart_for(issuer, client_id, redirect, Wish::default()).await
    }

    /// The same for more than knowing who it is.
    pub async fn depart_for(
        &self,
        issuer: &str,
        client_id: &str,
        redirect: &Url,
        wish: Wish<'_>,
    ) -> anyhow::Result<Departure> {
        let client = self.client(issuer, client_id, redirect, None).await?;
        let state = self.chance.token();
        let nonce = self.chance.token();
        let verifier = PkceCodeVerifier::new(self.chance.token());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
        let (csrf, once) = (CsrfToken::new(state.clone()), Nonce::new(nonce.clone()));
        let mut request = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || csrf, move || once)
            // Entra gives `oid` only with `profile`; `openid` is there by itself.
            .add_scope(OidcScope::new("profile".to_owned()))
            .add_scopes(wish.scopes.iter().map(|&scope| OidcScope::new(scope.to_owned())))
            .set_pkce_challenge(challenge);
        if wish.silent {
            request = request.add_prompt(CoreAuthPrompt::None);
        } else if wish.choose {
            request = request.add_prompt(CoreAuthPrompt::SelectAccount);
        }
        if let Some(hint) = wish.hint {
            request = request.set_login_hint(LoginHint::new(hint.to_owned()));
        }
        let (to, _, _) = request.url();
        Ok(Departure { to, state, secrets: Secrets { nonce, verifier: verifier.into_secret() } })
    }

    /// Redeems the code and verifies the id token: signature, exact issuer, audience, expiry, nonce.
    pub async fn arrive(
        &self,
        issuer: &str,
        credential: &AppCredential,
        redirect: &Url,
        code: String,
        secrets: Secrets,
    ) -> anyhow::Result<Identity> {
        Ok(self.arrive_to_act(issuer, credential, redirect, code, secrets).await?.identity)
    }

    /// The same, with the tokens that came along.
    pub async fn arrive_to_act(
        &self,
        issuer: &str,
        credential: &AppCredential,
        redirect: &Url,
        code: String,
        secrets: Secrets,
    ) -> anyhow::Result<Arrival> {
        let secret = secret_of(credential);
        self.metadata(issuer).await?;
        // Of the keys that this client knows: others may have read them again by the time the code is redeemed.
        let number = self.number(issuer);
        let client = self.client(issuer, credential.client_id.as_str(), redirect, secret).await?;
        let token_endpoint = client.token_uri().map(|url| url.to_string()).unwrap_or_default();
        let mut exchange = client
            .exchange_code(AuthorizationCode::new(code))
            .context("the authority names no token endpoint")?
            .set_pkce_verifier(PkceCodeVerifier::new(secrets.verifier));
        if let Some(assertion) = self.assertion(credential, &token_endpoint)? {
            exchange = exchange
                .add_extra_param("client_assertion_type", ASSERTION)
                .add_extra_param("client_assertion", assertion.expose_secret().to_owned());
        }
        let answer = exchange.request_async(&self.ways.to(issuer)).await.map_err(told)?;
        let token = answer.id_token().context("the authority sent no id token")?;
        let nonce = Nonce::new(secrets.nonce);
        let claims = match self.verified(&client, token, &nonce) {
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey,
            )) => {
                self.read_again(issuer, number).await?;
                let client = self.client(issuer, credential.client_id.as_str(), redirect, secret).await?;
                self.verified(&client, token, &nonce)
            }
            judged => judged,
        };
        let claims = claims.context("id token refused")?;
        let house = claims.additional_claims();
        let named = claims.name().and_then(|names| names.get(None)).map(|name| name.to_string());
        let mail = claims.email().map(|mail| mail.to_string());
        let user_name = claims.preferred_username().map(|name| name.to_string());
        let mail = mail.or(user_name).unwrap_or_default();
        let identity = Identity {
            tid: house.tid.clone().unwrap_or_else(|| issuer.to_owned()),
            oid: house.oid.clone().unwrap_or_else(|| claims.subject().to_string()),
            name: named.filter(|name| !name.is_empty()).unwrap_or_else(|| mail.clone()),
            mail,
            roles: house.roles.clone(),
        };
        Ok(Arrival { identity, tokens: tokens_of(&answer) })
    }

    /// New tokens for one that may be used so.
    pub async fn renew(
        &self,
        issuer: &str,
        credential: &AppCredential,
        redirect: &Url,
        refresh: &SecretString,
    ) -> anyhow::Result<Tokens> {
        let client =
            self.client(issuer, credential.client_id.as_str(), redirect, secret_of(credential)).await?;
        let token_endpoint = client.token_uri().map(|url| url.to_string()).unwrap_or_default();
        let token = RefreshToken::new(refresh.expose_secret().to_owned());
        let mut exchange =
            client.exchange_refresh_token(&token).context("the authority names no token endpoint")?;
        if let Some(assertion) = self.assertion(credential, &token_endpoint)? {
            exchange = exchange
                .add_extra_param("client_assertion_type", ASSERTION)
                .add_extra_param("client_assertion", assertion.expose_secret().to_owned());
        }
        let answer = exchange.request_async(&self.ways.to(issuer)).await.map_err(told)?;
        Ok(tokens_of(&answer))
    }

    fn verified<'a>(
        &self,
        client: &HouseClient,
        token: &'a HouseToken,
        nonce: &Nonce,
    ) -> Result<&'a HouseTokenClaims, ClaimsVerificationError> {
        let clock = self.clock.clone();
        token.claims(&client.id_token_verifier().set_time_fn(move || clock.now()), nonce)
    }

    /// private_key_jwt for an app with a certificate, the foreign token for a federated one.
    fn assertion(&self, credential: &AppCredential, audience: &str) -> anyhow::Result<Option<SecretString>> {
        Ok(match &credential.proof {
            Proof::Secret(_) => None,
            Proof::Federated(token) => Some(token.clone()),
            Proof::Certificate { der, key_pem } => Some(assertion::signed(
                &credential.client_id,
                der,
                key_pem,
                audience,
                &self.clock,
                &self.chance,
            )?),
        })
    }

    async fn client(
        &self,
        issuer: &str,
        client_id: &str,
        redirect: &Url,
        secret: Option<&SecretString>,
    ) -> anyhow::Result<HouseClient> {
        let metadata = self.metadata(issuer).await?;
        let secret_ = secret.map(|secret| ClientSecret::new(secret.expose_secret().to_owned()));
        Ok(HouseClient::from_provider_metadata(metadata, ClientId::new(client_id.to_owned()), secret_)
            .set_auth_type(AuthType::RequestBody)
            .set_redirect_uri(RedirectUrl::from_url(redirect.clone())))
    }

    /// The authority's discovery document and keys. Its `issuer` must equal ours to the letter.
    async fn metadata(&self, issuer: &str) -> anyhow::Result<CoreProviderMetadata> {
        let now = self.clock.now();
        match self.reading(issuer) {
            Some(Reading { at, metadata: Some(metadata), .. }) if now - at < FRESH => return Ok(metadata),
            Some(Reading { at, metadata: None, .. }) if now - at < QUIET => {
                bail!("{issuer} could not be read a moment ago")
            }
            _ => {}
        }
        let read = self.discover(issuer).await;
        self.keep(issuer, read.as_ref().ok().cloned());
        read
    }

    /// Reads the authority again before its time, for what reading `number` does not know: once for all who come with
    /// it, and not too often. What cannot be read now leaves what is known.
    async fn read_again(&self, issuer: &str, number: u64) -> anyhow::Result<()> {
        let again = self
            .again
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(issuer.to_owned())
            .or_default()
            .clone();
        let mut last = again.lock().await;
        if self.number(issuer) != number {
            return Ok(());
        }
        let now = self.clock.now();
        if last.is_some_and(|last| now - last < REREAD) {
            bail!("{issuer} signs with a key that it did not publish a moment ago");
        }
        *last = Some(now);
        let metadata = self.discover(issuer).await?;
        self.keep(issuer, Some(metadata));
        Ok(())
    }

    fn reading(&self, issuer: &str) -> Option<Reading> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(issuer).cloned()
    }

    fn number(&self, issuer: &str) -> u64 {
        self.reading(issuer).map_or(0, |reading| reading.number)
    }

    fn keep(&self, issuer: &str, metadata: Option<CoreProviderMetadata>) {
        let at = self.clock.now();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let number = known.get(issuer).map_or(0, |reading| reading.number) + 1;
        known.insert(issuer.to_owned(), Reading { at, number, metadata });
    }

    async fn discover(&self, issuer: &str) -> anyhow::Result<CoreProviderMetadata> {
        let url = IssuerUrl::new(issuer.to_owned()).context("the issuer is no address")?;
        let way = self.ways.to(issuer);
        let read = CoreProviderMetadata::discover_async(url, &way).await;
        let read = read.map_err(anyhow::Error::new).with_context(|| format!("discovery of {issuer}"))?;
        way.admit(&read).with_context(|| format!("discovery of {issuer}"))?;
        Ok(read)
    }
}

fn secret_of(credential: &AppCredential) -> Option<&SecretString> {
    match &credential.proof {
        Proof::Secret(secret) => Some(secret),
        Proof::Certificate { .. } | Proof::Federated(_) => None,
    }
}

fn tokens_of(answer: &StandardTokenResponse<TokenFields, CoreTokenType>) -> Tokens {
    Tokens {
        access: SecretString::from(answer.access_token().secret().to_owned()),
        refresh: answer.refresh_token().map(|token| SecretString::from(token.secret().to_owned())),
        lives: answer.expires_in().unwrap_or_default(),
    }
}

fn told<E: std::error::Error>(
    error: openidconnect::RequestTokenError<E, StandardErrorResponse<CoreErrorResponseType>>,
) -> anyhow::Error {
    match error {
        openidconnect::RequestTokenError::ServerResponse(answer) => {
            let text = answer.error_description().cloned().unwrap_or_default();
            anyhow::Error::new(Refused { error: answer.error().to_string(), description: text })
        }
        other => anyhow!("the authority did not answer the code: {other}"),
    }
}

/// Where a sign-in may lead back to: an address of this portal, never another host.
pub fn safe_back(back: &str) -> anyhow::Result<&str> {
    let bytes = back.as_bytes();
    let local = bytes.len() <= 512
        && bytes.first() == Some(&b'/')
        && !matches!(bytes.get(1), Some(b'/' | b'\\'))
        && back.chars().all(|c| !c.is_control() && c != '\\');
    if local { Ok(back) } else { bail!("not an address of this portal") }
}

#[cfg(test)]
mod tests {
    use super::safe_back;

    #[test]
    fn a_way_back_leads_nowhere_else() {
        for back in ["/", "/customers?state=new", "/customers/1#x"] {
            assert!(safe_back(back).is_ok(), "{back}");
        }
        for back in ["", "//evil.example", "/\\evil.example", "https://evil.example", "/a\\b", "/\n", "\t/"] {
            assert!(safe_back(back).is_err(), "{back}");
        }
    }
}
