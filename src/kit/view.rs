//! Lists over all customers in view: how their queries are planned.

use uuid::Uuid;

use crate::kit::scope::Tx;

/// A set of customers that is looked through whole.
pub const SMALL: usize = 1000;

/// Each page is planned for what it asks: a plan for all at once could use no index for a search or a cursor.
pub async fn plan_each(tx: &mut Tx) -> Result<(), sqlx::Error> {
    sqlx::query_scalar!(r#"select set_config('plan_cache_mode', 'force_custom_plan', true) as "mode!""#)
        .fetch_one(&mut **tx)
        .await?;
    Ok(())
}

/// The customers of somebody who sees only some, where they are few: a query that names them begins with them instead of
/// asking of every row whether it is in view. It asks that all the same; this is no wall. None: all, or too many.
pub async fn few(tx: &mut Tx) -> Result<Option<Vec<Uuid>>, sqlx::Error> {
    let provider = tx.scope().provider();
    let Some(viewer) = tx.scope().limited_to() else { return Ok(None) };
    let found = sqlx::query_scalar!(
        "select customer_id from person_customer where provider_id = $1 and person_id = $2 limit $3",
        provider.0,
        viewer.0,
        i64::try_from(SMALL + 1).unwrap_or(i64::MAX),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(Some(found).filter(|found| found.len() <= SMALL))
}
