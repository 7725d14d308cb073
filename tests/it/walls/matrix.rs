//! Every route × every role × {own, out of view, another provider's, missing}: each cell has its one answer, a
//! refused one changes nothing, and what is foreign looks like what is missing, byte by byte.

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use mssp_portal::access_requests::model::PENDING;
use mssp_portal::kit::assets;
use mssp_portal::kit::ids::ProviderId;
use mssp_portal::kit::right::{Right, Role, Roles};
use mssp_portal::providers::AppKind;
use mssp_portal::router;
use serde_json::json;
use uuid::Uuid;

use super::cell::{Fresh, Thing, address, filled, missing_customer};
use super::expected::{EXPECTED, Expected};
use super::notices::{self, Notices};
use super::world::{self, Furnished, Furniture, Under, changed};
use crate::support::app::{Answer, Person, TestApp};
use crate::support::cloud::{ReadyProvider, TestCloud};

#[test]
fn every_route_has_an_expectation_and_every_expectation_a_route() {
    let mut seen = BTreeSet::new();
    for row in EXPECTED {
        assert!(seen.insert((row.method, row.path)), "{} {} stands twice", row.method, row.path);
    }
    let table = router::table();
    for row in &table {
        let known = seen.remove(&(row.method.as_str(), row.path));
        assert!(known, "{} {} has no expectation: add it to walls/expected.rs", row.method, row.path);
    }
    assert!(seen.is_empty(), "these are no routes: {seen:?}");
}

#[test]
fn the_route_table_asks_of_each_role_what_is_expected() {
    for row in router::table() {
        let Some(expected) = EXPECTED.iter().find(|one| one.is(&row.method, row.path)) else { continue };
        for role in Role::ALL {
            let may = Roles::new([role]).may(row.right);
            let wanted = expected.who.is_none_or(|roles| roles.contains(&role));
            assert_eq!(may, wanted, "{} {} as {role:?}", row.method, row.path);
        }
        assert_eq!(expected.who.is_none(), row.right == Right::Anyone, "{} {}", row.method, row.path);
    }
}

/// Whose the thing is that a cell asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Own,
    OutOfView,
    Foreign,
    Missing,
}

struct Matrix {
    app: TestApp,
    cloud: TestCloud,
    contoso: ReadyProvider,
    fabrikam: Furniture,
    /// By role: one who sees only what he was given, and one who sees all.
    people: Vec<(Role, Person, Person)>,
    nobody: Person,
    out_of_view: Furnished,
    /// Given to everybody who sees only some.
    own: Furnished,
    asked: usize,
}

impl Matrix {
    async fn new() -> Self {
        let (app, cloud) = TestCloud::with_portal().await;
        // Streams end at once, so that their answers can be read to the end.
        app.app.stop.cancel();
        let contoso = cloud.provider(&app, "contoso").await;
        // One certificate in use, another that waits.
        for (act, form) in [("certificate", ""), ("next/use", "understood=yes"), ("certificate", "")] {
            let path = format!("/admin/apps/operator/{act}");
            assert_eq!(app.post(Some(&contoso.everyone), &path, form).await.status, 303, "{path}");
        }
        let fabrikam = world::provider(&app, "fabrikam", "Umbra").await;
        let out_of_view = world::customer(&app, contoso.id, "Hidden", Under::Proposed).await;
        let own = world::customer(&app, contoso.id, "Own", Under::Proposed).await;
        let mut people = Vec::new();
        for role in Role::ALL {
            let some = app.person(contoso.id, &format!("Some {role:?}"), &[role], false).await;
            let all = app.person(contoso.id, &format!("All {role:?}"), &[role], true).await;
            world::give(&app, contoso.id, some.id, own.id).await;
            people.push((role, some, all));
        }
        let nobody = app.person(contoso.id, "Nobody", &[], true).await;
        Self { app, cloud, contoso, fabrikam, people, nobody, out_of_view, own, asked: 0 }
    }

    /// The thing as a cell of this row needs it; an own one is fresh for every write.
    async fn thing(&self, row: &Expected, whose: Whose, seer: Option<&Person>) -> Thing {
        let missing = whose == Whose::Missing;
        let customer = match whose {
            Whose::Own if row.method == "GET" => self.own,
            Whose::Own => self.fresh_customer(row, seer).await,
            Whose::OutOfView => self.out_of_view,
            Whose::Foreign if row.form.contains("{run}") => self.fabrikam.failed,
            Whose::Foreign => self.fabrikam.proposed,
            Whose::Missing => missing_customer(),
        };
        let (person, given) = match whose {
            Whose::Foreign => (self.fabrikam.everyone.id.0, self.fabrikam.failed.id.0),
            Whose::Missing => (world::nothing(), world::nothing()),
            Whose::Own | Whose::OutOfView => self.other_person(row).await,
        };
        let text = |there: &str| if missing { "nothing".to_owned() } else { there.to_owned() };
        let app = if row.method == "GET" { "operator" } else { "approver" };
        let file = assets::url("portal.css").trim_start_matches("/assets/");
        let word = match whose {
            Whose::Own => "Own",
            Whose::OutOfView => "Hidden",
            Whose::Foreign => self.fabrikam.word,
            Whose::Missing => "Nothing",
        };
        Thing {
            customer,
            person,
            given,
            request: format!("{word}-{PENDING}"),
            step: row.step.to_owned(),
            slug: text("contoso"),
            app: text(app),
            file: text(file),
            version: text("1"),
            notices: self.notices(row, whose, customer).await,
        }
    }

    /// What the row's path or form names of notices; an own one is fresh.
    async fn notices(&self, row: &Expected, whose: Whose, customer: Furnished) -> Notices {
        let named = ["{channel}", "{rule}", "{message}", "{snooze}"];
        let named = named.iter().any(|part| row.names(part) || row.form.contains(part));
        match whose {
            Whose::Own if named => {
                let (word, everyone) = (self.app.app.chance.token(), self.contoso.everyone.id);
                notices::furnish(&self.app, self.contoso.id, &word, everyone, (everyone, customer.id)).await
            }
            Whose::Foreign => self.fabrikam.notices,
            Whose::Own | Whose::OutOfView | Whose::Missing => notices::nothing(),
        }
    }

    async fn fresh_customer(&self, row: &Expected, seer: Option<&Person>) -> Furnished {
        let under = if row.form.contains("{run}") { Under::FailedRun } else { Under::Proposed };
        let fresh = world::customer(&self.app, self.contoso.id, "Own", under).await;
        let limited = self
            .people
            .iter()
            .map(|(_, some, _)| some)
            .find(|some| seer.is_some_and(|seer| seer.id == some.id));
        if let Some(some) = limited {
            world::give(&self.app, self.contoso.id, some.id, fresh.id).await;
        }
        if row.form.contains("{tenant}") {
            let domain = format!("{}.example", fresh.tenant);
            let administrator =
                json!({ "userPrincipalName": format!("admin@{domain}"), "displayName": "Kim" });
            let tenant = json!({
                "id": fresh.tenant, "displayName": "Own", "domains": [domain], "users": [administrator],
            });
            self.cloud.tenant(tenant).await;
            self.cloud.consent(fresh.tenant, self.contoso.client_id(AppKind::Reader), true).await;
        }
        fresh
    }

    /// A person of the provider to act on, and the customer that was given to him.
    async fn other_person(&self, row: &Expected) -> (Uuid, Uuid) {
        if !row.names("{person}") {
            return (world::nothing(), world::nothing());
        }
        let other = self.app.person(self.contoso.id, "Other", &[Role::Approver], false).await;
        world::give(&self.app, self.contoso.id, other.id, self.out_of_view.id).await;
        if row.names("/enable") {
            let now = self.app.app.clock.now();
            let mut tx = world::begin(&self.app, self.contoso.id).await;
            mssp_portal::people::store::disable(&mut tx, other.id, "Left", now).await.unwrap();
            tx.commit_bookkeeping("a test's own person").await.unwrap();
        }
        (other.id.0, self.out_of_view.id.0)
    }

    async fn ask(&mut self, row: &Expected, person: Option<&Person>, thing: &Thing) -> Answer {
        self.asked += 1;
        let form = self.form(row, thing).await;
        // Whoever signs out must not end the session that the next cell needs.
        let fresh = match person {
            Some(person) if row.path == "/sign-out" => {
                Some(self.app.session(self.provider(), person.id).await)
            }
            Some(person) => Some(person.clone()),
            None => None,
        };
        let method: Method = row.method.parse().unwrap();
        let answer = self.app.send(fresh.as_ref(), method, &address(row, thing), &form).await;
        // What goes on after the answer changes this cell's things, not the next one's.
        let aside = &self.app.app.aside;
        aside.close();
        aside.wait().await;
        aside.reopen();
        answer
    }

    fn provider(&self) -> ProviderId {
        self.contoso.id
    }

    async fn form(&self, row: &Expected, thing: &Thing) -> String {
        let version = sqlx::query_scalar!(
            r#"select max(version) as "n!" from blueprint where provider_id = $1"#,
            self.contoso.id.0
        );
        let version = version.fetch_one(&self.app.owner).await.unwrap();
        let chance = &self.app.app.chance;
        let (id, name) = (chance.uuid_v4(), chance.uuid_v4().simple().to_string());
        if row.form.contains("{unclaimed") {
            let domains = [format!("{name}.example")];
            self.cloud.tenant(json!({ "id": id, "displayName": "Unclaimed", "domains": domains })).await;
        }
        filled(row, thing, &Fresh { version, unclaimed: name, unclaimed_tenant: id, random: chance.token() })
    }

    async fn held(&self) -> world::Held {
        world::versions(&self.app.owner, &[self.contoso.id, self.fabrikam.provider]).await
    }

    /// The same where a refused request of this row could have changed it at all.
    async fn held_by(&self, row: &Expected) -> world::Held {
        if row.writes { self.held().await } else { world::Held::new() }
    }
}

/// The other things a row can be asked for: `missing` first, which the others must look like.
fn others(row: &Expected) -> &'static [Whose] {
    if row.by_customer() && !row.for_all() {
        &[Whose::Missing, Whose::OutOfView, Whose::Foreign]
    } else if row.for_all() || ["{channel}", "{rule}"].iter().any(|part| row.names(part)) {
        &[Whose::Missing, Whose::Foreign]
    } else if row.names("{") {
        &[Whose::Missing]
    } else {
        &[]
    }
}

#[tokio::test]
async fn every_route_answers_every_role_as_expected() {
    let mut matrix = Matrix::new().await;
    for row in EXPECTED {
        strangers(&mut matrix, row).await;
        for at in 0..matrix.people.len() {
            let (role, some, all) = matrix.people[at].clone();
            // A person is nobody's customer: only who sees all may change all of him.
            let person = if row.by_all() { all } else { some };
            match row.who {
                Some(roles) if !roles.contains(&role) => refused(&mut matrix, row, role, &person).await,
                _ => let_in(&mut matrix, row, role, &person).await,
            }
        }
    }
    assert!(matrix.asked > 1000, "only {} cells were asked", matrix.asked);
    matrix.cloud.end().await;
}

/// Nobody signed in, and somebody who has no role.
async fn strangers(matrix: &mut Matrix, row: &Expected) {
    let (method, path) = (row.method, row.path);
    let thing = matrix.thing(row, Whose::Own, None).await;
    let before = matrix.held_by(row).await;
    let stranger = matrix.ask(row, None, &thing).await;
    match row.who {
        None => {
            assert_eq!(stranger.status, row.status, "{method} {path} as a stranger: {}", stranger.body);
            let missing = matrix.thing(row, Whose::Missing, None).await;
            if !others(row).is_empty() {
                let answer = matrix.ask(row, None, &missing).await;
                assert_eq!(answer.status, row.missing, "{method} {path} missing");
            }
        }
        Some(_) if method == "GET" => {
            assert!(stranger.location().starts_with("/sign-in?back="), "{path} as a stranger");
        }
        Some(_) => assert_eq!(stranger.status, StatusCode::UNAUTHORIZED, "{path} as a stranger"),
    }
    if row.who.is_some() {
        let nobody = matrix.nobody.clone();
        let answer = matrix.ask(row, Some(&nobody), &thing).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path} without a role");
    }
    // A person's own session is opened for the sign-out, and stays.
    if path != "/sign-out" {
        assert_eq!(changed(&before, &matrix.held_by(row).await), [""; 0], "{method} {path} for a stranger");
    }
}

/// A role that has not the right: the same answer whatever is asked for, and nothing changes.
async fn refused(matrix: &mut Matrix, row: &Expected, role: Role, person: &Person) {
    let name = format!("{} {} as {role:?}", row.method, row.path);
    let mut things = vec![matrix.thing(row, Whose::Own, Some(person)).await];
    for whose in others(row) {
        things.push(matrix.thing(row, *whose, Some(person)).await);
    }
    let before = matrix.held_by(row).await;
    let mut first = None;
    for thing in &things {
        let answer = matrix.ask(row, Some(person), thing).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}");
        let said = answer.without_request_id();
        assert_eq!(*first.get_or_insert(said.clone()), said, "{name}: the refusals differ");
    }
    assert_eq!(changed(&before, &matrix.held_by(row).await), [""; 0], "{name} changed something");
}

/// A role that has the right: his own thing is answered as it should, any other as if it were not there.
async fn let_in(matrix: &mut Matrix, row: &Expected, role: Role, person: &Person) {
    let name = format!("{} {} as {role:?}", row.method, row.path);
    let own = matrix.thing(row, Whose::Own, Some(person)).await;
    if row.path.ends_with("/refresh") {
        // The one before was a moment ago. That time passes makes no page view a write.
        matrix.app.clock.advance(std::time::Duration::from_secs(31));
        sqlx::query!("update session set seen_at = $1", matrix.app.app.clock.now())
            .execute(&matrix.app.owner)
            .await
            .unwrap();
    }
    let before = matrix.held().await;
    let answer = matrix.ask(row, Some(person), &own).await;
    assert_eq!(answer.status, row.status, "{name} own: {}", answer.body);
    let after = matrix.held().await;
    if row.writes {
        assert_ne!(changed(&before, &after), [""; 0], "{name} did nothing");
    } else if row.path != "/admin/blueprint" {
        assert_eq!(changed(&before, &after), [""; 0], "{name} wrote something");
    }
    let mut missing = None;
    for whose in others(row) {
        let thing = matrix.thing(row, *whose, Some(person)).await;
        let before = matrix.held().await;
        let answer = matrix.ask(row, Some(person), &thing).await;
        assert_eq!(answer.status, row.missing, "{name} {whose:?}: {}", answer.body);
        let said = answer.without_request_id();
        assert_eq!(*missing.get_or_insert(said.clone()), said, "{name}: {whose:?} is told from missing");
        assert_eq!(changed(&before, &matrix.held().await), [""; 0], "{name} {whose:?} changed something");
    }
    if row.names("{step}") {
        for step in ["nothing", "group.tier5"] {
            let own = matrix.thing(row, Whose::Own, Some(person)).await;
            let thing = Thing { step: step.to_owned(), ..own };
            let before = matrix.held().await;
            let answer = matrix.ask(row, Some(person), &thing).await;
            assert!([404, 409].contains(&answer.status.as_u16()), "{name} {step}: {}", answer.status);
            assert_eq!(changed(&before, &matrix.held().await), [""; 0], "{name} {step} changed something");
        }
    }
}

#[tokio::test]
async fn a_thing_of_another_cannot_be_named_in_a_form_about_ones_own() {
    let mut matrix = Matrix::new().await;
    let admin = matrix.people[0].2.clone();
    let forms = ["/approve", "/cancel", "/retry", "/give", "/take"];
    for row in EXPECTED.iter().filter(|row| forms.iter().any(|end| row.path.ends_with(end))) {
        // Whoever sees all has nothing out of view.
        let mut missing = None;
        for whose in [Whose::Missing, Whose::Foreign] {
            let own = matrix.thing(row, Whose::Own, Some(&admin)).await;
            let other = matrix.thing(row, whose, Some(&admin)).await;
            let mixed = if row.names("{customer}") {
                let (plan, run) = (other.customer.plan, other.customer.run);
                Thing { customer: Furnished { plan, run, ..own.customer }, ..own }
            } else {
                Thing { customer: other.customer, given: other.given, ..own }
            };
            let before = matrix.held().await;
            let answer = matrix.ask(row, Some(&admin), &mixed).await;
            let name = format!("{} with {whose:?}", row.path);
            let wanted = if row.names("{customer}") { 409 } else { 404 };
            assert_eq!(answer.status, wanted, "{name}: {}", answer.body);
            let said = answer.without_request_id();
            assert_eq!(*missing.get_or_insert(said.clone()), said, "{name} is told from missing");
            assert_eq!(changed(&before, &matrix.held().await), [""; 0], "{name} changed something");
        }
    }
    matrix.cloud.end().await;
}
