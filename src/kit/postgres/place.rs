//! The directories of a private Postgres: who owns them, one portal per directory, a socket path that fits.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};

use super::user::RunAs;

/// Longest path of a unix socket, in bytes (sun_path without its closing zero).
const SOCKET_PATH_LIMIT: usize = 107;
/// What Postgres adds to the socket's directory.
const SOCKET_NAME: &str = "/.s.PGSQL.5432";

/// A directory held by this process, and what lies in it.
#[derive(Debug)]
pub struct Place {
    /// Postgres's own data directory.
    pub data: PathBuf,
    pub socket_dir: PathBuf,
    pub log: PathBuf,
    /// Held for life: a second portal on this directory is refused.
    _lock: File,
}

impl Place {
    /// Takes the directory; makes what is missing.
    ///
    /// # Errors
    /// Another portal holds it, it cannot be made, or Postgres's account cannot get there.
    pub fn take(root: &Path, run_as: &RunAs) -> anyhow::Result<Self> {
        // 0711: Postgres's account passes through, nobody lists. The key file inside has its own mode.
        DirBuilder::new()
            .recursive(true)
            .mode(0o711)
            .create(root)
            .with_context(|| format!("cannot make the data directory {}", root.display()))?;
        let root = fs::canonicalize(root)?;
        let lock = take_lock(&root)?;
        let home = root.join("postgres");
        private_dir(&home, run_as)?;
        if let Some(barred) = run_as.barred_at(&home) {
            bail!(
                "Postgres runs as {} and cannot enter {}: choose another PORTAL_DATA or `chmod o+x` it",
                run_as.name(),
                barred.display()
            );
        }
        let socket_dir = socket_dir(&home);
        private_dir(&socket_dir, run_as)?;
        Ok(Self { data: home.join("data"), socket_dir, log: root.join("postgres.log"), _lock: lock })
    }

    /// The major version of Postgres that made the data, if there is any.
    pub fn made_by(&self) -> anyhow::Result<Option<u32>> {
        let path = self.data.join("PG_VERSION");
        match fs::read_to_string(&path) {
            Ok(text) => {
                let major = text.trim().split('.').next().and_then(|major| major.parse().ok());
                major.map(Some).with_context(|| format!("{} holds no version", path.display()))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }
}

fn take_lock(root: &Path) -> anyhow::Result<File> {
    let path = root.join("portal.lock");
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let lock = lock.with_context(|| format!("cannot write {}", path.display()))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => bail!("another portal is running on {}", root.display()),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

/// Where the server of a directory held by another portal takes connections; `None`: nobody holds it.
pub fn held_socket(root: &Path) -> Option<PathBuf> {
    let root = fs::canonicalize(root).ok()?;
    let lock = OpenOptions::new().write(true).open(root.join("portal.lock")).ok()?;
    match lock.try_lock() {
        Err(TryLockError::WouldBlock) => Some(socket_dir(&root.join("postgres"))),
        _ => None,
    }
}

/// Whether no portal holds the directory. One without a lock file is being made.
pub fn is_free(root: &Path) -> bool {
    let lock = OpenOptions::new().write(true).open(root.join("portal.lock"));
    lock.is_ok_and(|lock| lock.try_lock().is_ok())
}

/// Makes the directory for Postgres's account alone; one that is somebody else's is refused (/tmp is everybody's).
fn private_dir(path: &Path, run_as: &RunAs) -> anyhow::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        made => made.with_context(|| format!("cannot make {}", path.display()))?,
    }
    let found = fs::symlink_metadata(path)?;
    let me = fs::metadata("/proc/self")?.uid();
    let wanted = run_as.account.as_ref().map_or(me, |account| account.uid);
    if !found.is_dir() || (found.uid() != me && found.uid() != wanted) {
        bail!("{} is not a directory of {}: remove it", path.display(), run_as.name());
    }
    run_as.give(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    Ok(())
}

/// Inside the data directory, or where the path is too long for a socket, in a short one of the same user.
fn socket_dir(home: &Path) -> PathBuf {
    let inside = home.join("socket");
    if fits(&inside) {
        return inside;
    }
    let hash = Sha256::digest(home.as_os_str().as_bytes());
    let name = format!("mssp-portal-{:02x}{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2], hash[3]);
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(|dir| PathBuf::from(dir).join(&name));
    runtime
        .filter(|dir| fits(dir) && dir.parent().is_some_and(Path::is_dir))
        .unwrap_or_else(|| Path::new("/tmp").join(name))
}

fn fits(dir: &Path) -> bool {
    dir.as_os_str().len() + SOCKET_NAME.len() <= SOCKET_PATH_LIMIT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_too_long_for_a_socket_is_replaced_by_a_short_one() {
        let short = Path::new("/var/lib/mssp-portal/postgres");
        assert_eq!(socket_dir(short), short.join("socket"));
        let long = PathBuf::from(format!("/{}", "x".repeat(100)));
        assert!(fits(&socket_dir(&long)));
        assert_eq!(socket_dir(&long), socket_dir(&long));
    }
}
