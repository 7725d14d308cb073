//! Sealing of secrets at rest: AES-256-GCM-SIV under a master key kept outside the database.
//!
//! The associated data names provider, row, column and what the value is, so that a sealed value moved elsewhere, or
//! passed off as something else, does not open.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

use crate::kit::chance::Chance;
use crate::kit::ids::ProviderId;

/// First byte of every sealed value: the key it was sealed with. One key so far.
const KEY_ONE: u8 = 1;

#[derive(Clone)]
pub struct Seal {
    key: Arc<LessSafeKey>,
    chance: Chance,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

/// Where a sealed value lives.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub provider: ProviderId,
    /// `table.column`.
    pub column: &'static str,
    /// The rest of the row's key.
    pub row: &'a str,
    /// What the value is, where the column holds several kinds: a private key must never be sent as a secret.
    pub kind: &'a str,
}

impl Place<'_> {
    fn bytes(&self) -> Vec<u8> {
        format!("{}|{}|{}|{}", self.provider, self.column, self.row, self.kind).into_bytes()
    }
}

impl Seal {
    /// # Errors
    /// The key is not 32 bytes.
    pub fn new(key: &[u8], chance: Chance) -> anyhow::Result<Self> {
        let Ok(key) = UnboundKey::new(&AES_256_GCM_SIV, key) else {
            bail!("the master key must be 32 bytes")
        };
        Ok(Self { key: Arc::new(LessSafeKey::new(key)), chance })
    }

    /// Reads the master key: 32 bytes in base64.
    ///
    /// # Errors
    /// The file cannot be read, or holds something else; the message names the file, never its content.
    pub fn from_file(path: &Path, chance: Chance) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the master key file {}", path.display()))?;
        let key = STANDARD.decode(text.trim()).ok().filter(|key| key.len() == 32);
        let Some(key) = key else { bail!("{} does not hold 32 bytes in base64", path.display()) };
        Self::new(&key, chance)
    }

    /// A fresh master key, as its file holds it.
    pub fn new_master_key(chance: &Chance) -> String {
        STANDARD.encode(chance.bytes::<32>())
    }

    pub fn seal(&self, place: &Place<'_>, plain: &SecretString) -> anyhow::Result<Vec<u8>> {
        let nonce = self.chance.bytes::<NONCE_LEN>();
        let mut body = plain.expose_secret().as_bytes().to_vec();
        let sealed = self.key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(place.bytes()),
            &mut body,
        );
        if sealed.is_err() {
            bail!("sealing failed");
        }
        Ok([&[KEY_ONE], nonce.as_slice(), &body].concat())
    }

    /// # Errors
    /// The value was sealed for another place, under another key, or was changed.
    pub fn open(&self, place: &Place<'_>, sealed: &[u8]) -> anyhow::Result<SecretString> {
        let Some((&KEY_ONE, rest)) = sealed.split_first() else {
            bail!("sealed under an unknown master key");
        };
        let Some((nonce, body)) = rest.split_first_chunk::<NONCE_LEN>() else {
            bail!("the sealed value is cut short");
        };
        let mut body = body.to_vec();
        let opened =
            self.key.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(place.bytes()), &mut body);
        let Ok(plain) = opened else {
            bail!("the sealed value does not open here: wrong master key, or moved from another row");
        };
        Ok(SecretString::from(String::from_utf8(plain.to_vec()).context("sealed value is not text")?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_opens_only_where_it_was_sealed() {
        let chance = Chance::seeded(1);
        let seal = Seal::new(&[7; 32], chance.clone()).unwrap();
        let here = Place {
            provider: ProviderId(uuid::Uuid::nil()),
            column: "app.sealed_proof",
            row: "reader",
            kind: "certificate",
        };
        let sealed = seal.seal(&here, &SecretString::from("key")).unwrap();
        assert_eq!(seal.open(&here, &sealed).unwrap().expose_secret(), "key");
        let elsewhere = [
            Place { row: "operator", ..here },
            Place { kind: "secret", ..here },
            Place { column: "app.other", ..here },
            Place { provider: ProviderId(uuid::Uuid::from_u128(1)), ..here },
        ];
        for there in elsewhere {
            assert!(seal.open(&there, &sealed).is_err(), "{there:?}");
        }
        let other = Seal::new(&[8; 32], chance).unwrap();
        assert!(other.open(&here, &sealed).is_err());
        let mut changed = sealed.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(seal.open(&here, &changed).is_err());
    }
}
