//! A private Postgres, for installations without a server of their own and for tests.
//!
//! It listens on a unix socket only, in a directory of its own account, and ends with the portal.

mod binaries;
mod files;
mod place;
mod postmaster;
mod user;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::kit::roles;
use binaries::Binaries;
use place::Place;
use postmaster::Postmaster;
use user::RunAs;

/// Name of the portal's database on a private server.
pub const DATABASE: &str = "portal";

#[derive(Clone, Debug)]
pub struct Options {
    /// The portal's data directory; Postgres's data lies in `postgres/data` below it.
    pub data_dir: PathBuf,
    /// `false` only for data that may vanish with the machine's power.
    pub durable: bool,
    /// Folder of Postgres's programs ($PG_BIN); `None` looks for them.
    pub bin: Option<PathBuf>,
}

/// A running private Postgres with the portal's roles and an owned, empty or migrated database.
#[derive(Debug)]
pub struct Cluster {
    /// Login of the portal: `portal_app`.
    pub app: PgConnectOptions,
    /// Acts as `portal_owner`: migrations, and provider set-up from the command line.
    pub owner: PgConnectOptions,
    /// The cluster's superuser. For tests that make databases; the portal never uses it after the start.
    pub superuser: PgConnectOptions,
    /// `None`: another portal runs it, and this one only looks in.
    running: Option<Arc<(Postmaster, Place)>>,
}

impl Cluster {
    /// # Errors
    /// One line that says what to do: no binaries, directory in use or out of reach, other major version, …
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let running = tokio::task::spawn_blocking(move || start(&options)).await??;
        let cluster = Self::at(&running.1.socket_dir.clone(), Some(Arc::new(running)));
        roles::ensure(&cluster.superuser).await?;
        roles::ensure_database(&cluster.superuser, DATABASE).await?;
        Ok(cluster)
    }

    /// As `start`; where another portal runs the directory already, its server is used. For commands beside a portal.
    pub async fn start_or_join(options: Options) -> anyhow::Result<Self> {
        match place::held_socket(&options.data_dir, &RunAs::here()?)? {
            Some(socket_dir) => Ok(Self::at(&socket_dir, None)),
            None => Self::start(options).await,
        }
    }

    fn at(socket_dir: &Path, running: Option<Arc<(Postmaster, Place)>>) -> Self {
        let login = |user: &str, database: &str| {
            PgConnectOptions::new_without_pgpass()
                .socket(socket_dir)
                .port(5432)
                .ssl_mode(PgSslMode::Disable)
                .username(user)
                .database(database)
        };
        Self {
            app: login(roles::APP, DATABASE),
            owner: roles::as_owner(login("postgres", DATABASE)),
            superuser: login("postgres", "postgres"),
            running,
        }
    }

    /// A cluster in a new directory under the system's temporary one, which ends with the process. What earlier
    /// processes left there is removed.
    pub async fn temporary() -> anyhow::Result<Self> {
        let base = std::env::temp_dir();
        let data_dir = tokio::task::spawn_blocking(move || {
            remove_left_over(&base);
            base.join(format!("{TEMPORARY}{}", std::process::id()))
        });
        let bin = std::env::var_os("PG_BIN").map(PathBuf::from);
        Self::start(Options { data_dir: data_dir.await?, durable: false, bin }).await
    }

    /// Stops in order. Connections still open are cut.
    pub async fn stop(&self) -> anyhow::Result<()> {
        let Some(running) = self.running.clone() else { return Ok(()) };
        tokio::task::spawn_blocking(move || running.0.stop(&running.1)).await?
    }

    /// Whether Postgres ended without being asked.
    pub fn has_ended(&self) -> bool {
        self.running.as_ref().is_some_and(|running| running.0.has_ended())
    }

    /// Whether another portal runs it.
    pub fn is_anothers(&self) -> bool {
        self.running.is_none()
    }
}

const TEMPORARY: &str = "mssp-portal-temporary-";

fn start(options: &Options) -> anyhow::Result<(Postmaster, Place)> {
    let run_as = RunAs::here()?;
    let place = Place::take(&options.data_dir, &run_as)?;
    let made_by = place.made_by()?;
    let binaries = Binaries::find(options.bin.as_deref(), made_by, &run_as)?;
    match made_by {
        Some(made_by) if made_by != binaries.major => bail!(
            "{} was made by Postgres {made_by}, {} holds {}: set PG_BIN to version {made_by}, or move the data \
             with pg_dump; nothing was touched",
            place.data.display(),
            binaries.dir().display(),
            binaries.major
        ),
        Some(_) => {}
        None => postmaster::make(&place, &binaries, &run_as, options.durable)?,
    }
    let started = Postmaster::start(&place, binaries, run_as, options.durable);
    Ok((started.with_context(|| format!("Postgres in {}", place.data.display()))?, place))
}

/// Removes the directories of processes that have ended: nobody holds their lock any more.
fn remove_left_over(base: &Path) {
    for entry in std::fs::read_dir(base).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY) && place::is_left_over(&entry.path()) {
            // Postgres may still be ending; what stays is removed by the next process.
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
}
