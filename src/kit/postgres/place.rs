//! The directories of a private Postgres: who owns them, one portal per directory, a socket path that fits.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use sha2::{Digest, Sha256};

use super::files;
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
        refuse_anothers(&root, run_as)?;
        let lock = take_lock(&root)?;
        let home = root.join("postgres");
        private_dir(&home, run_as, false)?;
        if let Some(barred) = run_as.barred_at(&home) {
            bail!(
                "Postgres runs as {} and cannot enter {}: choose another PORTAL_DATA or `chmod o+x` it",
                run_as.name(),
                barred.display()
            );
        }
        let socket_dir = socket_dir(&home);
        private_dir(&socket_dir, run_as, !socket_dir.starts_with(&root))?;
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
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }
}

fn take_lock(root: &Path) -> anyhow::Result<File> {
    let path = root.join("portal.lock");
    let lock = files::open_private(&path, OpenOptions::new().create(true).truncate(false).write(true));
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
///
/// # Errors
/// The directory, or the one of its socket, is somebody else's: he could answer in the server's place.
pub fn held_socket(root: &Path, run_as: &RunAs) -> anyhow::Result<Option<PathBuf>> {
    let Ok(root) = fs::canonicalize(root) else { return Ok(None) };
    refuse_anothers(&root, run_as)?;
    let Ok(lock) = files::open_private(&root.join("portal.lock"), OpenOptions::new().write(true)) else {
        return Ok(None);
    };
    let Err(TryLockError::WouldBlock) = lock.try_lock() else { return Ok(None) };
    let dir = socket_dir(&root.join("postgres"));
    let found = match files::open_dir(&dir) {
        Ok(open) => open.metadata()?,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("another portal is starting on {}: try again in a moment", root.display())
        }
        Err(error) => return Err(error).with_context(|| format!("cannot open {}", dir.display())),
    };
    if !run_as.is_ours(found.uid()) || found.mode() & 0o077 != 0 {
        bail!(
            "{} is not only the portal's (uid {}, mode {:o}): its server is not trusted; stop the portal and remove it",
            dir.display(),
            found.uid(),
            found.mode() & 0o7777
        );
    }
    Ok(Some(dir))
}

/// Whether a process of this user made the directory and has ended. One without a lock file is being made.
pub fn is_left_over(root: &Path) -> bool {
    let lock = files::open_private(&root.join("portal.lock"), OpenOptions::new().write(true));
    lock.is_ok_and(|lock| {
        let mine = lock.metadata().is_ok_and(|found| found.uid() == rustix::process::geteuid().as_raw());
        mine && lock.try_lock().is_ok()
    })
}

/// Refuses a directory on which another user's portal runs or ran, before anything in it is touched.
fn refuse_anothers(root: &Path, run_as: &RunAs) -> anyhow::Result<()> {
    for path in [root.to_owned(), root.join("portal.lock"), root.join("postgres")] {
        let Ok(found) = fs::symlink_metadata(&path) else { continue };
        let made_for_us_by_root = path == root && found.uid() == 0;
        if !run_as.is_ours(found.uid()) && !made_for_us_by_root {
            return Err(anothers(&path, found.uid(), false));
        }
    }
    Ok(())
}

/// What is another user's stays as it is; only what holds no data may be removed.
fn anothers(path: &Path, uid: u32, holds_no_data: bool) -> anyhow::Error {
    let is_empty = || fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
    let shown = path.display();
    if holds_no_data || is_empty() {
        anyhow!("{shown} belongs to uid {uid} and holds no data: remove it, or run this command as that user")
    } else {
        anyhow!("{shown} belongs to uid {uid}; run this command as that user (`sudo -u '#{uid}' …`)")
    }
}

/// Makes the directory for Postgres's account alone; one that is somebody else's is refused (/tmp is everybody's).
/// `outside` the data directory there is only ever a socket.
fn private_dir(path: &Path, run_as: &RunAs, outside: bool) -> anyhow::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        made => made.with_context(|| format!("cannot make {}", path.display()))?,
    }
    let found = fs::symlink_metadata(path)?;
    if !found.is_dir() {
        bail!("{} is a link or a file, and the portal needs a directory there", path.display());
    }
    if !run_as.is_ours(found.uid()) {
        return Err(anothers(path, found.uid(), outside));
    }
    let dir = files::open_dir(path).with_context(|| format!("cannot open {}", path.display()))?;
    // Decided by what was opened: the path may lead elsewhere by now.
    let uid = dir.metadata()?.uid();
    if !run_as.is_ours(uid) {
        return Err(anothers(path, uid, outside));
    }
    run_as.give(&dir).with_context(|| path.display().to_string())?;
    dir.set_permissions(Permissions::from_mode(0o700)).with_context(|| path.display().to_string())
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
    use std::os::unix::fs::{chown, symlink};
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// A directory of the test's own, gone with it.
    struct Directory(PathBuf);

    impl Directory {
        fn new() -> Self {
            static NUMBER: AtomicU32 = AtomicU32::new(0);
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let path =
                std::env::temp_dir().join(format!("mssp-portal-place-{}-{number}", std::process::id()));
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn take(&self) -> anyhow::Result<Place> {
            Place::take(&self.0, &RunAs::here().unwrap())
        }

        fn refused(&self) -> String {
            format!("{:#}", self.take().unwrap_err())
        }

        /// Waits until nobody holds it: a program that another test is just starting holds every open file until it is
        /// itself.
        fn free(&self) {
            let free = (0..200).any(|turn| {
                std::thread::sleep(std::time::Duration::from_millis(turn.min(10)));
                is_left_over(&self.0)
            });
            assert!(free);
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().mode() & 0o7777
    }

    fn am_root() -> bool {
        rustix::process::geteuid().is_root()
    }

    #[test]
    fn a_path_too_long_for_a_socket_is_replaced_by_a_short_one() {
        let short = Path::new("/var/lib/mssp-portal/postgres");
        assert_eq!(socket_dir(short), short.join("socket"));
        let long = PathBuf::from(format!("/{}", "x".repeat(100)));
        assert!(fits(&socket_dir(&long)));
        assert_eq!(socket_dir(&long), socket_dir(&long));
    }

    #[test]
    fn a_link_in_the_place_of_a_directory_is_refused_and_leads_nowhere() {
        for name in ["postgres", "postgres/socket"] {
            let (directory, victim) = (Directory::new(), Directory::new());
            fs::set_permissions(&victim.0, Permissions::from_mode(0o755)).unwrap();
            if name != "postgres" {
                drop(directory.take().unwrap());
                directory.free();
                fs::remove_dir(directory.0.join(name)).unwrap();
            }
            symlink(&victim.0, directory.0.join(name)).unwrap();
            let said = directory.refused();
            assert!(said.contains("is a link or a file"), "{said}");
            let found = fs::metadata(&victim.0).unwrap();
            assert_eq!((found.uid(), mode(&victim.0)), (rustix::process::geteuid().as_raw(), 0o755));
            assert_eq!(fs::read_dir(&victim.0).unwrap().count(), 0);
        }
    }

    #[test]
    fn a_link_or_a_pipe_in_the_place_of_the_lock_is_refused() {
        let (directory, victim) = (Directory::new(), Directory::new());
        let file = victim.0.join("file");
        fs::write(&file, "text").unwrap();
        symlink(&file, directory.0.join("portal.lock")).unwrap();
        let said = directory.refused();
        assert!(said.contains("cannot write") && !is_left_over(&directory.0), "{said}");
        fs::remove_file(directory.0.join("portal.lock")).unwrap();
        let made = std::process::Command::new("mkfifo").arg(directory.0.join("portal.lock")).status();
        assert!(made.unwrap().success());
        assert!(directory.refused().contains("cannot write") && !is_left_over(&directory.0));
    }

    #[test]
    fn the_lock_and_the_directories_are_their_owners_alone() {
        let directory = Directory::new();
        fs::write(directory.0.join("portal.lock"), "").unwrap();
        fs::set_permissions(directory.0.join("portal.lock"), Permissions::from_mode(0o644)).unwrap();
        let place = directory.take().unwrap();
        assert_eq!(mode(&directory.0.join("portal.lock")), 0o600);
        assert_eq!((mode(&directory.0.join("postgres")), mode(&place.socket_dir)), (0o700, 0o700));
        assert!(!is_left_over(&directory.0), "it is held");
        drop(place);
        directory.free();
    }

    #[test]
    fn a_socket_is_trusted_only_in_a_directory_of_its_own_user() {
        let run_as = RunAs::here().unwrap();
        let directory = Directory::new();
        assert_eq!(held_socket(&directory.0, &run_as).unwrap(), None);
        let place = directory.take().unwrap();
        assert_eq!(held_socket(&directory.0, &run_as).unwrap().as_ref(), Some(&place.socket_dir));
        fs::set_permissions(&place.socket_dir, Permissions::from_mode(0o777)).unwrap();
        let said = held_socket(&directory.0, &run_as).unwrap_err().to_string();
        assert!(said.contains("its server is not trusted"), "{said}");
        fs::set_permissions(&place.socket_dir, Permissions::from_mode(0o700)).unwrap();
        if am_root() {
            chown(&place.socket_dir, Some(54321), None).unwrap();
            let said = held_socket(&directory.0, &run_as).unwrap_err().to_string();
            assert!(said.contains("its server is not trusted"), "{said}");
        }
        fs::remove_dir(&place.socket_dir).unwrap();
        let said = held_socket(&directory.0, &run_as).unwrap_err().to_string();
        assert!(said.contains("another portal is starting"), "{said}");
    }

    #[test]
    fn another_users_data_is_left_alone_and_its_user_is_named() {
        if !am_root() {
            return;
        }
        let directory = Directory::new();
        let home = directory.0.join("postgres");
        fs::create_dir(&home).unwrap();
        chown(&home, Some(54321), None).unwrap();
        let said = directory.refused();
        assert!(said.contains("belongs to uid 54321 and holds no data: remove it"), "{said}");
        fs::write(home.join("precious"), "rows").unwrap();
        let wanted = "postgres belongs to uid 54321; run this command as that user (`sudo -u '#54321' …`)";
        let said = directory.refused();
        assert!(said.ends_with(wanted) && !said.contains("remove"), "{said}");
        let said = held_socket(&directory.0, &RunAs::here().unwrap()).unwrap_err().to_string();
        assert!(said.ends_with(wanted), "{said}");
        assert!(!directory.0.join("portal.lock").exists(), "nothing was made");
        assert_eq!(fs::metadata(&home).unwrap().uid(), 54321);
        chown(&directory.0, Some(54321), None).unwrap();
        assert!(directory.refused().contains("run this command as that user"));
    }
}
