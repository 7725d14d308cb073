//! `mssp-portal doctor`: looks at the installation, and says for each finding what to do.

mod cloud;
mod contents;
mod database;
mod settings;
mod walls;

use super::{clock, database::Database, say};
use crate::config::Config;
use crate::kit::chance::Chance;
use crate::kit::clock::Clock;
use crate::kit::db::Db;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Good,
    /// Works, but somebody should look.
    Look,
    /// Something must be done.
    Must,
}

/// What was found, in order.
#[derive(Default)]
struct Findings(Vec<(Level, String, String)>);

impl Findings {
    fn good(&mut self, what: impl Into<String>) {
        self.0.push((Level::Good, what.into(), String::new()));
    }

    fn look(&mut self, what: impl Into<String>, do_this: impl Into<String>) {
        self.0.push((Level::Look, what.into(), do_this.into()));
    }

    fn must(&mut self, what: impl Into<String>, do_this: impl Into<String>) {
        self.0.push((Level::Must, what.into(), do_this.into()));
    }

    /// Prints all; `true`: nothing must be done.
    fn tell(&self) -> bool {
        for (level, what, do_this) in &self.0 {
            let word = match level {
                Level::Good => "good",
                Level::Look => "look",
                Level::Must => "MUST",
            };
            say(format!("{word}  {what}"));
            if !do_this.is_empty() {
                say(format!("      do: {do_this}"));
            }
        }
        let count = |wanted| self.0.iter().filter(|(level, ..)| *level == wanted).count();
        let (must, look) = (count(Level::Must), count(Level::Look));
        say(format!("{} good, {look} to look at, {must} must be mended", count(Level::Good)));
        must == 0
    }
}

pub async fn run(config: &Config) -> anyhow::Result<bool> {
    let mut findings = Findings::default();
    settings::look(config, &mut findings)?;
    match clock::of(config).await {
        Ok(clock) => {
            cloud::look(config, &clock, &mut findings).await?;
            look_at_database(config, &clock, &mut findings).await?;
        }
        Err(error) => findings.must(format!("the simulated cloud has no clock: {error:#}"), "start it"),
    }
    Ok(findings.tell())
}

async fn look_at_database(config: &Config, clock: &Clock, findings: &mut Findings) -> anyhow::Result<()> {
    // What cannot be looked into may be there: starting it says why not.
    let private = config.data_dir()?.join("postgres/data").try_exists().unwrap_or(true);
    if config.database_url.is_none() && !private {
        findings.look("there is no private database yet", "start `mssp-portal serve`, or set DATABASE_URL");
        return Ok(());
    }
    let database = match Database::beside(config).await {
        Ok(database) => database,
        Err(error) => {
            findings.must(format!("the database does not start: {error:#}"), "mend that, then look again");
            return Ok(());
        }
    };
    let app = Db::open(database.app.clone(), 1);
    let served = database::look(config, &database, &app, findings).await;
    if served {
        match database.owner() {
            Ok(owner) => {
                let owner = Db::open(owner.clone(), 1);
                if let Err(error) = contents::look(config, &owner, clock, &Chance::system(), findings).await {
                    let fix = "see that DATABASE_OWNER_URL logs in and may act as portal_owner";
                    findings.must(format!("cannot look into the database as its owner: {error:#}"), fix);
                }
                owner.close().await;
            }
            Err(_) => findings.look(
                "certificates and background work were not looked at",
                "set DATABASE_OWNER_URL for this command",
            ),
        }
    }
    app.close().await;
    database.end().await
}
