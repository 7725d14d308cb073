//! An approver's own connection to a customer: of one person, one session, one directory.

use std::time::Duration;

use mssp_portal::connections::store;
use mssp_portal::kit::right::Role;
use serde_json::json;

use crate::access_requests::approver::Seat;
use crate::access_requests::live::There;
use crate::sign_in::browser::{param, with};
use crate::support::app::Answer;

async fn held(there: &There) -> i64 {
    sqlx::query_scalar!(r#"select count(*) as "n!" from connection"#)
        .fetch_one(&there.app.owner)
        .await
        .unwrap()
}

fn assert_refused(answer: &Answer, words: &str) {
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(answer.body.contains(words), "no {words} in {}", answer.body);
}

const STALE: &str = "This connection was not begun here";
const MISMATCH: &str = "another directory or another account";

#[tokio::test]
async fn an_approver_connects_with_his_own_account_and_is_told_as_whom() {
    let there = There::ready().await;
    there.let_decide("ben").await;
    let ben = there.seat("Ben").await;
    let authority = ben.depart(&there.app, there.customer, "").await;
    assert!(
        authority.path().starts_with(&format!("/{}/oauth2/", there.tenant)),
        "the customer's: {authority}"
    );
    let scopes = param(&authority, "scope");
    assert!(
        scopes.contains("/EntitlementManagement.ReadWrite.All") && scopes.contains("openid profile"),
        "{scopes}"
    );
    assert!(!scopes.contains("offline_access"), "nothing acts without him: {scopes}");
    assert_eq!(param(&authority, "code_challenge_method"), "S256");
    let back = ben.pick(&authority, &there.address("ben")).await.unwrap();
    assert_eq!(ben.back(&there.app, &back).await.location(), "/requests");
    let list = there.app.get(Some(&ben.person), "/connections").await.body;
    for words in ["Woodgrove Bank", "ben@contoso-analysts.example", "Ben Approver", "this browser"] {
        assert!(list.contains(words), "no {words} in {list}");
    }
    let consent = there.page(&format!("/customers/{}/consent", there.customer)).await;
    let approver = consent.split("id=\"app-approver\"").nth(1).unwrap();
    assert!(approver.contains("consent-granted"), "what he could do proves the consent: {approver}");
    let log = there.page("/audit").await;
    assert!(log.contains("Connected to the customer with his own account"), "{log}");
    there.cloud.end().await;
}

#[tokio::test]
async fn tokens_lie_sealed_and_open_only_for_this_session_and_customer() {
    let there = There::ready().await;
    let ben = there.connected("ben").await;
    let row = sqlx::query!("select sealed_access, sealed_refresh from connection")
        .fetch_one(&there.app.owner)
        .await
        .unwrap();
    assert!(!String::from_utf8_lossy(&row.sealed_access).contains("eyJ") && row.sealed_refresh.is_none());
    // Moved into another session's row, it does not open.
    let cleo = there.connected("cleo").await;
    sqlx::query!(
        "update connection set sealed_access = $1 where oid <> (select min(oid) from connection)",
        sqlx::query_scalar!("select sealed_access from connection order by oid limit 1")
            .fetch_one(&there.app.owner)
            .await
            .unwrap()
    )
    .execute(&there.app.owner)
    .await
    .unwrap();
    let id = there.waiting("ada").await;
    for seat in [&ben, &cleo] {
        there.decide(seat, &id, "approve").await;
    }
    assert_eq!(there.decisions_sent().await, 1, "one of them has his own token, and nobody has the other's");
    there.cloud.end().await;
}

#[tokio::test]
async fn a_state_that_is_forged_replayed_or_of_another_session_connects_nobody() {
    let there = There::ready().await;
    there.let_decide("ben").await;
    let (ben, cleo) = (there.seat("ben").await, there.seat("cleo").await);
    let authority = ben.depart(&there.app, there.customer, "").await;
    let back = ben.pick(&authority, &there.address("ben")).await.unwrap();
    assert_refused(&ben.back(&there.app, &with(&back, "state", "forged")).await, STALE);
    assert_refused(&cleo.back(&there.app, &back).await, STALE);
    let again = Seat::of(there.app.session(there.contoso.id, ben.person.id).await);
    assert_refused(&again.back(&there.app, &back).await, STALE);
    assert_eq!(ben.back(&there.app, &back).await.status, 303);
    assert_refused(&ben.back(&there.app, &back).await, STALE);
    assert_eq!(held(&there).await, 1);
    let late = cleo.depart(&there.app, there.customer, "").await;
    let late = cleo.pick(&late, &there.address("ben")).await.unwrap();
    there.app.clock.advance(Duration::from_secs(15 * 60));
    assert_refused(&cleo.back(&there.app, &late).await, STALE);
    there.cloud.end().await;
}

#[tokio::test]
async fn a_code_of_another_customers_directory_is_refused_and_so_is_a_token_of_it() {
    let there = There::ready().await;
    there.let_decide("ben").await;
    let ben = there.seat("ben").await;
    let other = there.cloud.add_customer(&there.app, &there.contoso, "Tailspin").await;
    // He sets out for one customer and signs in at another: the code is of that one.
    let authority = ben.depart(&there.app, other, "").await;
    let tenant = authority.path().split('/').nth(1).unwrap().to_owned();
    let elsewhere = authority.as_str().replace(&tenant, &there.tenant.to_string()).parse().unwrap();
    let back = ben.pick(&elsewhere, &there.address("ben")).await.unwrap();
    let answer = ben.back(&there.app, &back).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert_eq!(held(&there).await, 0);
    // The token endpoint answers with a token of another directory.
    there.fault("POST", "/*/oauth2/v2.0/token", "wrong-tenant", json!({})).await;
    let answer = ben.connect(&there, "ben").await;
    assert_refused(&answer, MISMATCH);
    assert_eq!(held(&there).await, 0);
    assert_eq!(ben.connect(&there, "ben").await.status, 303, "and a right one is taken");
    there.cloud.end().await;
}

#[tokio::test]
async fn without_the_customers_consent_it_is_said_whose_move_it_is() {
    let there = There::ready().await;
    there.let_decide("ben").await;
    let ben = there.seat("ben").await;
    there.allow(false).await;
    let authority = ben.depart(&there.app, there.customer, "").await;
    let page = ben.pick(&authority, &there.address("ben")).await.unwrap_err();
    assert!(page.contains("Need admin approval"), "Microsoft's own page: {page}");
    let declined = format!("/connect/callback?state={}&error=access_denied", param(&authority, "state"));
    let answer = there.app.get(Some(&ben.person), &declined).await;
    assert_refused(&answer, "It is your move");
    let authority = ben.depart(&there.app, there.customer, "").await;
    let state = param(&authority, "state");
    let refused = format!(
        "/connect/callback?state={state}&error=invalid_request&error_description=AADSTS65001%3A+The+user+or+administrator"
    );
    let answer = there.app.get(Some(&ben.person), &refused).await;
    assert_refused(&answer, "It is the customer&#39;s administrator&#39;s move");
    let consent = there.page(&format!("/customers/{}/consent", there.customer)).await;
    let approver = consent.split("id=\"app-approver\"").nth(1).unwrap();
    assert!(approver.contains("consent-missing"), "{approver}");
    assert_eq!(held(&there).await, 0);
    there.cloud.end().await;
}

#[tokio::test]
async fn who_is_no_guest_there_is_told_by_microsoft_and_connects_nobody() {
    let there = There::ready().await;
    let ben = there.seat("ben").await;
    let authority = ben.depart(&there.app, there.customer, "").await;
    let page = ben.pick(&authority, &there.address("ben")).await.unwrap_err();
    assert!(page.contains("does not exist in tenant"), "{page}");
    assert_eq!(held(&there).await, 0);
    there.cloud.end().await;
}

#[tokio::test]
async fn a_connection_ends_with_its_session_and_when_its_person_ends_it() {
    let there = There::ready().await;
    let ben = there.connected("ben").await;
    let second = Seat::of(there.app.session(there.contoso.id, ben.person.id).await);
    assert_eq!(second.connect(&there, "ben").await.status, 303);
    let list = there.app.get(Some(&second.person), "/connections").await.body;
    assert!(list.contains("this browser") && list.contains("another browser of yours"), "{list}");
    assert_eq!(held(&there).await, 2);
    assert_eq!(there.app.post(Some(&ben.person), "/sign-out", "").await.status, 303);
    assert_eq!(held(&there).await, 1, "gone with the session, token and all");
    let form = format!("customer={}&back=%2Fconnections", there.customer);
    let path = format!("/connections/{}/disconnect", there.customer);
    let answer = there.app.post(Some(&second.person), &path, &form).await;
    assert_eq!(answer.location(), "/connections?done=disconnected");
    assert_eq!(held(&there).await, 0);
    let cleo = there.connected("cleo").await;
    let form = "reason=Left";
    let path = format!("/admin/people/{}/disable", cleo.person.id);
    assert_eq!(there.app.post(Some(&there.contoso.everyone), &path, form).await.status, 303);
    assert_eq!(held(&there).await, 0, "who is shut out has no connection");
    there.cloud.end().await;
}

#[tokio::test]
async fn what_is_over_is_taken_away_when_somebody_connects() {
    let there = There::ready().await;
    let ben = there.connected("ben").await;
    let idle = there.connected("cleo").await;
    there.app.clock.advance(Duration::from_secs(59 * 60));
    assert_eq!(there.app.get(Some(&ben.person), "/connections").await.status, 200, "he is at work");
    there.app.clock.advance(Duration::from_secs(2 * 60));
    assert_eq!(there.app.get(Some(&idle.person), "/connections").await.status, 303, "she is not");
    assert_eq!(held(&there).await, 2);
    there.app.roles_vouched_for().await;
    assert_eq!(ben.connect(&there, "ben").await.status, 303);
    assert_eq!(held(&there).await, 1);
    there.cloud.end().await;
}

#[tokio::test]
async fn what_is_over_goes_though_nobody_comes_any_more() {
    let there = There::ready().await;
    there.connected("ben").await;
    assert_eq!(held(&there).await, 1);
    let sessions = async || {
        let many = sqlx::query_scalar!(r#"select count(*) as "n!" from session"#);
        many.fetch_one(&there.app.owner).await.unwrap()
    };
    let post = mssp_portal::work::post(&there.app.app);
    there.app.clock.advance(Duration::from_secs(62 * 60));
    let fresh = there.app.session(there.contoso.id, there.contoso.everyone.id).await;
    post.run_due().await.unwrap();
    assert_eq!((held(&there).await, sessions().await), (0, 1));
    assert_eq!(there.app.get(Some(&fresh), "/connections").await.status, 200);
    there.cloud.end().await;
}

#[tokio::test]
async fn a_renewal_brings_no_connection_back_that_was_ended_meanwhile() {
    let there = There::ready().await;
    let ben = there.connected("ben").await;
    let app = &there.app.app;
    let session = crate::walls::world::session(&there.app, &ben.person).await;
    let mut tx = session.scope.begin(&app.db).await.unwrap();
    let kept = store::held(&mut tx, &app.seal, &session, there.customer).await.unwrap().unwrap();
    let made = store::Made {
        entra_tenant_id: there.tenant,
        account: kept.account,
        access: "renewed".into(),
        refresh: None,
        expires_at: app.clock.now() + chrono::TimeDelta::hours(1),
    };
    assert!(store::renew(&mut tx, &app.seal, &session, there.customer, &made).await.unwrap());
    assert_eq!(store::disconnect(&mut tx, &session, there.customer).await.unwrap(), 1);
    assert!(!store::renew(&mut tx, &app.seal, &session, there.customer, &made).await.unwrap());
    tx.commit_bookkeeping("test").await.unwrap();
    assert_eq!(held(&there).await, 0);
    there.cloud.end().await;
}

#[tokio::test]
async fn a_connection_is_renewed_without_a_page_and_for_the_same_account_only() {
    let there = There::ready().await;
    let ben = there.connected("ben").await;
    there.app.clock.advance(Duration::from_secs(59 * 60 - 50));
    let authority = ben.depart(&there.app, there.customer, "&silent=yes").await;
    assert_eq!(param(&authority, "prompt"), "none");
    let back = ben.silently(&authority).await;
    assert_eq!(ben.back(&there.app, &back).await.location(), "/requests");
    let until =
        sqlx::query_scalar!("select expires_at from connection").fetch_one(&there.app.owner).await.unwrap();
    assert!(until > there.app.app.clock.now() + chrono::TimeDelta::minutes(50));
    // In a browser where Microsoft knows nobody, it ends, and the page says how to connect anew.
    let elsewhere = Seat::of(ben.person.clone());
    let authority = elsewhere.depart(&there.app, there.customer, "&silent=yes").await;
    let back = elsewhere.silently(&authority).await;
    assert!(back.query().unwrap().contains("error=login_required"), "{back}");
    assert_eq!(elsewhere.back(&there.app, &back).await.location(), "/requests");
    assert_eq!(held(&there).await, 0);
    there.cloud.end().await;
}

#[tokio::test]
async fn refresh_tokens_are_kept_only_where_the_provider_says_so() {
    let there = There::ready().await;
    let settings = |keep: &str| {
        format!(
            "name=contoso&analyst_tenant={}&analyst_domain={}&language=en&refresh_tokens={keep}",
            there.contoso.analysts, there.contoso.analyst_domain
        )
    };
    let save = async |keep: &str| {
        let admin = there.app.person(there.contoso.id, "Admin", &[Role::Admin], true).await;
        assert_eq!(there.app.post(Some(&admin), "/admin/provider", &settings(keep)).await.status, 303);
    };
    save("keep").await;
    let ben = there.connected("ben").await;
    let id = there.waiting("ada").await;
    there.app.clock.advance(Duration::from_secs(40 * 60));
    there.app.get(Some(&ben.person), "/connections").await;
    there.app.clock.advance(Duration::from_secs(40 * 60));
    there.app.roles_vouched_for().await;
    there.later().await;
    there.decide(&ben, &id, "approve").await;
    assert_eq!(
        there.decisions().await,
        [("accepted".to_owned(), String::new())],
        "renewed by itself, in his session"
    );
    save("none").await;
    let kept = sqlx::query_scalar!(r#"select count(sealed_refresh) as "n!" from connection"#);
    assert_eq!(ben.connect(&there, "ben").await.status, 303);
    assert_eq!(kept.fetch_one(&there.app.owner).await.unwrap(), 0);
    there.cloud.end().await;
}

#[tokio::test]
async fn only_approvers_connect_and_only_to_customers_in_their_view() {
    let there = There::ready().await;
    let path = format!("/connections/{}/go", there.customer);
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Approver) {
        let person = there.app.person(there.contoso.id, &format!("{role:?}"), &[role], true).await;
        assert_eq!(there.app.get(Some(&person), &path).await.status, 403, "{role:?}");
    }
    let some = there.app.person(there.contoso.id, "Some", &[Role::Approver], false).await;
    assert_eq!(there.app.get(Some(&some), &path).await.status, 404);
    there.cloud.end().await;
}
