//! What the lists of this room share: ranges of typed words, and a plan for each page.

use crate::customers::model::words;
use crate::kit::scope::Tx;

/// What was typed, as ranges of words that all must be there: from each, and before each.
pub(super) fn ranges(typed: &str) -> (Vec<String>, Vec<String>) {
    let lows = words([typed]);
    let highs = lows.iter().map(|word| format!("{word}{}", char::MAX)).collect();
    (lows, highs)
}

/// Each page is planned for what it asks: a plan for all at once could use no index for a search or a cursor.
pub(super) async fn plan_each(tx: &mut Tx) -> Result<(), sqlx::Error> {
    sqlx::query_scalar!(r#"select set_config('plan_cache_mode', 'force_custom_plan', true) as "mode!""#)
        .fetch_one(&mut **tx)
        .await?;
    Ok(())
}
