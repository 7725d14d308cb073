//! `mssp-portal audit verify`: walks the audit chain and names the first event that does not stand.

use anyhow::bail;
use clap::Subcommand;

use super::{database::Database, say};
use crate::audit::verify::{self, Report, Why};
use crate::config::Config;
use crate::kit::db::Db;
use crate::kit::scope::Scope;
use crate::providers::set_up;

#[derive(Subcommand)]
pub enum Command {
    /// Walk the chain of each provider over the stored bytes. Fails where an event was changed, removed or put in.
    Verify {
        /// This provider only, by his short name.
        #[arg(long)]
        provider: Option<String>,
    },
}

/// `false`: a chain is broken.
pub async fn run(config: &Config, command: Command) -> anyhow::Result<bool> {
    let Command::Verify { provider } = command;
    let database = Database::beside(config).await?;
    let db = database.as_owner().await?;
    let sound = verify(&db, provider.as_deref()).await;
    db.close().await;
    database.end().await?;
    sound
}

async fn verify(db: &Db, only: Option<&str>) -> anyhow::Result<bool> {
    let providers = set_up::every(db).await?;
    if let Some(slug) = only.filter(|slug| providers.iter().all(|one| one.slug != *slug)) {
        bail!("there is no provider {slug}");
    }
    let mut sound = true;
    for provider in providers.iter().filter(|one| only.is_none_or(|slug| one.slug == slug)) {
        let mut tx = Scope::of_command_line(provider.id).begin(db).await?;
        let report = verify::walk(&mut tx).await?;
        sound &= report.broken.is_none();
        say(format!("{}: {}", provider.slug, sentence(&report)));
    }
    Ok(sound)
}

fn sentence(report: &Report) -> String {
    let until =
        report.until.map_or_else(String::new, |at| format!(" until {}", at.format("%Y-%m-%d %H:%M:%S UTC")));
    match report.broken {
        None if report.sound == 0 => "no events yet".to_owned(),
        None => format!("{} events sound{until}; head {}", report.sound, report.head),
        Some(broken) => format!(
            "BROKEN at event {}: {}. The {} events before it are sound{until}; nothing after it is proven",
            broken.seq,
            why(broken.why),
            report.sound
        ),
    }
}

const fn why(why: Why) -> &'static str {
    match why {
        Why::Gap => "a number is missing, so events were removed",
        Why::Previous => "it does not name the hash of the event before it",
        Why::Bytes => "its stored bytes are not those that were hashed",
        Why::Columns => "its readable columns say other than its stored bytes",
    }
}
