//! People: which customers each sees, and who may come in; changed by administrators, told in the audit log.

use mssp_portal::kit::right::Role;

use crate::support::app::{Person, TestApp};

async fn admin(app: &TestApp, provider: mssp_portal::kit::ids::ProviderId, sees_all: bool) -> Person {
    app.person(provider, "Admin", &[Role::Admin], sees_all).await
}

/// Actions of the audit log about people, in order.
async fn told(app: &TestApp) -> Vec<String> {
    sqlx::query_scalar!("select action from audit_event where action like 'person.%' order by at, seq")
        .fetch_all(&app.owner)
        .await
        .unwrap()
}

#[tokio::test]
async fn an_administrator_chooses_which_customers_a_person_sees() {
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let admin = admin(&app, contoso, true).await;
    let anna = app.person(contoso, "Anna", &[Role::Approver], true).await;
    let (one, two) = (app.customer(contoso, "Woodgrove").await, app.customer(contoso, "Tailspin").await);
    let sees = async || {
        let page = app.get(Some(&anna), "/customers").await.body;
        (page.contains("Woodgrove"), page.contains("Tailspin"))
    };
    assert_eq!(sees().await, (true, true));
    let path = format!("/admin/people/{}", anna.id);
    let list = app.get(Some(&admin), "/admin/people").await.body;
    assert!(list.contains("Approver") && list.contains("All customers"), "{list}");
    assert_eq!(app.post(Some(&admin), &format!("{path}/view"), "sees=these").await.status, 303);
    assert_eq!(sees().await, (false, false), "at once, in the session she has");
    let found = app.get(Some(&admin), &format!("{path}?q=wood")).await.body;
    assert!(found.contains("(Woodgrove)") && !found.contains("Tailspin"), "{found}");
    assert_eq!(app.post(Some(&admin), &format!("{path}/give"), &format!("which={one}")).await.status, 303);
    assert_eq!(sees().await, (true, false));
    assert_eq!(app.get(Some(&anna), &format!("/customers/{two}")).await.status, 404);
    assert_eq!(app.post(Some(&admin), &format!("{path}/give"), &format!("which={one}")).await.status, 303);
    assert_eq!(app.post(Some(&admin), &format!("{path}/take"), &format!("which={one}")).await.status, 303);
    assert_eq!(sees().await, (false, false));
    assert_eq!(app.post(Some(&admin), &format!("{path}/view"), "sees=all").await.status, 303);
    assert_eq!(sees().await, (true, true));
    assert_eq!(
        told(&app).await,
        ["person.view-changed", "person.customer-given", "person.customer-taken", "person.view-changed"],
        "what changed nothing is not told"
    );
    assert_eq!(app.post(Some(&admin), &format!("{path}/view"), "sees=some").await.status, 400);
    let body = sqlx::query_scalar!(
        r#"select convert_from(body, 'utf8') as "body!" from audit_event where action = 'person.view-changed'
            order by seq limit 1"#
    );
    let told: serde_json::Value = serde_json::from_str(&body.fetch_one(&app.owner).await.unwrap()).unwrap();
    assert_eq!(told["before"], serde_json::json!({ "sees": "all" }));
    assert_eq!(
        (&told["after"]["person"], &told["after"]["sees"]),
        (&"Anna".into(), &"these".into()),
        "of whom"
    );
}

#[tokio::test]
async fn a_person_who_is_shut_out_is_out_at_once_until_let_in_with_a_reason() {
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let admin = admin(&app, contoso, true).await;
    let anna = app.person(contoso, "Anna", &[Role::Approver], true).await;
    let path = format!("/admin/people/{}", anna.id);
    let nameless = app.post(Some(&admin), &format!("{path}/disable"), "reason=+").await;
    assert!(nameless.status == 422 && nameless.body.contains("Say why"), "{}", nameless.body);
    assert_eq!(app.get(Some(&anna), "/requests").await.status, 200);
    assert_eq!(app.post(Some(&admin), &format!("{path}/disable"), "reason=Left+us").await.status, 303);
    assert_eq!(app.get(Some(&anna), "/requests").await.status, 303, "her session has ended");
    let page = app.get(Some(&admin), &path).await.body;
    assert!(page.contains("Shut out") && page.contains("Left us"), "{page}");
    assert_eq!(app.post(Some(&admin), &format!("{path}/enable"), "reason=Back").await.status, 303);
    assert_eq!(app.get(Some(&anna), "/requests").await.status, 303, "an ended session stays ended");
    assert!(!app.get(Some(&admin), &path).await.body.contains("Left us"));
    assert_eq!(told(&app).await, ["person.disabled", "person.enabled"]);
}

#[tokio::test]
async fn nobody_changes_himself_and_nobody_gives_more_than_he_sees() {
    let app = TestApp::offline().await;
    let (contoso, fabrikam) = (app.provider("contoso").await, app.provider("fabrikam").await);
    let admin = admin(&app, contoso, false).await;
    let anna = app.person(contoso, "Anna", &[Role::Approver], false).await;
    let stranger = app.person(fabrikam, "Stranger", &[Role::Approver], false).await;
    let (hidden, foreign) = (app.customer(contoso, "Hidden").await, app.customer(fabrikam, "Foreign").await);
    for (part, form) in [("view", "sees=all"), ("disable", "reason=x"), ("enable", "reason=x")] {
        let path = format!("/admin/people/{}/{part}", admin.id);
        let answer = app.post(Some(&admin), &path, form).await;
        assert!(answer.status == 409 && answer.body.contains("his own view"), "{part}: {}", answer.body);
    }
    let path = format!("/admin/people/{}", anna.id);
    assert_eq!(app.post(Some(&admin), &format!("{path}/view"), "sees=all").await.status, 409);
    for customer in [hidden, foreign] {
        let form = format!("which={customer}");
        assert_eq!(app.post(Some(&admin), &format!("{path}/give"), &form).await.status, 404);
    }
    sqlx::query!(
        "insert into person_customer (provider_id, person_id, customer_id) values ($1, $2, $3)",
        contoso.0,
        anna.id.0,
        hidden.0
    )
    .execute(&app.owner)
    .await
    .unwrap();
    let page = app.get(Some(&admin), &format!("{path}?q=hidden")).await.body;
    assert!(!page.contains("hidden.example") && page.contains("one more that is not shown"), "{page}");
    let foreign = app.get(Some(&admin), &format!("/admin/people/{}", stranger.id)).await;
    let missing = app.get(Some(&admin), &format!("/admin/people/{}", uuid::Uuid::nil())).await;
    assert_eq!(foreign.without_request_id(), missing.without_request_id());
    assert_eq!(foreign.status, 404);
    assert_eq!(told(&app).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_list_of_people_searches_and_pages_by_address() {
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let admin = admin(&app, contoso, true).await;
    for number in 0..60 {
        app.person(contoso, &format!("Person{number:02}"), &[Role::Auditor], false).await;
    }
    let rows = |page: &str| page.matches("<tr role=\"row\" data-row>").count();
    let first = app.get(Some(&admin), "/admin/people").await.body;
    assert_eq!(rows(&first), 50);
    let at = first.find("rel=\"next\"").unwrap();
    let start = first[..at].rfind("href=\"").unwrap() + 6;
    let next = first[start..].split('"').next().unwrap().replace("&#38;", "&");
    let second = app.get(Some(&admin), &next).await.body;
    assert_eq!(rows(&second), 11);
    assert!(second.contains("Person59") && !second.contains("Person00"));
    assert_eq!(rows(&app.get(Some(&admin), "/admin/people?q=PERSON05").await.body), 1);
    assert!(app.get(Some(&admin), "/admin/people?q=nobody").await.body.contains("Nobody found"));
}

#[tokio::test]
async fn a_person_sees_his_sessions_and_ends_the_others() {
    let app = TestApp::offline().await;
    let (contoso, fabrikam) = (app.provider("contoso").await, app.provider("fabrikam").await);
    let here = app.person(contoso, "Anna", &[Role::Approver], true).await;
    let there = app.session(contoso, here.id).await;
    let colleague = app.person(contoso, "Ben", &[Role::Approver], true).await;
    let stranger = app.person(fabrikam, "Anna", &[Role::Approver], true).await;
    sqlx::query!(
        "update session set user_agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'
          where person_id = $1 and roles <> '{}'",
        here.id.0
    )
    .execute(&app.owner)
    .await
    .unwrap();
    let page = app.get(Some(&here), "/me").await.body;
    assert!(page.contains("Firefox on Linux") && page.contains("End the others"), "{page}");
    let sessions = |page: &str| (page.matches("last used").count(), page.matches("this one").count());
    assert_eq!(sessions(&page), (2, 1), "his own alone: {page}");

    assert_eq!(app.get(Some(&there), "/me").await.status, 200);
    let foreign = colleague.cookie.split_once('=').unwrap().1;
    let named = app.post(Some(&here), "/me/sessions/end", &format!("session={foreign}")).await;
    assert!(named.status.is_client_error(), "none can be named: {}", named.status);
    let ended = app.post(Some(&here), "/me/sessions/end", "").await;
    assert_eq!((ended.status.as_u16(), ended.location()), (303, "/me?done=others-ended"));
    assert_eq!(app.get(Some(&there), "/me").await.status, 303, "ended");
    for person in [&here, &colleague, &stranger] {
        assert_eq!(app.get(Some(person), "/me").await.status, 200, "not ended");
    }
    let page = app.get(Some(&here), "/me").await.body;
    assert!(sessions(&page) == (1, 1) && !page.contains("End the others"), "{page}");
    let again = app.post(Some(&here), "/me/sessions/end", "").await;
    assert_eq!(again.location(), "/me?done=unchanged");
    let told = sqlx::query!(
        r#"select provider_id, person_id, convert_from(body, 'utf8') as "body!" from audit_event
            where action = 'sign-out.others'"#
    );
    let told = told.fetch_one(&app.owner).await.unwrap();
    assert_eq!((told.provider_id, told.person_id), (contoso.0, Some(here.id.0)));
    assert!(told.body.contains("\"sessions\":1"), "{}", told.body);
}
