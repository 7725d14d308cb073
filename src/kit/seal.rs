//! Sealing of secrets at rest: AES-256-GCM-SIV under a master key kept outside the database.
//!
//! The associated data names provider, row, column and what the value is, so that a sealed value moved elsewhere, or
//! passed off as something else, does not open.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use anyhow::{Context, bail};
use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::kit::chance::Chance;
use crate::kit::ids::ProviderId;

/// First byte of a value that names no key: any of the file's may have sealed it. Written while the file holds one key,
/// so that a portal of before, which knows no other form, reads it.
const NAMELESS: u8 = 1;
/// First byte of a value that names its key, by the four bytes that follow and are bound into it.
const NAMED: u8 = 2;
const ID: usize = 4;

/// The keys of the master key file: the first seals, all open. A file that has changed is read again.
#[derive(Clone)]
pub struct Seal {
    keys: Arc<RwLock<Arc<Keys>>>,
    file: Option<Arc<PathBuf>>,
    chance: Chance,
}

struct Keys {
    all: Vec<Key>,
    read: Option<SystemTime>,
}

struct Key {
    id: [u8; ID],
    key: LessSafeKey,
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

impl Key {
    /// # Errors
    /// The key is not 32 bytes.
    fn new(key: &[u8]) -> anyhow::Result<Self> {
        let digest = Sha256::new().chain_update(b"mssp-portal master key").chain_update(key).finalize();
        let Ok(key) = UnboundKey::new(&AES_256_GCM_SIV, key) else {
            bail!("the master key must be 32 bytes")
        };
        let mut id = [0; ID];
        id.copy_from_slice(&digest[..ID]);
        Ok(Self { id, key: LessSafeKey::new(key) })
    }

    fn open(&self, bound: &[u8], nonce: [u8; NONCE_LEN], body: &[u8]) -> Option<Vec<u8>> {
        let mut body = body.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        Some(self.key.open_in_place(nonce, Aad::from(bound), &mut body).ok()?.to_vec())
    }
}

/// What a value that names its key is bound to: that name too.
fn bound(id: &[u8], place: &Place<'_>) -> Vec<u8> {
    [&[NAMED], id, b"|", &place.bytes()].concat()
}

impl Keys {
    /// One key a line.
    fn of_file(path: &Path) -> anyhow::Result<Self> {
        let cannot = || format!("cannot read the master key file {}", path.display());
        // Before the text: what changes in between is read once more.
        let read = std::fs::metadata(path).and_then(|found| found.modified()).with_context(cannot)?;
        let text = std::fs::read_to_string(path).with_context(cannot)?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let keys = lines.map(|line| STANDARD.decode(line).ok().filter(|key| key.len() == 32));
        let Some(keys) = keys.collect::<Option<Vec<_>>>().filter(|keys| !keys.is_empty()) else {
            bail!("{} does not hold 32 bytes in base64, or several such lines", path.display())
        };
        let all = keys.iter().map(|key| Key::new(key)).collect::<anyhow::Result<_>>()?;
        Ok(Self { all, read: Some(read) })
    }

    fn first(&self) -> anyhow::Result<&Key> {
        self.all.first().context("there is no master key")
    }

    fn named(&self, id: &[u8]) -> Option<&Key> {
        self.all.iter().find(|key| key.id == id)
    }
}

impl Seal {
    /// One key, and no file.
    ///
    /// # Errors
    /// The key is not 32 bytes.
    pub fn new(key: &[u8], chance: Chance) -> anyhow::Result<Self> {
        let keys = Keys { all: vec![Key::new(key)?], read: None };
        Ok(Self { keys: Arc::new(RwLock::new(Arc::new(keys))), file: None, chance })
    }

    /// Reads the master key file: lines of 32 bytes in base64, the first of which seals.
    ///
    /// # Errors
    /// The file cannot be read, or holds something else; the message names the file, never its content.
    pub fn from_file(path: &Path, chance: Chance) -> anyhow::Result<Self> {
        let keys = Arc::new(RwLock::new(Arc::new(Keys::of_file(path)?)));
        Ok(Self { keys, file: Some(Arc::new(path.to_owned())), chance })
    }

    /// A fresh master key, as its file holds it.
    pub fn new_master_key(chance: &Chance) -> String {
        STANDARD.encode(chance.bytes::<32>())
    }

    /// How many keys the file holds.
    pub fn count(&self) -> usize {
        self.known().all.len()
    }

    fn known(&self) -> Arc<Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The file's keys as they are now. A file that cannot be read leaves what is known.
    fn now(&self) -> Arc<Keys> {
        let (known, Some(file)) = (self.known(), &self.file) else { return self.known() };
        let changed = std::fs::metadata(file.as_path()).and_then(|found| found.modified()).ok();
        if changed == known.read {
            return known;
        }
        match Keys::of_file(file) {
            Ok(read) => {
                tracing::info!(keys = read.all.len(), "the master key file has changed and was read again");
                let read = Arc::new(read);
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = read.clone();
                read
            }
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "the master key file is not read again");
                known
            }
        }
    }

    pub fn seal(&self, place: &Place<'_>, plain: &SecretString) -> anyhow::Result<Vec<u8>> {
        let keys = self.now();
        let key = keys.first()?;
        let (mut sealed, bound) = if keys.all.len() == 1 {
            (vec![NAMELESS], place.bytes())
        } else {
            ([&[NAMED], key.id.as_slice()].concat(), bound(&key.id, place))
        };
        let nonce = self.chance.bytes::<NONCE_LEN>();
        let mut body = plain.expose_secret().as_bytes().to_vec();
        let nonce_ = Nonce::assume_unique_for_key(nonce);
        if key.key.seal_in_place_append_tag(nonce_, Aad::from(bound), &mut body).is_err() {
            bail!("sealing failed");
        }
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&body);
        Ok(sealed)
    }

    /// # Errors
    /// The value was sealed for another place, under a key that is not in the file, or was changed.
    pub fn open(&self, place: &Place<'_>, sealed: &[u8]) -> anyhow::Result<SecretString> {
        let (named, rest) = match sealed.split_first() {
            Some((&NAMELESS, rest)) => (None, rest),
            Some((&NAMED, rest)) => {
                let (id, rest) = rest.split_at_checked(ID).context("the sealed value is cut short")?;
                (Some(id), rest)
            }
            _ => bail!("sealed in an unknown form"),
        };
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().context("the sealed value is cut short")?;
        let plain = match named {
            None => self.known().all.iter().find_map(|key| key.open(&place.bytes(), *nonce, body)),
            Some(id) => {
                let mut keys = self.known();
                if keys.named(id).is_none() {
                    keys = self.now();
                }
                let key = keys.named(id).context("sealed under a master key that is not in the file")?;
                key.open(&bound(id, place), *nonce, body)
            }
        };
        let Some(plain) = plain else {
            bail!("the sealed value does not open here: wrong master key, or moved from another row");
        };
        Ok(SecretString::from(String::from_utf8(plain).context("sealed value is not text")?))
    }

    /// Whether this is sealed under the file's first of several keys.
    pub fn is_current(&self, sealed: &[u8]) -> bool {
        let named = sealed.strip_prefix(&[NAMED]).and_then(|rest| rest.get(..ID));
        self.known().first().is_ok_and(|first| named == Some(&first.id))
    }

    /// The same value under the first key; `None`: it is already.
    ///
    /// # Errors
    /// As of `open`.
    pub fn again(&self, place: &Place<'_>, sealed: &[u8]) -> anyhow::Result<Option<Vec<u8>>> {
        if self.is_current(sealed) {
            return Ok(None);
        }
        let plain = self.open(place, sealed)?;
        self.seal(place, &plain).map(Some)
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

    fn here() -> Place<'static> {
        Place { provider: ProviderId(uuid::Uuid::nil()), column: "a.b", row: "r", kind: "k" }
    }

    /// A file of these keys, changed at another moment than before.
    fn write(path: &Path, keys: &[[u8; 32]], at: u64) {
        let lines: String = keys.iter().map(|key| format!("{}\n", STANDARD.encode(key))).collect();
        std::fs::write(path, lines).unwrap();
        let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(at);
        std::fs::File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
    }

    #[test]
    fn of_several_keys_the_first_seals_and_all_open_and_the_name_of_a_key_is_bound() {
        let path = std::env::temp_dir().join(format!("mssp-portal-keys-{}", std::process::id()));
        let (old, new) = ([1; 32], [2; 32]);
        let secret = SecretString::from("secret");
        let before = Seal::new(&old, Chance::seeded(1)).unwrap();
        let nameless = before.seal(&here(), &secret).unwrap();

        write(&path, &[old], 1000);
        let serving = Seal::from_file(&path, Chance::seeded(2)).unwrap();
        let opens = |seal: &Seal, sealed: &[u8]| seal.open(&here(), sealed).is_ok();
        assert!(opens(&serving, &nameless), "the form of before");
        assert!(
            opens(&before, &serving.seal(&here(), &secret).unwrap()),
            "and a portal of before reads ours"
        );
        assert_eq!(Seal::from_file(&path, Chance::seeded(3)).unwrap().count(), 1);

        write(&path, &[new, old], 2000);
        let rotating = Seal::from_file(&path, Chance::seeded(4)).unwrap();
        assert!(!rotating.is_current(&nameless) && opens(&rotating, &nameless));
        let named = rotating.again(&here(), &nameless).unwrap().unwrap();
        assert!(rotating.is_current(&named));
        assert_eq!(rotating.again(&here(), &named).unwrap(), None, "once is enough");
        assert!(!opens(&before, &named));
        assert!(opens(&serving, &named), "who serves reads the file again when he meets the new key");
        assert_eq!(serving.count(), 2);
        assert!(
            rotating.is_current(&serving.seal(&here(), &secret).unwrap()),
            "and seals with it from then on"
        );

        // Under the name of another key it opens nowhere.
        let mut renamed = named.clone();
        renamed[1..=ID].copy_from_slice(&Key::new(&old).unwrap().id);
        assert!(!opens(&rotating, &renamed));

        write(&path, &[new], 3000);
        let after = Seal::from_file(&path, Chance::seeded(5)).unwrap();
        assert!(opens(&after, &named) && !opens(&after, &nameless), "the old key is gone");
        std::fs::write(&path, "no key\n").unwrap();
        assert!(opens(&serving, &named), "a file that cannot be read leaves what is known");
        assert!(Seal::from_file(&path, Chance::seeded(6)).is_err());
        std::fs::remove_file(&path).unwrap();
    }
}
