//! Blueprints: versions that never change once they are there.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::types::Json;

use crate::kit::scope::Tx;
use crate::onboarding::blueprint::Blueprint;

/// How far the readings that a new version asks for stand back behind whatever else is due.
const BEHIND: TimeDelta = TimeDelta::minutes(10);

/// One version and who made it.
#[derive(Clone, Debug)]
pub struct BlueprintVersion {
    pub version: i32,
    pub made_at: DateTime<Utc>,
    pub made_by: Option<String>,
    pub why: String,
}

/// The blueprint in force. The first reading keeps Microsoft's example as version 1.
pub async fn current_blueprint(tx: &mut Tx, now: DateTime<Utc>) -> Result<(i32, Blueprint), sqlx::Error> {
    let provider = tx.scope().provider();
    let found = sqlx::query!(
        r#"select version, document as "document: Json<Blueprint>" from blueprint
            where provider_id = $1 order by version desc limit 1"#,
        provider.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(found) = found {
        return Ok((found.version, found.document.0));
    }
    let blueprint = Blueprint::default();
    sqlx::query!(
        "insert into blueprint (provider_id, version, document, made_at) values ($1, 1, $2, $3)
         on conflict do nothing",
        provider.0,
        Json(&blueprint) as _,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok((1, blueprint))
}

pub async fn blueprint(tx: &mut Tx, version: i32) -> Result<Option<Blueprint>, sqlx::Error> {
    let provider = tx.scope().provider();
    let found = sqlx::query_scalar!(
        r#"select document as "document: Json<Blueprint>" from blueprint where provider_id = $1 and version = $2"#,
        provider.0,
        version
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.map(|document| document.0))
}

/// One version with who made it.
pub async fn blueprint_version(tx: &mut Tx, version: i32) -> Result<Option<BlueprintVersion>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        BlueprintVersion,
        r#"select b.version, b.made_at, p.name as "made_by?", b.why from blueprint b
             left join person p on p.provider_id = $1 and p.person_id = b.made_by
            where b.provider_id = $1 and b.version = $2"#,
        provider.0,
        version
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Every tier that any version had, with the last name of its group.
pub async fn past_tiers(tx: &mut Tx) -> Result<BTreeMap<String, String>, sqlx::Error> {
    let provider = tx.scope().provider();
    let rows = sqlx::query!(
        r#"select distinct on (tier ->> 'key') tier ->> 'key' as "key!", tier #>> '{group,name}' as "name!"
             from blueprint b, jsonb_array_elements(b.document -> 'tiers') as tier
            where b.provider_id = $1 order by tier ->> 'key', b.version desc"#,
        provider.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.key, row.name)).collect())
}

/// Every version, newest first.
pub async fn blueprints(tx: &mut Tx) -> Result<Vec<BlueprintVersion>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        BlueprintVersion,
        r#"select b.version, b.made_at, p.name as "made_by?", b.why from blueprint b
             left join person p on p.provider_id = $1 and p.person_id = b.made_by
            where b.provider_id = $1 order by b.version desc limit 100"#,
        provider.0
    )
    .fetch_all(&mut **tx)
    .await
}

/// Keeps the next version and has every customer planned anew. False: somebody else saved a version meanwhile.
pub async fn save_blueprint(
    tx: &mut Tx,
    version: i32,
    blueprint: &Blueprint,
    why: &str,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let (provider, person) = (tx.scope().provider(), tx.scope().person());
    let saved = sqlx::query!(
        "insert into blueprint (provider_id, version, document, made_by, made_at, why)
         values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        provider.0,
        version,
        Json(blueprint) as _,
        person.map(|person| person.0),
        now,
        why
    )
    .execute(&mut **tx)
    .await?;
    if saved.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query!(
        // All of them at once: whatever else somebody asks for meanwhile goes first.
        "update work set due_at = least(due_at, $2), rank_at = least(rank_at, $3), woken = leased_until is not null
          where provider_id = $1 and kind = 'observe' and due_at is not null",
        provider.0,
        now,
        now + BEHIND
    )
    .execute(&mut **tx)
    .await?;
    Ok(true)
}

/// How many customers were onboarded once: each is compared with the blueprint, and asks for approval where it differs.
pub async fn onboarded(tx: &mut Tx) -> Result<i64, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_scalar!(
        r#"select count(*) as "many!" from customer where provider_id = $1 and onboarded_at is not null"#,
        provider.0
    )
    .fetch_one(&mut **tx)
    .await
}
