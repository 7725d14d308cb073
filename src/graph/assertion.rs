//! The signed statement by which an app with a certificate asks for a token (contract §15: PS256, `x5t#S256`).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::graph::error::{GraphError, GraphErrorKind};
use crate::graph::ids::ClientId;
use crate::kit::chance::Chance;
use crate::kit::clock::Clock;

/// Seconds an assertion is good for; Entra allows five to ten minutes.
const LIFE: i64 = 300;

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    sub: &'a str,
    jti: String,
    nbf: i64,
    iat: i64,
    exp: i64,
}

/// `client_assertion` for one token request. `audience` is the token endpoint of that directory.
///
/// # Errors
/// The key is not an RSA key in PEM form.
pub(crate) fn signed(
    client: &ClientId,
    der: &[u8],
    key_pem: &SecretString,
    audience: &str,
    clock: &Clock,
    chance: &Chance,
) -> Result<SecretString, GraphError> {
    let unusable = |_| {
        GraphError::new(GraphErrorKind::BadCredential, "sign client assertion", "the stored key cannot sign")
    };
    let key = EncodingKey::from_rsa_pem(key_pem.expose_secret().as_bytes()).map_err(unusable)?;
    let mut header = Header::new(Algorithm::PS256);
    header.x5t_s256 = Some(URL_SAFE_NO_PAD.encode(Sha256::digest(der)));
    let now = clock.now().timestamp();
    let claims = Claims {
        aud: audience,
        iss: client.as_str(),
        sub: client.as_str(),
        jti: chance.uuid_v4().to_string(),
        // A minute of grace for clocks that are not quite alike.
        nbf: now - 60,
        iat: now,
        exp: now + LIFE,
    };
    jsonwebtoken::encode(&header, &claims, &key).map(SecretString::from).map_err(unusable)
}
