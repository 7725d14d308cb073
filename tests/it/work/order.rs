//! Which work goes first, and how many places a customer may take.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use mssp_portal::app::App;
use mssp_portal::kit::ids::{CustomerId, ProviderId};
use mssp_portal::kit::work::{Claimed, Kinds, Outcome};

use super::{wake, workers, workers_of};
use crate::support::app::TestApp;

/// A provider whose readings are all due at once, and kinds that note the order they are done in.
async fn backlog(readings: usize) -> (TestApp, ProviderId, Vec<CustomerId>) {
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    let mut customers = Vec::new();
    for number in 0..readings {
        let customer = app.customer(provider, &format!("Customer {number}")).await;
        wake(&app, provider, customer, "reading").await;
        customers.push(customer);
    }
    // Each was read once, so that it comes round by itself from now on.
    let every = |_: App, _: Claimed| async { Outcome::Done { next: None } };
    workers(&app, Kinds::default().with("reading", every)).run_due().await.unwrap();
    let now = app.app.clock.now();
    sqlx::query!("update work set due_at = $1, rank_at = $2", now, now + TimeDelta::minutes(10))
        .execute(&app.owner)
        .await
        .unwrap();
    (app, provider, customers)
}

#[tokio::test]
async fn an_approved_run_waits_behind_no_backlog_of_readings_and_the_readings_are_not_starved() {
    let (app, provider, customers) = backlog(200).await;
    let done: Arc<Mutex<Vec<&'static str>>> = Arc::default();
    let (first, second) = (done.clone(), done.clone());
    let kinds = Kinds::default()
        .patient("reading", TimeDelta::minutes(10), move |app: App, _: Claimed| {
            first.lock().unwrap().push("reading");
            let next = app.clock.now() + TimeDelta::hours(1);
            async move { Outcome::Done { next: Some(next) } }
        })
        .with("run", move |app: App, _: Claimed| {
            second.lock().unwrap().push("run");
            let next = app.clock.now() + TimeDelta::seconds(1);
            async move { Outcome::Done { next: Some(next) } }
        });
    let workers = workers(&app, kinds);
    wake(&app, provider, customers[7], "run").await;
    let claimed = workers.claim(2).await.unwrap();
    assert_eq!(claimed.iter().map(Claimed::kind).filter(|kind| *kind == "run").count(), 1);
    for one in claimed {
        workers.run_one(one).await;
    }
    // A second place for each second of an hour, and a run that always wants one of them.
    for _ in 0..1_000 {
        for one in workers.claim(1).await.unwrap() {
            workers.run_one(one).await;
        }
        app.clock.advance(Duration::from_secs(1));
    }
    let done = done.lock().unwrap();
    let readings = done.iter().filter(|kind| **kind == "reading").count();
    assert_eq!(readings, 200, "after their patience the readings have their turn too");
}

#[tokio::test]
async fn what_somebody_asks_for_goes_before_what_comes_round_by_itself() {
    let (app, provider, customers) = backlog(150).await;
    let kinds = Kinds::default()
        .patient("reading", TimeDelta::minutes(10), async |_, _| Outcome::Done { next: None });
    let workers = workers(&app, kinds);
    app.clock.advance(Duration::from_secs(5));
    wake(&app, provider, customers[149], "reading").await;
    let claimed = workers.claim(1).await.unwrap();
    assert_eq!(claimed[0].customer(), customers[149]);
}

#[tokio::test]
async fn customers_whose_tenant_never_answers_leave_places_to_the_others() {
    const PLACES: usize = 8;
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    let mut hanging = HashSet::new();
    for number in 0..3 {
        let customer = app.customer(provider, &format!("Hanging {number}")).await;
        hanging.insert(customer);
        for kind in ["a", "b", "c", "d"] {
            wake(&app, provider, customer, kind).await;
        }
    }
    for number in 0..20 {
        let customer = app.customer(provider, &format!("Good {number}")).await;
        wake(&app, provider, customer, "a").await;
    }
    let now = app.app.clock.now();
    sqlx::query!("update work set due_at = $1, rank_at = $2", now, now + TimeDelta::seconds(1))
        .execute(&app.owner)
        .await
        .unwrap();
    let mut kinds = Kinds::default();
    for kind in ["a", "b", "c", "d"] {
        kinds = kinds.patient(kind, TimeDelta::minutes(1), async |app: App, _| Outcome::Done {
            next: Some(app.clock.now() + TimeDelta::seconds(10)),
        });
    }
    let workers = workers(&app, kinds);
    let (mut busy, mut good) = (Vec::new(), 0);
    for _ in 0..60 {
        for claimed in workers.claim(PLACES - busy.len()).await.unwrap() {
            if hanging.contains(&claimed.customer()) {
                busy.push(claimed);
            } else {
                good += 1;
                workers.run_one(claimed).await;
            }
        }
        app.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(busy.len(), 6, "two places for each of the three");
    assert!(good >= 80, "{good} pieces of the others' work were done in a minute");
}

#[tokio::test]
async fn slow_work_of_any_kind_keeps_its_lease_and_ends_after_half_an_hour() {
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    let customer = app.customer(provider, "One").await;
    let taken = Arc::new(AtomicUsize::new(0));
    let (steps, seen) = (Arc::new(AtomicUsize::new(10)), taken.clone());
    let wanted = steps.clone();
    let kinds = Kinds::default().with("slow", move |app: App, claimed: Claimed| {
        let (seen, steps) = (seen.clone(), wanted.load(Ordering::SeqCst));
        async move {
            let rival = workers_of(&app, Kinds::default().with("slow", async |_, _| Outcome::LeaseLost));
            for _ in 0..steps {
                app.clock.sleep(Duration::from_secs(45)).await;
                // Looks at the database often enough for the lease to be prolonged meanwhile.
                for _ in 0..4 {
                    drop(claimed.begin(&app.db).await);
                }
                seen.fetch_add(rival.claim(9).await.unwrap().len(), Ordering::SeqCst);
            }
            Outcome::Done { next: None }
        }
    });
    let workers = workers(&app, kinds);
    for (how_many, outcome) in [(10, "done"), (100, "failed")] {
        steps.store(how_many, Ordering::SeqCst);
        wake(&app, provider, customer, "slow").await;
        let claimed = workers.claim(1).await.unwrap().pop().unwrap();
        workers.run_one(claimed).await;
        let row = sqlx::query!("select outcome, problem ->> 'cause' as cause from work")
            .fetch_one(&app.owner)
            .await
            .unwrap();
        assert_eq!(row.outcome, outcome);
        assert_eq!(row.cause.as_deref(), (outcome == "failed").then_some("too-long"));
    }
    assert_eq!(taken.load(Ordering::SeqCst), 0, "nobody else got it meanwhile");
}

#[tokio::test]
async fn a_claim_out_of_forty_thousand_due_rows_takes_milliseconds() {
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    for sql in [
        "insert into customer (provider_id, customer_id, entra_tenant_id, domain, name, sort_name, state, whose_move,
                since, created_at)
         select $1, gen_random_uuid(), gen_random_uuid(), 'c' || n || '.example', 'Customer ' || n, 'customer ' || n,
                'onboarded', 'nobody', '2026-11-01', '2026-11-01' from generate_series(1, 10000) n",
        "insert into work (provider_id, customer_id, kind, due_at, rank_at)
         select provider_id, customer_id, k, '2026-11-23 11:00:00+00', '2026-11-23 11:10:00+00'
           from customer, unnest(array['a', 'b', 'c', 'd']) k where provider_id = $1",
        "analyze",
    ] {
        let sql = sql.replace("$1", &format!("'{provider}'"));
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&app.owner).await.unwrap();
    }
    let mut kinds = Kinds::default();
    for kind in ["a", "b", "c", "d"] {
        kinds = kinds.patient(kind, TimeDelta::minutes(10), async |_, _| Outcome::Done { next: None });
    }
    let workers = workers(&app, kinds);
    let mut took = Vec::new();
    for _ in 0..21 {
        let begun = Instant::now();
        assert_eq!(workers.claim(8).await.unwrap().len(), 8);
        took.push(begun.elapsed());
    }
    took.sort();
    // Some milliseconds on an idle machine; ten times that where many tests share it.
    assert!(took[10] < Duration::from_millis(60), "{took:?}");
}
