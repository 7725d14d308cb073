//! Opening the sealed proof of an app registration.

use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};

use crate::graph::Proof;
use crate::kit::ids::ProviderId;
use crate::kit::seal::{Place, Seal};
use crate::providers::AppKind;

/// Where the proof of this app is sealed, and as which kind of proof.
pub fn place_of(provider: ProviderId, app: AppKind, kind: &str) -> Place<'_> {
    Place { provider, column: "app_registration.sealed_proof", row: app.key(), kind }
}

/// Where the proof that is to follow it is sealed.
pub fn next_place_of(provider: ProviderId, app: AppKind, kind: &str) -> Place<'_> {
    Place { provider, column: "app_registration.next_sealed", row: app.key(), kind }
}

/// The proof a row of `app_registration` holds.
///
/// # Errors
/// Nothing is stored yet, or it was sealed under another master key.
pub fn proof_of(
    seal: &Seal,
    provider: ProviderId,
    app: AppKind,
    kind: &str,
    certificate: Option<Vec<u8>>,
    sealed: Option<&[u8]>,
) -> anyhow::Result<Proof> {
    let sealed = sealed.with_context(|| format!("the {} app has no credential yet", app.key()))?;
    let opened = seal.open(&place_of(provider, app, kind), sealed)?;
    proof_from(kind, certificate, opened)
}

/// A proof from what was sealed of it.
///
/// # Errors
/// The certificate is missing, or the federated token's file cannot be read.
pub fn proof_from(kind: &str, certificate: Option<Vec<u8>>, opened: SecretString) -> anyhow::Result<Proof> {
    Ok(match kind {
        "certificate" => {
            let der = certificate.context("the app's certificate is missing")?;
            Proof::Certificate { der, key_pem: opened }
        }
        "secret" => Proof::Secret(opened),
        "federated" => {
            // The sealed value is the path of a file that the platform keeps fresh.
            let token = std::fs::read_to_string(opened.expose_secret()).context("federated token file")?;
            Proof::Federated(SecretString::from(token.trim().to_owned()))
        }
        other => bail!("unknown proof {other}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::chance::Chance;

    #[test]
    fn a_private_key_cannot_be_passed_off_as_a_client_secret() {
        let seal = Seal::new(&[7; 32], Chance::seeded(1)).unwrap();
        let provider = ProviderId(uuid::Uuid::nil());
        let place = place_of(provider, AppKind::Reader, "certificate");
        let sealed = seal.seal(&place, &SecretString::from("private key")).unwrap();
        let read = |kind| proof_of(&seal, provider, AppKind::Reader, kind, Some(vec![1]), Some(&sealed));
        assert!(matches!(read("certificate"), Ok(Proof::Certificate { .. })));
        assert!(read("secret").is_err() && read("federated").is_err());
    }
}
