//! Roles renewed while the session goes on: what was taken away at the authority is gone within the hour.

use std::time::Duration;

use axum::body::Body;
use http::{Request, StatusCode, header};
use serde_json::{Value, json};
use tower::ServiceExt;
use url::Url;

use super::browser::{Browser, SESSION, assert_refused, give, param, sessions};
use crate::support::app::TestApp;
use crate::support::cloud::{ReadyProvider, TestCloud};
use mssp_portal::providers::AppKind;

const ANNA: &str = "anna@contoso.example";

/// A browser that the authority knows again.
struct Known<'a> {
    browser: Browser<'a>,
    at_cloud: String,
}

impl<'a> Known<'a> {
    async fn signed_in(app: &'a TestApp, who: &str) -> Self {
        let mut browser = Browser::new(app);
        let authority = browser.depart("contoso").await;
        let asked = browser.cloud.post(authority).form(&[("address", who)]).send().await.unwrap();
        let at_cloud = asked.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let back = asked.headers()["location"].to_str().unwrap().to_owned();
        assert_eq!(browser.portal(&back).await.status, 303);
        Self { browser, at_cloud }
    }

    /// From a page to the authority: the address the browser is sent to.
    async fn leaves_for_authority(&mut self, page: &str) -> Url {
        let sent = self.browser.portal(page).await;
        let back: String = url::form_urlencoded::byte_serialize(page.as_bytes()).collect();
        assert_eq!(sent.location(), format!("/p/contoso/go?back={back}&renew=yes"), "{}", sent.body);
        let gone = self.browser.portal(sent.location()).await;
        let authority: Url = gone.location().parse().unwrap();
        assert_eq!(param(&authority, "prompt"), "none");
        authority
    }

    /// What the authority answers without a page.
    async fn silently(&self, authority: Url) -> String {
        let asked = self.browser.cloud.get(authority).header("cookie", &self.at_cloud).send().await.unwrap();
        asked.headers()["location"].to_str().unwrap().to_owned()
    }

    fn secret(&self) -> String {
        self.browser.cookies["__Host-portal"].clone()
    }
}

async fn take(cloud: &TestCloud, provider: &ReadyProvider, who: &str, role: &str) {
    let path =
        format!("/tenants/{}/applications/{}/users", provider.home, provider.client_id(AppKind::SignIn));
    let body = json!({ "userPrincipalName": who, "appRole": role, "remove": true });
    cloud.control("POST", &path, body).await;
}

fn minutes(many: u64) -> Duration {
    Duration::from_secs(many * 60)
}

/// Bodies of the events of this action.
async fn told(app: &TestApp, action: &str) -> Vec<Value> {
    let bodies =
        sqlx::query_scalar!("select body from audit_event where action = $1 order by at, seq", action);
    let bodies = bodies.fetch_all(&app.owner).await.unwrap();
    bodies.iter().map(|body| serde_json::from_slice(body).unwrap()).collect()
}

#[tokio::test]
async fn a_role_taken_away_at_the_authority_is_gone_within_the_hour_and_the_session_goes_on() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    give(&cloud, &contoso, ANNA, "admin").await;
    give(&cloud, &contoso, ANNA, "auditor").await;
    let mut anna = Known::signed_in(&app, ANNA).await;
    let (secret, count) = (anna.secret(), sessions(&app).await);
    take(&cloud, &contoso, ANNA, "admin").await;
    app.clock.advance(minutes(59));
    assert_eq!(anna.browser.portal("/admin/people").await.status, 200, "believed for an hour");
    app.clock.advance(minutes(2));

    let authority = anna.leaves_for_authority("/admin/people?q=x").await;
    let back = anna.silently(authority).await;
    let answer = anna.browser.portal(&back).await;
    assert_eq!((answer.status.as_u16(), answer.location()), (303, "/admin/people?q=x"), "{}", answer.body);
    assert_eq!(anna.browser.portal("/admin/people?q=x").await.status, 403);
    assert_eq!(anna.browser.portal("/audit").await.status, 200, "what she still is");
    assert_eq!((anna.secret(), sessions(&app).await), (secret, count), "the same session");
    assert_eq!(anna.browser.portal(&back).await.status, 409, "a way back serves once");
    let renewed = told(&app, "sign-in.renewed").await;
    assert_eq!(renewed.len(), 1);
    assert_eq!(renewed[0]["before"], json!({ "roles": ["admin", "auditor"] }));
    assert_eq!(renewed[0]["after"], json!({ "roles": ["auditor"] }));

    // The next hour: the same roles are nothing to tell. Two open pages may ask at once.
    app.clock.advance(minutes(59));
    assert_eq!(anna.browser.portal("/audit").await.status, 200);
    app.clock.advance(minutes(2));
    let (one, two) =
        (anna.leaves_for_authority("/audit").await, anna.leaves_for_authority("/customers").await);
    let (one, two) = (anna.silently(one).await, anna.silently(two).await);
    assert_eq!(anna.browser.portal(&two).await.location(), "/customers");
    assert_eq!(anna.browser.portal(&one).await.location(), "/audit");
    assert_eq!(told(&app, "sign-in.renewed").await.len(), 1);
    cloud.end().await;
}

#[tokio::test]
async fn whoever_has_no_role_left_is_signed_out_everywhere() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    give(&cloud, &contoso, ANNA, "admin").await;
    let mut anna = Known::signed_in(&app, ANNA).await;
    let mut elsewhere = Known::signed_in(&app, ANNA).await;
    take(&cloud, &contoso, ANNA, "admin").await;
    app.clock.advance(minutes(50));
    for one in [&mut anna, &mut elsewhere] {
        assert_eq!(one.browser.portal("/customers").await.status, 200);
    }
    app.clock.advance(minutes(11));
    let authority = anna.leaves_for_authority("/customers").await;
    let back = anna.silently(authority).await;
    assert_refused(&anna.browser.portal(&back).await, "No role yet");
    for one in [&mut anna, &mut elsewhere] {
        let answer = one.browser.portal("/customers").await;
        assert_eq!(answer.location(), "/sign-in?back=%2Fcustomers");
        assert_eq!(one.browser.post("/choices", "language=nl&theme=dark&back=%2F").await.status, 401);
    }
    cloud.end().await;
}

#[tokio::test]
async fn where_the_authority_does_not_know_him_silently_the_ordinary_sign_in_follows() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    give(&cloud, &contoso, ANNA, "admin").await;
    let mut anna = Known::signed_in(&app, ANNA).await;
    app.clock.advance(minutes(50));
    assert_eq!(anna.browser.portal("/customers").await.status, 200);
    app.clock.advance(minutes(11));
    let before = sessions(&app).await;
    // The authority itself is away for a moment: nothing is said of her.
    let authority = anna.leaves_for_authority("/customers").await;
    let away =
        format!("/p/contoso/callback?error=temporarily_unavailable&state={}", param(&authority, "state"));
    assert_eq!(anna.browser.portal(&away).await.location(), "/p/contoso?back=%2Fcustomers");
    assert_eq!(sessions(&app).await, before);

    anna.at_cloud = "forgotten=1".to_owned();
    let authority = anna.leaves_for_authority("/customers").await;
    let back = anna.silently(authority).await;
    assert!(back.contains("error=login_required"), "{back}");
    let answer = anna.browser.portal(&back).await;
    assert_eq!((answer.status.as_u16(), answer.location()), (303, "/p/contoso?back=%2Fcustomers"));
    assert_eq!(anna.browser.portal("/p/contoso?back=%2Fcustomers").await.status, 200, "a page, and no loop");
    assert_eq!(sessions(&app).await, before - 1);
    assert!(!anna.browser.cookies.contains_key(SESSION.trim_end_matches('=')));
    assert_eq!(told(&app, "sign-out.not-renewed").await[0]["why"], "login_required");
    assert_eq!(anna.browser.sign_in("contoso", ANNA).await.location(), "/customers");
    cloud.end().await;
}

#[tokio::test]
async fn another_account_at_the_authority_renews_nothing() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    let users = json!([{ "userPrincipalName": "bert@contoso.example", "displayName": "Bert" }]);
    cloud.tenant(json!({ "id": contoso.home, "users": users })).await;
    for who in [ANNA, "bert@contoso.example"] {
        give(&cloud, &contoso, who, "admin").await;
    }
    let mut anna = Known::signed_in(&app, ANNA).await;
    let bert = Known::signed_in(&app, "bert@contoso.example").await;
    app.clock.advance(minutes(50));
    assert_eq!(anna.browser.portal("/customers").await.status, 200);
    app.clock.advance(minutes(11));
    let mut authority = anna.leaves_for_authority("/customers").await;
    let pairs: Vec<(String, String)> =
        authority.query_pairs().into_owned().filter(|(name, _)| name != "login_hint").collect();
    authority.query_pairs_mut().clear().extend_pairs(pairs);
    let back = bert.silently(authority).await;
    assert!(back.contains("code="), "{back}");
    assert_eq!(anna.browser.portal(&back).await.location(), "/p/contoso?back=%2Fcustomers");
    assert_eq!(told(&app, "sign-out.not-renewed").await[0]["why"], "another account");
    cloud.end().await;
}

/// Method, address and headers of what a browser asks for.
type Kind<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

/// What this session's browser asks for by itself, or sends, with these headers.
async fn ask(
    app: &TestApp,
    secret: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> (u16, String) {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "localhost:8080")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::COOKIE, format!("{SESSION}{secret}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = if method == "POST" { "language=nl&theme=dark&back=%2F" } else { "" };
    let answer = app.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let location = answer.headers().get("location").map_or("", |to| to.to_str().unwrap()).to_owned();
    (answer.status().as_u16(), location)
}

#[tokio::test]
async fn what_cannot_go_by_the_authority_is_served_an_hour_longer_and_not_for_ever() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    give(&cloud, &contoso, ANNA, "admin").await;
    let secret = Known::signed_in(&app, ANNA).await.secret();
    let kinds: [Kind<'_>; 4] = [
        ("POST", "/choices", &[]),
        ("GET", "/requests/rows", &[("x-by-itself", "1")]),
        ("GET", "/requests/events", &[("accept", "text/event-stream")]),
        ("GET", "/customers", &[("sec-fetch-mode", "cors")]),
    ];
    for passed in [40, 80, 119] {
        app.clock.advance(minutes(if passed == 119 { 39 } else { 40 }));
        for (method, path, headers) in kinds {
            let (status, to) = ask(&app, &secret, method, path, headers).await;
            let wanted = if method == "POST" { (303, "/") } else { (200, "") };
            assert_eq!((status, to.as_str()), wanted, "{method} {path} after {passed} minutes");
        }
        let (_, to) = ask(&app, &secret, "GET", "/customers", &[("sec-fetch-mode", "navigate")]).await;
        assert_eq!(to.starts_with("/p/contoso/go?"), passed > 60, "{to}");
    }
    app.clock.advance(minutes(2));
    for (method, path, headers) in kinds {
        let (status, to) = ask(&app, &secret, method, path, headers).await;
        let gone = status == StatusCode::UNAUTHORIZED.as_u16() || to.starts_with("/sign-in?");
        assert!(gone, "{method} {path}: {status} {to}");
    }
    cloud.end().await;
}
