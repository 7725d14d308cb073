//! What WITH CHECK is for: no row is put into another provider's tables, and none is handed over to him.

use sqlx::{AssertSqlSafe, Row, raw_sql};

use super::world;
use crate::support::app::TestApp;

/// Row security's refusal, or that of a right the portal was never given.
const REFUSED: &str = "42501";

async fn refused(app: &TestApp, provider: mssp_portal::kit::ids::ProviderId, sql: String) -> String {
    let mut tx = world::begin(app, provider).await;
    let error = raw_sql(AssertSqlSafe(sql.clone())).execute(&mut *tx).await;
    let error = error.err().unwrap_or_else(|| panic!("taken: {sql}"));
    let error = error.into_database_error().unwrap();
    assert_eq!(error.code().as_deref(), Some(REFUSED), "{sql}: {error}");
    error.message().to_owned()
}

#[tokio::test]
async fn no_row_can_be_put_into_or_handed_over_to_another_provider() {
    let app = TestApp::offline().await;
    let umbra = world::provider(&app, "umbra", "Umbra").await;
    let lumen = world::provider(&app, "lumen", "Lumen").await;
    let mut by_policy = 0;
    for table in world::held(&app.owner, &[umbra.provider]).await.keys() {
        // A true copy of one of Umbra's rows, so that nothing but the wall refuses it.
        let copy = format!(
            "select to_jsonb(t)::text from {table} t where provider_id = '{}' limit 1",
            umbra.provider
        );
        let row: String = raw_sql(AssertSqlSafe(copy)).fetch_one(&app.owner).await.unwrap().get(0);
        // What Postgres computes is nobody's to give.
        let given = format!(
            "select string_agg(quote_ident(attname), ', ') from pg_attribute where attrelid = '{table}'::regclass \
                and attnum > 0 and not attisdropped and attgenerated = ''"
        );
        let given: String = raw_sql(AssertSqlSafe(given)).fetch_one(&app.owner).await.unwrap().get(0);
        let insert = format!(
            "insert into {table} ({given}) select {given} from jsonb_populate_record(null::{table}, '{}'::jsonb)",
            row.replace('\'', "''")
        );
        let mut said = vec![refused(&app, lumen.provider, insert).await];
        let hand_over = format!(
            "update {table} set provider_id = '{}' where provider_id = '{}'",
            umbra.provider, lumen.provider
        );
        said.push(refused(&app, lumen.provider, hand_over).await);
        by_policy += said.iter().filter(|said| said.contains("row-level security policy")).count();
    }
    assert!(by_policy > 40, "only {by_policy} were refused by the policy itself");
}
