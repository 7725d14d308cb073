//! A running simulation: start, shared state, save, stop.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::call::Call;
use crate::clock::{self, Clock, Now};
use crate::entra::keys::SigningKey;
use crate::entra::sessions::Sessions;
use crate::front::connection::{Cuttable, Scissors};
use crate::front::faults::{self, Fault, Strike};
use crate::front::journal::Journal;
use crate::world::World;

/// How to start a simulation.
#[derive(Default)]
pub struct Options {
    /// Address and port; port 0 takes a free one.
    pub listen: String,
    /// The origin others reach it by, when not `http://<listen>`.
    pub public_url: Option<String>,
    /// File that keeps the world between runs.
    pub state: Option<PathBuf>,
    pub clock: Option<Now>,
}

/// What all calls share.
pub struct Shared {
    world: Mutex<World>,
    faults: Mutex<Vec<Fault>>,
    journal: Mutex<Journal>,
    sessions: Mutex<Sessions>,
    pub clock: Clock,
    pub key: SigningKey,
    base_url: String,
    changed: AtomicBool,
    stop: watch::Sender<bool>,
}

/// The faults, held for one call.
pub struct Faults<'a>(MutexGuard<'a, Vec<Fault>>);

impl Faults<'_> {
    pub fn strike(&mut self, call: &Call, tenant: Option<&str>) -> Option<Strike> {
        faults::strike(&mut self.0, call, tenant)
    }

    pub fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn list(&self) -> Vec<Fault> {
        self.0.clone()
    }
}

fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub fn world(&self) -> MutexGuard<'_, World> {
        hold(&self.world)
    }

    pub fn faults(&self) -> Faults<'_> {
        Faults(hold(&self.faults))
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

    fn save(&self, path: &std::path::Path) -> anyhow::Result<()> {
        if !self.changed.swap(false, Ordering::SeqCst) {
            return Ok(());
        }
        let text = {
            let mut world = self.world();
            world.clock_offset_seconds = self.clock.offset();
            serde_json::to_vec(&*world)?
        };
        let fresh = path.with_extension("new");
        std::fs::write(&fresh, text).with_context(|| format!("cannot write {}", fresh.display()))?;
        std::fs::rename(&fresh, path).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// A simulated cloud that listens.
pub struct Simulation {
    shared: Arc<Shared>,
    server: tokio::task::JoinHandle<()>,
    saver: tokio::task::JoinHandle<()>,
}

impl Simulation {
    /// Starts listening. Fails with one clear line when the port is taken or the state cannot be read.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let mut world = load(options.state.as_deref())?;
        let key = SigningKey::of(&mut world.signing_key)?;
        let listener = TcpListener::bind(&options.listen).await.with_context(|| {
            format!(
                "the simulated cloud cannot listen on {}: the port is taken or not allowed",
                options.listen
            )
        })?;
        let address: SocketAddr = listener.local_addr()?;
        let base_url = options.public_url.unwrap_or_else(|| format!("http://{address}"));
        let (stop, _) = watch::channel(false);
        let shared = Arc::new(Shared {
            clock: Clock::new(options.clock.unwrap_or_else(clock::machine), world.clock_offset_seconds),
            world: Mutex::new(world),
            faults: Mutex::default(),
            journal: Mutex::default(),
            sessions: Mutex::default(),
            key,
            base_url: base_url.trim_end_matches('/').to_owned(),
            changed: AtomicBool::new(true),
            stop,
        });
        let server = tokio::spawn(serve(listener, shared.clone()));
        let saver = tokio::spawn(keep(shared.clone(), options.state));
        Ok(Self { shared, server, saver })
    }

    /// The origin of every address of the simulation.
    pub fn base_url(&self) -> &str {
        self.shared.base_url()
    }

    /// Calls answered 501 so far; a test wants none.
    pub fn unknown_calls(&self) -> Vec<Value> {
        self.shared.journal().unknown().to_vec()
    }

    /// Stops listening, lets open calls end shortly, saves the world.
    pub async fn stop(self) {
        let _ = self.shared.stop.send(true);
        let _ = tokio::time::timeout(Duration::from_secs(3), self.server).await;
        let _ = self.saver.await;
    }
}

fn load(path: Option<&std::path::Path>) -> anyhow::Result<World> {
    let Some(path) = path else { return Ok(World::default()) };
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).with_context(|| {
            format!("{} is not a saved world of this simulation; move it away", path.display())
        }),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(World::default()),
        Err(e) => Err(e).with_context(|| format!("cannot read {}", path.display())),
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let until = shared.clone();
    let app = Router::new()
        .fallback(crate::front::front)
        .with_state(shared)
        .into_make_service_with_connect_info::<Scissors>();
    let served =
        axum::serve(Cuttable(listener), app).with_graceful_shutdown(async move { until.stopped().await });
    if let Err(error) = served.await {
        tracing::error!(%error, "the simulated cloud stopped listening");
    }
}

async fn keep(shared: Arc<Shared>, path: Option<PathBuf>) {
    let Some(path) = path else { return };
    loop {
        let stopping = tokio::select! {
            () = shared.stopped() => true,
            () = tokio::time::sleep(Duration::from_millis(300)) => false,
        };
        if let Err(error) = shared.save(&path) {
            tracing::error!(error = format!("{error:#}"), "the world was not saved");
            shared.touch();
        }
        if stopping {
            return;
        }
    }
}
