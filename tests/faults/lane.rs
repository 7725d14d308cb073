//! A lane plays schedules one after another: a thread with a database and a simulated cloud of its own.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex};

use cloud_sim::{Options, Simulation};
use mssp_portal::kit::clock::Ticking;
use mssp_portal::kit::db::Db;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use crate::clock::Hours;
use crate::database::{Database, fresh_database};
use crate::eye;
use crate::log::Log;

pub struct Lane {
    /// As the portal: `portal_app`.
    pub db: Db,
    /// As `portal_owner`: sees every provider's rows.
    pub owner: PgPool,
    pub cloud: Simulation,
    pub hours: Hours,
    pub log: Log,
    /// Seeds played here: the same seed draws the same ids.
    played: Mutex<HashSet<u64>>,
    _database: Database,
}

impl Lane {
    pub async fn open() -> Self {
        let hours = Hours::new();
        let shared = hours.clone();
        let options = Options {
            listen: "127.0.0.1:0".to_owned(),
            clock: Some(Arc::new(move || shared.now())),
            ..Options::default()
        };
        let database = fresh_database().await;
        let owner = PgPoolOptions::new().max_connections(2).connect_lazy_with(database.owner.clone());
        // Planned once, not for every schedule anew.
        let app = database.app.clone().options([("plan_cache_mode", "force_generic_plan")]);
        let db = Db::open(app, 8);
        Self {
            db,
            owner,
            cloud: Simulation::start(options).await.unwrap(),
            hours,
            log: Log::default(),
            played: Mutex::default(),
            _database: database,
        }
    }

    /// Makes room for a seed that was played here before.
    pub async fn make_room(&self, seed: u64) {
        if !self.played.lock().unwrap().insert(seed) {
            eye::run(&self.owner, "truncate provider cascade".to_owned()).await;
        }
    }
}

/// How many schedules are played side by side; a lane that waits for a timeout costs nothing.
fn lanes() -> usize {
    let asked = std::env::var("FAULT_LANES").ok().and_then(|text| text.parse().ok());
    asked.unwrap_or_else(|| std::thread::available_parallelism().map_or(2, usize::from) * 2)
}

/// One test at a time: the lanes are all this machine has.
static GATE: Mutex<()> = Mutex::new(());

/// Plays every one of them, each on the first lane that is free. Results come in the order asked for.
pub fn play_all<S, R, F>(all: Vec<S>, play: F) -> Vec<R>
where
    S: Send + 'static,
    R: Send + 'static,
    F: AsyncFn(&Lane, S) -> R + Send + Clone + 'static,
{
    let _alone = GATE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let many = all.len();
    let queue = Arc::new(Mutex::new(all.into_iter().enumerate().collect::<VecDeque<_>>()));
    let results = Arc::new(Mutex::new((0..many).map(|_| None).collect::<Vec<Option<R>>>()));
    let threads: Vec<_> = (0..lanes().min(many))
        .map(|_| {
            let (queue, results, play) = (queue.clone(), results.clone(), play.clone());
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let lane = Lane::open().await;
                    let _logged = lane.log.here();
                    loop {
                        let next = queue.lock().unwrap().pop_front();
                        let Some((at, schedule)) = next else { break };
                        let result = play(&lane, schedule).await;
                        results.lock().unwrap()[at] = Some(result);
                    }
                    lane.cloud.stop().await;
                });
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let mut results = results.lock().unwrap();
    results.drain(..).map(Option::unwrap).collect()
}
