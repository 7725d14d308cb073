//! What a sign-in leaves behind: one session in a browser, cookies that only this origin reads, and who it was in the
//! audit log.

use mssp_portal::kit::right::Role;
use serde_json::{Value, json};

use super::browser::{Browser, assert_refused, give, sessions};
use crate::support::app::{Person, TestApp};
use crate::support::cloud::TestCloud;

#[tokio::test]
async fn a_new_sign_in_ends_the_old_session_of_that_browser_and_of_no_other() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    let fabrikam = cloud.provider(&app, "fabrikam").await;
    give(&cloud, &contoso, "anna@contoso.example", "admin").await;
    give(&cloud, &fabrikam, "anna@fabrikam.example", "admin").await;
    let before = sessions(&app).await;
    let (mut browser, mut another) = (Browser::new(&app), Browser::new(&app));
    browser.sign_in("contoso", "anna@contoso.example").await;
    another.sign_in("contoso", "anna@contoso.example").await;
    let mut old = Vec::new();
    for (slug, who) in [("contoso", "anna@contoso.example"), ("fabrikam", "anna@fabrikam.example")] {
        let cookie = format!("__Host-portal={}", browser.cookies["__Host-portal"]);
        old.push(Person { id: contoso.everyone.id, cookie });
        assert_eq!(browser.sign_in(slug, who).await.status, 303);
        for gone in &old {
            let answer = app.get(Some(gone), "/customers").await;
            assert_eq!(answer.location(), "/sign-in?back=%2Fcustomers", "an old session still opens pages");
        }
        assert_eq!(browser.portal("/customers").await.status, 200);
    }
    assert_eq!(another.portal("/customers").await.status, 200, "his other browser stays signed in");
    assert_eq!(sessions(&app).await, before + 2);
    let ends = sqlx::query_scalar!(
        r#"select count(*) as "n!" from audit_event e join person p on p.person_id = e.person_id
            where e.action = 'sign-out.done' and p.name = 'Anna' and p.provider_id = $1"#,
        contoso.id.0
    );
    assert_eq!(ends.fetch_one(&app.owner).await.unwrap(), 2, "each is told of whose session it was");
    cloud.end().await;
}

#[tokio::test]
async fn a_refused_sign_in_leaves_the_session_that_was_there() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    cloud.provider(&app, "fabrikam").await;
    give(&cloud, &contoso, "anna@contoso.example", "admin").await;
    let mut browser = Browser::new(&app);
    browser.sign_in("contoso", "anna@contoso.example").await;
    assert_refused(&browser.sign_in("fabrikam", "anna@fabrikam.example").await, "No role yet");
    assert_eq!(browser.portal("/customers").await.status, 200);
    cloud.end().await;
}

#[tokio::test]
async fn every_cookie_is_of_this_origin_out_of_reach_of_scripts_and_goes_with_the_session() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    give(&cloud, &contoso, "anna@contoso.example", "admin").await;
    let mut browser = Browser::new(&app);
    let names = |browser: &Browser<'_>| {
        let mut names: Vec<String> = browser.cookies.keys().cloned().collect();
        names.sort();
        names
    };
    // Each cookie's attributes are looked at as it is set.
    browser.depart("contoso").await;
    assert_eq!(names(&browser), ["__Host-portal-sign-in"]);
    browser.sign_in("contoso", "anna@contoso.example").await;
    assert_eq!(names(&browser), ["__Host-portal"]);
    browser.post("/visitor/choices", "language=nl&theme=dark&back=%2F").await;
    assert_eq!(names(&browser), ["__Host-portal", "__Host-portal-language", "__Host-portal-theme"]);
    let out = browser.post("/sign-out", "").await;
    assert_eq!(out.headers["clear-site-data"], "\"cache\", \"storage\"");
    assert_eq!(names(&browser), ["__Host-portal-language", "__Host-portal-theme"]);
    cloud.end().await;
}

/// The events of this action: actor, its kind, what the log shows.
async fn actors(app: &TestApp, action: &str) -> Vec<(String, String)> {
    let rows = sqlx::query!(
        r#"select actor, actor_kind, convert_from(body, 'UTF8') as "body!" from audit_event where action = $1 order by seq"#,
        action
    );
    let rows = rows.fetch_all(&app.owner).await.unwrap();
    let actor = |body: &str| serde_json::from_str::<Value>(body).unwrap()["actor_kind"].clone();
    rows.iter().for_each(|row| assert_eq!(actor(&row.body), json!(row.actor_kind)));
    rows.into_iter().map(|row| (row.actor, row.actor_kind)).collect()
}

#[tokio::test]
async fn whoever_is_called_command_line_does_not_look_like_it_in_the_audit_log() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    let named = |name: &str| json!({ "userPrincipalName": format!("{}@contoso.example", name.replace([' ', ':'], "-")), "displayName": name });
    let users = ["command line", "work:consent", "Somebody"].map(named);
    cloud.tenant(json!({ "id": contoso.home, "users": users })).await;
    give(&cloud, &contoso, "command-line@contoso.example", "auditor").await;
    for who in ["command-line", "work-consent", "Somebody"] {
        Browser::new(&app).sign_in("contoso", &format!("{who}@contoso.example")).await;
    }
    let person = |name: &str, kind: &str| (name.to_owned(), kind.to_owned());
    let done = actors(&app, "sign-in.done").await;
    assert!(done.contains(&person("command line", "person")), "{done:?}");
    assert!(done.contains(&person("command line", "command-line")), "the test's own way in: {done:?}");
    let refused = actors(&app, "sign-in.refused").await;
    assert_eq!(refused, [person("work:consent", "stranger"), person("Somebody", "stranger")]);
    let auditor = app.person(contoso.id, "Auditor", &[Role::Auditor], true).await;
    let page = app.get(Some(&auditor), "/audit").await.body;
    let who = |name: &str| page.matches(&format!(">{name}</span></td>")).count();
    assert_eq!((who("work:consent (not let in)"), who("Somebody (not let in)")), (1, 1), "{page}");
    assert_eq!(who("command line"), 1, "a person keeps his own name: {page}");
    assert_eq!(who("Background work"), 0, "{page}");
    let done = actors(&app, "sign-in.done").await;
    assert_eq!(who("Command line"), done.iter().filter(|one| one.1 == "command-line").count());
    // What no person did: the portal itself, not those who were not let in.
    let nobody = app.get(Some(&auditor), "/audit?person=none").await.body;
    assert!(nobody.contains("Command line") && !nobody.contains("not let in"), "{nobody}");
    cloud.end().await;
}
