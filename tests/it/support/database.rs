//! A migrated, empty database per test, copied from a template that is made once.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use mssp_portal::kit::postgres::Cluster;
use mssp_portal::kit::roles;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, raw_sql};
use tokio::sync::OnceCell;

const TEMPLATE: &str = "template_portal";

static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
static NUMBER: AtomicU32 = AtomicU32::new(0);
/// Databases whose test is over; the next test that starts drops them.
static OVER: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// An empty database with the schema, for one test.
pub struct Database {
    /// As the portal logs in: `portal_app`.
    pub app: PgConnectOptions,
    /// As `portal_owner`: sees and writes every row of every provider.
    pub owner: PgConnectOptions,
    pub name: String,
}

impl Drop for Database {
    fn drop(&mut self) {
        OVER.lock().unwrap().push(std::mem::take(&mut self.name));
    }
}

/// The temporary Postgres of this test process.
pub async fn cluster() -> &'static Cluster {
    CLUSTER.get_or_init(make_cluster).await
}

pub async fn fresh_database() -> Database {
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    copy_of(TEMPLATE, &name).await
}

/// A database without any table.
pub async fn bare_database() -> Database {
    let name = format!("bare_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    copy_of("template0", &name).await
}

async fn copy_of(template: &str, name: &str) -> Database {
    let cluster = cluster().await;
    let mut connection = PgConnection::connect_with(&cluster.superuser).await.unwrap();
    let over: Vec<String> = std::mem::take(&mut *OVER.lock().unwrap());
    for name in over {
        run(&mut connection, format!("drop database if exists {name} with (force)")).await;
    }
    run(&mut connection, format!("create database {name} owner portal_owner template {template}")).await;
    connection.close().await.unwrap();
    let database = Database {
        app: cluster.app.clone().database(name),
        owner: cluster.owner.clone().database(name),
        name: name.to_owned(),
    };
    assert_walls_bind(&database.app).await;
    database
}

async fn make_cluster() -> Cluster {
    let cluster = Cluster::temporary().await.unwrap();
    roles::ensure_database(&cluster.superuser, TEMPLATE).await.unwrap();
    roles::migrate(&cluster.owner.clone().database(TEMPLATE)).await.unwrap();
    cluster
}

/// The first assertion of every test with a database: row security binds the login under test.
async fn assert_walls_bind(app: &PgConnectOptions) {
    let mut connection = PgConnection::connect_with(app).await.unwrap();
    let sql = "select current_user::text, not rolsuper and not rolbypassrls from pg_roles \
               where rolname = current_user";
    let row = raw_sql(sql).fetch_one(&mut connection).await.unwrap();
    assert_eq!(row.get::<&str, _>(0), "portal_app");
    assert!(row.get::<bool, _>(1), "the login under test passes row security");
    connection.close().await.unwrap();
}

async fn run(connection: &mut PgConnection, sql: String) {
    raw_sql(AssertSqlSafe(sql)).execute(connection).await.unwrap();
}

/// A login that row security does not bind: to show that the application's filter holds alone.
pub async fn bypassing_login(database: &Database) -> PgConnectOptions {
    static MADE: OnceCell<()> = OnceCell::const_new();
    MADE.get_or_init(async || {
        let mut connection = PgConnection::connect_with(&cluster().await.superuser).await.unwrap();
        run(&mut connection, "create role test_bypass login bypassrls in role portal_app".to_owned()).await;
    })
    .await;
    database.app.clone().username("test_bypass")
}
