//! The master key file: read, made where nothing was ever sealed, or given a new key that seals from then on.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::Path;

use anyhow::{Context, bail};
use sqlx::Connection;
use sqlx::postgres::PgConnectOptions;

use crate::config::Config;
use crate::kit::chance::Chance;
use crate::kit::roles;
use crate::kit::seal::Seal;

/// Reads the key.
///
/// # Errors
/// It is missing, or no key.
pub fn read(config: &Config, chance: &Chance) -> anyhow::Result<Seal> {
    let path = config.key_file()?;
    if !path.exists() {
        bail!(
            "there is no master key at {}: put it back there, or name its place in PORTAL_KEY_FILE; `mssp-portal \
             migrate` makes one while nothing is sealed",
            path.display()
        );
    }
    if is_open(&path) {
        tracing::warn!(file = %path.display(), "others on this machine may read the master key: chmod 600");
    }
    Seal::from_file(&path, chance.clone())
}

/// Reads the key; makes it, readable by this user alone, where the database holds nothing sealed.
///
/// # Errors
/// It is missing although secrets are sealed under it, or cannot be written.
pub async fn read_or_make(
    config: &Config,
    chance: &Chance,
    owner: &PgConnectOptions,
) -> anyhow::Result<Seal> {
    let path = config.key_file()?;
    if !path.exists() {
        if anything_sealed(owner).await? {
            bail!(
                "the database holds secrets sealed under a master key, and {} is missing: put the key file back \
                 from your copy",
                path.display()
            );
        }
        make(&path, chance)?;
        tracing::info!(file = %path.display(), "made the master key; keep a copy apart from the database's backups");
    }
    read(config, chance)
}

/// Whether others than the file's owner may read it.
pub fn is_open(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

async fn anything_sealed(owner: &PgConnectOptions) -> anyhow::Result<bool> {
    let mut connection = roles::connect(owner).await?;
    let sealed = sqlx::query_scalar!(
        r#"select exists (select provider_id from app_registration where sealed_proof is not null) as "sealed!""#
    )
    .fetch_one(&mut connection)
    .await?;
    connection.close().await?;
    Ok(sealed)
}

fn make(path: &Path, chance: &Chance) -> anyhow::Result<()> {
    if let Some(dir) = path.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o711)
            .create(dir)
            .with_context(|| dir.display().to_string())?;
    }
    let new = path.with_extension("new");
    let cannot = || format!("cannot write the master key {}", path.display());
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error).with_context(cannot),
        _ => {}
    }
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new).with_context(cannot)?;
    writeln!(file, "{}", Seal::new_master_key(chance)).with_context(cannot)?;
    file.sync_all().with_context(cannot)?;
    // A link, not a rename: whoever was first keeps his key.
    match std::fs::hard_link(&new, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        linked => linked.with_context(cannot)?,
    }
    std::fs::remove_file(&new).with_context(cannot)
}

/// Puts a new key first in the file, in one step and with the file's owner: whoever reads it finds it whole.
///
/// # Errors
/// It cannot be written.
pub fn put_first(path: &Path, chance: &Chance) -> anyhow::Result<()> {
    let cannot = || {
        format!(
            "cannot write the master key {}: put a line of `openssl rand -base64 32` first in it, and run this again",
            path.display()
        )
    };
    let (known, owner) =
        (std::fs::read_to_string(path).with_context(cannot)?, std::fs::metadata(path).with_context(cannot)?);
    let new = path.with_extension("rotated");
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error).with_context(cannot),
        _ => {}
    }
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new).with_context(cannot)?;
    write!(file, "{}\n{}\n", Seal::new_master_key(chance), known.trim()).with_context(cannot)?;
    file.sync_all().with_context(cannot)?;
    let made = file.metadata().with_context(cannot)?;
    if (made.uid(), made.gid()) != (owner.uid(), owner.gid()) {
        chown(&new, Some(owner.uid()), Some(owner.gid())).with_context(cannot)?;
    }
    std::fs::rename(&new, path).with_context(cannot)
}
