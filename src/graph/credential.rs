//! What an app registration proves itself with. Its text form shows nothing secret.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::graph::ids::ClientId;

/// One app registration of a provider and its proof.
#[derive(Clone)]
pub struct AppCredential {
    pub client_id: ClientId,
    pub proof: Proof,
}

/// How the app proves that it is itself (contract §15).
#[derive(Clone)]
pub enum Proof {
    /// The certificate's DER and its private key as PKCS#8 PEM (RSA, as Entra asks for).
    Certificate {
        der: Vec<u8>,
        key_pem: SecretString,
    },
    Secret(SecretString),
    /// A token of another issuer that Entra was told to trust; the caller supplies a current one.
    Federated(SecretString),
}

impl AppCredential {
    /// Differs for every other proof, so that a wrong secret never finds the token a right one earned.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let (form, public, secret): (&[u8], &[u8], &SecretString) = match &self.proof {
            Proof::Certificate { der, key_pem } => (b"certificate", der, key_pem),
            Proof::Secret(secret) => (b"secret", b"", secret),
            Proof::Federated(assertion) => (b"federated", b"", assertion),
        };
        for part in [form, public, secret.expose_secret().as_bytes()] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}

impl fmt::Debug for AppCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = match self.proof {
            Proof::Certificate { .. } => "certificate",
            Proof::Secret(_) => "secret",
            Proof::Federated(_) => "federated",
        };
        write!(f, "AppCredential({}, {form})", self.client_id)
    }
}
