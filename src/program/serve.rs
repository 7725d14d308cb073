//! `mssp-portal serve`: the portal until it is told to stop.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::database::{Database, refuse};
use super::{clock, key};
use crate::app::{App, Parts};
use crate::config::{CloudName, Config};
use crate::graph;
use crate::kit::accept;
use crate::kit::chance::Chance;
use crate::kit::clock::Clock;
use crate::kit::db::{Db, Unready};
use crate::kit::roles;
use crate::kit::seal::Seal;
use crate::kit::walls;
use crate::{router, work};

/// How long claimed work and open answers may take to end. Work not given back is taken up again after its lease.
const END_WITHIN: Duration = Duration::from_secs(25);
/// The head of a request comes in one piece; whoever sends it bit by bit only holds the connection. An unused one ends
/// then too: a proxy should give it up earlier.
const HEAD_WITHIN: Duration = Duration::from_secs(20);
/// How often the private Postgres is looked after.
const LOOK: Duration = Duration::from_secs(1);

pub async fn run(config: Config) -> anyhow::Result<()> {
    let mut signals = Signals::new()?;
    // First, so that a taken port is told before anything is started.
    let listener = listen(config.portal_listen).await?;
    config.cloud()?;
    warn_of(&config);
    let chance = Chance::system();
    let clock = clock::of(&config).await?;
    let database = Database::to_serve(&config).await?;
    let ended = serve(&config, &database, clock, chance, listener, &mut signals).await;
    tracing::info!("stopping the database");
    let stopped = database.end().await;
    ended.and(stopped)
}

async fn serve(
    config: &Config,
    database: &Database,
    clock: Clock,
    chance: Chance,
    listener: TcpListener,
    signals: &mut Signals,
) -> anyhow::Result<()> {
    let seal = make_ready(config, database, &clock, &chance).await?;
    let app = App::build(Parts {
        db: Db::open(database.app.clone(), config.database_connections),
        clock,
        chance,
        seal,
        cloud: config.cloud()?,
        graph: graph::Limits::default(),
        reach: config.reach()?,
        authorities: config.authorities(),
        portal_url: config.portal_url.clone(),
        trusted_proxy_hops: config.trusted_proxy_hops,
        rates: (config.rate_per_minute, config.rate_anonymous_per_minute),
    })?;
    let mut parts: JoinSet<anyhow::Result<()>> = JoinSet::new();
    if config.workers > 0 {
        let workers = Arc::new(work::workers(&app));
        let (at_once, stop) = (usize::from(config.workers), app.stop.clone());
        parts.spawn(async move {
            workers.run(at_once, stop).await;
            Ok(())
        });
        let (post, stop) = (work::post(&app), app.stop.clone());
        parts.spawn(async move {
            post.run(stop).await;
            Ok(())
        });
    }
    let (aside, stop) = (app.aside.clone(), app.stop.clone());
    parts.spawn(async move {
        stop.cancelled().await;
        aside.close();
        aside.wait().await;
        Ok(())
    });
    parts.spawn(watch_login(app.db.clone(), app.stop.clone()));
    let listening = listener.local_addr()?;
    let limits = accept::Limits { most: usize::from(config.connections), head_within: HEAD_WITHIN };
    let (routes, stop) = (router::router(&app), app.stop.clone());
    parts.spawn(async move { Ok(accept::serve(listener, routes, limits, stop).await?) });
    tracing::info!(portal = %config.portal_url, %listening, "ready");
    let why = tokio::select! {
        () = signals.stop() => Ok(()),
        () = watch(database) => Err(anyhow::anyhow!("the private Postgres ended; see its log in PORTAL_DATA")),
        Some(ended) = parts.join_next() => {
            ended.map_err(anyhow::Error::from).and_then(|ended| ended).and(Err(anyhow::anyhow!("a part of the portal ended")))
        }
    };
    tracing::info!("stopping: no new requests, no new work; ending what is under way");
    app.stop.cancel();
    let machine = Clock::system();
    tokio::select! {
        () = async { while parts.join_next().await.is_some() {} } => {}
        () = machine.sleep(END_WITHIN) => {
            tracing::warn!("some work did not end in time; it is taken up again after its lease");
        }
        () = signals.stop() => tracing::warn!("told twice to stop: not waiting"),
    }
    app.db.close().await;
    why
}

/// The schema and the key. An external server is never migrated here.
async fn make_ready(
    config: &Config,
    database: &Database,
    clock: &Clock,
    chance: &Chance,
) -> anyhow::Result<Seal> {
    let begun = clock.now();
    if database.cluster.is_some() {
        let owner = database.owner()?;
        roles::migrate(owner).await?;
        let seal = key::read_or_make(config, chance, owner).await?;
        tracing::info!(ms = (clock.now() - begun).num_milliseconds(), "the private Postgres is ready");
        return Ok(seal);
    }
    let db = Db::open(database.app.clone(), 1);
    let bound = refuse_unbound(&db).await?;
    match db.unready().await {
        // It may come back: until then /readyz says no.
        Some(Unready::Away(why)) if !bound => {
            let why = roles::connect(&database.app).await.map_or_else(|error| format!("{error:#}"), |_| why);
            tracing::warn!(why, "the database does not answer yet");
        }
        other => refuse(other)?,
    }
    db.close().await;
    key::read(config, chance)
}

/// The portal serves only as a login that cannot pass the walls. `false`: the database does not answer yet.
async fn refuse_unbound(db: &Db) -> anyhow::Result<bool> {
    match walls::unbound(db.pool()).await {
        Ok(None) => Ok(true),
        Ok(Some(login)) => bail!(
            "row security does not bind the login of DATABASE_URL: {login}; use portal_app, which `mssp-portal \
             migrate` makes"
        ),
        Err(error) => {
            tracing::debug!(%error, "the database's login is not known yet");
            Ok(false)
        }
    }
}

/// Asks until the database answers; ends the portal where its login is not bound.
async fn watch_login(db: Db, stop: CancellationToken) -> anyhow::Result<()> {
    let clock = Clock::system();
    while !refuse_unbound(&db).await? {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = clock.sleep(LOOK) => {}
        }
    }
    stop.cancelled().await;
    Ok(())
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("{address} is taken: stop what listens there, or set PORTAL_LISTEN to another port")
        }
        Err(error) => Err(error).with_context(|| format!("cannot listen on {address} (PORTAL_LISTEN)")),
    }
}

fn warn_of(config: &Config) {
    if config.portal_url.scheme() == "http" && !config.portal_listen.ip().is_loopback() {
        tracing::warn!(
            listening = %config.portal_listen,
            "PORTAL_URL is plain http: see that only this machine reaches the port"
        );
    }
    if config.counts_all_as_one() {
        tracing::warn!(
            "a proxy ends TLS in front and is not believed: all visitors count as one address; let it set \
             X-Forwarded-For, and set TRUSTED_PROXY_HOPS=1"
        );
    }
    if config.cloud == CloudName::Simulated {
        tracing::warn!(cloud = %config.simulated_cloud_url, "a simulated cloud: no real tenant is seen or changed");
    }
}

/// Ends when the private Postgres ends by itself.
async fn watch(database: &Database) {
    let clock = Clock::system();
    match &database.cluster {
        Some(cluster) => {
            while !cluster.has_ended() {
                clock.sleep(LOOK).await;
            }
        }
        None => std::future::pending().await,
    }
}

/// The signals that stop the portal.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn stop(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
