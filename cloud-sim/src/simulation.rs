//! A running simulation: start, shared state, save, stop.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use chrono::SubsecRound;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::call::Call;
use crate::clock::{self, Clock, Now};
use crate::entra::keys::Keys;
use crate::entra::sessions::Sessions;
use crate::front::connection::{Cuttable, Scissors};
use crate::front::faults::Book;
use crate::front::journal::Journal;
use crate::front::record::Recorder;
use crate::front::tls;
use crate::world::{Ids, World};

/// How to start a simulation.
#[derive(Default)]
pub struct Options {
    /// Address and port; port 0 takes a free one.
    pub listen: String,
    /// The origin others reach it by, when not `http://<listen>`, or `https://<listen>` with `tls`.
    pub public_url: Option<String>,
    /// Directory that keeps a certificate authority; with it, https is served. Made when absent.
    pub tls: Option<PathBuf>,
    /// Directory that keeps the world between runs; made when absent.
    pub state: Option<PathBuf>,
    pub clock: Option<Now>,
    /// The clock stands still: only `/sim/clock` moves it. It is kept with the world.
    pub standing_clock: bool,
    /// Directory that takes every exchange whole, as JSON lines; made when absent.
    pub record: Option<PathBuf>,
    /// For tests: a simulation that answered 501 ends with a panic, unless that was forgotten.
    pub unforgiving: bool,
}

/// What all calls share.
pub struct Shared {
    world: Mutex<World>,
    faults: Mutex<Book>,
    journal: Mutex<Journal>,
    sessions: Mutex<Sessions>,
    pub clock: Clock,
    pub keys: Keys,
    pub ids: Ids,
    pub recorder: Option<Recorder>,
    base_url: String,
    changed: AtomicBool,
    stop: watch::Sender<bool>,
}

fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub fn world(&self) -> MutexGuard<'_, World> {
        hold(&self.world)
    }

    pub fn faults(&self) -> MutexGuard<'_, Book> {
        hold(&self.faults)
    }

    pub fn journal(&self) -> MutexGuard<'_, Journal> {
        hold(&self.journal)
    }

    pub fn sessions(&self) -> MutexGuard<'_, Sessions> {
        hold(&self.sessions)
    }

    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Says that the world is to be saved.
    pub fn touch(&self) {
        self.changed.store(true, Ordering::SeqCst);
    }

    /// Returns when the simulation stops.
    pub async fn stopped(&self) {
        let mut stop = self.stop.subscribe();
        let _ = stop.wait_for(|s| *s).await;
    }

    /// Writes the world beside the old one and puts it in its place, so that a crash leaves one of the two whole.
    fn save(&self, directory: &Path) -> anyhow::Result<()> {
        if !self.changed.swap(false, Ordering::SeqCst) {
            return Ok(());
        }
        let text = {
            let mut world = self.world();
            world.clock_offset_seconds = self.clock.offset();
            serde_json::to_vec(&*world)?
        };
        let (fresh, kept) = (directory.join("world.new"), directory.join(WORLD));
        let write = || -> std::io::Result<()> {
            let mut file = std::fs::File::create(&fresh)?;
            file.write_all(&text)?;
            file.sync_all()?;
            std::fs::rename(&fresh, &kept)
        };
        write().with_context(|| format!("cannot write {}", kept.display())).inspect_err(|_| self.touch())
    }
}

/// A simulated cloud that listens.
pub struct Simulation {
    shared: Arc<Shared>,
    server: tokio::task::JoinHandle<()>,
    saver: tokio::task::JoinHandle<()>,
    state: Option<PathBuf>,
    unforgiving: bool,
}

impl Drop for Simulation {
    fn drop(&mut self) {
        if self.unforgiving && !std::thread::panicking() {
            let unknown = self.unknown_calls();
            assert!(unknown.is_empty(), "the simulated cloud does not know these calls: {unknown:?}");
        }
    }
}

impl Simulation {
    /// Starts listening. Fails with one clear line when the port is taken or the state cannot be read.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let mut world = load(options.state.as_deref())?;
        let clock = match options.clock {
            Some(clock) => clock,
            None if options.standing_clock => {
                let since = *world.clock_stands_at.get_or_insert_with(|| clock::machine()().trunc_subsecs(0));
                Arc::new(move || since)
            }
            None => clock::machine(),
        };
        let keys = Keys::of(&mut world.signing_key)?;
        let recorder = options.record.as_deref().map(Recorder::into_directory).transpose()?;
        let listener = TcpListener::bind(&options.listen).await.with_context(|| {
            format!(
                "the simulated cloud cannot listen on {}: the port is taken or not allowed",
                options.listen
            )
        })?;
        let address: SocketAddr = listener.local_addr()?;
        let scheme = if options.tls.is_some() { "https" } else { "http" };
        let base_url = options.public_url.unwrap_or_else(|| format!("{scheme}://{address}"));
        let acceptor = options.tls.as_deref().map(|keep| tls::acceptor(keep, address.ip(), &base_url));
        let acceptor = acceptor.transpose()?;
        let (stop, _) = watch::channel(false);
        let shared = Arc::new(Shared {
            clock: Clock::new(clock, world.clock_offset_seconds),
            world: Mutex::new(world),
            faults: Mutex::default(),
            journal: Mutex::default(),
            sessions: Mutex::default(),
            keys,
            ids: Ids::default(),
            recorder,
            base_url: base_url.trim_end_matches('/').to_owned(),
            changed: AtomicBool::new(true),
            stop,
        });
        let server = tokio::spawn(serve(Cuttable::new(listener, acceptor), shared.clone()));
        let saver = tokio::spawn(keep(shared.clone(), options.state.clone()));
        Ok(Self { shared, server, saver, state: options.state, unforgiving: options.unforgiving })
    }

    /// The origin of every address of the simulation.
    pub fn base_url(&self) -> &str {
        self.shared.base_url()
    }

    /// Calls answered 501 so far; a test wants none.
    pub fn unknown_calls(&self) -> Vec<Value> {
        self.shared.journal().unknown().to_vec()
    }

    /// They were asked for on purpose.
    pub fn forget_unknown_calls(&self) {
        self.shared.journal().forget_unknown();
    }

    /// A call of the control interface without HTTP: `control("POST", "/faults", …)`.
    ///
    /// # Errors
    /// What it refuses, as a sentence.
    pub fn control(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let call = Call::of_control(method, path, body, self.base_url(), self.shared.clock.now());
        if crate::access::advance(&mut self.shared.world(), call.now) {
            self.shared.touch();
        }
        let answer = crate::control::answer(&self.shared, &call);
        if answer.status < 400 { Ok(answer.json_body().clone()) } else { Err(answer.json_body().to_string()) }
    }

    /// As `close`; a world that cannot be saved is only logged.
    pub async fn stop(self) {
        if let Err(error) = self.close().await {
            tracing::error!(error = format!("{error:#}"), "the world was not saved");
        }
    }

    /// Stops listening, lets open calls end shortly, saves the world.
    ///
    /// # Errors
    /// The world cannot be saved.
    pub async fn close(mut self) -> anyhow::Result<()> {
        let _ = self.shared.stop.send(true);
        if tokio::time::timeout(Duration::from_secs(3), &mut self.server).await.is_err() {
            self.server.abort();
        }
        let _ = (&mut self.saver).await;
        // Once more, after the last call has had its effect.
        self.state.as_deref().map_or(Ok(()), |directory| self.shared.save(directory))
    }
}

/// The file in the state directory.
const WORLD: &str = "world.json";

fn load(directory: Option<&Path>) -> anyhow::Result<World> {
    let Some(directory) = directory else { return Ok(World::default()) };
    std::fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    let path = directory.join(WORLD);
    match std::fs::read(&path) {
        Ok(bytes) => {
            let mut world: World = serde_json::from_slice(&bytes).with_context(|| {
                format!("{} is not a saved world of this simulation; move it away", path.display())
            })?;
            world.switches.complete();
            Ok(world)
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(World::default()),
        Err(e) => Err(e).with_context(|| format!("cannot read {}", path.display())),
    }
}

async fn serve(listener: Cuttable, shared: Arc<Shared>) {
    let until = shared.clone();
    let app = Router::new()
        .fallback(crate::front::front)
        // What the control interface sets may be big: alerts with their evidence.
        .layer(axum::extract::DefaultBodyLimit::max(32 << 20))
        .with_state(shared)
        .into_make_service_with_connect_info::<Scissors>();
    let served = axum::serve(listener, app).with_graceful_shutdown(async move { until.stopped().await });
    if let Err(error) = served.await {
        tracing::error!(%error, "the simulated cloud stopped listening");
    }
}

const OFTEN: Duration = Duration::from_millis(300);

/// Saves what changed, a few times a second at most.
async fn keep(shared: Arc<Shared>, state: Option<PathBuf>) {
    let Some(directory) = state else { return };
    let mut pause = OFTEN;
    loop {
        tokio::select! {
            () = shared.stopped() => return,
            () = tokio::time::sleep(pause) => {}
        }
        let (shared, directory) = (shared.clone(), directory.clone());
        let saved = tokio::task::spawn_blocking(move || shared.save(&directory)).await;
        pause = OFTEN;
        if let Ok(Err(error)) = saved {
            tracing::error!(error = format!("{error:#}"), "the world was not saved");
            pause = OFTEN * 30;
        }
    }
}
