//! The portal as one process after another: it works, it dies, the next one takes over.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{Method, Request, StatusCode, header};
use mssp_portal::app::{App, Parts};
use mssp_portal::graph::{Cloud, Limits};
use mssp_portal::kit::chance::Chance;
use mssp_portal::kit::crash::watched;
use mssp_portal::kit::reach::Allowed;
use mssp_portal::kit::seal::Seal;
use mssp_portal::{router, work};
use tokio::task::JoinHandle;
use tower::ServiceExt;

use crate::lane::Lane;
use crate::watch::{Eyes, How, Onlooker, Witness};

/// Real time that a call may take here; the simulated cloud answers in a thousandth of it.
const PATIENCE: Duration = Duration::from_millis(700);

pub struct Process {
    pub app: App,
    router: Router,
    witness: Arc<Witness>,
    number: u32,
    /// Work that sleeps at some point.
    asleep: Vec<JoinHandle<()>>,
}

fn build(lane: &Lane, seed: u64) -> App {
    let chance = Chance::seeded(seed);
    App::build(Parts {
        // The server outlives the process; a connection given back is as good as a new one.
        db: lane.db.clone(),
        clock: lane.hours.clock(),
        chance: chance.clone(),
        seal: Seal::new(&[3; 32], chance).unwrap(),
        cloud: Cloud::simulated(lane.cloud.base_url()).unwrap(),
        reach: Allowed::default(),
        authorities: Allowed { private: true, ..Allowed::default() },
        graph: Limits {
            connect: PATIENCE,
            headers: PATIENCE,
            body_silence: PATIENCE,
            exchange: PATIENCE * 3,
            body_bytes: 1 << 20,
            pages: 40,
            ..Limits::default()
        },
        portal_url: "http://localhost:8080".parse().unwrap(),
        trusted_proxy_hops: 0,
        rates: (1_000_000.try_into().unwrap(), 1_000_000.try_into().unwrap()),
    })
    .unwrap()
}

impl Process {
    pub fn start(lane: &Lane, witness: Arc<Witness>, seed: u64) -> Self {
        // Every process draws its own ids.
        let number = witness.process();
        let app = build(lane, seed * 100 + u64::from(number));
        Self { router: router::router(&app), app, witness, number, asleep: Vec::new() }
    }

    /// Does what is due. False: the process died, or another one took over, and `self` is the next one.
    pub async fn work(&mut self, lane: &Lane, seed: u64) -> bool {
        let workers = work::workers(&self.app);
        let work = async move {
            workers.run_due().await.unwrap();
        };
        let mut task = tokio::spawn(watched(
            Arc::new(Eyes { witness: self.witness.clone(), process: self.number }),
            work,
        ));
        let how = tokio::select! {
            done = &mut task => {
                done.unwrap();
                return true;
            }
            how = self.witness.stopped() => how,
        };
        let mut asleep = std::mem::take(&mut self.asleep);
        match how {
            How::Dies => {
                task.abort();
                drop(task.await);
            }
            How::Sleeps => asleep.push(task),
        }
        self.witness.next_process();
        *self = Self { asleep, ..Self::start(lane, self.witness.clone(), seed) };
        false
    }

    /// Whoever slept goes on, as if no time had passed for him.
    pub async fn wake(&mut self) {
        self.witness.wake();
        for task in std::mem::take(&mut self.asleep) {
            tokio::time::timeout(Duration::from_secs(20), task).await.expect("ends by itself").unwrap();
        }
    }

    pub fn has_sleepers(&self) -> bool {
        !self.asleep.is_empty()
    }

    /// A form sent by a person; the status it was answered with.
    pub async fn post(&self, cookie: &str, path: &str, form: &str) -> (StatusCode, String) {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::HOST, "localhost:8080")
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::COOKIE, cookie)
            .body(Body::from(form.to_owned()))
            .unwrap();
        let watch = Arc::new(Onlooker { witness: self.witness.clone(), process: self.number });
        let answer = watched(watch, self.router.clone().oneshot(request)).await.unwrap();
        let status = answer.status();
        let body = to_bytes(answer.into_body(), 1 << 22).await.unwrap();
        (status, String::from_utf8_lossy(&body).into_owned())
    }
}
