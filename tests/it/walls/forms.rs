//! What a form may bring: only its own fields, only from this site, only about the customer in the address.

use axum::body::Body;
use http::{Request, StatusCode, header};
use mssp_portal::kit::right::Role;
use mssp_portal::router;
use tower::ServiceExt;

use super::cell::valid;
use super::expected::EXPECTED;
use super::world::{self, changed};
use crate::support::app::{Answer, TestApp};

#[tokio::test]
async fn a_form_about_another_customer_than_its_address_changes_nothing() {
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    let person = app.person(provider, "Anna", &[Role::Onboarding], true).await;
    let (one, two) = (app.customer(provider, "One").await, app.customer(provider, "Two").await);
    let path = format!("/customers/{one}/pause");
    for form in [
        format!("customer={two}&reason=x"),
        "reason=x".to_owned(),
        format!("customer={one}&customer={two}&reason=x"),
    ] {
        let answer = app.post(Some(&person), &path, &form).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{form}");
    }
    let answer = app.post(Some(&person), &path, &format!("customer={one}&reason=x&provider_id=1")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "an unknown field");
    let paused = sqlx::query_scalar!(r#"select count(*) as "n!" from customer where paused_at is not null"#)
        .fetch_one(&app.owner)
        .await
        .unwrap();
    assert_eq!(paused, 0);
    let answer = app.post(Some(&person), &path, &format!("customer={one}&reason=Contract+talks")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_form_sent_from_another_site_is_refused() {
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    let person = app.person(provider, "Anna", &[Role::Onboarding], true).await;
    let customer = app.customer(provider, "One").await;
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let request = Request::post(format!("/customers/{customer}/pause"))
            .header(header::HOST, "localhost:8080")
            .header(header::COOKIE, &person.cookie)
            .header(name, value)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("customer={customer}&reason=x")))
            .unwrap();
        let answer = Answer::read(app.router.clone().oneshot(request).await.unwrap()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.body.contains("Sent from another site"), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_with_a_page() {
    let app = TestApp::offline().await;
    let answer = app.post(None, "/sign-in", &format!("who={}&back=/", "x".repeat(70_000))).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.body.contains("<h1>Too much at once</h1>"), "{}", answer.body);
}

#[tokio::test]
async fn a_nul_character_is_refused_in_words_wherever_it_stands() {
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    let person = app.person(provider, "Anna", &Role::ALL, true).await;
    let customer = app.customer(provider, "One").await;
    let pause = format!("/customers/{customer}/pause");
    let answers = [
        app.post(Some(&person), &pause, &format!("customer={customer}&reason=a%00b")).await,
        app.post(Some(&person), &pause, &format!("customer={customer}&reason=a\0b")).await,
        app.get(Some(&person), "/customers?q=%00").await,
        app.get(None, "/p/con%00toso").await,
    ];
    for answer in answers {
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
        assert!(answer.body.contains("NUL"), "{}", answer.body);
    }
    let answer =
        app.post(Some(&person), &pause, &format!("customer={customer}&reason=literally+%2500")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "the text %00 is no NUL");
}

#[tokio::test]
async fn what_takes_too_long_is_told_so_and_not_as_a_database_away() {
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    let person = app.person(provider, "Anna", &Role::ALL, true).await;
    let mut holder = app.owner.acquire().await.unwrap();
    sqlx::raw_sql("begin; lock table customer").execute(&mut *holder).await.unwrap();
    let router = router::router_within(&app.app, std::time::Duration::from_millis(300));
    for (language, title) in [("en", "This took too long"), ("nl", "Dit duurde te lang")] {
        let request = Request::get("/customers")
            .header(header::HOST, "localhost:8080")
            .header(header::COOKIE, &person.cookie)
            .header(header::ACCEPT_LANGUAGE, language)
            .body(Body::empty())
            .unwrap();
        let answer = Answer::read(router.clone().oneshot(request).await.unwrap()).await;
        assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT);
        assert!(answer.body.contains(&format!("<h1>{title}</h1>")), "{}", answer.body);
    }
    sqlx::raw_sql("rollback").execute(&mut *holder).await.unwrap();
}

#[tokio::test]
async fn sessions_end_when_idle_when_old_and_when_the_person_is_disabled() {
    use std::time::Duration;
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    let person = app.person(provider, "Anna", &[Role::Onboarding], true).await;
    let signed_in = async || app.get(Some(&person), "/customers").await.status == StatusCode::OK;
    let next = async || {
        app.clock.advance(Duration::from_secs(59 * 60));
        app.roles_vouched_for().await;
        signed_in().await
    };
    for _ in 0..11 {
        assert!(next().await, "used within the hour");
    }
    for _ in 0..2 {
        let _ = next().await;
    }
    assert!(!signed_in().await, "older than twelve hours");
    let idle = app.person(provider, "Bert", &[Role::Onboarding], true).await;
    app.clock.advance(Duration::from_secs(61 * 60));
    assert_eq!(app.get(Some(&idle), "/customers").await.status, StatusCode::SEE_OTHER, "idle for an hour");
    let gone = app.person(provider, "Carl", &[Role::Onboarding], true).await;
    sqlx::query!("update person set disabled_at = $2 where person_id = $1", gone.id.0, app.app.clock.now())
        .execute(&app.owner)
        .await
        .unwrap();
    assert_eq!(app.get(Some(&gone), "/customers").await.status, StatusCode::SEE_OTHER, "disabled");
}

#[tokio::test]
async fn a_field_that_a_form_does_not_have_is_refused_by_every_route_and_changes_nothing() {
    let app = TestApp::offline().await;
    let of = world::provider(&app, "umbra", "Umbra").await;
    let mut asked = 0;
    for row in EXPECTED.iter().filter(|row| row.method == "POST") {
        let (path, form) = valid(row, &of, &app);
        let more = |field: &str| format!("{form}&{field}").trim_start_matches('&').to_owned();
        let before = world::held(&app.owner, &[of.provider]).await;
        for field in ["provider_id=1", "person_id=1", "roles=admin", "sees_all=true"] {
            let answer = app.post(Some(&of.everyone), &path, &more(field)).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{} {field}: {}", row.path, answer.body);
            asked += 1;
        }
        let after = world::held(&app.owner, &[of.provider]).await;
        assert_eq!(changed(&before, &after), [""; 0], "{}", row.path);
    }
    // Signing out reads nothing of its body, and refuses one all the same: the session is still there.
    assert_eq!(app.get(Some(&of.everyone), "/customers").await.status, StatusCode::OK);
    assert!(asked > 100, "{asked}");
}

#[tokio::test]
async fn a_form_that_names_another_customer_than_its_address_is_refused_by_every_route() {
    let app = TestApp::offline().await;
    let of = world::provider(&app, "umbra", "Umbra").await;
    let other = of.new.to_string();
    let mut asked = 0;
    for row in EXPECTED.iter().filter(|row| row.method == "POST" && row.names("{customer}")) {
        let (path, form) = valid(row, &of, &app);
        let field = form.split('&').find(|field| field.starts_with("customer=")).unwrap().to_owned();
        let without = form.replace(&field, "");
        let before = world::held(&app.owner, &[of.provider]).await;
        for wrong in [
            form.replace(&field, &format!("customer={other}")),
            without.trim_start_matches('&').to_owned(),
            format!("{form}&customer={other}"),
            format!("{form}&{field}"),
            form.replace(&field, "customer="),
        ] {
            let answer = app.post(Some(&of.everyone), &path, &wrong).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{} {wrong}: {}", row.path, answer.body);
            asked += 1;
        }
        let after = world::held(&app.owner, &[of.provider]).await;
        assert_eq!(changed(&before, &after), [""; 0], "{}", row.path);
    }
    assert!(asked >= 80, "{asked}");
}
