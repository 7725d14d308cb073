//! Each wall alone: with the application's filter knocked out row security hides everything foreign, and with row
//! security off the filter does.

use mssp_portal::customers;
use mssp_portal::kit::ids::CustomerId;
use mssp_portal::kit::right::Role;
use mssp_portal::kit::scope::Scope;

use crate::support::app::{TestApp, noon};
use crate::support::database::{bypassing_login, fresh_database};

#[cfg(feature = "one-wall")]
#[tokio::test]
async fn with_the_filter_knocked_out_row_security_alone_hides_everything_foreign() {
    let app = TestApp::offline().await;
    let (contoso, fabrikam) = (app.provider("contoso").await, app.provider("fabrikam").await);
    let theirs = app.customer(contoso, "Theirs").await;
    // The filter now asks for Contoso's rows, while row security knows Fabrikam.
    let crossed = Scope::of_command_line(fabrikam).with_filter_of(contoso);
    let mut tx = crossed.begin(&app.app.db).await.unwrap();
    assert!(customers::store::find(&mut tx, theirs).await.unwrap().is_none());
    assert!(
        customers::store::list(&mut tx, &customers::store::Filter::default()).await.unwrap().rows.is_empty()
    );
    assert!(customers::store::managers(&mut tx).await.unwrap().is_empty());
    assert!(mssp_portal::providers::store::apps(&mut tx).await.unwrap().is_empty());
    let tables = sqlx::query_scalar!(
        r#"select c.relname as "name!" from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = 'public' and c.relkind = 'r' and c.relrowsecurity"#
    )
    .fetch_all(&mut *tx)
    .await
    .unwrap();
    for table in tables {
        let sql = format!("select count(*) from {table} where provider_id = '{contoso}'");
        let row = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).fetch_one(&mut *tx).await.unwrap();
        assert_eq!(sqlx::Row::get::<i64, _>(&row, 0), 0, "{table} shows another provider's rows");
    }
    let written = customers::store::set_notes(&mut tx, theirs, "changed").await;
    assert!(written.is_ok(), "an update of what is not seen touches nothing");
    drop(tx);
    let notes = sqlx::query_scalar!("select notes from customer where customer_id = $1", theirs.0)
        .fetch_one(&app.owner)
        .await
        .unwrap();
    assert_eq!(notes, "");
}

#[tokio::test]
async fn with_row_security_off_the_filter_alone_hides_everything_foreign() {
    let mut database = fresh_database().await;
    database.app = bypassing_login(&database).await;
    let clock = mssp_portal::kit::clock::SetClock::at(noon());
    let app = TestApp::build(database, "http://127.0.0.1:9", clock).await;
    let (contoso, fabrikam) = (app.provider("contoso").await, app.provider("fabrikam").await);
    let theirs = app.customer(contoso, "Theirs").await;
    let stranger = app.person(fabrikam, "Stranger", &Role::ALL, true).await;
    let foreign = app.get(Some(&stranger), &format!("/customers/{theirs}")).await;
    let missing = app.get(Some(&stranger), &format!("/customers/{}", CustomerId(uuid::Uuid::nil()))).await;
    assert_eq!(foreign.without_request_id(), missing.without_request_id());
    assert_eq!(foreign.status, 404);
    let list = app.get(Some(&stranger), "/customers").await;
    assert!(list.status == 200 && !list.body.contains("Theirs"), "{}", list.body);
    for part in ["details", "pause", "notes", "contacts", "consent", "check"] {
        let path = format!("/customers/{theirs}/{part}");
        let answer =
            app.post(Some(&stranger), &path, &format!("customer={theirs}&reason=x&notes=x&tags=")).await;
        assert!(answer.status == 404, "{part}: {}", answer.status);
    }
    let scope = Scope::of_command_line(fabrikam);
    let mut tx = scope.begin(&app.app.db).await.unwrap();
    assert!(customers::store::find(&mut tx, theirs).await.unwrap().is_none());
}

/// Puts a pending request and a failing piece of work at the customer.
async fn busy(app: &TestApp, provider: mssp_portal::kit::ids::ProviderId, customer: CustomerId) {
    let now = app.app.clock.now();
    sqlx::query!(
        "insert into access_request (provider_id, customer_id, request_id, state, package_name, requestor_name,
                created_at, first_seen_at, read_at)
         values ($1, $2, 'r1', 'pendingApproval', 'Tier 1', 'Their Analyst', $3, $3, $3)",
        provider.0,
        customer.0,
        now
    )
    .execute(&app.owner)
    .await
    .unwrap();
    sqlx::query!(
        "insert into work (provider_id, customer_id, kind, due_at, outcome) values ($1, $2, 'requests', $3, 'failed')",
        provider.0,
        customer.0,
        now
    )
    .execute(&app.owner)
    .await
    .unwrap();
}

#[cfg(feature = "one-wall")]
#[tokio::test]
async fn requests_people_audit_and_work_are_hidden_by_row_security_alone() {
    use mssp_portal::{access_requests, audit, health, people};
    let app = TestApp::offline().await;
    let (contoso, fabrikam) = (app.provider("contoso").await, app.provider("fabrikam").await);
    let theirs = app.customer(contoso, "Theirs").await;
    busy(&app, contoso, theirs).await;
    app.person(contoso, "Anna", &Role::ALL, true).await;
    let crossed = Scope::of_command_line(fabrikam).with_filter_of(contoso);
    let mut tx = crossed.begin(&app.app.db).await.unwrap();
    let now = app.app.clock.now();
    let filter = access_requests::store::Filter::default();
    assert!(access_requests::store::pending(&mut tx, &filter).await.unwrap().rows.is_empty());
    assert_eq!(access_requests::store::pending_count(&mut tx).await.unwrap(), 0);
    assert!(access_requests::store::changes(&mut tx, None, noon()).await.unwrap().is_empty());
    assert!(audit::store::list(&mut tx, &audit::store::Filter::default()).await.unwrap().0.is_empty());
    assert_eq!(audit::verify::walk(&mut tx).await.unwrap().sound, 0);
    assert!(people::store::list(&mut tx, "", None).await.unwrap().0.is_empty());
    assert!(health::store::kinds(&mut tx, now).await.unwrap().is_empty());
    assert!(!health::store::again(&mut tx, theirs, "requests", now).await.unwrap());
    assert_eq!(health::store::again_all(&mut tx, "requests", "", now).await.unwrap(), 0);
}

#[tokio::test]
async fn requests_people_audit_and_work_are_hidden_by_the_filter_alone() {
    let mut database = fresh_database().await;
    database.app = bypassing_login(&database).await;
    let clock = mssp_portal::kit::clock::SetClock::at(noon());
    let app = TestApp::build(database, "http://127.0.0.1:9", clock).await;
    let (contoso, fabrikam) = (app.provider("contoso").await, app.provider("fabrikam").await);
    let theirs = app.customer(contoso, "Theirs").await;
    busy(&app, contoso, theirs).await;
    let anna = app.person(contoso, "Anna", &Role::ALL, true).await;
    let stranger = app.person(fabrikam, "Stranger", &Role::ALL, true).await;
    for path in ["/", "/requests", "/requests/rows", "/audit", "/health", "/health/rows", "/admin/people"] {
        let page = app.get(Some(&stranger), path).await;
        assert_eq!(page.status, 200, "{path}");
        for word in ["Theirs", "Their Analyst", "Anna"] {
            assert!(!page.body.contains(word), "{path} shows {word}");
        }
    }
    for path in [
        format!("/customers/{theirs}/requests"),
        format!("/customers/{theirs}/activity"),
        format!("/admin/people/{}", anna.id),
    ] {
        assert_eq!(app.get(Some(&stranger), &path).await.status, 404, "{path}");
    }
    let form = format!("customer={theirs}&kind=requests");
    let again = app.post(Some(&stranger), &format!("/customers/{theirs}/work/again"), &form).await;
    assert_eq!(again.status, 404);
    let disable = format!("/admin/people/{}/disable", anna.id);
    assert_eq!(app.post(Some(&stranger), &disable, "reason=x").await.status, 404);
    assert_eq!(app.get(Some(&anna), "/requests").await.status, 200);
}
