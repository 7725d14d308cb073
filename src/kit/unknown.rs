//! Counts what nobody here can explain: codes of Microsoft that the error catalogue does not know.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;

/// Different codes kept of one customer; a service that answers with ever new ones fills no table.
const KEPT: i64 = 50;

/// Counts the code of a kept problem that says of itself that it is unknown. Any other problem is left alone.
pub async fn count(
    tx: &mut Tx,
    customer: CustomerId,
    problem: &Value,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    if problem.get("unknown") != Some(&Value::Bool(true)) {
        return Ok(());
    }
    let text = |key: &str, most: usize| -> String {
        problem.get(key).and_then(Value::as_str).unwrap_or_default().chars().take(most).collect()
    };
    let status = problem.get("status").and_then(Value::as_u64);
    let code = match (text("code", 100), status) {
        (code, _) if !code.is_empty() => code,
        (_, Some(status)) => status.to_string(),
        _ => "?".to_owned(),
    };
    let provider = tx.scope().provider();
    sqlx::query!(
        "insert into unknown_code (provider_id, customer_id, code, call, request, first_at, last_at)
         select $1, $2, $3, $4, $5, $6, $6
          where (select count(*) from unknown_code u where u.provider_id = $1 and u.customer_id = $2
                    and u.code <> $3) < $7
         on conflict (provider_id, customer_id, code) do update
            set many = unknown_code.many + 1, call = excluded.call, request = excluded.request,
                last_at = excluded.last_at",
        provider.0,
        customer.0,
        code,
        text("call", 200),
        text("request", 100),
        now,
        KEPT,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
