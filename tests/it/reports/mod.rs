//! The report that is handed to a customer.

use chrono::TimeDelta;
use mssp_portal::access::model::{Decision, Definition, Round};
use mssp_portal::access::store;
use mssp_portal::kit::ids::{CustomerId, ProviderId};
use mssp_portal::kit::right::Role;
use mssp_portal::kit::scope::Scope;

use crate::access::{held, keep, provider};
use crate::support::app::{Person, TestApp};

async fn report(app: &TestApp, who: &Person, customer: CustomerId, query: &str) -> String {
    let answer = app.get(Some(who), &format!("/customers/{customer}/report?{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// A request that ended some days ago, and gave this assignment if any.
async fn ended(
    app: &TestApp,
    (provider, customer): (ProviderId, CustomerId),
    (id, assignment): (&str, &str),
    (decision, from, decider): (&str, &str, &str),
    days: i64,
) {
    let at = app.app.clock.now() - TimeDelta::days(days);
    sqlx::query!(
        "insert into access_request (provider_id, customer_id, request_id, state, created_at, first_seen_at, read_at,
                waited_until, decision, decision_from, decider_name, decided_at, assignment_id)
         values ($1, $2, $3, 'delivered', $4, $4, $4, $4, $5, $6, $7, $4, $8)",
        provider.0,
        customer.0,
        id,
        at,
        decision,
        from,
        decider,
        assignment
    )
    .execute(&app.owner)
    .await
    .unwrap();
}

fn row<'a>(page: &'a str, name: &str) -> &'a str {
    page.split("<tr>").find(|row| row.contains(name)).unwrap_or_else(|| panic!("no {name} in {page}"))
}

#[tokio::test]
async fn a_report_says_who_has_access_since_when_until_when_and_who_approved() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::AccountManager], true).await;
    let customer = app.customer(contoso, "Woodgrove").await;
    let unread = report(&app, &anna, customer, "").await;
    assert!(unread.contains("Not read yet") && unread.contains("was not compared yet"), "{unread}");

    let ada = held(&app, "Ada", "soc.example", "tier1", 300);
    let mut gone = held(&app, "Zoe", "soc.example", "tier2", 0);
    gone.state = "expired".to_owned();
    gone.expired_at = Some(app.app.clock.now() - TimeDelta::days(40));
    let ben = held(&app, "Ben", "soc.example", "tier1", 10);
    keep(&app, contoso, customer, &[ada.clone(), ben.clone(), gone]).await;
    let here = (contoso, customer);
    ended(&app, here, ("r1", &ada.id), ("approved", "log", "Grace"), 30).await;
    ended(&app, here, ("r2", &ben.id), ("approved", "nobody", ""), 30).await;
    ended(&app, here, ("r3", ""), ("denied", "nobody", ""), 50).await;
    ended(&app, here, ("r4", ""), ("denied", "here", "Grace"), 500).await;
    // Nobody is known to have decided: after its time it was nobody, in time somebody whom the log has not told yet.
    for (id, days) in [("r5", 45), ("r6", 44), ("r7", 43)] {
        ended(&app, here, (id, ""), ("denied", "", ""), days).await;
    }
    sqlx::query!(
        "update access_request set denied_at = waited_until + case when request_id = 'r5' then interval '-1 minute'
                else interval '1 day' end where request_id in ('r5', 'r6')"
    )
    .execute(&app.owner)
    .await
    .unwrap();

    let page = report(&app, &anna, customer, "").await;
    let of_ada = row(&page, "ada@soc.example");
    for words in ["Package tier1", "24 Oct 2026", "19 Sep 2027", "24 Oct 2026 by Grace"] {
        assert!(of_ada.contains(words), "{words} not in {of_ada}");
    }
    assert!(row(&page, "ben@soc.example").contains("Without approval"), "{page}");
    let now = page.find("Who has access").unwrap()..page.find("Access that ended").unwrap();
    assert!(!page[now.clone()].contains("Zoe"), "who lost it has none: {page}");
    assert!(row(&page[now.end..], "zoe@soc.example").contains("14 Oct 2026"), "{page}");
    let facts: String = page.split_whitespace().collect();
    assert!(facts.contains("<dt>Approved</dt><dd>2</dd><dt>Deniedbyaperson</dt><dd>0</dd>"), "{page}");
    assert!(facts.contains("bywhomisnotknown</dt><dd>2</dd>"), "{page}");
    assert!(facts.contains("nobodydecidedintime</dt><dd>2</dd>"), "{page}");

    let longer = report(&app, &anna, customer, "months=24").await;
    let facts: String = longer.split_whitespace().collect();
    assert!(facts.contains("<dt>Deniedbyaperson</dt><dd>1</dd>"), "{longer}");
    let shorter = report(&app, &anna, customer, "months=3").await;
    assert!(shorter.contains("zoe@soc.example"), "within three months");
}

#[tokio::test]
async fn only_access_that_was_there_ended_and_only_a_round_that_ran_is_finished() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::AccountManager], true).await;
    let customer = app.customer(contoso, "Woodgrove").await;
    let states = [
        ("Dan", "delivering"),
        ("Fay", "deliveryFailed"),
        ("Uma", "unknown"),
        ("Eve", "expired"),
        ("Gus", "delivered"),
        ("Del", "delivering"),
    ];
    let rows = states.map(|(name, state)| {
        let mut row = held(&app, name, "soc.example", "tier1", 300);
        state.clone_into(&mut row.state);
        row
    });
    keep(&app, contoso, customer, &rows).await;
    // The last two are listed no more: one was there, one never came.
    keep(&app, contoso, customer, &rows[..4]).await;
    let now = app.app.clock.now();
    let round = |id: &str, state: &str| Round {
        id: id.into(),
        definition: "d".into(),
        state: state.into(),
        starts_at: Some(now - TimeDelta::days(30)),
        due_at: Some(now - TimeDelta::days(16)),
    };
    let definition = Definition { id: "d".into(), package: "reviewed".into(), ..Definition::default() };
    let mut tx = Scope::of_command_line(contoso).begin(&app.app.db).await.unwrap();
    store::keep_definitions(&mut tx, customer, &[definition], now).await.unwrap();
    let rounds = [round("over", "Applied"), round("withdrawn", "NotStarted")];
    store::keep_rounds(&mut tx, customer, &["d".into()], &rounds, now).await.unwrap();
    store::keep_rounds(&mut tx, customer, &["d".into()], &[], now).await.unwrap();
    tx.commit_bookkeeping("test").await.unwrap();
    let page = report(&app, &anna, customer, "").await;
    let (_, ended) = page.split_once("Access that ended").unwrap();
    for (name, listed) in
        [("Dan", false), ("Fay", false), ("Uma", false), ("Eve", true), ("Gus", true), ("Del", false)]
    {
        assert_eq!(ended.contains(&format!("{}@soc.example", name.to_lowercase())), listed, "{name}: {page}");
    }
    assert_eq!(
        page.matches(">reviewed<").count(),
        1,
        "what was withdrawn before it was over is no round: {page}"
    );
}

#[tokio::test]
async fn a_report_speaks_the_customers_language_whoever_looks() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::AccountManager], true).await;
    let customer = app.customer(contoso, "Woodgrove").await;
    keep(&app, contoso, customer, &[held(&app, "Ada", "soc.example", "tier1", 300)]).await;
    let page = report(&app, &anna, customer, "lang=nl").await;
    assert!(page.contains(r#"lang="nl""#) && page.contains("Toegangsrapport: Woodgrove"), "{page}");
    assert!(page.contains("Wie toegang heeft") && page.contains("19 sep 2027"), "{page}");
    assert!(page.contains(">Language of the report<"), "the frame stays in one's own language");
}

#[tokio::test]
async fn a_report_lists_the_reviews_of_its_period() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::AccountManager], true).await;
    let customer = app.customer(contoso, "Woodgrove").await;
    let now = app.app.clock.now();
    let definition = Definition { id: "d".into(), package: "tier1".into(), ..Definition::default() };
    let round = |id: &str, state: &str, due: i64| Round {
        id: id.into(),
        definition: "d".into(),
        state: state.into(),
        starts_at: Some(now + TimeDelta::days(due - 25)),
        due_at: Some(now + TimeDelta::days(due)),
    };
    let rounds =
        [round("i1", "Completed", -60), round("i2", "InProgress", -2), round("i3", "Completed", -800)];
    let decision = |id: &str, decision: &str| Decision {
        round: "i1".into(),
        id: id.into(),
        decision: decision.into(),
        ..Decision::default()
    };
    let mut tx = Scope::of_command_line(contoso).begin(&app.app.db).await.unwrap();
    store::keep_definitions(&mut tx, customer, &[definition], now).await.unwrap();
    store::keep_rounds(&mut tx, customer, &["d".into()], &rounds, now).await.unwrap();
    let decisions = [decision("a", "Approve"), decision("b", "Approve"), decision("c", "Deny")];
    store::keep_decisions(&mut tx, customer, &["i1".into()], &decisions, now).await.unwrap();
    tx.commit_bookkeeping("test").await.unwrap();
    let page = report(&app, &anna, customer, "").await;
    assert!(page.contains("Finished") && page.contains("3 people: 2 kept, 1 removed"), "{page}");
    assert!(page.contains("Overdue"), "{page}");
    assert_eq!(page.matches(">tier1<").count(), 2, "not of another period: {page}");
}
