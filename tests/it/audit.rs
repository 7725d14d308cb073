//! The audit log: its chain, and who reads what of it.

use mssp_portal::audit::verify::{self, Broken, Report, Why};
use mssp_portal::kit::audit::Event;
use mssp_portal::kit::ids::{CustomerId, ProviderId};
use mssp_portal::kit::right::Role;
use mssp_portal::kit::scope::Scope;
use mssp_portal::kit::text;
use serde_json::json;

use crate::support::app::{Person, TestApp};

async fn walk(app: &TestApp, provider: ProviderId) -> Report {
    let mut tx = Scope::of_command_line(provider).begin(&app.app.db).await.unwrap();
    verify::walk(&mut tx).await.unwrap()
}

async fn acts(app: &TestApp, provider: ProviderId, many: usize) {
    for number in 0..many {
        let tx = Scope::of_command_line(provider).begin(&app.app.db).await.unwrap();
        let event = Event::new("provider.changed").after(json!({ "number": number })).why("because é \" \\");
        tx.commit(&app.app.clock, event).await.unwrap();
    }
}

#[tokio::test]
async fn a_chain_as_it_was_written_is_sound_to_its_head() {
    let app = TestApp::offline().await;
    let (contoso, fabrikam) = (app.provider("contoso").await, app.provider("fabrikam").await);
    assert_eq!(walk(&app, contoso).await.sound, 0, "an empty chain is sound");
    acts(&app, contoso, 7).await;
    acts(&app, fabrikam, 2).await;
    let report = walk(&app, contoso).await;
    assert_eq!((report.sound, report.broken, report.head.len()), (7, None, 64));
    assert_eq!(walk(&app, fabrikam).await.sound, 2, "each provider has a chain of his own");
}

#[tokio::test]
async fn every_change_behind_the_portals_back_is_found_where_it_was_made() {
    let app = TestApp::offline().await;
    let tampered = [
        (
            "update audit_event set body = convert_to(replace(convert_from(body, 'UTF8'), 'because', 'becauze'), 'UTF8') where seq = 3",
            3,
            Why::Bytes,
        ),
        ("update audit_event set actor = 'Somebody else' where seq = 4", 4, Why::Columns),
        ("update audit_event set actor_kind = 'person' where seq = 4", 4, Why::Columns),
        ("update audit_event set at = at - interval '1 day' where seq = 4", 4, Why::Columns),
        ("update audit_event set person_id = gen_random_uuid() where seq = 2", 2, Why::Columns),
        ("delete from audit_event where seq = 5", 5, Why::Gap),
        ("delete from audit_event where seq = 1", 1, Why::Gap),
        ("update audit_event set previous_hash = hash where seq = 6", 6, Why::Previous),
        // A forger who knows how to hash still cannot make the next event agree.
        (
            "update audit_event set body = b.body, hash = sha256(b.body) from (select convert_to(replace(convert_from(body, \
             'UTF8'), 'because', 'becauze'), 'UTF8') as body from audit_event where seq = 3) b where seq = 3",
            4,
            Why::Previous,
        ),
    ];
    for (number, (sql, seq, why)) in tampered.into_iter().enumerate() {
        let provider = app.provider(&format!("provider-{number}")).await;
        acts(&app, provider, 7).await;
        let sql = sql.replace("where seq", &format!("where provider_id = '{provider}' and seq"));
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.clone())).execute(&app.owner).await.unwrap();
        let report = walk(&app, provider).await;
        assert_eq!(report.broken, Some(Broken { seq, why }), "{sql}");
        assert_eq!(report.sound, seq - 1);
    }
}

#[tokio::test]
async fn the_portals_login_can_neither_change_nor_remove_an_event() {
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    acts(&app, provider, 1).await;
    for sql in ["update audit_event set actor = 'x'", "delete from audit_event", "truncate audit_event"] {
        let mut tx = Scope::of_command_line(provider).begin(&app.app.db).await.unwrap();
        assert!(sqlx::raw_sql(sql).execute(&mut *tx).await.is_err(), "{sql}");
    }
}

/// Some acts through the portal's pages: two customers, one with a reason and a change of notes.
async fn some_acts(app: &TestApp) -> (ProviderId, Person, CustomerId, CustomerId) {
    let provider = app.provider("contoso").await;
    let admin = app.person(provider, "Admin", &[Role::Admin], true).await;
    let (one, two) = (app.customer(provider, "Woodgrove").await, app.customer(provider, "Tailspin").await);
    let path = format!("/customers/{one}");
    let form = format!("customer={one}&notes=Calls+on+Monday&tags=gold");
    assert_eq!(app.post(Some(&admin), &format!("{path}/notes"), &form).await.status, 303);
    let form = format!("customer={one}&reason=Contract+%3Ctalks%3E");
    assert_eq!(app.post(Some(&admin), &format!("{path}/pause"), &form).await.status, 303);
    (provider, admin, one, two)
}

#[tokio::test]
async fn the_log_tells_who_did_what_before_and_after_and_why_in_words() {
    let app = TestApp::offline().await;
    let (_, admin, one, _) = some_acts(&app).await;
    let page = app.get(Some(&admin), "/audit").await.body;
    for words in
        ["Customer paused", "Contract &#60;talks&#62;", "Calls on Monday", "gold", "Command line", "Admin"]
    {
        assert!(page.contains(words), "no {words} in {page}");
    }
    assert!(
        page.find("Customer paused").unwrap() < page.find("Notes or tags changed").unwrap(),
        "newest first"
    );
    sqlx::query!("update person set language = 'nl'").execute(&app.owner).await.unwrap();
    let dutch = app.get(Some(&admin), "/audit").await.body;
    assert!(dutch.contains("Klant gepauzeerd") && dutch.contains("notities"), "{dutch}");
    assert_eq!(app.get(Some(&admin), &format!("/customers/{one}/activity")).await.status, 200);
}

#[tokio::test]
async fn the_log_filters_by_customer_person_and_action_and_pages_by_address() {
    let app = TestApp::offline().await;
    let (provider, admin, one, two) = some_acts(&app).await;
    let rows = |page: &str| page.matches("<tr role=\"row\" data-row").count();
    let get = async |query: &str| app.get(Some(&admin), &format!("/audit{query}")).await.body;
    assert_eq!(rows(&get(&format!("?customer={one}")).await), 3, "added, notes, pause");
    assert_eq!(rows(&get(&format!("?customer={two}")).await), 1);
    assert_eq!(rows(&get("?q=tails").await), 1);
    assert_eq!(rows(&get("?q=no-such-name").await), 0);
    assert_eq!(rows(&get(&format!("?person={}", admin.id)).await), 2);
    assert_eq!(rows(&get("?person=none&action=customer.added").await), 2);
    assert_eq!(rows(&get("?action=customer.paused").await), 1);
    acts(&app, provider, 100).await;
    let (mut seen, mut path) = (0, "/audit".to_owned());
    loop {
        let page = app.get(Some(&admin), &path).await.body;
        seen += rows(&page);
        let Some(at) = page.find("rel=\"next\"") else { break };
        let start = page[..at].rfind("href=\"").unwrap() + 6;
        path = page[start..].split('"').next().unwrap().replace("&#38;", "&");
    }
    let all = sqlx::query_scalar!(r#"select count(*) as "n!" from audit_event"#)
        .fetch_one(&app.owner)
        .await
        .unwrap();
    assert_eq!(i64::try_from(seen).unwrap(), all, "every event once");
}

#[tokio::test]
async fn who_sees_only_some_customers_reads_only_their_events() {
    let app = TestApp::offline().await;
    let (provider, _, one, two) = some_acts(&app).await;
    let auditor = app.person(provider, "Auditor", &[Role::Auditor], false).await;
    let manager = app.person(provider, "Manager", &[Role::AccountManager], false).await;
    for person in [&auditor, &manager] {
        sqlx::query!(
            "insert into person_customer (provider_id, person_id, customer_id) values ($1, $2, $3)",
            provider.0,
            person.id.0,
            two.0
        )
        .execute(&app.owner)
        .await
        .unwrap();
    }
    let rows = |page: &str| page.matches("<tr role=\"row\" data-row").count();
    assert_eq!(
        rows(&app.get(Some(&auditor), "/audit").await.body),
        1,
        "not even what belongs to no customer"
    );
    assert_eq!(rows(&app.get(Some(&auditor), &format!("/audit?customer={one}")).await.body), 0);
    assert_eq!(rows(&app.get(Some(&manager), &format!("/customers/{two}/activity")).await.body), 1);
    assert_eq!(app.get(Some(&manager), &format!("/customers/{one}/activity")).await.status, 404);
    assert_eq!(app.get(Some(&manager), "/audit").await.status, 403);
}

#[tokio::test]
async fn the_proof_page_says_that_the_log_stands_and_where_it_does_not() {
    let app = TestApp::offline().await;
    let (provider, admin, ..) = some_acts(&app).await;
    let page = app.get(Some(&admin), "/audit/verify").await.body;
    assert!(page.contains("Unchanged") && page.contains("Head of the chain"), "{page}");
    sqlx::query!("update audit_event set actor = 'x' where provider_id = $1 and seq = 3", provider.0)
        .execute(&app.owner)
        .await
        .unwrap();
    let page = app.get(Some(&admin), "/audit/verify").await.body;
    assert!(page.contains("Event 3 does not stand") && page.contains("What to do"), "{page}");
}

/// Actions that are not written out at `Event::new`.
const COMPUTED: [&str; 6] =
    ["person.disabled", "person.enabled", "run.done", "run.cancelled", "sign-in.done", "sign-in.refused"];

#[test]
fn every_action_has_its_words() {
    fn walk(dir: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                let parts = text.split("Event::new(").skip(1);
                let literal = parts.filter_map(|part| part.trim_start().strip_prefix('"')?.split('"').next());
                found.extend(literal.map(str::to_owned));
            }
        }
    }
    let mut found: Vec<String> = COMPUTED.iter().map(|&action| action.to_owned()).collect();
    walk(&std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    for action in found.iter().filter(|action| action.contains('.')) {
        let key = format!("audit-action-{}", action.replace('.', "-"));
        assert!(text::KEYS.contains(&key.as_str()), "{action}: add {key} to locales/{{en,nl}}/audit.ftl");
    }
    for why in Why::ALL {
        assert!(text::KEYS.contains(&format!("audit-broken-{}", why.key()).as_str()));
    }
}
