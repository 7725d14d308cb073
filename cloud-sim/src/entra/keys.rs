//! The keys that sign tokens, and the signing and checking of compact tokens.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use anyhow::{Context, anyhow};
use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{self, KeyPair as _, UnparsedPublicKey};
use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Microsoft's own azure-identity pads the parts of its assertions, against RFC 7515; Entra takes them.
const PADDED_OR_NOT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// An RSA key pair with its published name.
struct SigningKey {
    pair: KeyPair,
    kid: String,
    public: Vec<u8>,
}

impl SigningKey {
    /// Reads the key saved as base64 PKCS#8, or makes one and saves it there.
    fn of(saved: &mut String) -> anyhow::Result<Self> {
        if saved.is_empty() {
            let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| anyhow!("no key could be made"))?;
            let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair)
                .map_err(|_| anyhow!("the new key cannot be written"))?;
            *saved = STANDARD.encode(der.as_ref());
        }
        let der = STANDARD.decode(saved.as_bytes()).context("the saved signing key is not base64")?;
        let pair =
            KeyPair::from_pkcs8(&der).map_err(|e| anyhow!("the saved signing key cannot be read: {e}"))?;
        let public = pair.public_key().as_ref().to_vec();
        let kid = URL_SAFE_NO_PAD.encode(&Sha256::digest(&public)[..15]);
        Ok(Self { pair, kid, public })
    }

    fn jwk(&self, issuer: &str) -> Value {
        let key = self.pair.public_key();
        let n = URL_SAFE_NO_PAD.encode(key.modulus().big_endian_without_leading_zero());
        let e = URL_SAFE_NO_PAD.encode(key.exponent().big_endian_without_leading_zero());
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "n": n, "e": e, "issuer": issuer})
    }

    fn sign(&self, claims: &Value) -> Option<String> {
        let header = json!({"typ": "JWT", "alg": "RS256", "kid": self.kid});
        let text = format!("{}.{}", part(&header), part(claims));
        let mut out = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut out).ok()?;
        Some(format!("{text}.{}", URL_SAFE_NO_PAD.encode(out)))
    }

    fn open(&self, token: &str) -> Option<Value> {
        let (header, claims, message, mark) = parts(token)?;
        if header["alg"] != "RS256" || header["kid"] != self.kid.as_str() {
            return None;
        }
        UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, &self.public)
            .verify(message.as_bytes(), &mark)
            .ok()?;
        Some(claims)
    }
}

/// The keys of the cloud, the one that signs first; those before it stay published.
pub struct Keys(RwLock<Vec<SigningKey>>);

impl Keys {
    /// With the saved key, or one that is made and saved there.
    pub fn of(saved: &mut String) -> anyhow::Result<Self> {
        Ok(Self(RwLock::new(vec![SigningKey::of(saved)?])))
    }

    /// From now on another key signs.
    pub fn change(&self, saved: &mut String) -> anyhow::Result<()> {
        saved.clear();
        let fresh = SigningKey::of(saved)?;
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(0, fresh);
        Ok(())
    }

    fn read(&self) -> RwLockReadGuard<'_, Vec<SigningKey>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The published key set.
    pub fn jwks(&self, issuer: &str) -> Value {
        json!({"keys": self.read().iter().map(|key| key.jwk(issuer)).collect::<Vec<_>>()})
    }

    /// Signs claims as an RS256 token.
    pub fn sign(&self, claims: &Value) -> Option<String> {
        self.read().first()?.sign(claims)
    }

    /// The claims of a token that one of these keys signed; times are not judged here.
    pub fn open(&self, token: &str) -> Option<Value> {
        self.read().iter().find_map(|key| key.open(token))
    }
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Header, claims, signed text and signature of a compact token; nothing is verified.
pub fn parts(token: &str) -> Option<(Value, Value, &str, Vec<u8>)> {
    let (message, mark) = token.rsplit_once('.')?;
    let (header, claims) = message.split_once('.')?;
    let read = |text: &str| serde_json::from_slice(&PADDED_OR_NOT.decode(text).ok()?).ok();
    Some((read(header)?, read(claims)?, message, PADDED_OR_NOT.decode(mark).ok()?))
}

/// Verifies PS256 or RS256 with the public key of a certificate (DER).
pub fn verify(alg: &str, certificate: &[u8], message: &str, mark: &[u8]) -> bool {
    let Ok((_, parsed)) = x509_parser::parse_x509_certificate(certificate) else { return false };
    let key = parsed.public_key().subject_public_key.data.as_ref();
    let scheme = match alg {
        "PS256" => &signature::RSA_PSS_2048_8192_SHA256,
        "RS256" => &signature::RSA_PKCS1_2048_8192_SHA256,
        _ => return false,
    };
    UnparsedPublicKey::new(scheme, key).verify(message.as_bytes(), mark).is_ok()
}

/// The SHA-256 thumbprint of a certificate.
pub fn thumbprint(certificate: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(certificate))
}

/// Whether an assertion's header names this certificate: `x5t#S256`, or the older `x5t` with SHA-1.
pub fn is_named(header: &Value, certificate: &[u8]) -> bool {
    let is = |name: &str, digest: &[u8]| {
        header[name].as_str().is_some_and(|given| PADDED_OR_NOT.decode(given).is_ok_and(|d| d == digest))
    };
    is("x5t#S256", &Sha256::digest(certificate))
        || is("x5t", digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, certificate).as_ref())
}

/// The PKCE challenge of a verifier.
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}
