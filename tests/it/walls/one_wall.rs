//! Each wall alone: with the application's filter knocked out row security hides everything foreign, and with row
//! security off the filter does. In every table, through every function of every store, and on every route.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use axum::body::Body;
use http::{Request, StatusCode, header};
use mssp_portal::access_requests::model::PENDING;
use mssp_portal::kit::clock::SetClock;
use mssp_portal::kit::ids::ProviderId;
use mssp_portal::kit::right::Role;
use mssp_portal::kit::scope::{Crossed, Scope};
use sqlx::{AssertSqlSafe, Row, raw_sql};
use tower::ServiceExt;

use super::cell::{Fresh, Thing, address, filled};
use super::expected::{EXPECTED, Expected};
use super::stores::{Act, At, looks, writes};
use super::world::{self, Furniture, changed};
use crate::support::app::{Answer, Person, TestApp, noon};
use crate::support::database::{bypassing_login, fresh_database};

/// The portal as a login that row security does not bind.
async fn without_row_security() -> TestApp {
    let mut database = fresh_database().await;
    database.app = bypassing_login(&database).await;
    TestApp::build(database, "http://127.0.0.1:9", SetClock::at(noon())).await
}

#[tokio::test]
async fn every_guarded_table_shows_a_provider_his_own_rows_and_no_others() {
    let app = TestApp::offline().await;
    let umbra = world::provider(&app, "umbra", "Umbra").await;
    let lumen = world::provider(&app, "lumen", "Lumen").await;
    for (own, other) in [(&umbra, &lumen), (&lumen, &umbra)] {
        let theirs = world::held(&app.owner, &[other.provider]).await;
        let wanted = world::held(&app.owner, &[own.provider]).await;
        for (table, (rows, _)) in theirs.iter().chain(&wanted) {
            assert!(*rows > 0, "{table} was not furnished: add it to walls/world.rs");
        }
        // As the portal, with no filter at all: both are asked for, only his own are there.
        let mut tx = world::begin(&app, own.provider).await;
        let seen = world::held_by(&mut tx, &[own.provider, other.provider]).await;
        assert_eq!(seen, wanted);
        for table in theirs.keys() {
            let all = format!("select count(*) from {table}");
            let all: i64 = raw_sql(AssertSqlSafe(all)).fetch_one(&mut *tx).await.unwrap().get(0);
            assert_eq!(all, wanted[table].0, "{table}");
        }
    }
}

#[tokio::test]
async fn without_a_provider_no_guarded_table_shows_a_row() {
    let app = TestApp::offline().await;
    let umbra = world::provider(&app, "umbra", "Umbra").await;
    let mut connection = app.app.db.pool().acquire().await.unwrap();
    let seen = world::held_by(&mut connection, &[umbra.provider]).await;
    assert!(seen.values().all(|(rows, _)| *rows == 0), "{seen:?}");
}

/// Each act in a transaction of this scope: what was seen, and that nothing of the provider's changed.
async fn try_all(at: &At<'_>, scope: &Scope) {
    for Act { name, run } in looks() {
        let mut tx = scope.begin(&at.app.app.db).await.unwrap();
        let seen = run(&mut tx, at).await;
        assert!(!matches!(seen, Ok(true)), "{name} shows another provider's");
    }
    for Act { name, run } in writes() {
        let before = world::held(&at.app.owner, &[at.of.provider]).await;
        let mut tx = scope.begin(&at.app.app.db).await.unwrap();
        if run(&mut tx, at).await.is_ok() {
            tx.commit_bookkeeping("a test that reaches over the wall").await.unwrap();
        }
        let after = world::held(&at.app.owner, &[at.of.provider]).await;
        assert_eq!(changed(&before, &after), [""; 0], "{name} changed another provider's");
    }
}

#[tokio::test]
async fn every_store_function_works_for_the_provider_himself() {
    let app = TestApp::offline().await;
    let of = &world::provider(&app, "umbra", "Umbra").await;
    let at = At { app: &app, of };
    for Act { name, run } in looks() {
        let mut tx = world::begin(&app, of.provider).await;
        let seen = run(&mut tx, &at).await.unwrap_or_else(|error| panic!("{name}: {error:#}"));
        assert!(seen, "{name} shows him nothing: the tests of one wall would prove nothing by it");
    }
    for Act { name, run } in writes() {
        let mut tx = world::begin(&app, of.provider).await;
        let before = world::held_by(&mut tx, &[of.provider]).await;
        run(&mut tx, &at).await.unwrap_or_else(|error| panic!("{name}: {error:#}"));
        assert_ne!(before, world::held_by(&mut tx, &[of.provider]).await, "{name} does nothing for him");
    }
}

#[tokio::test]
async fn with_the_filter_knocked_out_row_security_alone_holds_in_every_store() {
    let app = TestApp::offline().await;
    let of = &world::provider(&app, "umbra", "Umbra").await;
    let stranger = app.provider("fabrikam").await;
    // The filter asks for Umbra's rows, while row security knows the stranger.
    let crossed = Scope::of_command_line(stranger).with_filter_of(of.provider);
    try_all(&At { app: &app, of }, &crossed).await;
}

#[tokio::test]
async fn with_row_security_off_the_filter_alone_holds_in_every_store() {
    let app = without_row_security().await;
    let of = &world::provider(&app, "umbra", "Umbra").await;
    let stranger = app.provider("fabrikam").await;
    try_all(&At { app: &app, of }, &Scope::of_command_line(stranger)).await;
}

/// Changes only what a portal of an earlier version began: the furnished provider has no such run.
const OF_OLD_RUNS: [&str; 1] = ["onboarding::freeze"];

/// The names of the functions that take a transaction, by room.
fn store_functions() -> BTreeSet<String> {
    fn walk(dir: PathBuf, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() { walk(entry.path(), found) } else { found.push(entry.path()) }
        }
    }
    let (mut files, mut names) = (Vec::new(), BTreeSet::new());
    let src = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    walk(src.clone(), &mut files);
    for file in files {
        let path = file.strip_prefix(&src).unwrap().display().to_string();
        if !(path.contains("/store") || path.ends_with("/verify.rs")) {
            continue;
        }
        let room = if path.contains("/consent/") { "consent" } else { path.split('/').next().unwrap() };
        for rest in fs::read_to_string(&file).unwrap().split("pub async fn ").skip(1) {
            let signature = rest.split('{').next().unwrap();
            if signature.contains("&mut Tx") {
                names.insert(format!("{room}::{}", signature.split('(').next().unwrap()));
            }
        }
    }
    names
}

#[test]
fn every_function_of_every_store_is_tried_against_each_wall_alone() {
    let tried: BTreeSet<String> = looks().iter().chain(&writes()).map(|act| act.name.to_owned()).collect();
    let there = store_functions();
    assert!(there.len() > 80, "{there:?}");
    let missing: Vec<_> =
        there.difference(&tried).filter(|name| !OF_OLD_RUNS.contains(&name.as_str())).collect();
    assert!(missing.is_empty(), "add them to walls/stores.rs: {missing:?}");
    let gone: Vec<_> = tried.difference(&there).filter(|name| !name.starts_with("kit::")).collect();
    assert!(gone.is_empty(), "these are no functions of a store: {gone:?}");
}

/// Sends the row's own valid request about this provider's things.
async fn ask(
    app: &TestApp,
    row: &Expected,
    of: &Furniture,
    as_: &Person,
    crossed: Option<ProviderId>,
) -> Answer {
    let furnished = if row.form.contains("{run}") { of.failed } else { of.proposed };
    let thing = Thing {
        customer: furnished,
        person: of.everyone.id.0,
        given: of.failed.id.0,
        request: format!("{}-{PENDING}", of.word),
        step: row.step.to_owned(),
        slug: of.slug.to_owned(),
        app: "operator".to_owned(),
        file: "none.css".to_owned(),
        version: "2".to_owned(),
        notices: of.notices,
    };
    let chance = &app.app.chance;
    let fresh = Fresh {
        version: 2,
        unclaimed: "unclaimed".to_owned(),
        unclaimed_tenant: chance.uuid_v4(),
        random: chance.token(),
    };
    let mut request = Request::builder()
        .method(row.method)
        .uri(address(row, &thing))
        .header(header::HOST, "localhost:8080")
        .header(header::COOKIE, &as_.cookie)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(other) = crossed {
        request = request.extension(Crossed(other));
    }
    let request = request.body(Body::from(filled(row, &thing, &fresh))).unwrap();
    Answer::read(app.router.clone().oneshot(request).await.unwrap()).await
}

/// Pages that hold nothing of the provider's own, and those that only answer that something was done.
const TELL_NOTHING: [&str; 10] = [
    "/access/calendar",
    "/customers/add",
    "/admin/blueprint",
    "/admin/notices/channels/add",
    "/admin/notices/times",
    "/customers/{customer}/onboarding/events",
    "/customers/{customer}/requests/events",
    "/requests/events",
    "/admin/apps/{app}/certificate.cer",
    "/admin/apps/{app}/next.cer",
];

/// They lead to Microsoft, who is not there, and back from it.
const LEAD_AWAY: [&str; 2] = ["/connections/{customer}/go", "/connect/callback"];

/// Every route, asked by a stranger about this provider's things.
async fn walk(app: &TestApp, of: &Furniture, stranger: ProviderId, crossed: bool) {
    // Streams end at once, so that their answers can be read to the end.
    app.app.stop.cancel();
    let person = app.person(stranger, "Stranger", &Role::ALL, true).await;
    let (word, tenant) = (of.word.to_lowercase(), of.proposed.tenant.to_string());
    let tells = |answer: &Answer| {
        let text = answer.body.to_lowercase();
        text.contains(&word) || text.contains(&tenant)
    };
    for row in EXPECTED.iter().filter(|row| row.who.is_some()) {
        let name = format!("{} {}", row.method, row.path);
        if row.method == "GET" && !LEAD_AWAY.contains(&row.path) {
            let own = ask(app, row, of, &of.everyone, None).await;
            assert_eq!(own.status, 200, "{name}: {}", own.body);
            assert!(tells(&own) || TELL_NOTHING.contains(&row.path), "{name} tells nothing: {}", own.body);
        }
        let before = world::held(&app.owner, &[of.provider]).await;
        let session = app.session(stranger, person.id).await;
        let answer = ask(app, row, of, &session, crossed.then_some(of.provider)).await;
        assert!(!tells(&answer), "{name} tells a stranger: {}", answer.body);
        if row.by_customer() || ["{person}", "{channel}", "{rule}"].iter().any(|part| row.names(part)) {
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}: {}", answer.body);
        } else if !crossed {
            // A page about himself.
            assert!(answer.status.as_u16() < 500, "{name}: {}", answer.body);
        }
        let after = world::held(&app.owner, &[of.provider]).await;
        assert_eq!(changed(&before, &after), [""; 0], "{name} changed another provider's");
    }
}

#[tokio::test]
async fn with_the_filter_knocked_out_row_security_alone_holds_on_every_route() {
    let app = TestApp::offline().await;
    let of = world::provider(&app, "umbra", "Umbra").await;
    let stranger = app.provider("fabrikam").await;
    walk(&app, &of, stranger, true).await;
}

#[tokio::test]
async fn with_row_security_off_the_filter_alone_holds_on_every_route() {
    let app = without_row_security().await;
    let of = world::provider(&app, "umbra", "Umbra").await;
    let stranger = app.provider("fabrikam").await;
    walk(&app, &of, stranger, false).await;
}

/// Both walls down: what the tests above would not find, they would not prove either.
#[tokio::test]
#[should_panic(expected = "another provider's")]
async fn with_both_walls_down_the_walk_over_the_routes_finds_it() {
    let app = without_row_security().await;
    let of = world::provider(&app, "umbra", "Umbra").await;
    let stranger = app.provider("fabrikam").await;
    walk(&app, &of, stranger, true).await;
}

#[tokio::test]
#[should_panic(expected = "shows another provider's")]
async fn with_both_walls_down_the_walk_over_the_stores_finds_it() {
    let app = without_row_security().await;
    let of = &world::provider(&app, "umbra", "Umbra").await;
    let stranger = app.provider("fabrikam").await;
    let crossed = Scope::of_command_line(stranger).with_filter_of(of.provider);
    try_all(&At { app: &app, of }, &crossed).await;
}
