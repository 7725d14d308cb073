//! Finds Postgres's programs on this machine.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::user::RunAs;

/// A folder with `postgres`, `initdb` and `pg_ctl`, and the major version they are of.
#[derive(Clone, Debug)]
pub struct Binaries {
    dir: PathBuf,
    pub major: u32,
}

impl Binaries {
    /// `chosen` ($PG_BIN) alone when given; else Debian's, newest first, then those that `make setup` unpacked.
    /// A directory already made by one major version takes that one where it is installed.
    ///
    /// # Errors
    /// None found, or the chosen folder holds none.
    pub fn find(chosen: Option<&Path>, made_by: Option<u32>, run_as: &RunAs) -> anyhow::Result<Self> {
        if let Some(dir) = chosen {
            return Self::at(dir, run_as)
                .with_context(|| format!("PG_BIN={} holds no Postgres that runs here", dir.display()));
        }
        let found: Vec<Self> = places().iter().filter_map(|dir| Self::at(dir, run_as).ok()).collect();
        let fitting = found.iter().find(|binaries| Some(binaries.major) == made_by);
        let Some(binaries) = fitting.or(found.first()) else {
            bail!(
                "no Postgres found: run `make setup`, or `apt-get install postgresql-15`, or set PG_BIN to a \
                 folder with `postgres` and `initdb`, or DATABASE_URL to a running server"
            );
        };
        Ok(binaries.clone())
    }

    pub fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn at(dir: &Path, run_as: &RunAs) -> anyhow::Result<Self> {
        let dir = fs::canonicalize(dir)?;
        for program in ["initdb", "pg_ctl"] {
            if !dir.join(program).is_file() {
                bail!("{program} is missing");
            }
        }
        let output = run_as.command(dir.join("postgres")).arg("--version").output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let Some(major) = major(&text) else { bail!("`postgres --version` said {:?}", text.trim()) };
        Ok(Self { dir, major })
    }
}

/// Where Postgres's programs may be, in order of preference.
fn places() -> Vec<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<u32> =
        versions.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    let debian = versions.iter().map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")));
    debian.chain(unpacked()).collect()
}

/// Where `make setup` unpacks Postgres for a user who may not install packages.
fn unpacked() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| std::env::home_dir().map(|home| home.join(".cache")))?;
    Some(cache.join("mssp-portal/postgres/bin"))
}

/// `postgres (PostgreSQL) 15.14 (Debian …)` -> 15.
fn major(version: &str) -> Option<u32> {
    let number = version.strip_prefix("postgres (PostgreSQL) ")?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read() {
        assert_eq!(major("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 19beta2"), Some(19));
        assert_eq!(major("something else"), None);
    }
}
