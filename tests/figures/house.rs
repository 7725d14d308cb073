//! The portal as `serve` assembles it, with its customers in the database already.

use std::sync::Arc;
use std::time::Duration;

use mssp_portal::app::{App, Parts};
use mssp_portal::graph::{Cloud, Limits};
use mssp_portal::kit::chance::Chance;
use mssp_portal::kit::clock::Clock;
use mssp_portal::kit::db::Db;
use mssp_portal::kit::ids::ProviderId;
use mssp_portal::kit::reach::Allowed;
use mssp_portal::kit::scope::Scope;
use mssp_portal::kit::seal::Seal;
use mssp_portal::providers::store::{self as providers, NewProof};
use mssp_portal::providers::{AppKind, place_of};
use mssp_portal::work;
use sqlx::{AssertSqlSafe, PgPool, Row, raw_sql};
use tokio_util::sync::CancellationToken;

use crate::cloud::{READER, SECRET, Tenant};
use crate::support::database::{Database, fresh_database};

/// As many as `serve` has when nothing is said.
pub const PLACES: usize = 64;
const CONNECTIONS: u32 = 16;

pub struct House {
    pub app: App,
    pub owner: PgPool,
    provider: ProviderId,
    stop: CancellationToken,
    _database: Database,
}

impl House {
    pub async fn with(cloud: &str, tenants: &[Tenant]) -> Self {
        let database = fresh_database().await;
        let chance = Chance::seeded(7);
        let app = App::build(Parts {
            db: Db::open(database.app.clone(), CONNECTIONS),
            clock: Clock::system(),
            chance: chance.clone(),
            seal: Seal::new(&[3; 32], chance).unwrap(),
            cloud: Cloud::simulated(cloud).unwrap(),
            graph: Limits::default(),
            portal_url: "http://localhost:8080".parse().unwrap(),
            trusted_proxy_hops: 0,
            reach: Allowed::default(),
            authorities: Allowed { private: true, ..Allowed::default() },
            rates: (1_000_000.try_into().unwrap(), 1_000_000.try_into().unwrap()),
        })
        .unwrap();
        let owner = PgPool::connect_with(database.owner.clone()).await.unwrap();
        let provider = ProviderId::new(&app.clock, &app.chance);
        let house = Self { app, owner, provider, stop: CancellationToken::new(), _database: database };
        house.furnish(tenants).await;
        house
    }

    /// As one statement, by the eye that sees everything: what pages and the engine would have put there.
    async fn furnish(&self, tenants: &[Tenant]) {
        let now = self.app.clock.now();
        let provider = self.provider;
        self.run(format!(
            "insert into provider (provider_id, slug, name, sign_in_issuer, created_at)
             values ('{provider}', 'figures', 'Figures', 'http://127.0.0.1:9/none/v2.0', '{now}')"
        ))
        .await;
        let mut tx = Scope::of_command_line(provider).begin(&self.app.db).await.unwrap();
        assert!(providers::set_client_id(&mut tx, AppKind::Reader, READER, now).await.unwrap());
        let sealed = self
            .app
            .seal
            .seal(&place_of(provider, AppKind::Reader, "secret"), &SECRET.to_owned().into())
            .unwrap();
        let proof = NewProof { kind: "secret", certificate: None, not_after: None, sealed };
        providers::set_proof(&mut tx, AppKind::Reader, &proof, now).await.unwrap();
        tx.commit_bookkeeping("figures").await.unwrap();
        let values: Vec<String> =
            tenants.iter().map(|one| format!("('{}'::uuid, '{}')", one.id, one.package)).collect();
        self.run(format!(
            "create table public.seed (tenant uuid primary key, package text not null);
             insert into seed values {};
             insert into customer (provider_id, customer_id, entra_tenant_id, domain, name, sort_name, state, whose_move,
                    since, created_at)
             select '{provider}', tenant, tenant, 'c' || n || '.example', 'Customer ' || n, 'customer ' || n,
                    'onboarded', 'nobody', '{now}', '{now}'
               from (select tenant, row_number() over (order by tenant) as n from seed) s;
             insert into consent (provider_id, customer_id, app, state, since)
             select '{provider}', tenant, 'reader', 'granted', '{now}' from seed;
             insert into link (provider_id, customer_id, package, package_id, name, url, made_at, decide_within)
             select '{provider}', tenant, 'tier1', package, 'Tier 1', 'http://x', '{now}', 1209600 from seed;
             insert into work (provider_id, customer_id, kind, due_at, rank_at)
             select '{provider}', tenant, 'requests', at, at
               from (select tenant, '{now}'::timestamptz + random() * interval '45 seconds' as at from seed) s;
             drop table seed;
             analyze;",
            values.join(", ")
        ))
        .await;
    }

    async fn run(&self, sql: String) {
        raw_sql(AssertSqlSafe(sql)).execute(&self.owner).await.unwrap();
    }

    pub async fn number(&self, sql: &str) -> i64 {
        raw_sql(AssertSqlSafe(sql.to_owned())).fetch_one(&self.owner).await.unwrap().get(0)
    }

    /// Works as a process of `serve` does, until the house is dropped.
    pub fn work(&self) {
        let workers = Arc::new(work::workers(&self.app));
        tokio::spawn(workers.run(PLACES, self.stop.clone()));
    }

    /// Everybody is due at this moment; how long until the last was read, in seconds.
    pub async fn one_cycle(&self, many: usize) -> f64 {
        let begun = self.app.clock.now();
        self.run(format!(
            "update work set due_at = '{begun}', rank_at = '{begun}'
              where kind = 'requests' and leased_until is null"
        ))
        .await;
        self.app.nudge.notify_waiters();
        let read = format!(
            "select count(*) from work where kind = 'requests' and started_at >= '{begun}' and done_at >= '{begun}'"
        );
        while self.number(&read).await < i64::try_from(many).unwrap() {
            Clock::system().sleep(Duration::from_millis(50)).await;
        }
        (self.app.clock.now() - begun).as_seconds_f64()
    }

    /// The due times spread over a cycle, as they are after some time.
    pub async fn scatter(&self) {
        let now = self.app.clock.now();
        self.run(format!(
            "update work set due_at = d.at, rank_at = d.at
               from (select customer_id, '{now}'::timestamptz + random() * interval '45 seconds' as at from customer) d
              where d.customer_id = work.customer_id and work.kind = 'requests'"
        ))
        .await;
    }

    /// Which of these requests (quoted ids) the portal has.
    pub async fn among(&self, ids: &[String]) -> Vec<String> {
        if ids.is_empty() {
            return Vec::new();
        }
        let sql = format!("select request_id from access_request where request_id in ({})", ids.join(", "));
        let rows = raw_sql(AssertSqlSafe(sql)).fetch_all(&self.owner).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Rows written so far: the work's own, and all others'.
    pub async fn writes(&self) -> (i64, i64) {
        // What a session wrote is told at most a second later.
        Clock::system().sleep(Duration::from_millis(1500)).await;
        let sum = |which: &str| {
            format!(
                "select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint from pg_stat_user_tables
                  where relname {which} 'work'"
            )
        };
        (self.number(&sum("=")).await, self.number(&sum("<>")).await)
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
