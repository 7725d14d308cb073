//! What is known warns, whatever became of the reading: ends of paused and lost customers, who still decides, guests who
//! cannot come in, rounds that vanished; and counts that stop at their bound.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use mssp_portal::access::model::{Definition, Round, WarningKind};
use mssp_portal::access::store::{self, SeenGuest};
use mssp_portal::kit::ids::ObjectId;
use mssp_portal::kit::right::Role;
use mssp_portal::kit::scope::Scope;
use mssp_portal::onboarding::observation::{Observation, SeenGroup, SeenPrincipal};
use mssp_portal::onboarding::store as onboarding;
use mssp_portal::providers::AppKind;
use serde_json::Value;

use super::there::There;
use super::{held, keep, provider};
use crate::support::app::TestApp;

const DAY: u64 = 86_400;

#[tokio::test]
async fn ends_are_told_of_while_a_customer_is_paused_and_after_his_consent_is_lost() {
    let there = There::new(&["Woodgrove Bank", "Tailspin Toys"], Value::Null).await;
    let [paused, lost] = &there.places[..] else { panic!("two places") };
    there.work().await;
    for place in &there.places {
        there.give(place, "ada").await;
        there.turn_after(place, 7200).await;
    }
    let staff = there.app.session(there.contoso.id, there.staff.id).await;
    let form = format!("customer={}&reason=Talks", paused.customer);
    let path = format!("/customers/{}/pause", paused.customer);
    assert_eq!(there.app.post(Some(&staff), &path, &form).await.status, 303);
    there.cloud.consent(lost.tenant, there.contoso.client_id(AppKind::Reader), false).await;
    there.work().await;
    for (days, steps) in [(306, 1), (30, 2), (22, 3)] {
        there.later(days * DAY).await;
        there.work().await;
        let told = sqlx::query!(
            r#"select customer_id, count(*) as "many!" from happening where kind = 'access-ending' group by 1"#
        );
        let told = told.fetch_all(&there.app.owner).await.unwrap();
        let mut told: Vec<_> = told.into_iter().map(|row| (row.customer_id, row.many)).collect();
        told.sort_unstable();
        let mut wanted = [(paused.customer.0, steps), (lost.customer.0, steps)];
        wanted.sort_unstable();
        assert_eq!(told, wanted);
    }
    there.cloud.end().await;
}

/// Who decides at a customer, by name, with their ends.
async fn seats(
    app: &TestApp,
    scope: &Scope,
    customer: mssp_portal::kit::ids::CustomerId,
) -> Vec<(String, bool)> {
    let mut tx = scope.begin(&app.app.db).await.unwrap();
    let seats = store::approver_seats(&mut tx, customer).await.unwrap().unwrap();
    seats.into_iter().map(|seat| (seat.name, seat.ends_at.is_some())).collect()
}

#[tokio::test]
async fn who_decides_follows_the_group_as_it_was_read_and_the_package_since() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let one = app.customer(contoso, "Woodgrove").await;
    let scope = Scope::of_command_line(contoso);
    let by_package = |name: &str, state: &str| {
        let mut row = held(&app, name, "soc.example", "approvers", 300);
        state.clone_into(&mut row.state);
        row
    };
    // Once held it and was put back by hand; holds it and is in the group; holds it and was taken out of the group.
    let mut rows =
        vec![by_package("Bob", "expired"), by_package("Ada", "delivered"), by_package("Out", "delivered")];
    keep(&app, contoso, one, &rows).await;
    app.clock.advance(Duration::from_secs(3600));
    let member = |name: &str| SeenPrincipal {
        id: format!("oid-of-{name}"),
        name: name.to_owned(),
        mail: String::new(),
        ours: true,
    };
    let group = ObjectId(app.app.chance.uuid_v4());
    let read = Observation {
        groups: vec![SeenGroup {
            id: group,
            name: "Approvers".to_owned(),
            unique_name: String::new(),
            usable: true,
            members: vec![member("Bob"), member("Ada"), member("Hand")],
            owners: Vec::new(),
            owned_by: Vec::new(),
        }],
        ..Observation::default()
    };
    let mut tx = scope.begin(&app.app.db).await.unwrap();
    let now = app.app.clock.now();
    onboarding::own(&mut tx, one, "group.approvers", &group.to_string(), now).await.unwrap();
    onboarding::keep_observation(&mut tx, one, &read, now).await.unwrap();
    tx.commit_bookkeeping("test").await.unwrap();
    let owned = |all: &[(&str, bool)]| all.iter().map(|(n, e)| ((*n).to_owned(), *e)).collect::<Vec<_>>();
    assert_eq!(seats(&app, &scope, one).await, owned(&[("Ada", true), ("Bob", false), ("Hand", false)]));
    app.clock.advance(Duration::from_secs(3600));
    "expired".clone_into(&mut rows[1].state);
    rows.push(by_package("New", "delivered"));
    keep(&app, contoso, one, &rows).await;
    let wanted = owned(&[("Bob", false), ("Hand", false), ("New", true)]);
    assert_eq!(seats(&app, &scope, one).await, wanted, "who came and went since");
}

#[tokio::test]
async fn a_blocked_guest_is_looked_at_until_he_is_free_and_warned_of_again_once_he_came_back() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Onboarding], true).await;
    let one = app.customer(contoso, "Woodgrove").await;
    let scope = Scope::of_command_line(contoso);
    let first = held(&app, "Ada", "soc.example", "tier1", 99);
    keep(&app, contoso, one, std::slice::from_ref(&first)).await;
    let id = mssp_portal::access::model::match_of_mail(contoso, "ada@soc.example");
    let form = "address=ada%40soc.example&why=Left";
    let left = app.post(Some(&anna), &format!("/access/people/{id}/leave"), form).await;
    assert_eq!(left.status, 303, "{}", left.body);
    let ended = |row: &mssp_portal::access::model::Holding, at: DateTime<Utc>| {
        let mut row = row.clone();
        "expired".clone_into(&mut row.state);
        row.expired_at = Some(at);
        row
    };
    let first = ended(&first, app.app.clock.now());
    keep(&app, contoso, one, std::slice::from_ref(&first)).await;
    let see = async |enabled: bool| {
        let guest = SeenGuest { oid: "oid-of-Ada".to_owned(), enabled: Some(enabled), deleted: false };
        let mut tx = scope.begin(&app.app.db).await.unwrap();
        store::keep_guests(&mut tx, one, &[guest], app.app.clock.now()).await.unwrap();
        tx.commit_bookkeeping("test").await.unwrap();
    };
    let known = async || {
        let mut tx = scope.begin(&app.app.db).await.unwrap();
        let due = store::guests_to_see(&mut tx, one, 9, app.app.clock.now()).await.unwrap();
        let warned = store::blocked_guests(&mut tx, one).await.unwrap();
        assert!(warned.iter().all(|one| one.kind == WarningKind::GuestBlocked));
        (due.len(), warned.len())
    };
    see(false).await;
    assert_eq!(known().await, (0, 0), "a leaver should be blocked");
    app.clock.advance(Duration::from_secs(90 * DAY));
    assert_eq!(known().await, (1, 0), "and is looked at still, long after");
    let mut again = held(&app, "Ada", "soc.example", "tier2", 99);
    again.starts_at = Some(app.app.clock.now());
    keep(&app, contoso, one, &[first.clone(), again.clone()]).await;
    let again = ended(&again, app.app.clock.now());
    keep(&app, contoso, one, &[first, again]).await;
    assert_eq!(known().await, (1, 1), "he came back, and cannot come in");
    see(true).await;
    app.clock.advance(Duration::from_secs(90 * DAY));
    assert_eq!(known().await, (0, 0));
}

#[tokio::test]
async fn rounds_of_a_definition_that_vanished_are_open_no_more_and_what_was_over_stays() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let one = app.customer(contoso, "Woodgrove").await;
    let now = app.app.clock.now();
    let definition =
        |id: &str| Definition { id: id.into(), package: "tier1".into(), ..Definition::default() };
    let round = |id: &str, definition: &str, state: &str| Round {
        id: id.into(),
        definition: definition.into(),
        state: state.into(),
        starts_at: Some(now),
        due_at: Some(now + TimeDelta::days(9)),
    };
    let mut tx = Scope::of_command_line(contoso).begin(&app.app.db).await.unwrap();
    store::keep_definitions(&mut tx, one, &[definition("d"), definition("e")], now).await.unwrap();
    let rounds = [round("1", "d", "InProgress"), round("2", "d", "Applied"), round("3", "e", "InProgress")];
    store::keep_rounds(&mut tx, one, &["d".into(), "e".into()], &rounds, now).await.unwrap();
    let written = store::keep_definitions(&mut tx, one, &[definition("e")], now).await.unwrap();
    assert_eq!(written, 2, "the definition and its round");
    assert_eq!(store::keep_definitions(&mut tx, one, &[definition("e")], now).await.unwrap(), 0);
    tx.commit_bookkeeping("test").await.unwrap();
    let gone = sqlx::query!(r#"select instance_id, gone_at is not null as "gone!" from review order by 1"#);
    let gone = gone.fetch_all(&app.owner).await.unwrap();
    let gone: Vec<_> = gone.iter().map(|row| (row.instance_id.as_str(), row.gone)).collect();
    assert_eq!(gone, [("1", true), ("2", false), ("3", false)]);
}

#[tokio::test]
async fn figures_of_links_and_warnings_stop_at_their_bound() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Onboarding], true).await;
    let one = app.customer(contoso, "Woodgrove").await;
    keep(&app, contoso, one, &[held(&app, "Ada", "soc.example", "p7", 99)]).await;
    sqlx::query!(
        "insert into link (provider_id, customer_id, package, package_id, name, url, made_at)
         select $1, $2, 'p' || n, 'id-of-p' || n, 'P', 'http://x', $3 from generate_series(1, 1100) as n",
        contoso.0,
        one.0,
        app.app.clock.now()
    )
    .execute(&app.owner)
    .await
    .unwrap();
    sqlx::query!(
        "insert into access_warning (provider_id, customer_id, kind, about, since)
         select $1, $2, 'guest-blocked', n::text, $3 from generate_series(1, 1100) as n",
        contoso.0,
        one.0,
        app.app.clock.now()
    )
    .execute(&app.owner)
    .await
    .unwrap();
    let links = app.get(Some(&anna), "/access/links?address=ada%40soc.example").await.body;
    assert!(links.contains("Has 1 of 1,000+ packages") && !links.contains("<progress"), "{}", &links[..4000]);
    let one_package = app.get(Some(&anna), "/access/links?address=ada%40soc.example&package=p7").await.body;
    assert!(
        one_package.contains("Has 1 of 1 packages") && one_package.contains("<progress"),
        "{one_package}"
    );
    for path in ["/access/warnings", "/"] {
        let page = app.get(Some(&anna), path).await.body;
        assert!(page.contains("1,000+"), "{path}: {page}");
    }
}
