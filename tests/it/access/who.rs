//! Who is who: by the address inside our own organization, unless a person says otherwise.

use mssp_portal::access::store;
use mssp_portal::kit::ids::{CustomerId, ProviderId};
use mssp_portal::kit::right::Role;
use mssp_portal::kit::scope::Scope;
use serde_json::{Value, json};
use uuid::Uuid;

use super::there::There;
use super::{held, keep, provider};
use crate::support::app::{Person, TestApp};

/// By which match each of a customer's people stands.
async fn matches(app: &TestApp, provider: ProviderId, customer: CustomerId) -> Vec<(String, Uuid)> {
    let mut tx = Scope::of_command_line(provider).begin(&app.app.db).await.unwrap();
    let rows = store::of_customer(&mut tx, customer, true, 50).await.unwrap();
    rows.into_iter().map(|row| (row.mail, row.match_id)).collect()
}

async fn say(app: &TestApp, anna: &Person, id: Uuid, act: &str, form: &str) -> (u16, String) {
    let answer = app.post(Some(anna), &format!("/access/people/{id}/{act}"), form).await;
    (answer.status.as_u16(), answer.location().to_owned())
}

#[tokio::test]
async fn people_of_other_organizations_are_matched_with_nobody_though_their_addresses_are_alike() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let (one, two) = (app.customer(contoso, "Woodgrove").await, app.customer(contoso, "Tailspin").await);
    for customer in [one, two] {
        let rows =
            [held(&app, "Ada", "soc.example", "tier1", 9), held(&app, "Kim", "else.example", "tier1", 9)];
        keep(&app, contoso, customer, &rows).await;
    }
    let (here, there) = (matches(&app, contoso, one).await, matches(&app, contoso, two).await);
    assert_eq!(here[0], there[0], "Ada is one");
    assert_ne!(here[1].1, there[1].1, "Kim is not ours");
}

#[tokio::test]
async fn two_addresses_said_to_be_one_stay_one_at_the_next_reading_and_can_be_parted_again() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Onboarding], true).await;
    let (one, two) = (app.customer(contoso, "Woodgrove").await, app.customer(contoso, "Tailspin").await);
    let (ada, a_lovelace) =
        (held(&app, "Ada", "soc.example", "tier1", 9), held(&app, "Lovelace", "soc.example", "tier1", 9));
    keep(&app, contoso, one, std::slice::from_ref(&ada)).await;
    keep(&app, contoso, two, std::slice::from_ref(&a_lovelace)).await;
    let (first, second) = (matches(&app, contoso, one).await[0].1, matches(&app, contoso, two).await[0].1);
    assert_eq!(
        say(&app, &anna, first, "merge", &format!("other={second}&why=")).await.0,
        422,
        "a reason is wanted"
    );
    assert_eq!(say(&app, &anna, first, "merge", &format!("other={second}&why=Married")).await.0, 303);
    keep(&app, contoso, two, std::slice::from_ref(&a_lovelace)).await;
    assert_eq!(matches(&app, contoso, two).await[0].1, first);
    let page = app.get(Some(&anna), &format!("/access/people/{first}")).await.body;
    for words in ["Woodgrove", "Tailspin", "lovelace@soc.example", "Married"] {
        assert!(page.contains(words), "no {words} in {page}");
    }
    assert_eq!(app.get(Some(&anna), &format!("/access/people/{second}")).await.status, 404);
    let (status, to) = say(&app, &anna, first, "split", "what=mail:lovelace%40soc.example&why=Sisters").await;
    assert_eq!((status, to), (303, format!("/access/people/{second}?done=saved")));
    keep(&app, contoso, two, std::slice::from_ref(&a_lovelace)).await;
    assert_eq!(matches(&app, contoso, two).await[0].1, second);
    let log = app.get(Some(&app.person(contoso, "Aud", &[Role::Auditor], true).await), "/audit").await.body;
    assert!(log.contains("Two entries said to be one person") && log.contains("Sisters"), "{log}");
}

#[tokio::test]
async fn one_account_of_one_customer_can_be_somebody_else() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Onboarding], true).await;
    let (one, two) = (app.customer(contoso, "Woodgrove").await, app.customer(contoso, "Tailspin").await);
    let ada = held(&app, "Ada", "soc.example", "tier1", 9);
    keep(&app, contoso, one, std::slice::from_ref(&ada)).await;
    keep(&app, contoso, two, std::slice::from_ref(&ada)).await;
    let id = matches(&app, contoso, one).await[0].1;
    let form = format!("what={two}%2Fada%40soc.example&why=Shared+mailbox");
    assert_eq!(say(&app, &anna, id, "split", &form).await.0, 303);
    keep(&app, contoso, two, std::slice::from_ref(&ada)).await;
    assert_eq!(matches(&app, contoso, one).await[0].1, id);
    let other = matches(&app, contoso, two).await[0].1;
    assert_ne!(other, id, "and the next reading leaves it so");
    assert_eq!(say(&app, &anna, id, "merge", &format!("other={other}&why=It+was+she")).await.0, 303);
    keep(&app, contoso, two, std::slice::from_ref(&ada)).await;
    assert_eq!(matches(&app, contoso, two).await[0].1, id);
}

#[tokio::test]
async fn who_sees_only_some_customers_says_nothing_that_holds_for_all() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let some = app.person(contoso, "Some", &[Role::Onboarding], false).await;
    let one = app.customer(contoso, "Woodgrove").await;
    crate::walls::world::give(&app, contoso, some.id, one).await;
    keep(
        &app,
        contoso,
        one,
        &[held(&app, "Ada", "soc.example", "tier1", 9), held(&app, "Ben", "soc.example", "tier1", 9)],
    )
    .await;
    let known = matches(&app, contoso, one).await;
    let form = format!("other={}&why=x", known[1].1);
    assert_eq!(say(&app, &some, known[0].1, "merge", &form).await.0, 409);
    assert_eq!(matches(&app, contoso, one).await, known);
}

#[tokio::test]
async fn an_analyst_with_mail_of_another_domain_is_one_person_over_two_customers() {
    let there = There::new(&["Woodgrove Bank", "Tailspin Toys"], Value::Null).await;
    let gus = json!({ "userPrincipalName": there.address("gus"), "displayName": "Gus",
        "mail": "gus@group.example" });
    let world = json!({ "tenants": [{ "id": there.contoso.analysts, "users": [gus] }] });
    there.cloud.control("POST", "/world", world).await;
    there.work().await;
    for place in &there.places {
        there.give(place, "gus").await;
    }
    // Named by Admin, told by Microsoft, and whether Microsoft takes the question for it.
    for (named, told, taken, one) in [
        (false, false, true, false),
        (true, false, true, true),
        (false, true, true, true),
        (false, true, false, false),
        (true, true, false, true),
    ] {
        let switches =
            json!({ "em.requestor-organization-withheld": !told, "em.nested-expand-refused": !taken });
        there.cloud.control("POST", "/switches", switches).await;
        let domains: &[String] = if named { &["group.example".to_owned()] } else { &[] };
        sqlx::query!("update provider set analyst_mail_domains = $1", domains)
            .execute(&there.app.owner)
            .await
            .unwrap();
        let mut found = Vec::new();
        for place in &there.places {
            there.turn_after(place, 2 * 3600).await;
            found.push(matches(&there.app, there.contoso.id, place.customer).await[0].clone());
        }
        assert_eq!(found[0].0, "gus@group.example");
        assert_eq!(found[0].1 == found[1].1, one, "named {named}, told {told}, taken {taken}");
    }
    there.cloud.end().await;
}

#[tokio::test]
async fn no_one_customers_administrator_names_a_person_for_all() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let (one, two) = (app.customer(contoso, "Woodgrove").await, app.customer(contoso, "Tailspin").await);
    let anna = app.person(contoso, "Anna", &[Role::Onboarding], true).await;
    let ada = held(&app, "Ada", "soc.example", "tier1", 90);
    for customer in [one, two] {
        keep(&app, contoso, customer, std::slice::from_ref(&ada)).await;
    }
    let id = matches(&app, contoso, one).await[0].1;
    app.clock.advance(std::time::Duration::from_secs(60));
    let renamed =
        |name: &str| mssp_portal::access::model::Holding { target_name: name.to_owned(), ..ada.clone() };
    keep(&app, contoso, two, &[renamed("Your Boss")]).await;
    let (page, leave) = (format!("/access/people/{id}"), format!("/access/people/{id}/leave"));
    let title = async |who: &Person, path: &str| {
        let page = app.get(Some(who), path).await.body;
        page.split("<h1>").nth(1).unwrap().split("</h1>").next().unwrap().to_owned()
    };
    assert_eq!(title(&anna, &page).await, "Ada");
    let list = app.get(Some(&anna), "/access/people").await.body;
    assert!(list.contains("Ada") && !list.contains("Your Boss"), "{list}");
    let asked = app.get(Some(&anna), &leave).await.body;
    for words in [
        "do not all call him the same",
        "Ada (ada@soc.example): one customer",
        "Your Boss (ada@soc.example): one customer",
    ] {
        assert!(asked.contains(words), "no {words} in {asked}");
    }
    // Who sees one customer sees what that one says.
    for (customer, name, other) in [(one, "Ada", "Your Boss"), (two, "Your Boss", "Ada<")] {
        let some = app.person(contoso, name, &[Role::Onboarding], false).await;
        crate::walls::world::give(&app, contoso, some.id, customer).await;
        assert_eq!(title(&some, &page).await, name);
        for path in ["/access/people", &page, &leave] {
            let page = app.get(Some(&some), path).await.body;
            let page = page.split("<main").nth(1).unwrap();
            assert!(page.contains(name) && !page.contains(other), "{path}: {page}");
        }
    }
    // Once all of them say so, so it is.
    keep(&app, contoso, one, &[renamed("Ada Lovelace")]).await;
    keep(&app, contoso, two, &[renamed("Ada Lovelace")]).await;
    assert_eq!(title(&anna, &page).await, "Ada Lovelace");
    assert!(!app.get(Some(&anna), &leave).await.body.contains("do not all call him the same"));
}

#[tokio::test]
async fn an_address_that_only_a_customer_out_of_view_knows_is_not_shown() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Onboarding], true).await;
    let (one, two) = (app.customer(contoso, "Woodgrove").await, app.customer(contoso, "Tailspin").await);
    keep(&app, contoso, one, &[held(&app, "Ada", "soc.example", "tier1", 9)]).await;
    keep(&app, contoso, two, &[held(&app, "Lovelace", "soc.example", "tier1", 9)]).await;
    let (first, second) = (matches(&app, contoso, one).await[0].1, matches(&app, contoso, two).await[0].1);
    assert_eq!(say(&app, &anna, first, "merge", &format!("other={second}&why=Married")).await.0, 303);
    let some = app.person(contoso, "Some", &[Role::AccountManager], false).await;
    crate::walls::world::give(&app, contoso, some.id, one).await;
    let path = format!("/access/people/{first}");
    assert!(app.get(Some(&anna), &path).await.body.contains("lovelace@soc.example"));
    let page = app.get(Some(&some), &path).await.body;
    assert!(page.contains("ada@soc.example") && !page.contains("lovelace@soc.example"), "{page}");
}
