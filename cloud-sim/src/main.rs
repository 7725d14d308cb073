//! The simulated cloud as a program.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use cloud_sim::{Options, Simulation};
use tokio::signal::unix::{SignalKind, signal};

/// A simulation of Microsoft's cloud (Entra, Graph, My Access, Defender) for tests and demonstrations.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Address and port to listen on.
    #[arg(long, env = "CLOUD_SIM_LISTEN", default_value = "127.0.0.1:8090")]
    listen: String,
    /// Origin others reach it by, when not http://<listen> (https with --tls-dir).
    #[arg(long, env = "CLOUD_SIM_PUBLIC_URL")]
    public_url: Option<String>,
    /// Directory that keeps a certificate authority, made at the first start: https is served, and clients trust
    /// DIR/ca.pem. Without it, plain http.
    #[arg(long, value_name = "DIR", env = "CLOUD_SIM_TLS_DIR")]
    tls_dir: Option<PathBuf>,
    /// Directory that keeps the world between runs; without it every run starts empty.
    #[arg(long, value_name = "DIR", env = "CLOUD_SIM_STATE")]
    state: Option<PathBuf>,
    /// The machine's clock, or one that stands still until `POST /sim/clock` moves it.
    #[arg(long, value_enum, env = "CLOUD_SIM_CLOCK", default_value = "system")]
    clock: ClockKind,
    /// Directory that takes every exchange whole, secrets removed, as JSON lines.
    #[arg(long, value_name = "DIR", env = "CLOUD_SIM_RECORD")]
    record: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ClockKind {
    System,
    Set,
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(Arguments::parse()).await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let simulation = Simulation::start(Options {
        listen: arguments.listen,
        public_url: arguments.public_url,
        tls: arguments.tls_dir,
        state: arguments.state,
        clock: None,
        standing_clock: arguments.clock == ClockKind::Set,
        record: arguments.record,
        unforgiving: false,
    })
    .await?;
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    say(&format!("simulated cloud: {}", simulation.base_url()));
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    simulation.close().await
}

#[expect(clippy::print_stdout, reason = "the one line that says where the simulation is")]
fn say(line: &str) {
    println!("{line}");
}
