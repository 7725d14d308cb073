//! Headers on every route, whatever it answers.

use http::Method;
use mssp_portal::kit::headers::CONTENT_POLICY;
use mssp_portal::kit::right::Role;
use mssp_portal::router;
use uuid::Uuid;

use crate::support::app::TestApp;

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
