//! Who calls when: fairness between directories, people before background, budgets.

use futures::future::join_all;
use mssp_portal::graph::catalogs::NewCatalog;
use mssp_portal::graph::{Directory, Limits};
use serde_json::json;

use super::wire::{Reply, Wire, clock, credential, tenant};

fn narrow() -> Limits {
    Limits { at_once: 2, spared: 1, at_once_over_all: 4, spared_over_all: 1, ..Limits::default() }
}

async fn busy(directory: &Directory, calls: usize) -> Vec<tokio::task::JoinHandle<()>> {
    directory.permissions().await.unwrap();
    let calls = (0..calls).map(|_| {
        let directory = directory.clone();
        tokio::spawn(async move { drop(directory.catalogs().await.unwrap()) })
    });
    calls.collect()
}

/// How many other calls were answered while this one waited.
async fn meanwhile<T>(wire: &Wire, call: impl Future<Output = T>) -> (usize, T) {
    let before = wire.seen().len();
    let got = call.await;
    (wire.seen().len() - before, got)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_queued_calls_of_one_customer_do_not_delay_anothers_one() {
    let wire = Wire::playing(|_, _| Reply::json(200, json!({"value": []}))).await;
    let graph = wire.graph_within(&clock(), narrow());
    let (one, two) = (graph.app(tenant(1), &credential("s")), graph.app(tenant(2), &credential("s")));
    two.permissions().await.unwrap();
    let calls = busy(&one, 1000).await;
    while wire.seen().len() < 20 {
        tokio::task::yield_now().await;
    }
    let (others, answer) = meanwhile(&wire, two.catalogs()).await;
    assert!(answer.is_ok() && others < 50, "{others} calls of the other customer came first");
    let left = calls.iter().filter(|call| !call.is_finished()).count();
    assert!(left > 800, "{left} were still waiting");
    join_all(calls).await.into_iter().for_each(|call| call.unwrap());
    assert!(wire.most_at_once() <= 3, "one of four places is kept for people");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_call_does_not_queue_behind_background_reading_of_the_same_customer() {
    let wire = Wire::playing(|_, _| Reply::json(200, json!({"value": []}))).await;
    let graph = wire.graph_within(&clock(), narrow());
    let background = graph.app(tenant(1), &credential("s"));
    let calls = busy(&background, 500).await;
    while wire.seen().len() < 20 {
        tokio::task::yield_now().await;
    }
    let person = background.clone().for_person();
    let (others, answer) = meanwhile(&wire, person.catalogs()).await;
    assert!(answer.is_ok() && others < 50, "{others} background calls came first");
    let left = calls.iter().filter(|call| !call.is_finished()).count();
    assert!(left > 300, "{left} were still waiting");
    join_all(calls).await.into_iter().for_each(|call| call.unwrap());
}

#[tokio::test]
async fn background_waits_when_its_part_of_the_budget_is_spent_and_a_person_does_not() {
    let wire = Wire::playing(|_, _| Reply::json(200, json!({"value": []}))).await;
    let clock = clock();
    let directory = wire.graph(&clock).app(tenant(1), &credential("s"));
    let begun = clock.clock().now();
    for _ in 0..30 {
        directory.catalogs().await.unwrap();
    }
    assert_eq!(clock.clock().now(), begun, "30 in 10 seconds are background's part");
    let person = directory.clone().for_person();
    for _ in 0..20 {
        person.catalogs().await.unwrap();
    }
    assert_eq!(clock.clock().now(), begun, "a person's calls go at once");
    directory.catalogs().await.unwrap();
    let waited = clock.clock().now() - begun;
    assert!(waited >= chrono::TimeDelta::seconds(2), "what the person used comes back first: {waited}");
    let other = wire.graph(&clock).app(tenant(2), &credential("s"));
    let begun = clock.clock().now();
    other.catalogs().await.unwrap();
    assert_eq!(clock.clock().now(), begun, "another customer has a budget of his own");
}

#[tokio::test(flavor = "multi_thread")]
async fn entitlement_writes_of_one_directory_go_one_after_another() {
    let wire = Wire::playing(|_, _| Reply::json(201, json!({"id": "c"}))).await;
    let graph = wire.graph(&clock());
    let (one, two) = (graph.app(tenant(1), &credential("s")), graph.app(tenant(2), &credential("s")));
    one.permissions().await.unwrap();
    let new = NewCatalog { display_name: "MSSP Accesses".into(), description: "d".into() };
    join_all((0..10).map(|_| one.create_catalog(&new))).await;
    assert_eq!(wire.most_at_once(), 1);
    two.permissions().await.unwrap();
    // On a busy machine two that may meet need not: they are given many occasions.
    for _ in 0..100 {
        if wire.most_at_once() < 2 {
            join_all([&one, &two].map(|at| at.create_catalog(&new))).await;
        }
    }
    assert_eq!(wire.most_at_once(), 2, "another directory does not wait for this one");
}
