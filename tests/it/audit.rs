//! The audit log: its chain, and who reads what of it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mssp_portal::audit::head;
use mssp_portal::audit::verify::{self, Broken, Report, Why};
use mssp_portal::audit::walks::{Finding, Given};
use mssp_portal::kit::audit::{Event, link_hash};
use mssp_portal::kit::chance::Chance;
use mssp_portal::kit::db::Db;
use mssp_portal::kit::ids::{CustomerId, ProviderId};
use mssp_portal::kit::right::Role;
use mssp_portal::kit::scope::{Scope, Tx};
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

/// The owner's own way in: he may change what the portal's login may not.
fn as_owner(app: &TestApp, provider: ProviderId) -> (Db, Scope) {
    let db = Db::open((*app.owner.connect_options()).clone(), 1);
    (db, Scope::of_command_line(provider))
}

#[tokio::test]
async fn a_kept_head_shows_that_the_end_was_cut_off_or_all_was_written_anew() {
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    acts(&app, provider, 9).await;
    let mut tx = Scope::of_command_line(provider).begin(&app.app.db).await.unwrap();
    let kept = head::last(&mut tx).await.unwrap().unwrap();
    drop(tx);
    acts(&app, provider, 3).await;
    let (db, scope) = as_owner(&app, provider);
    let of = async |tx: &mut Tx| verify::walk_past(tx, std::slice::from_ref(&kept)).await.unwrap();
    let mut tx = scope.begin(&db).await.unwrap();
    let report = of(&mut tx).await;
    assert_eq!((report.sound, report.broken, &report.passed[..]), (12, None, std::slice::from_ref(&kept)));

    sqlx::raw_sql("delete from audit_event where seq > 8").execute(&mut *tx).await.unwrap();
    let report = of(&mut tx).await;
    assert_eq!(
        (report.sound, report.broken, report.passed),
        (8, None, vec![]),
        "the chain alone shows nothing"
    );
    drop(tx);

    let mut tx = scope.begin(&db).await.unwrap();
    let bodies = sqlx::query_scalar!("select body from audit_event order by seq");
    let mut previous = vec![0; 32];
    for body in bodies.fetch_all(&mut *tx).await.unwrap() {
        let mut body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        body["why"] = json!("nothing to see");
        body["previous"] = json!(STANDARD.encode(&previous));
        let bytes = serde_json::to_vec(&body).unwrap();
        let hash = link_hash(&bytes);
        let anew = sqlx::query!(
            "update audit_event set body = $2, previous_hash = $3, hash = $4 where seq = $1",
            body["seq"].as_i64(),
            bytes,
            previous,
            hash
        );
        anew.execute(&mut *tx).await.unwrap();
        previous = hash;
    }
    let report = of(&mut tx).await;
    assert_eq!(
        (report.sound, report.broken, report.passed),
        (12, None, vec![]),
        "a forger who knows the chain"
    );
}

#[tokio::test]
async fn a_thousand_random_changes_of_a_chain_are_all_found() {
    const EVENTS: i64 = 12;
    const CHANGES: &[&str] = &[
        "update audit_event set body = set_bit(body, ($2 % (8 * length(body)))::bigint, \
            1 - get_bit(body, ($2 % (8 * length(body)))::bigint)) where seq = $1",
        "update audit_event set hash = set_bit(hash, ($2 % 256)::bigint, 1 - get_bit(hash, ($2 % 256)::bigint)) \
            where seq = $1",
        "update audit_event set previous_hash = set_bit(previous_hash, ($2 % 256)::bigint, \
            1 - get_bit(previous_hash, ($2 % 256)::bigint)) where seq = $1",
        "update audit_event set actor = actor || $2 where seq = $1",
        "update audit_event set actor_kind = 'person' where seq = $1",
        "update audit_event set action = 'act.' || $2 where seq = $1",
        "update audit_event set at = at + ($2 % 100000 + 1) * interval '1 microsecond' where seq = $1",
        "update audit_event set person_id = md5($2::text)::uuid where seq = $1",
        "update audit_event set customer_id = md5($2::text)::uuid where seq = $1",
        "update audit_event set seq = seq + 1000 + $2 where seq = $1",
        "delete from audit_event where seq = $1 and $2 is not null",
        "delete from audit_event where seq >= $1 and $2 is not null",
        "update audit_event a set body = b.body, hash = b.hash, previous_hash = b.previous_hash from audit_event b \
            where a.seq = $1 and b.seq = 1 + ($1 + $2 % 11) % 12",
        "update audit_event set body = b.body, hash = sha256(b.body) from (select convert_to(replace(convert_from( \
            body, 'UTF8'), 'because', 'because ' || $2), 'UTF8') as body from audit_event where seq = $1) b \
            where seq = $1",
    ];
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    acts(&app, provider, EVENTS.try_into().unwrap()).await;
    let (db, scope) = as_owner(&app, provider);
    let mut tx = scope.begin(&db).await.unwrap();
    let kept = head::last(&mut tx).await.unwrap().unwrap();
    drop(tx);
    let chance = Chance::seeded(4711);
    for number in 0..1000 {
        let [one, two, three, ..] = chance.bytes::<8>().map(i64::from);
        let change = CHANGES[number % CHANGES.len()];
        let (seq, salt) = (1 + one % EVENTS, two * 256 + three);
        let mut tx = scope.begin(&db).await.unwrap();
        let sql = change.replace("$1", &seq.to_string()).replace("$2", &salt.to_string());
        let done = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *tx).await.unwrap();
        assert!(done.rows_affected() > 0, "{change} with {seq}, {salt}");
        let report = verify::walk_past(&mut tx, std::slice::from_ref(&kept)).await.unwrap();
        let found = report.broken.is_some() || report.passed.is_empty();
        assert!(found, "not found: {change} with {seq}, {salt}");
        assert!(
            report.broken.is_none_or(|broken| broken.seq <= seq + 1),
            "found late: {change} with {seq}, {salt}"
        );
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

#[tokio::test]
async fn a_long_walk_of_one_provider_leaves_the_others_their_proof() {
    let app = TestApp::offline().await;
    let (contoso, fabrikam) = (app.provider("contoso").await, app.provider("fabrikam").await);
    let auditor = app.person(contoso, "Auditor", &[Role::Auditor], true).await;
    let other = app.person(fabrikam, "Auditor", &[Role::Auditor], true).await;
    let Given::Turn(turn) = app.app.walks.ask(contoso, app.app.clock.now()) else {
        panic!("nobody walks yet")
    };
    let refused = app.get(Some(&auditor), "/audit/verify").await;
    assert!(refused.status == 409 && refused.body.contains("Open this page again"), "{}", refused.body);
    assert_eq!(app.get(Some(&other), "/audit/verify").await.status, 200);

    // Its asker did not wait for it: the next one is told what it found.
    let mut report = walk(&app, contoso).await;
    report.sound = 4711;
    turn.keep(Finding { report, at: app.app.clock.now() });
    assert!(app.get(Some(&auditor), "/audit/verify").await.body.contains("4711"));
    assert!(!app.get(Some(&auditor), "/audit/verify").await.body.contains("4711"), "walked anew");
}

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
