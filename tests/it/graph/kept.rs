//! Tokens are in memory only: after a customer was read and written to, no row of the database holds one.

use std::time::Duration;

use mssp_portal::kit::ids::EntraTenantId;
use mssp_portal::providers::AppKind;
use mssp_portal::work;

use crate::support::cloud::TestCloud;

#[tokio::test]
async fn no_table_holds_a_token() {
    let (app, cloud) = TestCloud::with_portal().await;
    let provider = cloud.provider(&app, "contoso").await;
    let customer = cloud.add_customer(&app, &provider, "Woodgrove Bank").await;
    let tenant =
        sqlx::query_scalar!("select entra_tenant_id from customer where customer_id = $1", customer.0)
            .fetch_one(&app.owner)
            .await
            .unwrap();
    cloud.consent(EntraTenantId(tenant), provider.client_id(AppKind::Reader), true).await;
    let form = format!("customer={customer}");
    let checked = app.post(Some(&provider.everyone), &format!("/customers/{customer}/check"), &form).await;
    assert_eq!(checked.status, 303);
    for _ in 0..6 {
        work::workers(&app.app).run_due().await.unwrap();
        app.clock.advance(Duration::from_secs(10));
    }
    // A JSON Web Token begins with `eyJ`, in bytes 65794a.
    let held = sqlx::query!(
        r#"select c.relname::text as "name!",
                  (xpath('/row/many/text()', query_to_xml(format(
                      'select count(*) as many from %I t where t::text ~ %L', c.relname, 'eyJ[A-Za-z0-9_-]{10}|65794a'),
                      false, true, '')))[1]::text::bigint as "many!"
             from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' order by 1"#
    )
    .fetch_all(&app.owner)
    .await
    .unwrap();
    assert!(held.len() > 20);
    let with: Vec<_> = held.iter().filter(|table| table.many > 0).map(|table| &table.name).collect();
    assert!(with.is_empty(), "{with:?}");
    let read = sqlx::query_scalar!(r#"select count(*) as "many!" from observation"#);
    assert_eq!(read.fetch_one(&app.owner).await.unwrap(), 1, "the customer was read, with tokens");
    cloud.end().await;
}
