//! Every route × every role × {own, out of view, another provider's, missing}. The expectations are written here a
//! second time, so that a changed right is seen as a change.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use mssp_portal::kit::right::{Right, Role};
use mssp_portal::router;
use uuid::Uuid;

use crate::support::app::{Answer, Person, TestApp};

const ALL: &[Role] = &Role::ALL;
const ADMIN: &[Role] = &[Role::Admin];
const ONBOARDING: &[Role] = &[Role::Admin, Role::Onboarding];
const NOTES: &[Role] = &[Role::Admin, Role::Onboarding, Role::AccountManager];
const HEALTH: &[Role] = &[Role::Admin, Role::Onboarding, Role::Auditor];
const AUDIT: &[Role] = &[Role::Admin, Role::Auditor];

/// Who may use each route. `None`: anyone, signed in or not.
#[expect(clippy::too_many_lines, reason = "one line per route")]
fn expected() -> BTreeMap<(&'static str, &'static str), Option<&'static [Role]>> {
    let mut table: BTreeMap<(&str, &str), Option<&[Role]>> = BTreeMap::new();
    let mut put = |method: &'static str, paths: &[&'static str], who: Option<&'static [Role]>| {
        for path in paths {
            assert!(table.insert((method, path), who).is_none(), "{method} {path} stands twice");
        }
    };
    put(
        "GET",
        &[
            "/livez",
            "/readyz",
            "/assets/{file}",
            "/sign-in",
            "/p/{slug}",
            "/p/{slug}/go",
            "/p/{slug}/callback",
            "/consent/callback",
        ],
        None,
    );
    put("POST", &["/sign-in", "/visitor/choices"], None);
    put("POST", &["/sign-out", "/choices", "/me/analyst-address"], Some(ALL));
    put("GET", &["/me"], Some(ALL));
    put("GET", &["/customers", "/customers/{customer}"], Some(ALL));
    put("GET", &["/customers/add", "/customers/{customer}/consent"], Some(ONBOARDING));
    put(
        "POST",
        &[
            "/customers/add/find",
            "/customers/add",
            "/customers/{customer}/details",
            "/customers/{customer}/pause",
            "/customers/{customer}/resume",
            "/customers/{customer}/consent",
            "/customers/{customer}/check",
        ],
        Some(ONBOARDING),
    );
    put("GET", &["/customers/{customer}/details"], Some(NOTES));
    put("POST", &["/customers/{customer}/notes", "/customers/{customer}/contacts"], Some(NOTES));
    put("GET", &["/admin", "/admin/apps/{app}", "/admin/apps/{app}/certificate.cer"], Some(ADMIN));
    put(
        "POST",
        &[
            "/admin/provider",
            "/admin/apps/{app}/client-id",
            "/admin/apps/{app}/certificate",
            "/admin/apps/{app}/secret",
            "/admin/apps/{app}/check",
        ],
        Some(ADMIN),
    );
    put(
        "GET",
        &[
            "/requests",
            "/requests/rows",
            "/requests/events",
            "/customers/{customer}/requests",
            "/customers/{customer}/requests/rows",
            "/customers/{customer}/requests/events",
        ],
        Some(ALL),
    );
    put("GET", &["/admin/people", "/admin/people/{person}"], Some(ADMIN));
    put(
        "POST",
        &[
            "/admin/people/{person}/view",
            "/admin/people/{person}/give",
            "/admin/people/{person}/take",
            "/admin/people/{person}/disable",
            "/admin/people/{person}/enable",
            "/admin/people/{person}/analyst-address",
        ],
        Some(ADMIN),
    );
    put(
        "GET",
        &[
            "/customers/{customer}/onboarding",
            "/customers/{customer}/onboarding/progress",
            "/customers/{customer}/onboarding/events",
            "/customers/{customer}/onboarding/steps/{step}",
        ],
        Some(ALL),
    );
    put(
        "POST",
        &[
            "/customers/{customer}/onboarding/approve",
            "/customers/{customer}/onboarding/cancel",
            "/customers/{customer}/onboarding/retry",
            "/customers/{customer}/onboarding/administrator",
            "/customers/{customer}/onboarding/beside",
            "/customers/{customer}/onboarding/steps/{step}/declare",
            "/customers/{customer}/onboarding/steps/{step}/reopen",
            "/customers/{customer}/onboarding/steps/{step}/answer",
        ],
        Some(ONBOARDING),
    );
    put("GET", &["/admin/blueprint", "/admin/blueprint/versions/{version}"], Some(ADMIN));
    put("POST", &["/admin/blueprint"], Some(ADMIN));
    put("GET", &["/audit", "/audit/verify"], Some(AUDIT));
    put("GET", &["/customers/{customer}/activity"], Some(ALL));
    put("GET", &["/"], Some(ALL));
    put("GET", &["/health", "/health/rows"], Some(HEALTH));
    put("POST", &["/health/again", "/customers/{customer}/work/again"], Some(ONBOARDING));
    table
}

#[test]
fn every_route_has_an_expectation_and_every_expectation_a_route() {
    let expected = expected();
    let table = router::table();
    for row in &table {
        let known = expected.contains_key(&(row.method.as_str(), row.path));
        assert!(known, "{} {} has no expectation: add it to expected()", row.method, row.path);
    }
    for (method, path) in expected.keys() {
        let there = table.iter().any(|row| row.method.as_str() == *method && row.path == *path);
        assert!(there, "{method} {path} is expected but is no route");
    }
}

#[test]
fn the_route_table_asks_of_each_role_what_is_expected() {
    let expected = expected();
    for row in router::table() {
        let Some(who) = expected.get(&(row.method.as_str(), row.path)) else { continue };
        for role in Role::ALL {
            let may = mssp_portal::kit::right::Roles::new([role]).may(row.right);
            let wanted = who.is_none_or(|roles| roles.contains(&role));
            assert_eq!(may, wanted, "{} {} as {role:?}", row.method, row.path);
        }
        assert_eq!(who.is_none(), row.right == Right::Anyone, "{} {}", row.method, row.path);
    }
}

/// The four kinds of object a path may name.
struct Objects {
    own: Uuid,
    out_of_view: Uuid,
    foreign: Uuid,
    missing: Uuid,
}

fn address(path: &str, customer: Uuid) -> String {
    path.replace("{customer}", &customer.to_string())
        .replace("{app}", "reader")
        .replace("{slug}", "contoso")
        .replace("{file}", "none.css")
        .replace("{step}", "catalog")
        .replace("{person}", &Uuid::nil().to_string())
        .replace("{version}", "1")
        .replace("{plan}", &Uuid::nil().to_string())
        .replace("{run}", &Uuid::nil().to_string())
        .replace("{step}", "identify")
}

async fn ask(app: &TestApp, person: Option<&Person>, method: &Method, path: &str, customer: Uuid) -> Answer {
    let form = if path.contains("{customer}") { format!("customer={customer}") } else { String::new() };
    app.send(person, method.clone(), &address(path, customer), &form).await
}

#[tokio::test]
async fn every_route_answers_every_role_as_expected() {
    let app = TestApp::offline().await;
    // Streams end at once, so that their answers can be read to the end.
    app.app.stop.cancel();
    let contoso = app.provider("contoso").await;
    let fabrikam = app.provider("fabrikam").await;
    let objects = Objects {
        own: app.customer(contoso, "Own").await.0,
        out_of_view: app.customer(contoso, "Hidden").await.0,
        foreign: app.customer(fabrikam, "Foreign").await.0,
        missing: Uuid::from_u128(0x1234),
    };
    let mut people = Vec::new();
    for role in Role::ALL {
        let person = app.person(contoso, &format!("{role:?}"), &[role], false).await;
        sqlx::query!(
            "insert into person_customer (provider_id, person_id, customer_id) values ($1, $2, $3)",
            contoso.0,
            person.id.0,
            objects.own
        )
        .execute(&app.owner)
        .await
        .unwrap();
        people.push((role, person));
    }
    let nobody = app.person(contoso, "Nobody", &[], true).await;
    let expected = expected();
    let mut cells = 0;
    for row in router::table() {
        // Signing out would end the session under test; leaving for the authority asks a cloud that is not there.
        if matches!(row.path, "/sign-out" | "/p/{slug}/go") {
            continue;
        }
        let Some(who) = expected.get(&(row.method.as_str(), row.path)) else { continue };
        let name = |role: &str| format!("{} {} as {role}", row.method, row.path);
        let stranger = ask(&app, None, &row.method, row.path, objects.own).await;
        match who {
            None => assert_ne!(stranger.status, StatusCode::UNAUTHORIZED, "{}", name("a stranger")),
            Some(_) if row.method == Method::GET => {
                assert!(stranger.location().starts_with("/sign-in?back="), "{}", name("a stranger"));
            }
            Some(_) => assert_eq!(stranger.status, StatusCode::UNAUTHORIZED, "{}", name("a stranger")),
        }
        cells += 1;
        let Some(roles) = who else { continue };
        let without = ask(&app, Some(&nobody), &row.method, row.path, objects.own).await;
        assert_eq!(without.status, StatusCode::FORBIDDEN, "{}", name("somebody without role"));
        for (role, person) in &people {
            let own = ask(&app, Some(person), &row.method, row.path, objects.own).await;
            if !roles.contains(role) {
                assert_eq!(own.status, StatusCode::FORBIDDEN, "{}", name(&format!("{role:?}")));
                for other in [objects.out_of_view, objects.foreign, objects.missing] {
                    let answer = ask(&app, Some(person), &row.method, row.path, other).await;
                    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", name(&format!("{role:?}")));
                    cells += 1;
                }
                continue;
            }
            let refused =
                [StatusCode::FORBIDDEN, StatusCode::UNAUTHORIZED, StatusCode::INTERNAL_SERVER_ERROR];
            assert!(!refused.contains(&own.status), "{} own: {}", name(&format!("{role:?}")), own.status);
            cells += 1;
            if !row.path.contains("{customer}") {
                continue;
            }
            // Routes that name a further thing (a step, a plan) have none here; their own tests show them.
            let further = row.path.matches('{').count() > 1;
            assert!(further || own.status != StatusCode::NOT_FOUND, "{} own", name(&format!("{role:?}")));
            let missing = ask(&app, Some(person), &row.method, row.path, objects.missing).await;
            assert_eq!(missing.status, StatusCode::NOT_FOUND, "{} missing", name(&format!("{role:?}")));
            for other in [objects.out_of_view, objects.foreign] {
                let answer = ask(&app, Some(person), &row.method, row.path, other).await;
                assert_eq!(
                    answer.without_request_id(),
                    missing.without_request_id(),
                    "{}: a foreign thing must look like a missing one",
                    name(&format!("{role:?}"))
                );
                cells += 1;
            }
        }
    }
    assert!(cells > 150, "only {cells} cells were asked");
}
