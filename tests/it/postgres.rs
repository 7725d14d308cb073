//! The private Postgres: started, stopped, killed, started again, and refused where it must be.

use std::time::Duration;

use mssp_portal::kit::clock::{Clock, SetClock};
use mssp_portal::kit::db::{Db, Patience};
use mssp_portal::kit::right::Role;
use mssp_portal::kit::scope::Scope;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, raw_sql};

use crate::support::app::{TestApp, noon};
use crate::support::database::{bare_database, fresh_database};

#[tokio::test]
async fn a_fresh_database_is_ready_to_serve_and_a_bare_one_names_the_command() {
    let database = fresh_database().await;
    let db = Db::open(database.app.clone(), 2);
    assert!(db.unready().await.is_none(), "{:?}", db.unready().await);
    let bare = bare_database().await;
    let db = Db::open(bare.app.clone(), 2);
    let unready = db.unready().await.unwrap();
    assert!(unready.to_string().contains("mssp-portal migrate"), "{unready}");
}

#[tokio::test]
async fn no_role_of_the_portal_passes_row_security_and_only_one_may_log_in() {
    let database = fresh_database().await;
    let mut connection = PgConnection::connect_with(&database.owner).await.unwrap();
    let sql = "select rolname::text, rolcanlogin, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb \
               from pg_roles where rolname like 'portal%' order by 1";
    let rows = raw_sql(sql).fetch_all(&mut connection).await.unwrap();
    let found: Vec<(String, bool, bool)> =
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    let wanted = [("portal_app", true, false), ("portal_door", false, false), ("portal_owner", false, false)];
    let wanted = wanted.map(|(name, login, power)| (name.to_owned(), login, power));
    assert_eq!(found, wanted);
    let row =
        raw_sql("select current_user::text, session_user::text").fetch_one(&mut connection).await.unwrap();
    assert_eq!((row.get::<&str, _>(0), row.get::<&str, _>(1)), ("portal_owner", "postgres"));
}

#[tokio::test]
async fn a_schema_that_misses_any_migration_of_ours_is_not_served_from_and_one_with_more_is() {
    let database = fresh_database().await;
    let db = Db::open(database.app.clone(), 2);
    let mut owner = PgConnection::connect_with(&database.owner).await.unwrap();
    for migration in mssp_portal::kit::db::MIGRATIONS.iter() {
        let set = async |owner: &mut PgConnection, success: &str| {
            let sql = format!(
                "update _sqlx_migrations set success = {success} where version = {}",
                migration.version
            );
            raw_sql(AssertSqlSafe(sql)).execute(owner).await.unwrap();
        };
        set(&mut owner, "false").await;
        let unready = db.unready().await.map(|why| why.to_string()).unwrap_or_default();
        assert!(unready.contains("mssp-portal migrate"), "without {}: {unready}", migration.version);
        set(&mut owner, "true").await;
    }
    let more = "insert into _sqlx_migrations select 9999, 'later', installed_on, true, checksum, 0 from _sqlx_migrations \
                limit 1";
    raw_sql(more).execute(&mut owner).await.unwrap();
    assert!(db.unready().await.is_none(), "a newer portal beside this one");
}

/// A fifth of a second each, instead of many.
const HASTY: Patience = Patience {
    statement: Duration::from_millis(200),
    lock: Duration::from_millis(200),
    idle: Duration::from_millis(200),
};

#[tokio::test]
async fn a_statement_that_takes_too_long_and_a_transaction_that_nobody_ends_give_their_connection_back() {
    let database = fresh_database().await;
    let db = Db::open_with(database.app.clone(), 1, HASTY);
    let scope = || Scope::of_command_line(mssp_portal::kit::ids::ProviderId(uuid::Uuid::nil()));
    let mut tx = scope().begin(&db).await.unwrap();
    let error = raw_sql("select pg_sleep(60)").execute(&mut *tx).await.unwrap_err();
    assert!(mssp_portal::kit::db::gave_up(&error), "{error}");
    drop(tx);
    let mut idle = scope().begin(&db).await.expect("the only connection is free again");
    Clock::system().sleep(Duration::from_millis(600)).await;
    assert!(raw_sql("select 1").execute(&mut *idle).await.is_err(), "the server ended it");
    drop(idle);
    let mut tx = scope().begin(&db).await.expect("and there is another connection");
    raw_sql("select 1").execute(&mut *tx).await.unwrap();
}

#[tokio::test]
async fn whoever_waits_for_a_row_too_long_is_told_so_and_nothing_was_done() {
    let database = fresh_database().await;
    let hasty = Db::open_with(database.app.clone(), 4, HASTY);
    let app =
        TestApp::assembled(database, "http://127.0.0.1:9", SetClock::at(noon()), |parts| parts.db = hasty)
            .await;
    let contoso = app.provider("contoso").await;
    let customer = app.customer(contoso, "Woodgrove").await;
    let anna = app.person(contoso, "Anna", &[Role::Onboarding], true).await;
    let mut other = PgConnection::connect_with(&app.owner.connect_options()).await.unwrap();
    raw_sql("begin; select 1 from customer for update").execute(&mut other).await.unwrap();
    let pause = format!("/customers/{customer}/pause");
    let form = format!("customer={customer}&reason=They+move");
    let answer = app.post(Some(&anna), &pause, &form).await;
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(answer.body.contains("The database took too long"), "{}", answer.body);
    raw_sql("rollback").execute(&mut other).await.unwrap();
    assert_eq!(app.post(Some(&anna), &pause, &form).await.status, 303);
}
