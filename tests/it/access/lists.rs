//! The lists: people, ends, calendar, matrix, links; each page as its filter says, for each view of customers.

use chrono::TimeDelta;
use mssp_portal::access::model::{Decision, Definition, Round};
use mssp_portal::access::store;
use mssp_portal::kit::right::Role;
use mssp_portal::kit::scope::Scope;

use super::{held, keep, link, next_expiry, provider};
use crate::support::app::TestApp;

fn place(page: &str, text: &str) -> usize {
    page.find(text).unwrap_or_else(|| panic!("no {text} in {page}"))
}

#[tokio::test]
async fn one_person_is_one_row_whatever_he_is_called_at_each_customer() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::AccountManager], true).await;
    let empty = app.get(Some(&anna), "/access/people").await.body;
    place(&empty, "Nobody has access yet");
    let (one, two) = (app.customer(contoso, "Woodgrove").await, app.customer(contoso, "Tailspin").await);
    let mut ada = held(&app, "Ada", "soc.example", "tier1", 300);
    keep(&app, contoso, one, &[ada.clone(), held(&app, "Ada", "soc.example", "tier2", 20)]).await;
    ada.target_oid = "another".into();
    "ADA Analyst".clone_into(&mut ada.target_name);
    keep(&app, contoso, two, &[ada, held(&app, "Kim", "tailspin.example", "approvers", 0)]).await;
    let page = app.get(Some(&anna), "/access/people").await.body;
    assert_eq!(page.matches("ada@soc.example").count(), 1, "{page}");
    let row = page.split("<tr").find(|row| row.contains("ada@soc.example")).unwrap();
    assert!(
        row.contains("<span>2</span>") && row.contains("<span>3</span>"),
        "customers and packages: {row}"
    );
    assert!(row.contains("13 Dec 2026") && row.contains("20 days left"), "the first end: {row}");
    let kim = page.split("<tr").find(|row| row.contains("Kim")).unwrap();
    assert!(kim.contains("not from our directory") && kim.contains("no end"), "{kim}");
    let ours = app.get(Some(&anna), "/access/people?who=ours").await.body;
    assert!(ours.contains("ada@soc.example") && !ours.contains("Kim"));
    let found = app.get(Some(&anna), "/access/people?q=kim+tailspin").await.body;
    assert!(found.contains("Kim") && !found.contains("ada@soc.example"), "{found}");
    assert_eq!(next_expiry(&app, one).await, Some(app.app.clock.now() + TimeDelta::days(20)));
}

#[tokio::test]
async fn who_sees_some_customers_sees_the_people_and_figures_of_these_only() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let (one, two) = (app.customer(contoso, "Woodgrove").await, app.customer(contoso, "Tailspin").await);
    keep(&app, contoso, one, &[held(&app, "Ada", "soc.example", "tier1", 40)]).await;
    keep(
        &app,
        contoso,
        two,
        &[held(&app, "Ada", "soc.example", "tier1", 5), held(&app, "Ben", "soc.example", "tier1", 5)],
    )
    .await;
    let some = app.person(contoso, "Some", &[Role::AccountManager], false).await;
    crate::walls::world::give(&app, contoso, some.id, one).await;
    let page = app.get(Some(&some), "/access/people").await.body;
    assert!(!page.contains("Ben"), "{page}");
    let row = page.split("<tr").find(|row| row.contains("ada@soc.example")).unwrap();
    assert!(row.contains("<span>1</span>") && row.contains("40 days left"), "{row}");
    let path = row.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    let his = app.get(Some(&some), path).await.body;
    assert!(his.contains("Woodgrove") && !his.contains("Tailspin"), "{his}");
    let ends = app.get(Some(&some), "/access/expiring").await.body;
    assert!(ends.contains("Woodgrove") && !ends.contains("Tailspin"), "{ends}");
    let calendar = app.get(Some(&some), "/access/calendar").await.body;
    place(&calendar, "Jan 2027: one end");
    place(&calendar, "Nov 2026: 0 ends");
}

#[tokio::test]
async fn ends_stand_in_the_list_of_their_days_the_nearest_first() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::AccountManager], true).await;
    let one = app.customer(contoso, "Woodgrove").await;
    let people = [("Ann", 3), ("Bob", 20), ("Cas", 45), ("Dee", 200)];
    let rows: Vec<_> = people.map(|(name, days)| held(&app, name, "soc.example", "tier1", days)).into();
    keep(&app, contoso, one, &rows).await;
    for (within, shown) in [("7", 1), ("30", 2), ("60", 3), ("all", 4)] {
        let page = app.get(Some(&anna), &format!("/access/expiring?within={within}")).await.body;
        let seen: Vec<_> = people.iter().map(|(name, _)| page.contains(&format!(">{name}</a>"))).collect();
        let wanted: Vec<_> = (0..4).map(|n| n < shown).collect();
        assert_eq!(seen, wanted, "{within}: {page}");
    }
    let page = app.get(Some(&anna), "/access/expiring?within=all").await.body;
    let order: Vec<_> = people.iter().map(|(name, _)| place(&page, &format!(">{name}</a>"))).collect();
    assert!(order.is_sorted(), "{order:?}");
    // In 20 days: 13 December.
    let day = app.get(Some(&anna), "/access/expiring?on=2026-12-13").await.body;
    assert!(day.contains(">Bob</a>") && !day.contains(">Ann</a>") && !day.contains(">Cas</a>"), "{day}");
    let month = app.get(Some(&anna), "/access/calendar?month=2026-12").await.body;
    place(&month, "13 Dec 2026: one end");
    let other = app.get(Some(&anna), "/access/expiring?within=all&package=tier2").await.body;
    assert!(!other.contains(">Ann</a>"), "{other}");
}

#[tokio::test]
async fn an_extension_that_waits_and_a_review_of_another_day_stand_beside_the_end() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::AccountManager], true).await;
    let one = app.customer(contoso, "Woodgrove").await;
    let now = app.app.clock.now();
    keep(&app, contoso, one, &[held(&app, "Ada", "soc.example", "tier1", 20)]).await;
    sqlx::query!(
        "insert into access_request (provider_id, customer_id, request_id, state, request_type, package, package_id,
                requestor_mail, created_at, denied_at, first_seen_at, read_at)
         values ($1, $2, 'r', 'pendingApproval', 'userUpdate', 'tier1', 'id-of-tier1', 'Ada@SOC.example', $3, $4, $3, $3)",
        contoso.0,
        one.0,
        now,
        now + TimeDelta::days(14)
    )
    .execute(&app.owner)
    .await
    .unwrap();
    let mut tx = Scope::of_command_line(contoso).begin(&app.app.db).await.unwrap();
    let definition = Definition { id: "d".into(), package: "tier1".into(), ..Definition::default() };
    store::keep_definitions(&mut tx, one, &[definition], now).await.unwrap();
    let round = Round {
        id: "round-1".into(),
        definition: "d".into(),
        state: "InProgress".into(),
        starts_at: Some(now - TimeDelta::days(1)),
        due_at: Some(now + TimeDelta::days(10)),
    };
    store::keep_rounds(&mut tx, one, &["d".into()], &[round], now).await.unwrap();
    let decision = |id: &str, decision: &str| Decision {
        round: "round-1".into(),
        id: id.into(),
        principal_name: format!("Person {id}"),
        decision: decision.into(),
        ..Decision::default()
    };
    let decisions = [decision("a", "Approve"), decision("b", "Deny"), decision("c", "NotReviewed")];
    store::keep_decisions(&mut tx, one, &["round-1".into()], &decisions, now).await.unwrap();
    tx.commit_bookkeeping("test").await.unwrap();
    for path in ["/access/expiring".to_owned(), format!("/customers/{one}/people")] {
        let page = app.get(Some(&anna), &path).await.body;
        place(&page, "Extension asked: 14 days left");
        place(&page, "3 Dec 2026");
        place(&page, "13 Dec 2026");
        place(&page, "in review now");
    }
    let reviews = app.get(Some(&anna), "/access/reviews").await.body;
    place(&reviews, "2 of 3");
    place(&reviews, "1 to be removed");
    let round = app.get(Some(&anna), &format!("/customers/{one}/reviews/round-1")).await.body;
    for words in ["Person a", "Keeps access", "Loses access", "Not decided"] {
        place(&round, words);
    }
    assert_eq!(app.get(Some(&anna), &format!("/customers/{one}/reviews/other")).await.status, 404);
}

#[tokio::test]
async fn the_matrix_tells_for_each_customer_and_package_how_it_stands() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::AccountManager], true).await;
    let (one, two) = (app.customer(contoso, "Woodgrove").await, app.customer(contoso, "Tailspin").await);
    link(&app, contoso, one, "tier1").await;
    keep(
        &app,
        contoso,
        one,
        &[held(&app, "Ada", "soc.example", "tier1", 5), held(&app, "Ben", "soc.example", "tier1", 5)],
    )
    .await;
    sqlx::query!("update customer set read_at = created_at where customer_id = $1", one.0)
        .execute(&app.owner)
        .await
        .unwrap();
    let page = app.get(Some(&anna), "/access/matrix").await.body;
    assert!(place(&page, "Tailspin") < place(&page, "Woodgrove"), "by name");
    let row = |id: &dyn std::fmt::Display| {
        page.split("<tr").find(|row| row.contains(&format!("/customers/{id}\""))).unwrap().to_owned()
    };
    assert!(row(&two).contains("Not read") && !row(&two).contains("Missing"), "{}", row(&two));
    assert!(row(&one).contains("There") && row(&one).contains("2 people"), "{}", row(&one));
    assert!(row(&one).contains("Missing"), "the other packages of the blueprint: {}", row(&one));
}

#[tokio::test]
async fn a_joiner_sees_what_he_has_has_asked_for_and_still_has_to_ask_for() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Onboarding], true).await;
    let (one, two) = (app.customer(contoso, "Woodgrove").await, app.customer(contoso, "Tailspin").await);
    for package in ["tier1", "tier2", "approvers"] {
        link(&app, contoso, one, package).await;
    }
    link(&app, contoso, two, "tier1").await;
    let before = app.get(Some(&anna), "/access/links?address=Ada%40SOC.example").await.body;
    place(&before, "Has 0 of 3 packages");
    keep(&app, contoso, one, &[held(&app, "Ada", "soc.example", "tier1", 100)]).await;
    sqlx::query!(
        "insert into access_request (provider_id, customer_id, request_id, state, request_type, package, package_id,
                requestor_mail, created_at, first_seen_at, read_at)
         values ($1, $2, 'r', 'pendingApproval', 'userAdd', 'tier1', 'id-of-tier1', 'ada@soc.example', $3, $3, $3)",
        contoso.0,
        two.0,
        app.app.clock.now()
    )
    .execute(&app.owner)
    .await
    .unwrap();
    let page = app.get(Some(&anna), "/access/links?address=ada%40soc.example").await.body;
    for words in [
        "Has 1 of 3 packages",
        "Has it until 3 Mar 2027",
        "Asked",
        "To ask for",
        "https://myaccess.example/tier2",
    ] {
        place(&page, words);
    }
    assert!(!page.contains("Package approvers"), "{page}");
    let missing =
        app.get(Some(&anna), "/access/links?address=ada%40soc.example&show=missing&package=tier2").await.body;
    assert!(missing.contains("Woodgrove") && !missing.contains("Tailspin"), "{missing}");
    let all = app.get(Some(&anna), "/access/links?address=ada%40soc.example&approvers=yes").await.body;
    place(&all, "Package approvers");
    place(&all, "Has 1 of 4 packages");
    let none = app.get(Some(&anna), "/access/links").await.body;
    place(&none, "/access/links?address=ada%40soc.example");
}

#[tokio::test]
async fn every_list_has_more_pages_without_doubles_or_gaps() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Onboarding], true).await;
    let one = app.customer(contoso, "Woodgrove").await;
    let names: Vec<String> = (0..120).map(|n| format!("Person{n:03}")).collect();
    let rows: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(n, name)| held(&app, name, "soc.example", "tier1", 5 + i64::try_from(n % 7).unwrap()))
        .collect();
    keep(&app, contoso, one, &rows).await;
    for first in [
        "/access/people",
        "/access/people?sort=end",
        "/access/people?sort=customers",
        "/access/expiring?within=all",
    ] {
        let (mut seen, mut path, mut pages) = (Vec::new(), first.to_owned(), 0);
        loop {
            let page = app.get(Some(&anna), &path).await.body;
            seen.extend(names.iter().filter(|name| page.contains(&format!(">{name}</a>"))).cloned());
            pages += 1;
            let Some(next) = page.split("rel=\"next\"").next().filter(|_| page.contains("rel=\"next\""))
            else {
                break;
            };
            let href = next.rsplit("href=\"").next().unwrap().split('"').next().unwrap();
            path = href.replace("&#38;", "&").replace("&amp;", "&");
        }
        seen.sort();
        assert_eq!(seen, names, "{first}");
        assert_eq!(pages, 3, "{first}");
    }
}

#[tokio::test]
async fn what_is_read_again_unchanged_writes_nothing_and_what_is_listed_no_more_is_kept_as_ended() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Onboarding], true).await;
    let one = app.customer(contoso, "Woodgrove").await;
    let rows = [held(&app, "Ada", "soc.example", "tier1", 5), held(&app, "Ben", "soc.example", "tier1", 50)];
    assert_eq!(keep(&app, contoso, one, &rows).await, 2);
    let before = crate::walls::world::held(&app.owner, &[contoso]).await;
    app.clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(keep(&app, contoso, one, &rows).await, 0);
    assert_eq!(crate::walls::world::held(&app.owner, &[contoso]).await, before, "no row is written");
    assert_eq!(keep(&app, contoso, one, &rows[1..]).await, 1);
    let page = app.get(Some(&anna), &format!("/customers/{one}/people")).await.body;
    let (held, ended) = page.split_once("Access that ended").unwrap();
    assert!(!held.contains(">Ada</a>") && ended.contains(">Ada</a>"), "{page}");
    assert_eq!(next_expiry(&app, one).await, rows[1].ends_at);
    let people = app.get(Some(&anna), "/access/people").await.body;
    assert!(people.contains(">Ben</a>") && !people.contains(">Ada</a>"), "{people}");
    assert_eq!(keep(&app, contoso, one, &rows).await, 1, "he is listed again");
}

#[tokio::test]
async fn the_way_to_the_next_page_tells_nothing_of_customers_out_of_view() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let (his, hidden) = (app.customer(contoso, "Woodgrove").await, app.customer(contoso, "Tailspin").await);
    let of = |days: i64, id: &str| {
        let all = (0..60).map(|n| held(&app, &format!("Person{n:02}"), "soc.example", id, days + n % 3));
        all.collect::<Vec<_>>()
    };
    keep(&app, contoso, his, &of(300, "tier1")).await;
    keep(&app, contoso, hidden, &of(11, "tier2")).await;
    let some = app.person(contoso, "Some", &[Role::AccountManager], false).await;
    crate::walls::world::give(&app, contoso, some.id, his).await;
    for sort in ["name", "end", "customers"] {
        let (mut people, mut path) = (Vec::new(), format!("/access/people?sort={sort}"));
        loop {
            let page = app.get(Some(&some), &path).await.body;
            for day in 4..=6 {
                for written in [format!("2026-12-{day:02}"), format!("{day} Dec 2026")] {
                    assert!(
                        !page.contains(&written),
                        "{sort}: {written} is of a customer out of view: {page}"
                    );
                }
            }
            let rows = page.split("<tr").filter(|row| row.contains("data-row"));
            people.extend(
                rows.map(|row| {
                    row.split("@soc.example").next().unwrap().rsplit('>').next().unwrap().to_owned()
                }),
            );
            let Some((before, _)) = page.split_once("rel=\"next\"") else { break };
            let href = before.rsplit("href=\"").next().unwrap().split('"').next().unwrap();
            path = href.replace("&#38;", "&").replace("&amp;", "&");
            let after = path.split("after=").nth(1).unwrap();
            assert!(uuid::Uuid::parse_str(after).is_ok(), "{sort}: nothing but whom: {after}");
        }
        assert_eq!(people.len(), 60, "{sort}");
        people.sort();
        people.dedup();
        assert_eq!(people.len(), 60, "{sort}: each once");
    }
}
