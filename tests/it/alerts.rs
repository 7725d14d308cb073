//! Alerts of a customer, against the simulated cloud: read by watermark, counted, told, and closed where no permission
//! opens them.

use mssp_portal::alerts::reading;
use mssp_portal::graph::{AppCredential, ClientId, GraphErrorKind, Proof};
use mssp_portal::kit::reading as parts;
use mssp_portal::kit::right::Role;
use mssp_portal::kit::scope::Scope;
use mssp_portal::providers::AppKind;
use serde_json::{Value, json};

use crate::access_requests::live::There;

fn alert(id: &str, severity: &str, status: &str, at: &str) -> Value {
    json!({ "id": id, "title": format!("Alert {id}"), "severity": severity, "status": status,
        "createdDateTime": "2026-11-20T08:00:00Z", "lastUpdateDateTime": at })
}

async fn set(there: &There, alerts: Value) {
    let path = format!("/tenants/{}/set", there.tenant);
    there.cloud.control("POST", &path, json!({ "alerts": alerts })).await;
}

/// One turn of the reading, as the room that reads takes it: whether it was due, and whether anything changed.
async fn read(there: &There) -> Option<bool> {
    Some(try_read(there).await?.unwrap())
}

/// The same; a list that could not be read comes again by itself.
async fn try_read(there: &There) -> Option<Result<bool, GraphErrorKind>> {
    let app = &there.app.app;
    let (now, scope) = (app.clock.now(), Scope::of_command_line(there.contoso.id));
    let mut tx = scope.begin(&app.db).await.unwrap();
    let wanted = reading::wanted(&mut tx, there.customer, now).await.unwrap()?;
    drop(tx);
    let credential = AppCredential {
        client_id: ClientId::new(there.contoso.client_id(AppKind::Reader)),
        proof: Proof::Secret("the-secret-of-contoso-reader".to_owned().into()),
    };
    let directory = app.graph.app(there.tenant, &credential);
    let due = wanted.due().clone();
    let mut pages = wanted.begin(now);
    let read = loop {
        match pages.step(&directory).await {
            Ok(true) => {}
            Ok(false) => break Ok(pages.end()),
            Err(error) => break Err(error),
        }
    };
    let mut tx = scope.begin(&app.db).await.unwrap();
    let read = match read {
        Ok(read) => read,
        Err(error) => {
            let failed = (&due, &error.problem(), None);
            parts::failed(&mut tx, &app.chance, there.customer, parts::ALERTS, failed, now).await.unwrap();
            tx.commit_bookkeeping("test").await.unwrap();
            return Some(Err(error.kind));
        }
    };
    let kept = reading::keep(&mut tx, there.customer, read, now).await.unwrap();
    parts::done(&mut tx, &app.chance, there.customer, parts::ALERTS, (&due, &kept), now).await.unwrap();
    tx.commit_bookkeeping("test").await.unwrap();
    Some(Ok(kept.changed))
}

async fn told(there: &There) -> Vec<Value> {
    let facts = sqlx::query_scalar!("select facts from happening where kind = 'alert-new' order by at");
    facts.fetch_all(&there.app.owner).await.unwrap()
}

#[tokio::test]
async fn open_alerts_are_counted_by_severity_and_only_new_ones_are_told() {
    let there = There::new().await;
    let at = "2026-11-23T11:00:00Z";
    let first = [
        alert("a1", "high", "new", at),
        alert("a2", "low", "inProgress", at),
        alert("a3", "high", "resolved", at),
    ];
    set(&there, json!(first)).await;
    assert_eq!(read(&there).await, Some(true));
    assert_eq!(told(&there).await, [] as [Value; 0], "a first reading is no news");
    let everyone = there.contoso.everyone.clone();
    let path = format!("/customers/{}/alerts", there.customer);
    let page = there.app.get(Some(&everyone), &path).await;
    assert!(
        page.body.contains("High") && page.body.contains("Open Defender") && page.body.contains("3 days ago"),
        "{}",
        page.body
    );
    assert_eq!(read(&there).await, None, "not due yet");
    // Nothing changed: no row is written.
    there.app.clock.advance(std::time::Duration::from_secs(180));
    let before = crate::walls::world::held(&there.app.owner, &[there.contoso.id]).await;
    assert_eq!(read(&there).await, Some(false));
    let after = crate::walls::world::held(&there.app.owner, &[there.contoso.id]).await;
    assert_eq!(crate::walls::world::changed(&before, &after), ["reading"]);
    // One is resolved, one is new; what was not touched is not asked for again.
    there.app.clock.advance(std::time::Duration::from_secs(3600));
    let mut new = alert("a4", "medium", "new", "2026-11-23T12:30:00Z");
    new["createdDateTime"] = json!("2026-11-23T12:30:00Z");
    let second =
        [new, alert("a1", "high", "resolved", "2026-11-23T12:31:00Z"), alert("a2", "low", "inProgress", at)];
    set(&there, json!(second)).await;
    assert_eq!(read(&there).await, Some(true));
    let told = told(&there).await;
    assert_eq!(
        (told.len(), told[0]["many"].as_i64(), told[0]["severity"].as_str()),
        (1, Some(1), Some("medium"))
    );
    let counted = sqlx::query!(
        "select open_alerts, high_alerts from customer where customer_id = $1",
        there.customer.0
    );
    let counted = counted.fetch_one(&there.app.owner).await.unwrap();
    assert_eq!((counted.open_alerts, counted.high_alerts), (2, 0));
    // Hours have passed, and sessions end.
    let everyone = there.app.session(there.contoso.id, everyone.id).await;
    let list = there.app.get(Some(&everyone), "/customers").await;
    assert!(list.body.contains(&format!("{path}\" class=\"nowrap\">2</a>")), "{}", list.body);
    there.cloud.end().await;
}

/// Takes the one permission away that opens alerts, as the customer's administrator may.
async fn take_permission(there: &There) {
    let reader = there.contoso.client_id(AppKind::Reader);
    let found = there.by_hand("GET", &format!("/servicePrincipals(appId='{reader}')"), Value::Null).await;
    let id = found["id"].as_str().unwrap_or_else(|| panic!("{found}")).to_owned();
    let grants = format!("/servicePrincipals/{id}/appRoleAssignments");
    let held = there.by_hand("GET", &grants, Value::Null).await;
    // In the order in which they were asked for.
    let asked = AppKind::Reader.application_permissions();
    let at = asked.iter().position(|one| *one == "SecurityAlert.Read.All").unwrap();
    let grant = held["value"].as_array().filter(|held| held.len() == asked.len()).unwrap()[at].clone();
    there.by_hand("DELETE", &format!("{grants}/{}", grant["id"].as_str().unwrap()), Value::Null).await;
}

async fn open_alerts(there: &There) -> (i32, String) {
    let row = sqlx::query!(
        "select open_alerts, alerts_state from customer where customer_id = $1",
        there.customer.0
    );
    let row = row.fetch_one(&there.app.owner).await.unwrap();
    (row.open_alerts, row.alerts_state)
}

#[tokio::test]
async fn a_customer_whose_consent_does_not_open_his_alerts_says_so_and_counts_all_once_it_does() {
    let there = There::new().await;
    let at = "2026-11-23T11:00:00Z";
    set(&there, json!([alert("a1", "high", "new", at)])).await;
    assert_eq!(read(&there).await, Some(true));
    there.app.clock.advance(std::time::Duration::from_secs(7200));
    take_permission(&there).await;
    assert_eq!(read(&there).await, Some(true));
    assert_eq!(open_alerts(&there).await, (0, "no-permission".to_owned()));
    let approver = there.app.person(there.contoso.id, "Anna", &[Role::Approver], true).await;
    let page = there.app.get(Some(&approver), &format!("/customers/{}/alerts", there.customer)).await;
    assert!(page.body.contains("SecurityAlert.Read.All") && !page.body.contains("High"), "{}", page.body);
    let everyone = there.app.session(there.contoso.id, there.contoso.everyone.id).await;
    assert!(there.app.get(Some(&everyone), "/customers").await.body.contains("not opened"));
    // Opened again: the alert that nobody touched meanwhile counts as before, and is no news.
    there.consent(true).await;
    there.app.clock.advance(std::time::Duration::from_secs(8 * 3600));
    assert_eq!(read(&there).await, Some(true));
    assert_eq!(open_alerts(&there).await, (1, "read".to_owned()));
    assert_eq!(told(&there).await, [] as [Value; 0]);
    there.cloud.end().await;
}

#[tokio::test]
async fn a_bare_refusal_is_a_failure_that_takes_nothing_away() {
    let there = There::new().await;
    let at = "2026-11-23T11:00:00Z";
    set(&there, json!([alert("a1", "high", "new", at)])).await;
    assert_eq!(read(&there).await, Some(true));
    there.app.clock.advance(std::time::Duration::from_secs(7200));
    let fault = json!({ "path": "/v1.0/security", "fault": "403", "times": 9 });
    there.cloud.control("POST", "/faults", fault).await;
    assert_eq!(try_read(&there).await, Some(Err(GraphErrorKind::Forbidden)));
    assert_eq!(open_alerts(&there).await, (1, "read".to_owned()));
    there.cloud.control("DELETE", "/faults", Value::Null).await;
    there.app.clock.advance(std::time::Duration::from_secs(7200));
    assert_eq!(try_read(&there).await, Some(Ok(false)));
    assert_eq!(open_alerts(&there).await, (1, "read".to_owned()));
    there.cloud.end().await;
}

#[tokio::test]
async fn an_alert_that_is_shown_late_is_told_though_it_was_made_before_the_reading_before() {
    let there = There::new().await;
    set(&there, json!([alert("a1", "high", "new", "2026-11-23T11:00:00Z")])).await;
    assert_eq!(read(&there).await, Some(true));
    there.app.clock.advance(std::time::Duration::from_secs(3600));
    // Made on the 20th, as `a1` was; shown only now, by its last update.
    let both = [
        alert("a1", "high", "inProgress", "2026-11-23T12:20:00Z"),
        alert("a2", "medium", "new", "2026-11-23T12:10:00Z"),
    ];
    set(&there, json!(both)).await;
    assert_eq!(read(&there).await, Some(true));
    let told = told(&there).await;
    assert_eq!(
        (told.len(), told[0]["many"].as_i64(), told[0]["title"].as_str()),
        (1, Some(1), Some("Alert a2"))
    );
    there.cloud.end().await;
}

#[tokio::test]
async fn big_alerts_are_all_counted_and_keep_no_request_from_being_read() {
    for withheld in [true, false] {
        let there = big_alerts(withheld).await;
        assert_eq!(open_alerts(&there).await, (230, "read".to_owned()), "next links withheld: {withheld}");
        assert!(there.page("/requests").await.contains("Ada Analyst"));
        let fault = json!({ "path": "/v1.0/security/alerts_v2", "fault": "huge", "times": 9 });
        there.cloud.control("POST", "/faults", fault).await;
        there.app.clock.advance(std::time::Duration::from_secs(3600));
        there.ask("ben").await;
        there.run().await;
        let everyone = there.app.session(there.contoso.id, there.contoso.everyone.id).await;
        let page = there.app.get(Some(&everyone), "/requests").await.body;
        assert!(page.contains("Ben Approver"), "alerts too big to be read spoil no request: {page}");
        let failures = sqlx::query_scalar!("select failures from reading where part = 'alerts'");
        assert_eq!(failures.fetch_one(&there.app.owner).await.unwrap(), 1);
        there.cloud.end().await;
    }
}

/// A customer with alerts of 50 KB each, read for the first time while somebody asks for a package.
async fn big_alerts(next_link_withheld: bool) -> There {
    let there = There::new().await;
    there.know_package().await;
    // As many on a page as there are, where nobody asks for fewer.
    let switches = json!({ "page.size": 1000, "alerts.next-link-withheld": next_link_withheld });
    there.cloud.control("POST", "/switches", switches).await;
    let evidence = "x".repeat(50_000);
    let all: Vec<Value> = (0..230)
        .map(|n| {
            let mut one = alert(&format!("a{n}"), "high", "new", "2026-11-23T11:00:00Z");
            one["description"] = json!(evidence);
            one
        })
        .collect();
    set(&there, json!(all)).await;
    there.ask("ada").await;
    there.run().await;
    there.later().await;
    there
}
