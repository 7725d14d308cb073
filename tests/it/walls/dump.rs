//! Dumps: whole as portal_owner with row security on, refused without it, and good for a new database.

use std::path::PathBuf;
use std::process::{Command, Output};

use mssp_portal::kit::walls;
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;

use super::world;
use crate::support::app::TestApp;
use crate::support::database::{bare_database, cluster};

/// A program of the Postgres that the tests run on.
async fn program(app: &TestApp, name: &str) -> PathBuf {
    let setting = sqlx::query_scalar!(r#"select setting as "dir!" from pg_config where name = 'BINDIR'"#);
    let superuser =
        PgPool::connect_with(cluster().await.superuser.clone().database(&app.database_name())).await;
    let dir: String = setting.fetch_one(&superuser.unwrap()).await.unwrap();
    let program = PathBuf::from(dir).join(name);
    assert!(program.is_file(), "{} is missing: it comes with Postgres's client programs", program.display());
    program
}

fn run(program: &PathBuf, login: &PgConnectOptions, words: &[&str]) -> Output {
    let socket = login.get_socket().expect("the tests' Postgres is reached through its socket");
    let port = login.get_port().to_string();
    let server = ["-h", socket.to_str().unwrap(), "-p", &port, "-U", login.get_username()];
    Command::new(program).args(server).args(words).env("LC_ALL", "C.UTF-8").output().unwrap()
}

#[tokio::test]
async fn a_dump_as_owner_is_whole_with_row_security_and_refused_without() {
    let app = TestApp::offline().await;
    let umbra = world::provider(&app, "umbra", "Umbra").await;
    let lumen = world::provider(&app, "lumen", "Lumen").await;
    let (dump, psql) = (program(&app, "pg_dump").await, program(&app, "psql").await);
    let login = cluster().await.superuser.clone();
    let name = app.database_name();
    let plain = run(&dump, &login, &["--role=portal_owner", &name]);
    let said = String::from_utf8_lossy(&plain.stderr);
    assert!(!plain.status.success() && said.contains("row-level security"), "{said}");
    let whole = run(&dump, &login, &["--role=portal_owner", "--enable-row-security", &name]);
    assert!(whole.status.success(), "{}", String::from_utf8_lossy(&whole.stderr));
    // As the portal's login, which has no provider: not a row of anybody.
    let narrow = run(
        &dump,
        &login,
        &["--role=portal_app", "--enable-row-security", "--data-only", "--table=customer", &name],
    );
    let rows = String::from_utf8_lossy(&narrow.stdout);
    assert!(!rows.contains("Umbra") && !rows.contains("Lumen"), "{rows}");

    // Put into another database, by who may give functions to the door, it is the same to the row, and its walls stand.
    let other = bare_database().await;
    let file = std::env::temp_dir().join(format!("mssp-portal-dump-{}.sql", std::process::id()));
    std::fs::write(&file, &whole.stdout).unwrap();
    let into = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &other.name, "-f", file.to_str().unwrap()];
    let restored = run(&psql, &login, &into);
    std::fs::remove_file(&file).unwrap();
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    let there = PgPool::connect_with(other.owner.clone()).await.unwrap();
    let both = [umbra.provider, lumen.provider];
    assert_eq!(world::held(&there, &both).await, world::held(&app.owner, &both).await);
    let portal = PgPool::connect_with(other.app.clone()).await.unwrap();
    let mut breaches = walls::breaches(&portal, None).await.unwrap();
    breaches.retain(|breach| !breach.what.contains("test_bypass"));
    assert_eq!(breaches, []);
}
