//! Background work: leases, fences, attempts, fairness.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mssp_portal::app::App;
use mssp_portal::kit::ids::{CustomerId, ProviderId};
use mssp_portal::kit::scope::Scope;
use mssp_portal::kit::work::{self, Claimed, Kinds, LEASE, MAX_ATTEMPTS, Outcome, WorkError, Workers};

use crate::support::app::TestApp;

fn workers(app: &TestApp, kinds: Kinds<App>) -> Workers<App> {
    let inner = app.app.clone();
    Workers::new(
        kinds,
        inner.clone(),
        inner.db.clone(),
        inner.clock.clone(),
        inner.chance.clone(),
        inner.nudge.clone(),
    )
}

async fn wake(app: &TestApp, provider: ProviderId, customer: CustomerId, kind: &'static str) {
    let mut tx = Scope::of_command_line(provider).begin(&app.app.db).await.unwrap();
    work::wake(&mut tx, customer, kind, app.app.clock.now()).await.unwrap();
    tx.commit_bookkeeping("test").await.unwrap();
}

fn sleeping() -> Kinds<App> {
    Kinds::default().with("count", async |_, _| Outcome::Done { next: None })
}

#[tokio::test]
async fn two_processes_never_hold_one_lease_together() {
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    for number in 0..40 {
        let customer = app.customer(provider, &format!("Customer {number}")).await;
        wake(&app, provider, customer, "count").await;
    }
    let (one, two) = (workers(&app, sleeping()), workers(&app, sleeping()));
    let mut held = Vec::new();
    for _ in 0..20 {
        let (first, second) = tokio::join!(one.claim(3), two.claim(3));
        held.extend(first.unwrap().into_iter().chain(second.unwrap()).map(|claimed| claimed.customer()));
    }
    assert_eq!(held.len(), 40);
    held.sort();
    held.dedup();
    assert_eq!(held.len(), 40, "a row was claimed twice");
}

#[tokio::test]
async fn a_stale_holder_cannot_write() {
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    let customer = app.customer(provider, "One").await;
    wake(&app, provider, customer, "count").await;
    let workers = workers(&app, sleeping());
    let stale = workers.claim(1).await.unwrap().pop().unwrap();
    app.clock.advance((LEASE + chrono::TimeDelta::seconds(1)).to_std().unwrap());
    let fresh = workers.claim(1).await.unwrap().pop().unwrap();
    assert!(fresh.fence() > stale.fence());
    assert!(matches!(stale.begin(&app.app.db).await, Err(WorkError::LeaseLost)));
    assert!(matches!(stale.renew(&app.app.db, &app.app.clock).await, Err(WorkError::LeaseLost)));
    workers.run_one(stale).await;
    let still = sqlx::query_scalar!("select leased_until from work where customer_id = $1", customer.0)
        .fetch_one(&app.owner)
        .await
        .unwrap();
    assert!(still.is_some(), "the stale holder gave back a lease that is not its own");
    assert!(fresh.begin(&app.app.db).await.is_ok());
}

#[tokio::test]
async fn a_holder_keeps_claims_out_and_lets_everybody_wake_him() {
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    let customer = app.customer(provider, "One").await;
    for kind in ["one", "two"] {
        wake(&app, provider, customer, kind).await;
    }
    let kinds = sleeping().with("one", async |_, _| Outcome::Done { next: None });
    let workers = workers(&app, kinds.with("two", async |_, _| Outcome::Done { next: None }));
    let held = workers.claim(2).await.unwrap();
    let [one, two] = &held[..] else { panic!("two rows") };
    let (mut first, mut second) =
        (one.begin(&app.app.db).await.unwrap(), two.begin(&app.app.db).await.unwrap());
    // Each wakes the other while both transactions are open.
    let now = app.app.clock.now();
    work::wake(&mut first, customer, two.kind(), now).await.unwrap();
    work::wake(&mut second, customer, one.kind(), now).await.unwrap();
    app.clock.advance((LEASE + chrono::TimeDelta::seconds(1)).to_std().unwrap());
    assert!(workers.claim(2).await.unwrap().is_empty(), "the leases are over, but both still write");
    first.commit_bookkeeping("test").await.unwrap();
    second.commit_bookkeeping("test").await.unwrap();
    assert_eq!(workers.claim(2).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_poison_row_stops_after_its_attempts_and_a_person_can_start_it_again() {
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    let customer = app.customer(provider, "One").await;
    wake(&app, provider, customer, "poison").await;
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    let kinds = Kinds::default().with("poison", move |_: App, _: Claimed| {
        counted.fetch_add(1, Ordering::SeqCst);
        async { panic!("poison") }
    });
    let workers = workers(&app, kinds);
    for _ in 0..20 {
        workers.run_due().await.unwrap();
        app.clock.advance(Duration::from_secs(3600));
    }
    assert_eq!(tries.load(Ordering::SeqCst), usize::try_from(MAX_ATTEMPTS).unwrap());
    wake(&app, provider, customer, "poison").await;
    workers.run_due().await.unwrap();
    assert_eq!(tries.load(Ordering::SeqCst), usize::try_from(MAX_ATTEMPTS).unwrap() + 1);
}

#[tokio::test]
async fn one_customer_whose_work_always_fails_does_not_delay_the_others() {
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    let bad = app.customer(provider, "Bad").await;
    // Many kinds of work of the one customer are due, and were due first.
    for kind in ["a", "b", "c", "d", "e", "f"] {
        wake(&app, provider, bad, kind).await;
    }
    app.clock.advance(Duration::from_secs(1));
    let mut good = Vec::new();
    for number in 0..5 {
        let customer = app.customer(provider, &format!("Good {number}")).await;
        wake(&app, provider, customer, "a").await;
        good.push(customer);
    }
    let failing = async |_: App, _: Claimed| Outcome::Failed { problem: serde_json::json!({}), next: None };
    let mut kinds = Kinds::default();
    for kind in ["a", "b", "c", "d", "e", "f"] {
        kinds = kinds.with(kind, failing);
    }
    let claimed = workers(&app, kinds).claim(6).await.unwrap();
    let served = claimed.iter().filter(|one| good.contains(&one.customer())).count();
    assert_eq!(served, 5, "each customer has his turn before anybody has a second one");
}

#[tokio::test]
async fn a_wake_during_the_work_is_not_lost_and_failures_wait_longer_each_time() {
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    let customer = app.customer(provider, "One").await;
    wake(&app, provider, customer, "count").await;
    let workers = workers(&app, sleeping());
    let claimed = workers.claim(1).await.unwrap().pop().unwrap();
    wake(&app, provider, customer, "count").await;
    workers.run_one(claimed).await;
    assert_eq!(workers.claim(1).await.unwrap().len(), 1, "woken while it was leased");

    let other = app.customer(provider, "Two").await;
    wake(&app, provider, other, "fails").await;
    let failing = Kinds::default().with("fails", async |_: App, _: Claimed| Outcome::Failed {
        problem: serde_json::json!({}),
        next: None,
    });
    let workers = self::workers(&app, failing);
    let mut waits = Vec::new();
    for _ in 0..5 {
        workers.run_due().await.unwrap();
        let due = sqlx::query_scalar!(r#"select due_at as "due!" from work where customer_id = $1"#, other.0)
            .fetch_one(&app.owner)
            .await
            .unwrap();
        waits.push(due - app.app.clock.now());
        app.clock.advance((due - app.app.clock.now()).to_std().unwrap());
    }
    assert!(waits.windows(2).all(|pair| pair[1] > pair[0]), "{waits:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_leases_of_a_dead_process_go_to_exactly_one_of_the_others() {
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    for number in 0..30 {
        let customer = app.customer(provider, &format!("Customer {number}")).await;
        wake(&app, provider, customer, "count").await;
    }
    let (dead, one, two) = (workers(&app, sleeping()), workers(&app, sleeping()), workers(&app, sleeping()));
    assert_eq!(dead.claim(30).await.unwrap().len(), 30);
    assert!(one.claim(30).await.unwrap().is_empty(), "the leases still hold");
    app.clock.advance((LEASE + chrono::TimeDelta::seconds(1)).to_std().unwrap());
    let mut held = Vec::new();
    for _ in 0..20 {
        let (first, second) = tokio::join!(one.claim(2), two.claim(2));
        held.extend(first.unwrap().into_iter().chain(second.unwrap()));
    }
    assert!(held.iter().all(|claimed| claimed.fence() == 2), "the dead holder's fence is behind");
    let mut customers: Vec<_> = held.iter().map(Claimed::customer).collect();
    customers.sort();
    customers.dedup();
    assert_eq!((held.len(), customers.len()), (30, 30));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_told_to_stop_ends_what_it_claimed_and_takes_nothing_more() {
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    let customer = app.customer(provider, "One").await;
    wake(&app, provider, customer, "slow").await;
    let (begun, may_end) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
    let (tell, wait) = (Arc::clone(&begun), Arc::clone(&may_end));
    let kinds = Kinds::default().with("slow", move |_: App, _: Claimed| {
        let (tell, wait) = (Arc::clone(&tell), Arc::clone(&wait));
        async move {
            tell.notify_one();
            wait.notified().await;
            Outcome::Done { next: None }
        }
    });
    let stop = tokio_util::sync::CancellationToken::new();
    let running = tokio::spawn(Arc::new(workers(&app, kinds)).run(4, stop.clone()));
    begun.notified().await;
    stop.cancel();
    let other = app.customer(provider, "Two").await;
    wake(&app, provider, other, "slow").await;
    may_end.notify_one();
    running.await.unwrap();
    let outcomes = sqlx::query!("select outcome, leased_until from work order by outcome desc")
        .fetch_all(&app.owner)
        .await
        .unwrap();
    let outcomes: Vec<_> = outcomes.into_iter().map(|row| (row.outcome, row.leased_until)).collect();
    assert_eq!(outcomes, [("done".to_owned(), None), (String::new(), None)]);
}
