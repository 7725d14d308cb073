//! The database's roles, made once per server, and the migrations that `portal_owner` runs.
//!
//! `portal_owner` owns the schema, `portal_door` owns the few functions that look before the provider is known,
//! `portal_app` is the portal's login. None passes row security.

use anyhow::{Context, bail};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection, raw_sql};

use crate::kit::db::MIGRATIONS;
use crate::kit::scram;

pub const APP: &str = "portal_app";
pub const OWNER: &str = "portal_owner";
pub const DOOR: &str = "portal_door";

/// Roles that are missing. A file, since the scripts that prepare `.sqlx` run it too.
const ROLES: &str = include_str!("roles.sql");

/// What stands against the walls, if anything: a role that row security does not bind.
const UNBOUND: &str = "select string_agg(rolname, ', ') from pg_roles
    where rolname in ('portal_owner', 'portal_door', 'portal_app') and (rolsuper or rolbypassrls)";

/// Makes the roles, through a login that may create roles.
///
/// # Errors
/// The login may not, or a role of that name passes row security.
pub async fn ensure(login: &PgConnectOptions) -> anyhow::Result<()> {
    let mut connection = connect(login).await?;
    let made = raw_sql(ROLES).execute(&mut connection).await;
    made.with_context(|| format!("cannot make the roles; {} needs CREATEROLE", login.get_username()))?;
    if let Some(unbound) = text(&mut connection, UNBOUND).await? {
        bail!("row security does not bind {unbound}: `alter role … nosuperuser nobypassrls`");
    }
    connection.close().await?;
    Ok(())
}

/// Makes the database, owned by `portal_owner`, and keeps everybody else out of it. Superuser only.
pub async fn ensure_database(superuser: &PgConnectOptions, name: &str) -> anyhow::Result<()> {
    let mut connection = connect(superuser).await?;
    let names = text(&mut connection, "select string_agg(datname, ' ') from pg_database").await?;
    if !names.is_some_and(|names| names.split(' ').any(|found| found == name)) {
        let sql = format!("create database {name} owner {OWNER} template template0");
        raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
    }
    let guard = format!(
        "revoke connect, temporary on database {name}, postgres, template1 from public;
         grant connect on database {name} to {APP}"
    );
    raw_sql(AssertSqlSafe(guard)).execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// On a server of the operators' own: lets `portal_owner` work in the schema `public`.
///
/// # Errors
/// The login may not grant that.
pub async fn ensure_schema(login: &PgConnectOptions) -> anyhow::Result<()> {
    let mut connection = connect(login).await?;
    let grant = "do $$ begin
        if not has_schema_privilege('portal_owner', 'public', 'create with grant option') then
            grant usage, create on schema public to portal_owner with grant option;
        end if;
    end $$";
    let granted = raw_sql(grant).execute(&mut connection).await;
    granted.with_context(|| {
        format!("{} may not grant the schema public of this database; use its owner", login.get_username())
    })?;
    connection.close().await?;
    Ok(())
}

/// Sets a login's password without telling it to the server.
pub async fn set_password(
    login: &PgConnectOptions,
    role: &str,
    password: &str,
    salt: &[u8; 16],
) -> anyhow::Result<()> {
    if !password.is_ascii() || password.is_empty() {
        bail!("the password of {role} may hold ASCII characters only");
    }
    let mut connection = connect(login).await?;
    // The verifier is base64 and `$:`; a role is one of ours.
    let sql = format!("alter role {role} password '{}'", scram::verifier(password, salt));
    let set = raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await;
    set.with_context(|| format!("{} may not set the password of {role}", login.get_username()))?;
    connection.close().await?;
    Ok(())
}

/// The same login, acting as `portal_owner` from its first statement on.
pub fn as_owner(login: PgConnectOptions) -> PgConnectOptions {
    login.options([("role", OWNER)])
}

/// Runs what is missing, as `portal_owner`. Two at once wait for each other.
///
/// # Errors
/// The login may not act as the owner, or the schema is newer than this program.
pub async fn migrate(login: &PgConnectOptions) -> anyhow::Result<()> {
    let mut connection = connect(login).await?;
    let acting = raw_sql("set role portal_owner").execute(&mut connection).await;
    acting.with_context(|| format!("{} may not act as {OWNER}", login.get_username()))?;
    MIGRATIONS.run(&mut connection).await.context("migrating the schema")?;
    connection.close().await?;
    Ok(())
}

/// Opens one connection; the message names the server, never the password.
pub async fn connect(login: &PgConnectOptions) -> anyhow::Result<PgConnection> {
    let at = login.get_socket().map_or_else(
        || format!("{}:{}", login.get_host(), login.get_port()),
        |socket| socket.display().to_string(),
    );
    let connected = PgConnection::connect_with(login).await;
    connected.with_context(|| format!("cannot log in to the database at {at} as {}", login.get_username()))
}

/// One value of one row, as text.
async fn text(connection: &mut PgConnection, sql: &'static str) -> anyhow::Result<Option<String>> {
    use sqlx::Row;
    Ok(raw_sql(sql).fetch_one(connection).await?.try_get(0)?)
}
