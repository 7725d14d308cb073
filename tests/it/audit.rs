//! The audit log: its chain, and who reads what of it.

use mssp_portal::audit::verify::{self, Broken, Report, Why};
use mssp_portal::kit::audit::Event;
use mssp_portal::kit::ids::ProviderId;
use mssp_portal::kit::scope::Scope;
use serde_json::json;

use crate::support::app::TestApp;

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
