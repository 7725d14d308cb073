//! Rules.

use chrono::{DateTime, Utc};

use crate::kit::ids::{ChannelId, RuleId};
use crate::kit::scope::Tx;
use crate::notices::model::{Rule, Severity};

macro_rules! rule_of {
    ($row:expr) => {{
        let row = $row;
        Rule {
            id: RuleId(row.rule_id),
            name: row.name,
            kinds: row.kinds,
            stages: row.stages,
            tiers: row.tiers,
            tags: row.tags,
            severity: Severity::from_key(&row.severity).unwrap_or(Severity::Low),
            channel: row.channel_id.map(ChannelId),
            roles: row.roles,
            language: row.language,
            urgent: row.urgent,
            enabled: row.enabled,
        }
    }};
}

/// All of them, by name.
pub async fn rules(tx: &mut Tx) -> Result<Vec<Rule>, sqlx::Error> {
    let provider = tx.scope().provider();
    let rows = sqlx::query!(
        "select rule_id, name, kinds, stages, tiers, tags, severity, channel_id, roles, language, urgent, enabled
           from notice_rule where provider_id = $1 order by name, rule_id limit 200",
        provider.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| rule_of!(row)).collect())
}

pub async fn rule(tx: &mut Tx, id: RuleId) -> Result<Option<Rule>, sqlx::Error> {
    let provider = tx.scope().provider();
    let row = sqlx::query!(
        "select rule_id, name, kinds, stages, tiers, tags, severity, channel_id, roles, language, urgent, enabled
           from notice_rule where provider_id = $1 and rule_id = $2",
        provider.0,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| rule_of!(row)))
}

pub async fn add_rule(tx: &mut Tx, new: &Rule, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "insert into notice_rule (provider_id, rule_id, name, kinds, stages, tiers, tags, severity, channel_id, roles,
                                  language, urgent, enabled, made_at, changed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)",
        provider.0,
        new.id.0,
        new.name,
        &new.kinds,
        &new.stages,
        &new.tiers,
        &new.tags,
        new.severity.key(),
        new.channel.map(|channel| channel.0),
        &new.roles,
        new.language,
        new.urgent,
        new.enabled,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn set_rule(tx: &mut Tx, to: &Rule, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update notice_rule set name = $3, kinds = $4, stages = $5, tiers = $6, tags = $7, severity = $8,
                channel_id = $9, roles = $10, language = $11, urgent = $12, enabled = $13, changed_at = $14
          where provider_id = $1 and rule_id = $2",
        provider.0,
        to.id.0,
        to.name,
        &to.kinds,
        &to.stages,
        &to.tiers,
        &to.tags,
        to.severity.key(),
        to.channel.map(|channel| channel.0),
        &to.roles,
        to.language,
        to.urgent,
        to.enabled,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn drop_rule(tx: &mut Tx, id: RuleId) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let done =
        sqlx::query!("delete from notice_rule where provider_id = $1 and rule_id = $2", provider.0, id.0)
            .execute(&mut **tx)
            .await?;
    Ok(done.rows_affected() > 0)
}
