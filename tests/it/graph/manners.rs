//! Nobody is asked again before the wait he asked for has ended: by status 503, at the token endpoint, and by whoever
//! stood in line meanwhile.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mssp_portal::graph::GraphErrorKind;
use mssp_portal::graph::catalogs::NewCatalog;
use mssp_portal::kit::clock::{SetClock, Ticking};
use serde_json::{Value, json};

use super::wire::{Reply, Wire, clock, credential, tenant, token_for};

fn seconds(clock: &SetClock) -> i64 {
    (clock.now() - super::wire::clock().now()).num_seconds()
}

#[tokio::test]
async fn a_wait_that_comes_with_503_is_kept() {
    let clock = clock();
    let wire = Wire::playing(|_, before| match before {
        0 => Reply::json(503, json!({})).with("retry-after", "12"),
        _ => Reply::json(200, json!({"value": []})),
    })
    .await;
    let directory = wire.graph(&clock).app(tenant(1), &credential("s"));
    directory.catalogs().await.unwrap();
    assert_eq!((wire.seen().len(), seconds(&clock)), (2, 12));
}

#[tokio::test]
async fn a_wait_longer_than_patience_is_kept_by_every_later_call() {
    let clock = clock();
    let wire = Wire::playing(|_, before| match before {
        0 => Reply::json(503, json!({})).with("retry-after", "70"),
        _ => Reply::json(200, json!({"value": []})),
    })
    .await;
    let directory = wire.graph(&clock).app(tenant(1), &credential("s"));
    assert_eq!(directory.catalogs().await.unwrap_err().kind, GraphErrorKind::Unavailable);
    let later = directory.catalogs().await.unwrap_err();
    assert_eq!(later.kind, GraphErrorKind::Throttled { retry_after: Some(Duration::from_secs(70)) });
    assert_eq!(wire.seen().len(), 1, "nothing more was sent");
    clock.advance(Duration::from_secs(70));
    directory.catalogs().await.unwrap();
}

#[tokio::test]
async fn the_token_endpoint_is_left_alone_as_long_as_it_asks() {
    let (clock, asked) = (clock(), AtomicUsize::new(0));
    let nothing = |_: &_, _| Reply::json(200, json!({"value": []}));
    let wire = Wire::with_tokens(nothing, move |base, seen, _| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::json(429, json!({"error": "temporarily_unavailable"})).with("retry-after", "70"),
        _ => token_for(base, seen, Value::Object(serde_json::Map::new())),
    })
    .await;
    let directory = wire.graph(&clock).app(tenant(1), &credential("s"));
    for _ in 0..3 {
        let error = directory.permissions().await.unwrap_err();
        assert_eq!(error.kind, GraphErrorKind::Throttled { retry_after: Some(Duration::from_secs(70)) });
    }
    assert_eq!(wire.token_requests().len(), 1);
    clock.advance(Duration::from_secs(70));
    directory.permissions().await.unwrap();
}

#[tokio::test]
async fn whoever_stands_in_line_when_quiet_is_asked_for_keeps_quiet_too() {
    let clock = clock();
    let wire = Wire::playing(|seen, before| match before {
        0 => Reply::json(429, json!({})).with("retry-after", "25"),
        _ => Reply::json(201, json!({"id": "x", "displayName": seen.json()["displayName"]})),
    })
    .await;
    let directory = wire.graph(&clock).app(tenant(1), &credential("s"));
    let new = |name: &str| NewCatalog { display_name: name.to_owned(), description: String::new() };
    let (one, two) = (new("one"), new("two"));
    // Writes of entitlement management go one after another: the second one waits while the first is answered.
    let (first, second) = tokio::join!(directory.create_catalog(&one), directory.create_catalog(&two));
    assert!(matches!(first.unwrap_err().kind, GraphErrorKind::Throttled { .. }));
    assert_eq!(second.unwrap().display_name, "two");
    assert_eq!(seconds(&clock), 25, "it was sent when the wait was over");
}
