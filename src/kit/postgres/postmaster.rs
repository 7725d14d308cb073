//! The running Postgres: made, started, watched until ready, stopped in order.

use std::fs::{self, OpenOptions};
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::sync::mpsc::channel;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::binaries::Binaries;
use super::files;
use super::place::Place;
use super::user::RunAs;

/// How long a start may take; replaying the log of a killed server is part of it.
const START_WITHIN: Duration = Duration::from_secs(120);
/// A killed server's children hold its memory for a moment: starting again is tried this long.
const RETRY_FOR: Duration = Duration::from_secs(10);

const SAME_FOR_ALL: [&str; 6] = [
    "listen_addresses=",
    "port=5432",
    "max_connections=120",
    "password_encryption=scram-sha-256",
    "timezone=UTC",
    "log_timezone=UTC",
];
/// For databases that live no longer than their process.
const NOT_DURABLE: [&str; 4] =
    ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=64MB"];

#[derive(Debug)]
pub struct Postmaster {
    /// Started the server and ends with it.
    keeper: JoinHandle<()>,
    binaries: Binaries,
    run_as: RunAs,
}

/// Makes the data directory's content, in one step: a broken attempt leaves nothing that looks whole.
pub fn make(place: &Place, binaries: &Binaries, run_as: &RunAs, durable: bool) -> anyhow::Result<()> {
    let unfinished = place.data.with_extension("unfinished");
    if fs::symlink_metadata(&unfinished).is_ok() {
        let removed = run_as.run("rm", &["-rf".as_ref(), "--".as_ref(), unfinished.as_os_str()]);
        removed.with_context(|| format!("cannot remove {}", unfinished.display()))?;
    }
    let mut initdb = run_as.command(binaries.program("initdb"));
    initdb.arg("-D").arg(&unfinished);
    initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]);
    initdb.args(["--data-checksums", "--no-instructions"]);
    if !durable {
        initdb.arg("--no-sync");
    }
    let output = initdb.stdin(Stdio::null()).output().context("cannot start initdb")?;
    if !output.status.success() {
        bail!("initdb failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let names = ["-T".as_ref(), "--".as_ref(), unfinished.as_os_str(), place.data.as_os_str()];
    run_as.run("mv", &names).context("cannot put the new data directory in its place")
}

impl Postmaster {
    /// Stops a server left behind by a killed portal, starts ours and waits until it takes connections.
    ///
    /// # Errors
    /// It does not start; the message carries the end of its log.
    pub fn start(place: &Place, binaries: Binaries, run_as: RunAs, durable: bool) -> anyhow::Result<Self> {
        stop_server(place, &binaries, &run_as)?;
        if let Err(error) = fs::rename(&place.log, place.log.with_extension("log.1")) {
            tracing::debug!(%error, "no earlier log of Postgres");
        }
        let until = Instant::now() + RETRY_FOR;
        loop {
            let (pid, keeper) = spawn(place, &binaries, &run_as, durable)?;
            if wait_ready(place, pid, &keeper)? {
                return Ok(Self { keeper, binaries, run_as });
            }
            if Instant::now() > until {
                bail!("Postgres does not start; the end of {}:\n{}", place.log.display(), end_of_log(place));
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Stops in order: running statements are cut off, everything committed is kept.
    pub fn stop(&self, place: &Place) -> anyhow::Result<()> {
        stop_server(place, &self.binaries, &self.run_as)?;
        let until = Instant::now() + Duration::from_secs(5);
        while !self.has_ended() {
            if Instant::now() > until {
                bail!("Postgres did not end");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&self) -> bool {
        self.keeper.is_finished()
    }
}

/// Starts the server from a thread that lives as long as it: the signal that ends Postgres with us fires when the
/// thread that started it ends, not the process.
fn spawn(
    place: &Place,
    binaries: &Binaries,
    run_as: &RunAs,
    durable: bool,
) -> anyhow::Result<(u32, JoinHandle<()>)> {
    let log = files::open_private(&place.log, OpenOptions::new().create(true).append(true));
    let log = log.with_context(|| format!("cannot write {}", place.log.display()))?;
    let mut command = run_as.command_ending_with_us(binaries.program("postgres"));
    command.arg("-D").arg(&place.data).arg("-k").arg(&place.socket_dir);
    for setting in SAME_FOR_ALL.iter().chain(if durable { &[][..] } else { &NOT_DURABLE[..] }) {
        command.arg("-c").arg(setting);
    }
    // Its own process group: Ctrl-C reaches the portal alone, which stops Postgres last.
    command.process_group(0).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    let (tell, told) = channel();
    let keeper = std::thread::Builder::new().name("postgres".to_owned()).spawn(move || {
        let child = command.spawn();
        drop(tell.send(child.as_ref().map(Child::id).map_err(ToString::to_string)));
        if let Err(error) = child.and_then(|mut child| child.wait()) {
            tracing::error!(%error, "lost sight of Postgres");
        }
    })?;
    match told.recv().context("the thread that starts Postgres ended")? {
        Ok(pid) => Ok((pid, keeper)),
        Err(error) => bail!("cannot start Postgres: {error}"),
    }
}

/// `true`: takes connections. `false`: it ended before.
fn wait_ready(place: &Place, pid: u32, keeper: &JoinHandle<()>) -> anyhow::Result<bool> {
    let until = Instant::now() + START_WITHIN;
    while Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
        if keeper.is_finished() {
            return Ok(false);
        }
        // Lines of postmaster.pid (Postgres documentation, "Database File Layout"): 1 the process, 8 its state.
        let text = fs::read_to_string(place.data.join("postmaster.pid")).unwrap_or_default();
        let mut lines = text.lines();
        if lines.next().and_then(|line| line.trim().parse().ok()) == Some(pid)
            && lines.nth(6).is_some_and(|state| state.trim() == "ready")
        {
            return Ok(true);
        }
    }
    bail!("Postgres is not ready after {} s; see {}", START_WITHIN.as_secs(), place.log.display())
}

/// Stops whatever server runs on the directory; no server is no error.
fn stop_server(place: &Place, binaries: &Binaries, run_as: &RunAs) -> anyhow::Result<()> {
    let pg_ctl = |what: &[&str]| {
        let mut command = run_as.command(binaries.program("pg_ctl"));
        command.args(what).arg("-D").arg(&place.data).stdin(Stdio::null()).output()
    };
    let running = || pg_ctl(&["status"]).map(|output| output.status.success());
    if !running().context("cannot start pg_ctl")? {
        return Ok(());
    }
    let output = pg_ctl(&["stop", "-m", "fast", "-w", "-t", "30"])?;
    // pg_ctl also fails on a process that has ended and was not yet collected: what counts is whether one runs.
    if !output.status.success() && running()? {
        bail!("Postgres does not stop: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

fn end_of_log(place: &Place) -> String {
    let text = fs::read_to_string(&place.log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}
