//! Requests that are broken off at any moment, also in the middle of a transaction, leave no connection that still
//! knows a provider, and no act without its event.

use std::time::Duration;

use axum::body::Body;
use futures::FutureExt;
use http::{Request, header};
use mssp_portal::audit::verify;
use mssp_portal::kit::chance::Chance;
use mssp_portal::kit::right::Role;
use mssp_portal::kit::scope::witness;
use sqlx::PgConnection;
use tower::ServiceExt;

use super::world;
use crate::support::app::TestApp;

const ROUNDS: usize = 10_000;
const CONNECTIONS: usize = 8;
/// Of the requests, at least so many must have been inside a transaction when they were dropped.
const INSIDE: i64 = 2_000;

/// A number below that, by chance.
fn below(chance: &Chance, most: u64) -> u64 {
    u64::from_le_bytes(chance.bytes()) % most
}

fn request(chance: &Chance, round: usize, path: &str, customer: &str, cookie: &str) -> Request<Body> {
    let request =
        if chance.fraction() < 0.5 { Request::get(path) } else { Request::post(format!("{path}/notes")) };
    request
        .header(header::HOST, "localhost:8080")
        .header(header::COOKIE, cookie)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("customer={customer}&notes=round+{round}&tags=")))
        .unwrap()
}

/// Lets the request go on for a while, chosen by chance; whether it came to its end.
async fn part_of<F: Future + Unpin>(call: &mut F, chance: &Chance) -> bool {
    let (way, many) = (below(chance, 3), below(chance, 60));
    if way == 0 {
        return tokio::time::timeout(Duration::from_micros(100 * many), call).await.is_ok();
    }
    // Polled so many times, counted from the start or from its first transaction on.
    let (mut polls, most) = (0, if way == 1 { many } else { many / 6 });
    while polls < most {
        if (&mut *call).now_or_never().is_some() {
            return true;
        }
        if way == 1 || witness::open() > 0 {
            polls += 1;
        }
        tokio::task::yield_now().await;
    }
    false
}

#[tokio::test]
async fn ten_thousand_dropped_requests_leave_no_connection_with_a_provider() {
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    let person = app.person(provider, "Anna", &[Role::Onboarding], true).await;
    let customer = app.customer(provider, "One").await;
    let path = format!("/customers/{customer}");
    let pool = app.app.db.pool();
    // All connections are made beforehand: ten thousand broken logins would only deafen the server.
    drop(futures::future::join_all((0..CONNECTIONS).map(|_| pool.acquire())).await);
    let chance = Chance::seeded(20_261_123);
    let (mut inside, mut ended) = (0, 0);
    for round in 0..ROUNDS {
        let request = request(&chance, round, &path, &customer.to_string(), &person.cookie);
        let mut call = Box::pin(app.router.clone().oneshot(request));
        let over = part_of(&mut call, &chance).await;
        let open = witness::open();
        drop(call);
        inside += open - witness::open();
        ended += usize::from(over);
        // Whoever comes next, a door function say.
        let mut next = pool.acquire().await.unwrap();
        assert_clean(&mut next, round).await;
    }
    assert_eq!(witness::open(), 0, "a transaction outlived its request");
    assert!(inside >= INSIDE, "only {inside} of {ROUNDS} were dropped inside a transaction; {ended} ended");
    assert!(ended < ROUNDS / 2, "{ended} of {ROUNDS} came to their end");
    every_connection_is_clean(&app).await;
    let mut tx = world::begin(&app, provider).await;
    assert_eq!(verify::walk(&mut tx).await.unwrap().broken, None);
    drop(tx);
    let row = sqlx::query!(
        r#"select c.notes, e.body from customer c join audit_event e on e.customer_id = c.customer_id
            where c.customer_id = $1 order by e.seq desc limit 1"#,
        customer.0
    )
    .fetch_one(&app.owner)
    .await
    .unwrap();
    let told: serde_json::Value = serde_json::from_slice(&row.body).unwrap();
    assert_eq!(told["after"]["notes"], row.notes, "the last act and the last event are not the same");
}

async fn assert_clean(connection: &mut PgConnection, round: usize) {
    let row = sqlx::query!(
        r#"select nullif(current_setting('portal.provider_id', true), '') as provider,
                  pg_current_xact_id_if_assigned() is not null as "writing!",
                  (select count(*) from customer) as "customers!""#
    )
    .fetch_one(connection)
    .await
    .unwrap();
    assert_eq!((row.provider, row.writing, row.customers), (None, false, 0), "after round {round}");
}

/// Takes every connection of the pool at once and looks what each still knows.
async fn every_connection_is_clean(app: &TestApp) {
    let mut held = Vec::new();
    for number in 0..CONNECTIONS {
        let acquired = tokio::time::timeout(Duration::from_secs(5), app.app.db.pool().acquire()).await;
        held.push(acquired.unwrap_or_else(|_| panic!("connection {number} did not come back")).unwrap());
    }
    for connection in &mut held {
        assert_clean(connection, ROUNDS).await;
    }
    // As the server sees them: nobody sits in a transaction.
    let idle = sqlx::query_scalar!(
        r#"select count(*) as "n!" from pg_stat_activity
            where datname = current_database() and usename = 'portal_app' and state like 'idle in transaction%'"#
    );
    assert_eq!(idle.fetch_one(&app.owner).await.unwrap(), 0);
}
