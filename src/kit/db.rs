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

/// How long the database works and waits for one user of a connection, before it gives up and the connection is free
/// for the next: of these there are a few only.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    pub statement: Duration,
    pub lock: Duration,
    /// Between two statements of a transaction.
    pub idle: Duration,
}

impl Patience {
    /// For the command line: zero is no limit.
    pub const fn endless() -> Self {
        Self { statement: Duration::ZERO, lock: Duration::ZERO, idle: Duration::ZERO }
    }
}

impl Default for Patience {
    /// A statement that takes longer than its reader waits for an answer (30 s) helps nobody; background work
    /// takes one customer, or a thousand rows, with one.
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { statement: seconds(25), lock: seconds(10), idle: seconds(60) }
    }
}

#[derive(Clone, Debug)]
pub struct Db {
    pool: PgPool,
}

impl Db {
    /// A lazy pool: connecting happens at first use, so that the program starts while the database is away.
    pub fn open(options: PgConnectOptions, connections: u32) -> Self {
        Self::open_with(options, connections, Patience::default())
    }

    /// The same with another patience.
    pub fn open_with(options: PgConnectOptions, connections: u32, patience: Patience) -> Self {
        let within = |limit: Duration| format!("{}ms", limit.as_millis());
        let options = options.options([
            ("statement_timeout", within(patience.statement)),
            ("lock_timeout", within(patience.lock)),
            ("idle_in_transaction_session_timeout", within(patience.idle)),
        ]);
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

/// Whether the database gave this up after its [`Patience`].
pub fn gave_up(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    // query_canceled, lock_not_available, idle_in_transaction_session_timeout
    code.is_some_and(|code| ["57014", "55P03", "25P03"].contains(&code.as_ref()))
}

/// Whether this error is the violation of the named constraint.
pub fn violates(error: &sqlx::Error, constraint: &str) -> bool {
    error.as_database_error().and_then(|error| error.constraint()) == Some(constraint)
}
