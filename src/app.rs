//! The assembled portal: what every room may use. `App::build` is the only assembly, for the program and for tests.

use std::num::NonZeroU32;
use std::ops::Deref;
use std::sync::Arc;

use url::Url;

use crate::audit::head;
use crate::audit::walks::Walks;
use crate::graph::{self, Cloud, Graph};
use crate::kit::chance::Chance;
use crate::kit::clock::Clock;
use crate::kit::db::Db;
use crate::kit::export::Exports;
use crate::kit::limits::Limits;
use crate::kit::reach::{Allowed, Reach};
use crate::kit::router::House;
use crate::kit::seal::Seal;
use crate::kit::streams::Streams;
use crate::sign_in::oidc::Authorities;
use crate::sign_in::way::Ways;

/// What the portal is assembled from.
pub struct Parts {
    /// Logged in as `portal_app`.
    pub db: Db,
    pub clock: Clock,
    pub chance: Chance,
    pub seal: Seal,
    pub cloud: Cloud,
    /// What the Graph client puts up with.
    pub graph: graph::Limits,
    /// Where mail servers and webhooks may stand.
    pub reach: Allowed,
    /// Where authorities may stand that are not the cloud's own.
    pub authorities: Allowed,
    /// Address of this portal as browsers see it; without path.
    pub portal_url: Url,
    pub trusted_proxy_hops: u8,
    /// Requests per minute and address: all, and sign-in and consent callbacks.
    pub rates: (NonZeroU32, NonZeroU32),
}

/// Cheap to clone; shared by every request and every piece of work.
#[derive(Clone)]
pub struct App(Arc<Inner>);

pub struct Inner {
    pub db: Db,
    pub clock: Clock,
    pub chance: Chance,
    pub seal: Seal,
    pub graph: Graph,
    pub cloud: Cloud,
    pub authorities: Authorities,
    pub reach: Reach,
    pub portal_url: Url,
    pub limits: Limits,
    /// Open pages of this process that hear of changes.
    pub streams: Streams,
    /// Lists that are being taken away.
    pub exports: Exports,
    /// Wakes this process's workers; work in the database is found without it too, a little later.
    pub nudge: Arc<tokio::sync::Notify>,
    /// Walks of whole audit chains, however many people ask.
    pub walks: Walks,
    /// Heads of audit chains that this process has told in its log.
    pub heads: head::Told,
    /// What goes on after its request was answered; a stopping process waits for it.
    pub aside: tokio_util::task::TaskTracker,
    /// Ended when the process stops: open event streams end with it.
    pub stop: tokio_util::sync::CancellationToken,
}

impl App {
    /// # Errors
    /// The HTTP client cannot be made (no trusted roots on this machine).
    pub fn build(parts: Parts) -> anyhow::Result<Self> {
        let graph =
            Graph::with_limits(parts.cloud.clone(), parts.clock.clone(), parts.chance.clone(), parts.graph)?;
        let ways = Ways::new(parts.cloud.login.clone(), graph.http_client(), Reach::new(parts.authorities));
        let authorities = Authorities::new(ways, parts.clock.clone(), parts.chance.clone());
        Ok(Self(Arc::new(Inner {
            db: parts.db,
            graph,
            cloud: parts.cloud,
            authorities,
            reach: Reach::new(parts.reach),
            seal: parts.seal,
            portal_url: parts.portal_url,
            limits: Limits::new(parts.rates.0, parts.rates.1, parts.trusted_proxy_hops),
            streams: Streams::default(),
            exports: Exports::default(),
            clock: parts.clock,
            chance: parts.chance,
            nudge: Arc::default(),
            walks: Walks::default(),
            heads: head::Told::default(),
            aside: tokio_util::task::TaskTracker::new(),
            stop: tokio_util::sync::CancellationToken::new(),
        })))
    }

    /// An address of this portal, absolute.
    ///
    /// # Panics
    /// Never: `path` is one of our own literals.
    pub fn address(&self, path: &str) -> Url {
        self.portal_url.join(path).unwrap_or_else(|_| self.portal_url.clone())
    }
}

impl Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl House for App {
    fn db(&self) -> &Db {
        &self.db
    }

    fn clock(&self) -> &Clock {
        &self.clock
    }

    fn chance(&self) -> &Chance {
        &self.chance
    }

    fn streams(&self) -> &Streams {
        &self.streams
    }

    fn exports(&self) -> &Exports {
        &self.exports
    }
}
