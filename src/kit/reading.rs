//! When each part of a customer was read, up to where, when it is due next, and why it failed: one row per part.
//!
//! A room that is read asks here what is due. A part that is read in every turn keeps no due time; while it does not
//! change it writes nothing, and its age is that of the work (`work.done_at`).

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::kit::chance::Chance;
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;

pub const REQUESTS: &str = "requests";
pub const ASSIGNMENTS: &str = "assignments";
pub const REVIEWS: &str = "reviews";
pub const ALERTS: &str = "alerts";
pub const AUDIT: &str = "audit";

/// Where a part stands that is due now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    pub read_at: Option<DateTime<Utc>>,
    pub changed_at: Option<DateTime<Utc>>,
    /// Up to where it was read, by Microsoft's own times.
    pub watermark: Option<DateTime<Utc>>,
    pub failures: i32,
}

/// What a room kept of what was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Something is not as it was at the reading before.
    pub changed: bool,
    /// Up to where it is read now; `None` leaves it where it was.
    pub watermark: Option<DateTime<Utc>>,
    /// How long it may rest; `None`: read again in the next turn.
    pub rest: Option<TimeDelta>,
}

impl Kept {
    /// Often after a change, ever more seldom the longer nothing changes: a quarter of the time since then.
    pub fn adaptive(
        changed: bool,
        due: &Due,
        now: DateTime<Utc>,
        (often, seldom): (TimeDelta, TimeDelta),
    ) -> Self {
        let quiet = due.changed_at.filter(|_| !changed).map_or(TimeDelta::zero(), |at| now - at);
        Self { changed, watermark: None, rest: Some((quiet / 4).clamp(often, seldom)) }
    }
}

/// Where the part stands if it is due by now; a part that was never read is.
pub async fn due(
    tx: &mut Tx,
    customer: CustomerId,
    part: &str,
    now: DateTime<Utc>,
) -> Result<Option<Due>, sqlx::Error> {
    let provider = tx.scope().provider();
    let row = sqlx::query!(
        "select read_at, changed_at, due_at, watermark, failures from reading
          where provider_id = $1 and customer_id = $2 and part = $3",
        provider.0,
        customer.0,
        part
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(match row {
        None => Some(Due::default()),
        Some(row) if row.due_at.is_some_and(|at| at > now) => None,
        Some(row) => Some(Due {
            read_at: row.read_at,
            changed_at: row.changed_at,
            watermark: row.watermark,
            failures: row.failures,
        }),
    })
}

/// Keeps that the part was read. A part of every turn in which nothing changed, and that did not fail before, writes
/// nothing.
pub async fn done(
    tx: &mut Tx,
    chance: &Chance,
    customer: CustomerId,
    part: &str,
    (before, kept): (&Due, &Kept),
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let moved = kept.watermark.is_some() && kept.watermark != before.watermark;
    if !kept.changed && !moved && kept.rest.is_none() && before.failures == 0 && before.read_at.is_some() {
        return Ok(());
    }
    let provider = tx.scope().provider();
    sqlx::query!(
        "insert into reading as r (provider_id, customer_id, part, read_at, changed_at, due_at, watermark)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (provider_id, customer_id, part) do update
            set read_at = excluded.read_at, changed_at = coalesce(excluded.changed_at, r.changed_at),
                due_at = excluded.due_at, watermark = coalesce(excluded.watermark, r.watermark), failures = 0,
                problem = null",
        provider.0,
        customer.0,
        part,
        now,
        // A first reading begins the quiet.
        (kept.changed || before.changed_at.is_none()).then_some(now),
        kept.rest.map(|rest| now + jittered(rest, chance)),
        kept.watermark,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets up to where the part was read: the next reading is as the first.
pub async fn forget(tx: &mut Tx, customer: CustomerId, part: &str) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let done = sqlx::query!(
        "update reading set watermark = null
          where provider_id = $1 and customer_id = $2 and part = $3 and watermark is not null",
        provider.0,
        customer.0,
        part
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Keeps that the part failed; it comes again after a growing wait, or not before `wait` where Microsoft named one.
pub async fn failed(
    tx: &mut Tx,
    chance: &Chance,
    customer: CustomerId,
    part: &str,
    (before, problem, wait): (&Due, &Value, Option<TimeDelta>),
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    let failures = before.failures.saturating_add(1);
    let wait = back_off(failures).max(wait.unwrap_or_default());
    sqlx::query!(
        "insert into reading as r (provider_id, customer_id, part, due_at, failures, problem)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (provider_id, customer_id, part) do update
            set due_at = excluded.due_at, failures = excluded.failures, problem = excluded.problem",
        provider.0,
        customer.0,
        part,
        now + jittered(wait, chance),
        failures,
        problem
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Has parts of the customer read at the next turn, whatever they were to rest: the world was changed from here, or
/// somebody looks. With none named, every part.
pub async fn hurry(
    tx: &mut Tx,
    customer: CustomerId,
    parts: &[&str],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    hurry_each(tx, &[customer], parts, now).await
}

/// The same for many customers with one statement.
pub async fn hurry_each(
    tx: &mut Tx,
    customers: &[CustomerId],
    parts: &[&str],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    let parts: Vec<String> = parts.iter().map(|&part| part.to_owned()).collect();
    let ids: Vec<uuid::Uuid> = customers.iter().map(|customer| customer.0).collect();
    // In one order always, so that two who hurry the same rows never wait for each other in a circle.
    sqlx::query!(
        "with his as (
           select customer_id, part from reading
            where provider_id = $1 and customer_id = any ($2)
              and (cardinality($3::text[]) = 0 or part = any ($3)) and due_at > $4
            order by customer_id, part for no key update)
         update reading r set due_at = $4 from his
          where r.provider_id = $1 and r.customer_id = his.customer_id and r.part = his.part",
        provider.0,
        &ids,
        &parts,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Somebody looks at the customer: what rests, and was not read in the last two minutes, is read at the next turn. A part
/// that fails keeps its wait.
pub async fn looked(tx: &mut Tx, customer: CustomerId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update reading set due_at = $3
          where provider_id = $1 and customer_id = $2 and due_at > $3 and failures = 0 and read_at < $4",
        provider.0,
        customer.0,
        now,
        now - TimeDelta::minutes(2)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// 1, 2, 4 … at most 30 minutes.
fn back_off(failures: i32) -> TimeDelta {
    let doublings = u32::try_from(failures.clamp(1, 6) - 1).unwrap_or(0);
    TimeDelta::minutes((1_i64 << doublings).min(30))
}

/// Up to a tenth more, so that many customers do not stay in step, and never less: a named wait is kept.
fn jittered(rest: TimeDelta, chance: &Chance) -> TimeDelta {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "milliseconds, far below 2^52"
    )]
    let more = (rest.num_milliseconds() as f64 / 10.0 * chance.fraction()) as i64;
    rest + TimeDelta::milliseconds(more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_part_is_read_ever_more_seldom_and_a_moving_one_often() {
        let now: DateTime<Utc> = "2026-11-23T12:00:00Z".parse().unwrap();
        let bounds = (TimeDelta::minutes(2), TimeDelta::hours(1));
        let rest = |changed, quiet| {
            let due = Due { changed_at: Some(now - quiet), ..Due::default() };
            Kept::adaptive(changed, &due, now, bounds).rest.unwrap()
        };
        assert_eq!(rest(true, TimeDelta::days(9)), TimeDelta::minutes(2));
        assert_eq!(rest(false, TimeDelta::minutes(1)), TimeDelta::minutes(2));
        assert_eq!(rest(false, TimeDelta::minutes(40)), TimeDelta::minutes(10));
        assert_eq!(rest(false, TimeDelta::days(9)), TimeDelta::hours(1));
    }

    #[test]
    fn a_failing_part_waits_ever_longer_and_never_less_than_it_was_told() {
        let waits: Vec<i64> = (1..9).map(|failures| back_off(failures).num_minutes()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
        let chance = Chance::seeded(1);
        for _ in 0..100 {
            let wait = jittered(TimeDelta::minutes(10), &chance);
            assert!(wait >= TimeDelta::minutes(10) && wait <= TimeDelta::minutes(11), "{wait}");
        }
    }
}
