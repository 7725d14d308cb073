//! Headers on every route, whatever it answers.

use axum::body::Body;
use http::{Method, Request, header};
use mssp_portal::kit::clock::SetClock;
use mssp_portal::kit::headers::CONTENT_POLICY;
use mssp_portal::kit::right::Role;
use mssp_portal::router;
use tower::ServiceExt;
use uuid::Uuid;

use crate::support::app::{Answer, TestApp, noon};
use crate::support::database::fresh_database;

#[tokio::test]
async fn every_route_has_the_content_policy_and_is_not_kept_by_caches() {
    let app = TestApp::offline().await;
    // Streams end at once, so that their answers can be read to the end.
    app.app.stop.cancel();
    let provider = app.provider("contoso").await;
    let admin = app.person(provider, "Admin", &[Role::Admin], true).await;
    for row in router::table() {
        let path = row
            .path
            .replace("{customer}", &Uuid::from_u128(1).to_string())
            .replace("{slug}", "contoso")
            .replace("{app}", "reader")
            .replace("{file}", "none.css");
        if row.path == "/sign-out" {
            continue;
        }
        let answer = app.send(Some(&admin), row.method.clone(), &path, "").await;
        let header =
            |name: &str| answer.headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        assert_eq!(header("content-security-policy"), CONTENT_POLICY, "{} {path}", row.method);
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("cache-control"), "no-store", "{} {path}", row.method);
        assert!(!header("x-request-id").is_empty());
        assert!(answer.headers.get("server").is_none());
    }
    assert!(!CONTENT_POLICY.contains("unsafe"));
}

#[tokio::test]
async fn an_unlisted_method_or_path_says_so_in_words() {
    let app = TestApp::offline().await;
    let answer = app.send(None, Method::DELETE, "/sign-in", "").await;
    assert_eq!(answer.status, 405);
    assert!(answer.body.contains("Not possible this way"), "{}", answer.body);
    let answer = app.get(None, "/nowhere").await;
    assert_eq!(answer.status, 404);
    assert!(answer.body.contains("<h1>Not here</h1>"), "{}", answer.body);
}

#[tokio::test]
async fn hashed_assets_are_kept_for_ever() {
    let app = TestApp::offline().await;
    let path = mssp_portal::kit::assets::url("portal.css");
    let answer = app.get(None, path).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["cache-control"], "public, max-age=31536000, immutable");
}

/// Asks under this host.
async fn under(app: &TestApp, hosts: &[&str], path: &str, language: &str) -> Answer {
    let mut request = Request::get(path).header(header::ACCEPT_LANGUAGE, language);
    for host in hosts {
        request = request.header(header::HOST, *host);
    }
    Answer::read(app.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()).await
}

#[tokio::test]
async fn another_host_than_the_portals_own_is_refused_in_words_and_led_to_it() {
    let app = TestApp::offline().await;
    for hosts in
        [&["evil.example"][..], &["127.0.0.1:8080"], &["localhost"], &[], &["localhost:8080", "evil.example"]]
    {
        for path in ["/sign-in", "/customers", "/assets/none.css", "/nowhere"] {
            let answer = under(&app, hosts, path, "en").await;
            assert_eq!(answer.status, 421, "{hosts:?} {path}");
            assert!(answer.body.contains("<h1>The portal is not at this address</h1>"), "{}", answer.body);
            assert!(answer.body.contains("href=\"http://localhost:8080/\""), "{}", answer.body);
            assert!(!answer.body.contains("evil.example") && !answer.headers.contains_key("location"));
        }
    }
    let dutch = under(&app, &["evil.example"], "/sign-in", "nl").await;
    assert!(dutch.body.contains("<h1>De portal is niet op dit adres</h1>"), "{}", dutch.body);
    // Machines know a process by its port.
    assert_eq!(under(&app, &["10.0.0.7:8080"], "/livez", "en").await.status, 200);
    assert_eq!(under(&app, &[], "/readyz", "en").await.status, 200);
    assert_eq!(under(&app, &["LOCALHOST:8080"], "/sign-in", "en").await.status, 200);
}

#[tokio::test]
async fn behind_https_every_answer_asks_browsers_to_stay_there() {
    let clock = || SetClock::at(noon());
    let nowhere = "http://127.0.0.1:9";
    let https = TestApp::assembled(fresh_database().await, nowhere, clock(), |parts| {
        parts.portal_url = "https://portal.example.com".parse().unwrap();
    })
    .await;
    for (host, path, status) in [
        ("portal.example.com", "/sign-in", 200),
        ("portal.example.com:443", "/nowhere", 404),
        ("portal.example.com", "/customers", 303),
        ("evil.example", "/sign-in", 421),
        ("evil.example", "/livez", 200),
    ] {
        let answer = under(&https, &[host], path, "en").await;
        assert_eq!(answer.status, status, "{host} {path}");
        assert_eq!(answer.headers["strict-transport-security"], "max-age=31536000; includeSubDomains");
    }
    let http = TestApp::offline().await;
    let answer = under(&http, &["localhost:8080"], "/sign-in", "en").await;
    assert!(!answer.headers.contains_key("strict-transport-security"));
}

#[tokio::test]
async fn who_asks_too_often_is_told_in_words_and_for_how_long() {
    let (three, two) = (3.try_into().unwrap(), 2.try_into().unwrap());
    let app =
        TestApp::assembled(fresh_database().await, "http://127.0.0.1:9", SetClock::at(noon()), |parts| {
            parts.rates = (three, two);
        })
        .await;
    let ask = async |path: &str, language: &str| under(&app, &["localhost:8080"], path, language).await;
    for _ in 0..2 {
        assert_eq!(ask("/sign-in", "en").await.status, 200);
    }
    // The sign-in is guarded more closely than the rest; that is closed a request later.
    let held = ask("/sign-in", "en").await;
    assert_eq!(held.status, 429);
    assert!(held.body.contains("<h1>Too many requests</h1>"), "{}", held.body);
    assert_eq!(held.headers["content-type"], "text/html; charset=utf-8");
    let dutch = ask("/nowhere", "nl").await;
    assert_eq!(dutch.status, 429);
    assert!(dutch.body.contains("<h1>Te veel verzoeken</h1>"), "{}", dutch.body);
    for (answer, most) in [(held, 31), (dutch, 21)] {
        let after: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=most).contains(&after), "{after} seconds");
    }
}
