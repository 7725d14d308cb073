//! Background work: leases, fences, attempts, fairness.

mod order;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use mssp_portal::app::App;
use mssp_portal::health;
use mssp_portal::kit::ids::{CustomerId, ProviderId};
use mssp_portal::kit::scope::Scope;
use mssp_portal::kit::work::{self, Claimed, Kinds, LEASE, MAX_ATTEMPTS, Outcome, WorkError, Workers};

use crate::support::app::TestApp;

fn workers(app: &TestApp, kinds: Kinds<App>) -> Workers<App> {
    workers_of(&app.app, kinds)
}

/// The workers of one process.
fn workers_of(app: &App, kinds: Kinds<App>) -> Workers<App> {
    let (db, clock, chance) = (app.db.clone(), app.clock.clone(), app.chance.clone());
    Workers::new(kinds, app.clone(), db, clock, chance, app.nudge.clone())
}

async fn wake(app: &TestApp, provider: ProviderId, customer: CustomerId, kind: &'static str) {
    let mut tx = Scope::of_command_line(provider).begin(&app.app.db).await.unwrap();
    work::wake(&mut tx, customer, kind, app.app.clock.now()).await.unwrap();
    tx.commit_bookkeeping("test").await.unwrap();
}

fn sleeping() -> Kinds<App> {
    Kinds::default().with("count", async |_, _| Outcome::Done { next: None })
}

/// Work of a kind that is due again at once, and whether two ever did it together.
struct Watched {
    held: Mutex<HashSet<CustomerId>>,
    together: AtomicUsize,
    runs: [AtomicUsize; 2],
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_never_hold_one_lease_together() {
    const RUNS: usize = 1_500;
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    for number in 0..12 {
        let customer = app.customer(provider, &format!("Customer {number}")).await;
        wake(&app, provider, customer, "count").await;
    }
    let watched =
        Arc::new(Watched { held: Mutex::default(), together: AtomicUsize::new(0), runs: Default::default() });
    let stop = tokio_util::sync::CancellationToken::new();
    let processes = [0, 1].map(|process| {
        let (watched, stop) = (watched.clone(), stop.clone());
        let kinds = Kinds::default().with("count", move |app: App, claimed: Claimed| {
            let (watched, stop) = (watched.clone(), stop.clone());
            async move {
                let alone = watched.held.lock().unwrap().insert(claimed.customer());
                watched.together.fetch_add(usize::from(!alone), Ordering::SeqCst);
                tokio::task::yield_now().await;
                watched.held.lock().unwrap().remove(&claimed.customer());
                watched.runs[process].fetch_add(1, Ordering::SeqCst);
                if watched.runs.iter().map(|runs| runs.load(Ordering::SeqCst)).sum::<usize>() >= RUNS {
                    stop.cancel();
                }
                Outcome::Done { next: Some(app.clock.now()) }
            }
        });
        workers_of(&app.another_process(100 + process as u64), kinds)
    });
    let running = processes.map(|workers| tokio::spawn(Arc::new(workers).run(8, stop.clone())));
    for running in running {
        running.await.unwrap();
    }
    let runs = watched.runs.each_ref().map(|runs| runs.load(Ordering::SeqCst));
    assert!(runs.iter().all(|runs| *runs > RUNS / 10), "one process did it all: {runs:?}");
    assert_eq!(watched.together.load(Ordering::SeqCst), 0, "a row was worked on twice at once");
    let fences = sqlx::query_scalar!(r#"select sum(fence)::bigint as "n!" from work"#);
    let fences = usize::try_from(fences.fetch_one(&app.owner).await.unwrap()).unwrap();
    assert_eq!(fences, runs[0] + runs[1], "each claim is one run");
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
async fn a_row_whose_claims_never_come_back_stops_after_its_attempts() {
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    let customer = app.customer(provider, "One").await;
    wake(&app, provider, customer, "count").await;
    // Each process dies with the work in its hands: no panic is seen, no outcome is written.
    for fence in 1..=i64::from(MAX_ATTEMPTS) {
        let process = workers(&app, sleeping());
        let claimed = process.claim(9).await.unwrap();
        assert_eq!(claimed.iter().map(Claimed::fence).collect::<Vec<_>>(), [fence]);
        assert!(process.claim(9).await.unwrap().is_empty(), "its lease still holds");
        app.clock.advance((LEASE + TimeDelta::seconds(1)).to_std().unwrap());
    }
    let survivor = workers(&app, sleeping());
    for _ in 0..20 {
        assert!(survivor.claim(9).await.unwrap().is_empty(), "it would kill the next process too");
        app.clock.advance(Duration::from_secs(3600));
    }
    let mut tx = Scope::of_command_line(provider).begin(&app.app.db).await.unwrap();
    let stopped = health::store::failing(&mut tx).await.unwrap();
    assert_eq!(stopped, (0, 1), "a person sees that it stopped");
    assert!(health::store::again(&mut tx, customer, "count", app.app.clock.now()).await.unwrap());
    tx.commit_bookkeeping("test").await.unwrap();
    assert_eq!(survivor.run_due().await.unwrap(), 1);
}

/// How late the good customers' work began, over many rounds of one second with a few places each; all of it is due
/// every 20 seconds. Beside them, troublemakers whose work fails and wants to come again at once.
async fn lateness(
    good: usize,
    bad_customers: usize,
    bad_kinds: &'static [&'static str],
    apart: bool,
) -> Vec<i64> {
    const EVERY: i64 = 20;
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let other = if apart { app.provider("fabrikam").await } else { contoso };
    let late: Arc<Mutex<Vec<i64>>> = Arc::default();
    let due: Arc<Mutex<HashMap<CustomerId, DateTime<Utc>>>> = Arc::default();
    for number in 0..good {
        let customer = app.customer(contoso, &format!("Good {number}")).await;
        wake(&app, contoso, customer, "good").await;
        due.lock().unwrap().insert(customer, app.app.clock.now());
    }
    for number in 0..bad_customers {
        let customer = app.customer(other, &format!("Bad {number}")).await;
        for kind in bad_kinds {
            wake(&app, other, customer, kind).await;
        }
    }
    let (noted, planned) = (late.clone(), due.clone());
    let mut kinds = Kinds::default().with("good", move |app: App, claimed: Claimed| {
        let now = app.clock.now();
        let next = now + TimeDelta::seconds(EVERY);
        let was = planned.lock().unwrap().insert(claimed.customer(), next).unwrap();
        noted.lock().unwrap().push((now - was).num_seconds());
        async move { Outcome::Done { next: Some(next) } }
    });
    for kind in bad_kinds {
        kinds = kinds.with(kind, async |app: App, _: Claimed| Outcome::Failed {
            problem: serde_json::json!({}),
            next: Some(app.clock.now()),
        });
    }
    let workers = workers(&app, kinds);
    for _ in 0..200 {
        for claimed in workers.claim(4).await.unwrap() {
            workers.run_one(claimed).await;
        }
        app.clock.advance(Duration::from_secs(1));
    }
    let late = std::mem::take(&mut *late.lock().unwrap());
    assert!(late.len() >= good * 8, "the good ones ran {} times only", late.len());
    late
}

#[tokio::test]
async fn one_customer_whose_work_always_fails_does_not_delay_the_others() {
    const KINDS: &[&str] = &["a", "b", "c", "d", "e", "f"];
    let alone = lateness(12, 0, &[], false).await.into_iter().max().unwrap();
    for (bad_customers, apart) in [(1, false), (60, true)] {
        let late = lateness(12, bad_customers, KINDS, apart).await;
        let worst = late.iter().max().unwrap();
        // Whatever they ask for, the troublemakers get one turn beside each turn of the others: a customer one of four
        // places, a provider half of them.
        let most = if apart { 2 * (alone + 1) } else { alone + 2 };
        assert!(*worst <= most, "{bad_customers} bad: {worst} s late, {alone} s without them; {late:?}");
        let often = late.len();
        assert!(often >= 12 * 8, "{often}");
    }
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
    let other = |seed| {
        Workers::new(
            sleeping(),
            app.app.clone(),
            app.another_process(seed).db.clone(),
            app.app.clock.clone(),
            app.app.chance.clone(),
            app.app.nudge.clone(),
        )
    };
    let (dead, one, two) = (workers(&app, sleeping()), other(1), other(2));
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
    // One place: no claim is under way while it is taken, which would take the other row too.
    let running = tokio::spawn(Arc::new(workers(&app, kinds)).run(1, stop.clone()));
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
