//! `mssp-portal migrate`: roles, schema and master key.

use anyhow::Context;
use secrecy::ExposeSecret;
use sqlx::postgres::PgConnectOptions;

use super::{database::Database, key, say};
use crate::config::Config;
use crate::kit::chance::Chance;
use crate::kit::roles;

pub async fn run(config: &Config) -> anyhow::Result<()> {
    let chance = Chance::system();
    if config.database_url.is_some() {
        prepare(config, &chance).await?;
    }
    let database = Database::beside(config).await?;
    let owner = database.owner()?;
    roles::migrate(owner).await?;
    key::read_or_make(config, &chance, owner).await?;
    say("The database's roles and schema are those of this program.");
    database.end().await
}

/// A server of the operators' own: the roles, what they may, and the password of the portal's login.
async fn prepare(config: &Config, chance: &Chance) -> anyhow::Result<()> {
    let url = config.database_owner_url.as_ref();
    let url = url.context("set DATABASE_OWNER_URL to a login that may make roles, such as postgres")?;
    let login: PgConnectOptions = url.login("DATABASE_OWNER_URL")?;
    roles::ensure(&login).await?;
    roles::ensure_schema(&login).await?;
    let Some(app) = &config.database_url else { return Ok(()) };
    let app_login = app.login("DATABASE_URL")?;
    let Some(password) = app.password().filter(|_| app_login.get_username() == roles::APP) else {
        return Ok(());
    };
    // Set only where it does not fit: a login that works is left alone.
    if roles::connect(&app_login).await.is_err() {
        roles::set_password(&login, roles::APP, password.expose_secret(), &chance.bytes()).await?;
        roles::connect(&app_login).await?;
        say("The password in DATABASE_URL was set for portal_app.");
    }
    Ok(())
}
