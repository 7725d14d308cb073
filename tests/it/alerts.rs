//! Alerts of a customer, against the simulated cloud: read by watermark, counted, told, and closed where no permission
//! opens them.

use mssp_portal::alerts::reading;
use mssp_portal::graph::{AppCredential, ClientId, Proof};
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
    let app = &there.app.app;
    let (now, scope) = (app.clock.now(), Scope::of_command_line(there.contoso.id));
    let mut tx = scope.begin(&app.db).await.unwrap();
    let wanted = reading::wanted(&mut tx, there.customer, now).await.unwrap()?;
    drop(tx);
    let credential = AppCredential {
        client_id: ClientId::new(there.contoso.client_id(AppKind::Reader)),
        proof: Proof::Secret("the-secret-of-contoso-reader".to_owned().into()),
    };
    let mut batch = app.graph.app(there.tenant, &credential).batch();
    let asked = wanted.put(&mut batch, now);
    let due = asked.due().clone();
    let mut answers = batch.send().await.unwrap();
    let read = reading::read(asked, &mut answers).await.unwrap();
    let mut tx = scope.begin(&app.db).await.unwrap();
    let kept = reading::keep(&mut tx, there.customer, read, now).await.unwrap();
    parts::done(&mut tx, &app.chance, there.customer, parts::ALERTS, (&due, &kept), now).await.unwrap();
    tx.commit_bookkeeping("test").await.unwrap();
    Some(kept.changed)
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

#[tokio::test]
async fn a_customer_whose_consent_does_not_open_his_alerts_says_so() {
    let there = There::new().await;
    let at = "2026-11-23T11:00:00Z";
    set(&there, json!([alert("a1", "high", "new", at)])).await;
    assert_eq!(read(&there).await, Some(true));
    there.app.clock.advance(std::time::Duration::from_secs(7200));
    let fault = json!({ "path": "/v1.0/security", "fault": "403", "times": 9 });
    there.cloud.control("POST", "/faults", fault).await;
    assert_eq!(read(&there).await, Some(true));
    let approver = there.app.person(there.contoso.id, "Anna", &[Role::Approver], true).await;
    let page = there.app.get(Some(&approver), &format!("/customers/{}/alerts", there.customer)).await;
    assert!(page.body.contains("SecurityAlert.Read.All") && !page.body.contains("High"), "{}", page.body);
    let everyone = there.app.session(there.contoso.id, there.contoso.everyone.id).await;
    assert!(there.app.get(Some(&everyone), "/customers").await.body.contains("not opened"));
    there.cloud.end().await;
}
