//! https with a certificate authority of the simulation's own, kept in a directory so that a restart breaks no trust.
//!
//! Certificates live by the machine's clock, whatever time the simulation has: their readers know no other.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use chrono::{DateTime, Datelike, TimeDelta, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData, date_time_ymd,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use url::Url;

use crate::clock;

/// What clients are told to trust.
const CA: &str = "ca.pem";
const CA_KEY: &str = "ca-key.pem";
const CA_LIFE: TimeDelta = TimeDelta::days(3650);
/// As long as clients take a server's certificate; made anew at every start.
const LIFE: TimeDelta = TimeDelta::days(390);

/// Takes https for this address and the public origin's host, vouched for by the authority in `directory`.
///
/// # Errors
/// The directory cannot be used, or the crypto library fails.
pub fn acceptor(directory: &Path, listens: IpAddr, base_url: &str) -> anyhow::Result<TlsAcceptor> {
    let now = clock::machine()();
    fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    let authority = match kept(directory, now) {
        Some(key) => key,
        None => make(directory, now)?,
    };
    let issuer = Issuer::new(authority_params(now)?, authority);
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    names.push(listens.to_string());
    let host = Url::parse(base_url).context("the public origin is no address")?.host().map(|h| h.to_string());
    names.extend(host.map(|host| host.trim_matches(['[', ']']).to_owned()));
    names.sort_unstable();
    names.dedup();
    let key = KeyPair::generate().context("no key for the server could be made")?;
    let mut params = CertificateParams::new(names).context("the server's names")?;
    params.distinguished_name.push(DnType::CommonName, "cloud-sim");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    lasts(&mut params, now, LIFE)?;
    let certificate = params.signed_by(&key, &issuer).context("the server's certificate")?;
    let secret =
        PrivateKeyDer::try_from(key.serialize_der()).map_err(|why| anyhow!("the server's key: {why}"))?;
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], secret)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn authority_params(now: DateTime<Utc>) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "cloud-sim certificate authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    lasts(&mut params, now, CA_LIFE)?;
    Ok(params)
}

/// From the day before, so that a clock a little behind takes it too.
fn lasts(params: &mut CertificateParams, now: DateTime<Utc>, life: TimeDelta) -> anyhow::Result<()> {
    let day = |at: DateTime<Utc>| -> anyhow::Result<_> {
        Ok(date_time_ymd(at.year(), u8::try_from(at.month())?, u8::try_from(at.day())?))
    };
    params.not_before = day(now - TimeDelta::days(1))?;
    params.not_after = day(now + life)?;
    Ok(())
}

/// The key of an authority that outlasts what it would sign now.
fn kept(directory: &Path, now: DateTime<Utc>) -> Option<KeyPair> {
    let key = KeyPair::from_pem(&fs::read_to_string(directory.join(CA_KEY)).ok()?).ok()?;
    let pem = fs::read(directory.join(CA)).ok()?;
    let (_, pem) = x509_parser::pem::parse_x509_pem(&pem).ok()?;
    let certificate = pem.parse_x509().ok()?;
    let same = certificate.public_key().raw == key.subject_public_key_info();
    let outlasts = certificate.validity().not_after.timestamp() > (now + LIFE).timestamp();
    (same && outlasts).then_some(key)
}

fn make(directory: &Path, now: DateTime<Utc>) -> anyhow::Result<KeyPair> {
    let key = KeyPair::generate().context("no key for the certificate authority could be made")?;
    let certificate = authority_params(now)?.self_signed(&key).context("the authority's certificate")?;
    put(directory, CA_KEY, &key.serialize_pem(), 0o600)?;
    put(directory, CA, &certificate.pem(), 0o644)?;
    Ok(key)
}

/// Beside the old file first, so that nobody reads half of it.
fn put(directory: &Path, name: &str, text: &str, mode: u32) -> anyhow::Result<()> {
    let (fresh, kept) = (directory.join(format!("{name}.new")), directory.join(name));
    let write = || -> std::io::Result<()> {
        let _ = fs::remove_file(&fresh);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, &kept)
    };
    write().with_context(|| format!("cannot write {}", kept.display()))
}
