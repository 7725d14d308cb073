//! The domain of a customer who was added by his Entra tenant id: told by Microsoft, or shown as not known until his
//! own directory has told it.

use mssp_portal::kit::db::MIGRATIONS;
use mssp_portal::kit::ids::{CustomerId, EntraTenantId};
use mssp_portal::providers::AppKind;

use super::run;
use crate::support::app::TestApp;
use crate::support::cloud::{ReadyProvider, TestCloud};
use crate::support::database::bare_database;

/// Adds by Entra tenant id through the pages; what was shown before saving, and the customer.
async fn add_by_id(app: &TestApp, contoso: &ReadyProvider, tenant: EntraTenantId) -> (String, CustomerId) {
    let everyone = Some(&contoso.everyone);
    let shown = app.post(everyone, "/customers/add/find", &format!("domain={tenant}")).await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    let form = |name: &str| format!("domain={tenant}&entra_tenant_id={tenant}&name={name}&manager=");
    let mut added = app.post(everyone, "/customers/add", &form("")).await;
    if !shown.body.contains("Woodgrove Bank") {
        assert!(added.status == 422 && added.body.contains("Give him a name"), "{}", added.body);
        added = app.post(everyone, "/customers/add", &form("The+bank")).await;
    }
    assert_eq!(added.status, 303, "{}", added.body);
    let id = added.location().trim_start_matches("/customers/").split('?').next().unwrap();
    (shown.body, id.parse().unwrap())
}

async fn page(app: &TestApp, contoso: &ReadyProvider, path: &str) -> String {
    app.get(Some(&contoso.everyone), path).await.body
}

#[tokio::test]
async fn microsoft_tells_the_domain_where_the_reader_may_ask_it() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    cloud.consent(contoso.home.parse().unwrap(), contoso.client_id(AppKind::Reader), true).await;
    let tenant = cloud.customer_tenant("Woodgrove Bank").await;
    let (shown, customer) = add_by_id(&app, &contoso, tenant).await;
    assert!(shown.contains("woodgrove-bank.example") && shown.contains("Woodgrove Bank"), "{shown}");
    let overview = page(&app, &contoso, &format!("/customers/{customer}")).await;
    assert!(overview.contains("/myaccess/@woodgrove-bank.example#/"), "{overview}");
    assert!(!overview.contains("Not known yet"), "{overview}");
    let found = page(&app, &contoso, "/customers?q=woodgrove-bank.example").await;
    assert!(found.contains("Woodgrove Bank"), "{found}");
    cloud.end().await;
}

#[tokio::test]
async fn until_the_customer_consents_his_domain_is_shown_as_not_known_and_then_it_is_his_default_one() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    let tenant = cloud.customer_tenant("Woodgrove Bank").await;
    let (shown, customer) = add_by_id(&app, &contoso, tenant).await;
    assert!(shown.contains("Not known yet"), "{shown}");
    let home = format!("/customers/{customer}");
    for path in [home.as_str(), "/customers"] {
        let before = page(&app, &contoso, path).await;
        assert!(before.to_lowercase().contains("not known yet"), "{path}: {before}");
        assert!(!before.contains("/myaccess/@"), "no link that leads nowhere: {before}");
    }
    let by_id = page(&app, &contoso, &format!("/customers?q={tenant}")).await;
    assert!(by_id.contains(&home), "he is found by his Entra tenant id: {by_id}");
    cloud.consent(tenant, contoso.client_id(AppKind::Reader), true).await;
    app.post(Some(&contoso.everyone), &format!("{home}/check"), &format!("customer={customer}")).await;
    run(&app).await;
    let after = page(&app, &contoso, &home).await;
    assert!(after.contains("/myaccess/@woodgrove-bank.example#/"), "{after}");
    assert!(!after.to_lowercase().contains("not known yet") && after.contains("The bank"), "{after}");
    for search in ["woodgrove-bank.example", "woodgrove", "woodgrove-ba"] {
        let found = page(&app, &contoso, &format!("/customers?q={search}")).await;
        assert!(found.contains(&home), "{search}: {found}");
    }
    let activity = page(&app, &contoso, &format!("{home}/activity")).await;
    assert!(activity.contains("Domain read from the directory"), "{activity}");
    cloud.end().await;
}

#[tokio::test]
async fn a_domain_that_left_the_directory_is_replaced_by_its_default_one() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    let customer = cloud.add_customer(&app, &contoso, "Woodgrove Bank").await;
    sqlx::query!("update customer set domain = 'sold.example' where customer_id = $1", customer.0)
        .execute(&app.owner)
        .await
        .unwrap();
    let tenant =
        sqlx::query_scalar!("select entra_tenant_id from customer where customer_id = $1", customer.0)
            .fetch_one(&app.owner)
            .await
            .unwrap();
    cloud.consent(EntraTenantId(tenant), contoso.client_id(AppKind::Reader), true).await;
    run(&app).await;
    let after = page(&app, &contoso, &format!("/customers/{customer}")).await;
    assert!(after.contains("/myaccess/@woodgrove-bank.example#/") && !after.contains("sold.example"));
    let found = page(&app, &contoso, "/customers?q=sold").await;
    assert!(found.contains("No customer fits"), "{found}");
    cloud.end().await;
}

/// The schema as it was before this version's change, or what this version changes.
async fn migrate(pool: &sqlx::PgPool, versions: impl Fn(i64) -> bool) {
    for migration in MIGRATIONS.iter().filter(|migration| versions(migration.version)) {
        sqlx::raw_sql(migration.sql.clone()).execute(pool).await.unwrap();
    }
}

#[tokio::test]
async fn the_migration_clears_tenant_ids_out_of_domains_and_requests_that_were_never_ours() {
    let database = bare_database().await;
    let pool = sqlx::PgPool::connect_with(database.owner.clone()).await.unwrap();
    migrate(&pool, |version| version < 5).await;
    let (own, by_id) = (uuid::Uuid::from_u128(1), "84841066-274d-4ec0-a5c1-276be684bdd3");
    let before = format!(
        "insert into provider (provider_id, slug, name, sign_in_issuer, created_at)
         values ('{own}', 'contoso', 'Contoso', 'x', '2026-11-01');
         insert into customer (provider_id, customer_id, entra_tenant_id, domain, name, sort_name, state, whose_move,
                since, open_requests, created_at)
         values ('{own}', '{own}', '{by_id}', '{by_id}', 'Bank', 'bank', 'new', 'us', '2026-11-01', 3, '2026-11-01');
         insert into customer_word (provider_id, customer_id, word)
         select '{own}', '{own}', w from unnest(array['bank', '{by_id}', '84841066', '274d']) w;
         insert into customer_contact (provider_id, customer_id, contact_id, name, mail)
         values ('{own}', '{own}', '{own}', 'Kim Bos', 'kim@bank.example');
         insert into link (provider_id, customer_id, package, package_id, name, url, made_at)
         values ('{own}', '{own}', 'tier1', 'p-linked', 'Tier 1', 'x', '2026-11-01');
         insert into owned_object (provider_id, customer_id, object, graph_id, since)
         values ('{own}', '{own}', 'package.tier2', 'p-owned', '2026-11-01');
         insert into access_request (provider_id, customer_id, request_id, state, package_id, created_at,
                first_seen_at, read_at)
         select '{own}', '{own}', p, 'pendingApproval', p, '2026-11-01', '2026-11-01', '2026-11-01'
           from unnest(array['p-linked', 'p-owned', 'p-theirs']) p"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(before)).execute(&pool).await.unwrap();
    migrate(&pool, |version| version >= 5).await;
    let customer = sqlx::query!("select domain, open_requests from customer").fetch_one(&pool).await.unwrap();
    assert_eq!((customer.domain.as_str(), customer.open_requests), ("", 2));
    let words = sqlx::query_scalar!("select word from customer_word order by word").fetch_all(&pool).await;
    assert_eq!(words.unwrap(), ["bank", "bos", "example", "kim"]);
    let kept = sqlx::query_scalar!("select request_id from access_request order by 1").fetch_all(&pool).await;
    assert_eq!(kept.unwrap(), ["p-linked", "p-owned"]);
    pool.close().await;
}
