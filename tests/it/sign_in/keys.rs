//! The authority's keys change while people sign in.

use std::time::Duration;

use serde_json::Value;

use super::browser::{Browser, REFUSED, assert_refused, give};
use crate::support::cloud::TestCloud;

/// How often the authority's keys were read so far.
async fn readings(cloud: &TestCloud, home: &str) -> usize {
    let journal = cloud.control("GET", "/journal", Value::Null).await;
    let calls = journal.as_array().cloned().or_else(|| journal["calls"].as_array().cloned()).unwrap();
    let keys = format!("/{home}/discovery/v2.0/keys");
    calls.iter().filter(|call| call["path"].as_str().is_some_and(|path| path.starts_with(&keys))).count()
}

#[tokio::test]
async fn a_key_that_changed_a_moment_ago_refuses_nobody() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    give(&cloud, &contoso, "anna@contoso.example", "admin").await;
    let mut browser = Browser::new(&app);
    assert_eq!(browser.sign_in("contoso", "anna@contoso.example").await.status, 303);
    assert_eq!(readings(&cloud, &contoso.home).await, 1);
    cloud.control("POST", "/keys", Value::Null).await;
    assert_eq!(browser.sign_in("contoso", "anna@contoso.example").await.status, 303, "after a key rollover");
    assert_eq!(readings(&cloud, &contoso.home).await, 2, "read again once");
    assert_eq!(browser.sign_in("contoso", "anna@contoso.example").await.status, 303);
    assert_eq!(readings(&cloud, &contoso.home).await, 2, "and then known");
    cloud.end().await;
}

#[tokio::test]
async fn keys_that_change_all_the_time_are_not_read_all_the_time() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    give(&cloud, &contoso, "anna@contoso.example", "admin").await;
    let mut browser = Browser::new(&app);
    browser.sign_in("contoso", "anna@contoso.example").await;
    for _ in 0..2 {
        cloud.control("POST", "/keys", Value::Null).await;
        browser.sign_in("contoso", "anna@contoso.example").await;
    }
    assert_eq!(readings(&cloud, &contoso.home).await, 2, "read again once within half a minute");
    assert_refused(&browser.sign_in("contoso", "anna@contoso.example").await, REFUSED);
    app.clock.advance(Duration::from_secs(31));
    assert_eq!(browser.sign_in("contoso", "anna@contoso.example").await.status, 303);
    cloud.end().await;
}

#[tokio::test]
async fn many_who_come_with_a_new_key_at_once_have_it_read_once() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    give(&cloud, &contoso, "anna@contoso.example", "admin").await;
    Browser::new(&app).sign_in("contoso", "anna@contoso.example").await;
    cloud.control("POST", "/keys", Value::Null).await;
    let sign_in = async || Browser::new(&app).sign_in("contoso", "anna@contoso.example").await.status;
    let all = futures::future::join_all((0..6).map(|_| sign_in())).await;
    assert!(all.iter().all(|status| *status == 303), "{all:?}");
    assert_eq!(readings(&cloud, &contoso.home).await, 2);
    cloud.end().await;
}
