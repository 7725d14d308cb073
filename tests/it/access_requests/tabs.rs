//! The tabs of ended requests, and what failed and can be delivered once more.

use std::time::Duration;

use mssp_portal::kit::right::Role;
use mssp_portal::providers::AppKind;
use serde_json::{Value, json};

use super::live::There;

async fn decided_by_customer(there: &There, id: &str, approve: bool) {
    let verdict =
        json!({ "approve": approve, "by": "admin@woodgrove-bank.example", "justification": "So be it" });
    there.cloud.control("POST", &format!("/tenants/{}/requests/{id}/decide", there.tenant), verdict).await;
}

#[tokio::test]
async fn a_failed_delivery_has_its_clock_and_is_delivered_once_more() {
    let there = There::ready().await;
    let everyone = &there.contoso.everyone;
    let id = there.waiting("ada").await;
    there.cloud.control("POST", "/switches", json!({ "em.delivery-fails": true })).await;
    decided_by_customer(&there, &id, true).await;
    there.app.clock.advance(Duration::from_secs(600));
    there.later().await;
    let tab = there.page("/requests?tab=failed").await;
    assert!(
        tab.contains("Ada Analyst") && tab.contains("Delivery failed") && tab.contains("7 days left"),
        "{tab}"
    );
    let path = format!("/requests/{}/{id}", there.customer);
    let one = there.page(&path).await;
    assert!(
        one.contains("Entra admin center") && !one.contains("/reprocess\""),
        "only reading is consented: {one}"
    );
    there.cloud.consent(there.tenant, there.contoso.client_id(AppKind::Operator), true).await;
    let form = format!("customer={}", there.customer);
    let check = format!("/customers/{}/check", there.customer);
    assert_eq!(there.app.post(Some(everyone), &check, &form).await.status, 303);
    there.run().await;
    assert!(there.page(&path).await.contains("/reprocess\""));
    there.cloud.control("POST", "/switches", json!({ "em.delivery-fails": false })).await;
    let answer = there.app.post(Some(everyone), &format!("{path}/reprocess"), &form).await;
    assert_eq!(answer.location(), format!("{path}?done=redelivering"), "{}", answer.body);
    there.app.clock.advance(Duration::from_secs(600));
    there.later().await;
    assert_eq!(there.state(&id).await, "delivered");
    let told =
        sqlx::query_scalar!("select action from audit_event where action like 'request.%' order by seq");
    let told = told.fetch_all(&there.app.owner).await.unwrap();
    assert_eq!(told, ["request.redelivery-asked", "request.redelivery-taken"]);
    assert!(there.page("/requests?tab=failed").await.contains("No delivery failed"));
    there.cloud.end().await;
}

#[tokio::test]
async fn after_a_week_only_a_new_request_helps() {
    let there = There::ready().await;
    let id = there.waiting("ada").await;
    there.cloud.control("POST", "/switches", json!({ "em.delivery-fails": true })).await;
    decided_by_customer(&there, &id, true).await;
    there.app.clock.advance(Duration::from_secs(600));
    there.later().await;
    there.app.clock.advance(Duration::from_secs(7 * 86_400));
    let person = there.app.person(there.contoso.id, "Later", &[Role::Onboarding], true).await;
    let path = format!("/requests/{}/{id}", there.customer);
    let one = there.app.get(Some(&person), &path).await.body;
    assert!(one.contains("only within 7 days") && !one.contains("/reprocess\""), "{one}");
    let form = format!("customer={}", there.customer);
    let answer = there.app.post(Some(&person), &format!("{path}/reprocess"), &form).await;
    assert_eq!(answer.status, 409);
    there.cloud.end().await;
}

#[tokio::test]
async fn what_nobody_decided_in_time_stands_among_the_expired_and_no_longer_waits() {
    let there = There::ready().await;
    let id = there.waiting("ada").await;
    there.app.clock.advance(Duration::from_secs(14 * 86_400));
    let anna = there.app.person(there.contoso.id, "Anna", &[Role::Approver], true).await;
    there.later().await;
    assert_eq!(there.state(&id).await, "denied");
    let tab = async |tab: &str| there.app.get(Some(&anna), &format!("/requests?tab={tab}")).await.body;
    let expired = tab("expired").await;
    assert!(expired.contains("Ada Analyst") && expired.contains("Nobody decided in time"), "{expired}");
    assert!(!tab("decided").await.contains("Ada Analyst") && !tab("pending").await.contains("Ada Analyst"));
    there.cloud.end().await;
}

#[tokio::test]
async fn a_requests_page_hands_out_the_requestors_links_and_hides_what_is_not_in_view() {
    let there = There::ready().await;
    let id = there.waiting("ada").await;
    let path = format!("/requests/{}/{id}", there.customer);
    let one = there.page(&path).await;
    assert!(one.contains("/myaccess/@woodgrove-bank.example#/</code>"), "his request history: {one}");
    assert!(one.contains(&format!("#/access-packages/{}", there.package)), "the durable link: {one}");
    let anna = there.app.person(there.contoso.id, "Anna", &[Role::Approver], false).await;
    assert_eq!(there.app.get(Some(&anna), &path).await.status, 404);
    let missing = format!("/requests/{}/nothing", there.customer);
    assert_eq!(there.app.get(Some(&there.contoso.everyone), &missing).await.status, 404);
    assert_eq!(
        there.by_hand("GET", "/organization", Value::Null).await["value"].as_array().unwrap().len(),
        1
    );
    there.cloud.end().await;
}

#[tokio::test]
async fn the_filtered_view_is_taken_away_as_csv_all_of_its_pages_and_nothing_of_another() {
    let app = crate::support::app::TestApp::offline().await;
    let (contoso, fabrikam) = (app.provider("contoso").await, app.provider("fabrikam").await);
    let (one, two) = (app.customer(contoso, "One").await, app.customer(contoso, "Two").await);
    let foreign = app.customer(fabrikam, "Foreign").await;
    for number in 0..60 {
        super::keep(&app, contoso, one, &super::request(&format!("r{number:02}"), "Bert", &app, 1), 14).await;
    }
    super::keep(&app, contoso, two, &super::request("other", "=Carl()", &app, 1), 14).await;
    super::keep(&app, fabrikam, foreign, &super::request("foreign", "Dora", &app, 1), 14).await;
    let anna = app.person(contoso, "Anna", &[Role::AccountManager], true).await;
    let file = async |query: &str| app.get(Some(&anna), &format!("/requests/export.csv{query}")).await;
    let of_one = file(&format!("?customer={one}&after=nonsense")).await;
    assert_eq!(of_one.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(of_one.body.lines().filter(|line| line.starts_with("One,")).count(), 60, "{}", of_one.body);
    let all = file("").await.body;
    assert_eq!(all.matches("\r\n").count(), 62, "a head and every request once: {all}");
    assert!(all.contains("'=Carl()") && !all.contains("Dora"), "{all}");
    assert_eq!(file("?tab=decided").await.body.matches("\r\n").count(), 1);
}
