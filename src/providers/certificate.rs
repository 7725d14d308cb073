//! The key and certificate that the portal makes for an app; the admin uploads the `.cer` to Entra.

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use secrecy::SecretString;
use sha2::{Digest, Sha256};

/// One year: short enough to be renewed, long enough not to surprise.
pub const LIFE: TimeDelta = TimeDelta::days(365);

/// A fresh RSA key with its self-signed certificate.
pub struct Certificate {
    pub der: Vec<u8>,
    /// PKCS#8 PEM.
    pub key_pem: SecretString,
    pub not_after: DateTime<Utc>,
}

/// Makes a 3072-bit key, as Entra takes for PS256 (contract §15). The key's randomness is the crypto library's own.
///
/// # Errors
/// The crypto library fails.
pub fn make(name: &str, now: DateTime<Utc>) -> anyhow::Result<Certificate> {
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_3072).context("make a key")?;
    let not_after = now + LIFE;
    let mut params = CertificateParams::default();
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    params.distinguished_name = subject;
    params.not_before = offset(now - TimeDelta::minutes(10))?;
    params.not_after = offset(not_after)?;
    let certificate = params.self_signed(&key).context("sign the certificate")?;
    Ok(Certificate {
        der: certificate.der().to_vec(),
        key_pem: SecretString::from(key.serialize_pem()),
        not_after,
    })
}

/// rcgen takes calendar days.
fn offset(at: DateTime<Utc>) -> anyhow::Result<time::OffsetDateTime> {
    time::OffsetDateTime::from_unix_timestamp(at.timestamp()).context("a time out of range")
}

/// SHA-256 thumbprint in hex, as the Entra admin center shows it.
pub fn thumbprint(der: &[u8]) -> String {
    Sha256::digest(der).iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_certificate_lasts_a_year_and_its_key_signs() {
        let now = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
        let made = make("test reader", now).unwrap();
        assert_eq!(made.not_after - now, LIFE);
        assert!(made.key_pem.expose_secret().contains("PRIVATE KEY"));
        assert_eq!(thumbprint(&made.der).len(), 64);
        assert!(jsonwebtoken::EncodingKey::from_rsa_pem(made.key_pem.expose_secret().as_bytes()).is_ok());
    }
}
