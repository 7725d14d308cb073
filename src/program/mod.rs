//! The program's commands: serve, migrate, doctor, provider, audit, key, routes.

mod audit;
mod clock;
mod database;
mod doctor;
mod key;
mod migrate;
mod provider;
mod provider_set;
mod rotate;
mod routes;
mod serve;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// Runs Microsoft's customer-access procedure for a managed security service provider, across many Entra tenants.
///
/// Every option below may also be set by the environment variable named beside it.
#[derive(Parser)]
#[command(name = "mssp-portal", version, propagate_version = true, max_term_width = 110)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    config: Config,
}

#[derive(Subcommand)]
enum Command {
    /// Run the portal: pages and background work.
    Serve,
    /// Bring the database's roles and schema up to this program; makes the master key where nothing is sealed yet.
    Migrate,
    /// Look at the installation and say what to do about each finding. Fails where something must be done.
    Doctor,
    /// Providers of this installation.
    #[command(subcommand)]
    Provider(Box<provider::Command>),
    /// The audit log.
    #[command(subcommand)]
    Audit(audit::Command),
    /// The master key.
    #[command(subcommand)]
    Key(rotate::Command),
    /// List every address of the portal with the roles that may use it.
    Routes,
}

/// Parses the arguments, runs the command, says in one line why it failed.
pub async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let config = arguments.config;
    if let Err(error) = start_log(&config) {
        return fail(&error);
    }
    let ended = match arguments.command {
        Command::Serve => serve::run(config).await.map(|()| true),
        Command::Migrate => migrate::run(&config).await.map(|()| true),
        Command::Doctor => doctor::run(&config).await,
        Command::Provider(command) => provider::run(&config, *command).await.map(|()| true),
        Command::Audit(command) => audit::run(&config, command).await,
        Command::Key(command) => rotate::run(&config, command).await,
        Command::Routes => {
            routes::print();
            Ok(true)
        }
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => fail(&error),
    }
}

/// The command line as data, for the documentation's tests.
pub fn command_line() -> clap::Command {
    Arguments::command()
}

fn fail(error: &anyhow::Error) -> ExitCode {
    drop(writeln!(std::io::stderr(), "error: {error:#}"));
    ExitCode::FAILURE
}

fn start_log(config: &Config) -> anyhow::Result<()> {
    let filter: EnvFilter = config.log.parse().map_err(|error| anyhow::anyhow!("LOG: {error}"))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}

/// A command's own words, on standard output.
fn say(line: impl AsRef<str>) {
    // Whoever closed the pipe does not want to hear more.
    drop(writeln!(std::io::stdout(), "{}", line.as_ref()));
}
