//! `mssp-portal audit verify`: walks the audit chain, names the first event that does not stand, and looks for the heads
//! that were kept.

use anyhow::bail;
use clap::Subcommand;

use super::{database::Database, say};
use crate::audit::head::Head;
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
        /// An older head as the log told it (`audit head … seq=SEQ hash=HASH`); may be given several times. Fails where
        /// it is in no chain any more: events after it were cut off, or all were written anew.
        #[arg(long, value_name = "SEQ:HASH")]
        head: Vec<Head>,
    },
}

/// `false`: a chain is broken.
pub async fn run(config: &Config, command: Command) -> anyhow::Result<bool> {
    let Command::Verify { provider, head } = command;
    let database = Database::beside(config).await?;
    let db = database.as_owner().await?;
    let sound = verify(&db, provider.as_deref(), &head).await;
    db.close().await;
    database.end().await?;
    sound
}

async fn verify(db: &Db, only: Option<&str>, heads: &[Head]) -> anyhow::Result<bool> {
    let providers = set_up::every(db).await?;
    if let Some(slug) = only.filter(|slug| providers.iter().all(|one| one.slug != *slug)) {
        bail!("there is no provider {slug}");
    }
    let (mut sound, mut passed) = (true, Vec::new());
    for provider in providers.iter().filter(|one| only.is_none_or(|slug| one.slug == slug)) {
        let mut tx = Scope::of_command_line(provider.id).begin(db).await?;
        let report = verify::walk_past(&mut tx, heads).await?;
        sound &= report.broken.is_none();
        say(format!("{}: {}", provider.slug, sentence(&report)));
        for head in report.passed {
            say(format!("{}: the head {head} stands", provider.slug));
            passed.push(head);
        }
    }
    for head in heads.iter().filter(|head| !passed.contains(head)) {
        say(format!(
            "LOST: the head {head} is in no sound part of a chain: events were cut off, or all were written anew since"
        ));
        sound = false;
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
