//! The database a command works on: a private Postgres, or a server of the operators' own.

use anyhow::Context;
use sqlx::postgres::PgConnectOptions;

use crate::config::Config;
use crate::kit::db::{Db, Patience, Unready};
use crate::kit::postgres::{Cluster, Options};
use crate::kit::roles;

/// Logins, and the private server behind them if there is one.
pub struct Database {
    pub app: PgConnectOptions,
    /// Acts as `portal_owner`; only where it was given.
    owner: Option<PgConnectOptions>,
    pub cluster: Option<Cluster>,
}

impl Database {
    /// For `serve`: a private Postgres is started, and refused where another portal holds it.
    pub async fn to_serve(config: &Config) -> anyhow::Result<Self> {
        match Self::external(config)? {
            Some(database) => Ok(database),
            None => Ok(Self::private(Cluster::start(options(config)?).await?)),
        }
    }

    /// For commands: a private Postgres that a portal runs already is used.
    pub async fn beside(config: &Config) -> anyhow::Result<Self> {
        match Self::external(config)? {
            Some(database) => Ok(database),
            None => Ok(Self::private(Cluster::start_or_join(options(config)?).await?)),
        }
    }

    fn private(cluster: Cluster) -> Self {
        Self { app: cluster.app.clone(), owner: Some(cluster.owner.clone()), cluster: Some(cluster) }
    }

    fn external(config: &Config) -> anyhow::Result<Option<Self>> {
        let Some(url) = &config.database_url else { return Ok(None) };
        let owner = config.database_owner_url.as_ref().map(|url| url.login("DATABASE_OWNER_URL"));
        Ok(Some(Self {
            app: url.login("DATABASE_URL")?,
            owner: owner.transpose()?.map(roles::as_owner),
            cluster: None,
        }))
    }

    /// # Errors
    /// DATABASE_OWNER_URL is missing.
    pub fn owner(&self) -> anyhow::Result<&PgConnectOptions> {
        self.owner.as_ref().context("set DATABASE_OWNER_URL to a login that may act as portal_owner")
    }

    /// The owner's rows of every provider, in a small pool; the schema is ours.
    pub async fn as_owner(&self) -> anyhow::Result<Db> {
        // A whole chain or a change of every row may take its time: no visitor waits for this connection.
        let db = Db::open_with(self.owner()?.clone(), 2, Patience::endless());
        if self.cluster.as_ref().is_some_and(|cluster| !cluster.is_anothers()) {
            roles::migrate(self.owner()?).await?;
        }
        refuse(db.unready().await)?;
        Ok(db)
    }

    /// Stops the private server, if this command started it.
    pub async fn end(self) -> anyhow::Result<()> {
        match self.cluster {
            Some(cluster) => cluster.stop().await,
            None => Ok(()),
        }
    }
}

/// # Errors
/// Why the database cannot be used.
pub fn refuse(unready: Option<Unready>) -> anyhow::Result<()> {
    unready.map_or(Ok(()), |why| Err(why.into()))
}

fn options(config: &Config) -> anyhow::Result<Options> {
    Ok(Options { data_dir: config.data_dir()?, durable: true, bin: config.pg_bin.clone() })
}
