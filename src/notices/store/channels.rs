//! Channels: where a provider is told things beside people's own mail.

use chrono::{DateTime, Utc};

use crate::kit::ids::ChannelId;
use crate::kit::scope::Tx;
use crate::notices::model::ChannelKind;

/// What is sealed of a channel.
#[derive(Clone, Debug, Default)]
pub struct Sealed {
    pub target: Vec<u8>,
    pub secret: Option<Vec<u8>>,
    /// The secret before it, and until when it still signs too.
    pub before: Option<(Vec<u8>, DateTime<Utc>)>,
}

#[derive(Clone, Debug)]
pub struct Channel {
    pub id: ChannelId,
    pub kind: ChannelKind,
    pub name: String,
    pub language: String,
    /// The mail address, or the host alone.
    pub shown: String,
    pub enabled: bool,
    pub changed_at: DateTime<Utc>,
    pub sealed: Sealed,
}

#[derive(Clone, Debug)]
pub struct NewChannel {
    pub id: ChannelId,
    pub kind: ChannelKind,
    pub name: String,
    pub language: String,
    pub shown: String,
    pub target: Vec<u8>,
    pub secret: Option<Vec<u8>>,
}

macro_rules! channel_of {
    ($row:expr) => {{
        let row = $row;
        Channel {
            id: ChannelId(row.channel_id),
            kind: ChannelKind::from_key(&row.kind).unwrap_or(ChannelKind::Webhook),
            name: row.name,
            language: row.language,
            shown: row.shown_target,
            enabled: row.enabled,
            changed_at: row.changed_at,
            sealed: Sealed {
                target: row.sealed_target,
                secret: row.sealed_secret,
                before: row.sealed_before.zip(row.before_until),
            },
        }
    }};
}

/// All of them, by name.
pub async fn channels(tx: &mut Tx) -> Result<Vec<Channel>, sqlx::Error> {
    let provider = tx.scope().provider();
    let rows = sqlx::query!(
        "select channel_id, kind, name, language, shown_target, enabled, changed_at, sealed_target, sealed_secret,
                sealed_before, before_until
           from notice_channel where provider_id = $1 order by name, channel_id limit 200",
        provider.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| channel_of!(row)).collect())
}

pub async fn channel(tx: &mut Tx, id: ChannelId) -> Result<Option<Channel>, sqlx::Error> {
    let provider = tx.scope().provider();
    let row = sqlx::query!(
        "select channel_id, kind, name, language, shown_target, enabled, changed_at, sealed_target, sealed_secret,
                sealed_before, before_until
           from notice_channel where provider_id = $1 and channel_id = $2",
        provider.0,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| channel_of!(row)))
}

pub async fn add_channel(tx: &mut Tx, new: &NewChannel, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "insert into notice_channel (provider_id, channel_id, kind, name, language, shown_target, sealed_target,
                                     sealed_secret, made_at, changed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
        provider.0,
        new.id.0,
        new.kind.key(),
        new.name,
        new.language,
        new.shown,
        new.target,
        new.secret,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Name, language, and whether it is in use.
pub async fn set_channel(
    tx: &mut Tx,
    id: ChannelId,
    (name, language, enabled): (&str, &str, bool),
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update notice_channel set name = $3, language = $4, enabled = $5, changed_at = $6
          where provider_id = $1 and channel_id = $2",
        provider.0,
        id.0,
        name,
        language,
        enabled,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Another address.
pub async fn set_target(
    tx: &mut Tx,
    id: ChannelId,
    (shown, sealed): (&str, &[u8]),
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update notice_channel set shown_target = $3, sealed_target = $4, changed_at = $5
          where provider_id = $1 and channel_id = $2",
        provider.0,
        id.0,
        shown,
        sealed,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A new secret; the one in use signs beside it until then.
pub async fn set_secret(
    tx: &mut Tx,
    id: ChannelId,
    sealed: &[u8],
    before_until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update notice_channel set sealed_before = sealed_secret, sealed_secret = $3,
                before_until = case when sealed_secret is null then null else $4::timestamptz end, changed_at = $5
          where provider_id = $1 and channel_id = $2 and kind = 'webhook'",
        provider.0,
        id.0,
        sealed,
        before_until,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The channel, its rules and its messages.
pub async fn drop_channel(tx: &mut Tx, id: ChannelId) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let done = sqlx::query!(
        "delete from notice_channel where provider_id = $1 and channel_id = $2",
        provider.0,
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}
