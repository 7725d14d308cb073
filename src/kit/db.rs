//! The pool, logged in as `portal_app`, and the schema's version.

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgPool};
use std::time::Duration;

/// Every migration, embedded. One static: each copy would embed them again.
pub static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// How long a request waits for a connection before it answers 503.
const ACQUIRE_WITHIN: Duration = Duration::from_secs(2);
/// A connection idle for longer is asked whether the server still knows it.
const TEST_AFTER: Duration = Duration::from_secs(1);

#[derive(Clone, Debug)]
pub struct Db {
    pool: PgPool,
}

impl Db {
    /// A lazy pool: connecting happens at first use, so that the program starts while the database is away.
    pub fn open(options: PgConnectOptions, connections: u32) -> Self {
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE_WITHIN)
            // Tested only after a pause: a visitor who breaks off during the test would cost a connection each time.
            .test_before_acquire(false)
            .before_acquire(|connection, met| {
                Box::pin(async move {
                    if met.idle_for > TEST_AFTER {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(options.application_name("mssp-portal"));
        Self { pool }
    }

    /// For `Scope::begin` and the door functions. Provider-owned tables show nothing through it.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Why the portal may not serve from this database, if so.
    pub async fn unready(&self) -> Option<Unready> {
        let there = sqlx::query_scalar!("select version from _sqlx_migrations where success")
            .fetch_all(&self.pool)
            .await;
        match there {
            // Each of ours: one in the middle may be missing where branches of the program met. More may be there.
            Ok(there) => {
                let missing = MIGRATIONS.iter().map(|one| one.version).find(|one| !there.contains(one));
                missing
                    .map(|wanted| Unready::OldSchema { found: there.into_iter().max(), wanted: Some(wanted) })
            }
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42P01") => {
                Some(Unready::OldSchema { found: None, wanted: MIGRATIONS.iter().map(|m| m.version).max() })
            }
            Err(error) => Some(Unready::Away(error.to_string())),
        }
    }
}

/// Why a database cannot be served from.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unready {
    #[error("the database does not answer: {0}")]
    Away(String),
    #[error(
        "the database's schema is at version {found:?}, this program needs {wanted:?}: run `mssp-portal migrate`"
    )]
    OldSchema { found: Option<i64>, wanted: Option<i64> },
}

/// Whether this error is the violation of the named constraint.
pub fn violates(error: &sqlx::Error, constraint: &str) -> bool {
    error.as_database_error().and_then(|error| error.constraint()) == Some(constraint)
}
