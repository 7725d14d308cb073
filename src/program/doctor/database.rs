//! The database as the portal's own login sees it.

use super::{Findings, walls};
use crate::config::Config;
use crate::kit::db::{Db, Unready};
use crate::kit::roles;
use crate::program::database::Database;

/// `false`: there is nothing more to look at.
pub async fn look(config: &Config, database: &Database, app: &Db, findings: &mut Findings) -> bool {
    match app.unready().await {
        None => findings.good("the database answers, and its schema is this program's"),
        Some(why @ Unready::OldSchema { .. }) => {
            findings.must(why.to_string(), "run `mssp-portal migrate`, then start the portal");
            return false;
        }
        Some(Unready::Away(why)) => {
            // The pool only says that it waited; a single login says why.
            let why = roles::connect(&database.app).await.map_or_else(|error| format!("{error:#}"), |_| why);
            let fix = "see that the server runs and that DATABASE_URL names it, its password included";
            findings.must(format!("the database does not answer: {why}"), fix);
            return false;
        }
    }
    let looked = match look_closer(config, app, findings).await {
        Ok(()) => walls::look(app, database.owner().ok(), findings).await,
        Err(error) => Err(error),
    };
    if let Err(error) = looked {
        findings.must(format!("cannot look at the database: {error}"), "mend that, then look again");
    }
    true
}

async fn look_closer(config: &Config, app: &Db, findings: &mut Findings) -> Result<(), sqlx::Error> {
    let found = sqlx::query!(
        r#"select current_setting('server_version_num')::int as "version!", current_setting('server_version') as "name!",
                  current_user::text as "login!", current_setting('fsync')::bool as "durable!",
                  coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false) as "sealed!",
                  inet_server_addr() is null or inet_server_addr() <<= '127.0.0.0/8'::inet
                     or inet_server_addr() = '::1'::inet as "near!""#
    )
    .fetch_one(app.pool())
    .await?;
    if found.version < 150_000 {
        findings.must(format!("the server is Postgres {}", found.name), "use Postgres 15 or newer");
    } else {
        findings.good(format!("the server is Postgres {}", found.name));
    }
    if !found.durable {
        findings.must("the server loses what it confirmed when power fails", "set fsync=on on the server");
    }
    if config.database_url.is_some() && !found.sealed && !found.near {
        findings.must(
            "the connection to the database is not encrypted",
            "add ?sslmode=verify-full&sslrootcert=FILE to DATABASE_URL",
        );
    }
    if found.login != roles::APP {
        findings.look(
            format!("the portal logs in as {}", found.login),
            "use portal_app in DATABASE_URL: the walls are built for it",
        );
    }
    Ok(())
}
