//! What comes round for a provider himself, whatever becomes of his customers: keys of his apps that come near their end
//! are told, what is over is taken away, and the head of his audit chain goes to the log.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::json;

use super::model::Told;
use super::store::{self, Settings};
use super::weigh::Scales;
use crate::access::model::within;
use crate::app::App;
use crate::connections;
use crate::customers::model::WhoseMove;
use crate::kit::happening::Kind;
use crate::kit::outbox;
use crate::kit::scope::Tx;
use crate::kit::session;
use crate::providers;

/// How often. Sealed tokens outlive their sessions by no more than that.
pub const EVERY: TimeDelta = TimeDelta::minutes(15);

pub async fn make(
    app: &App,
    tx: &mut Tx,
    settings: &Settings,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    session::sweep(tx, now).await?;
    connections::store::sweep(tx, now).await?;
    store::prune(tx, now).await?;
    app.heads.tell(tx).await?;
    let told = keys(tx, now).await?;
    if told.is_empty() {
        return Ok(());
    }
    let channels = store::channels(tx).await?;
    let scales = Scales {
        customer: None,
        tags: Vec::new(),
        rules: store::rules(tx).await?,
        channels: channels.iter().filter(|one| one.enabled).map(|one| one.id).collect(),
        readers: store::everybody(tx, now).await?,
        snoozed: Vec::new(),
        quiet: settings.quiet(),
    };
    let messages: Vec<_> = told.iter().flat_map(|one| scales.weigh(one, now)).collect();
    outbox::put(tx, &app.clock, &app.chance, &messages).await?;
    Ok(())
}

/// Keys of the provider's apps that came within 60, 30 or 7 days of their end and were not told of there.
async fn keys(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<Told>, sqlx::Error> {
    let mut told = Vec::new();
    for one in providers::store::apps(tx).await? {
        let Some(end) = one.not_after.filter(|_| !one.client_id.is_empty()) else { continue };
        let Some(step) = within(end, now) else { continue };
        let mark = format!("{}/{step}", end.to_rfc3339_opts(SecondsFormat::Secs, true));
        if !store::key_told(tx, &one.app, &mark).await? {
            continue;
        }
        let facts = json!({
            "title": one.app, "app": one.app, "until": end, "days": step, "whose": WhoseMove::Us.key(),
            "path": format!("/admin/apps/{}", one.app),
        });
        told.push(Told {
            kind: Kind::CredentialEnding,
            about: format!("{}/{mark}", one.app),
            facts,
            at: now,
        });
    }
    Ok(told)
}
