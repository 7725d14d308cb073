//! `mssp-portal key rotate`: a new master key first in the file, then every sealed value sealed again under it, one
//! transaction for each provider. Whoever serves meanwhile reads the file again when he meets the new key. Begun again it
//! goes on where it was.

use std::fs::File;

use anyhow::Context;
use clap::Subcommand;
use serde_json::json;

use super::{clock, database::Database, key, say};
use crate::config::Config;
use crate::connections;
use crate::kit::audit::Event;
use crate::kit::chance::Chance;
use crate::kit::db::Db;
use crate::kit::ids::{CustomerId, ProviderId};
use crate::kit::scope::{Scope, Tx};
use crate::kit::seal::{Place, Seal};
use crate::notices::{mail_place, secret_place, target_place};
use crate::providers::{AppKind, next_place_of, place_of, set_up};

#[derive(Subcommand)]
pub enum Command {
    /// Put a new key first in the master key file and seal everything again under it; with several keys in the file, go
    /// on with the first. Safe while the portal serves.
    Rotate,
}

/// What became of sealed values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    pub again: u64,
    /// They open under no key of the file, and are left as they are.
    pub lost: u64,
}

/// `false`: some values open under no key.
pub async fn run(config: &Config, command: Command) -> anyhow::Result<bool> {
    let Command::Rotate = command;
    let (path, chance) = (config.key_file()?, Chance::system());
    // One at a time: two new keys at once, and one file would lose the other's.
    let held =
        File::open(&path).with_context(|| format!("cannot read the master key file {}", path.display()))?;
    held.lock().with_context(|| format!("cannot lock {}", path.display()))?;
    let database = Database::beside(config).await?;
    let db = database.as_owner().await?;
    let mut seal = Seal::from_file(&path, chance.clone())?;
    if seal.count() == 1 {
        key::put_first(&path, &chance)?;
        seal = Seal::from_file(&path, chance)?;
        say(format!("a new key is the first in {}; keep a copy of the file as it is now", path.display()));
    } else {
        say(format!("{} holds {} keys: everything is sealed under the first", path.display(), seal.count()));
    }
    let clock = clock::of(config).await?;
    let mut all = Sealed::default();
    for provider in set_up::every(&db).await? {
        let mut tx = Scope::of_command_line(provider.id).begin(&db).await?;
        let done = reseal(&mut tx, &seal).await?;
        if done.again > 0 {
            let event = Event::new("secrets.resealed").after(json!({ "secrets": done.again }));
            tx.commit(&clock, event).await?;
        }
        say(format!("{}: {} sealed again, {} open under no key", provider.slug, done.again, done.lost));
        (all.again, all.lost) = (all.again + done.again, all.lost + done.lost);
    }
    if all == Sealed::default() {
        say("nothing is sealed under another key: take the other lines out of the file and its copies");
    } else {
        say(
            "sign-ins under way still use the older key: run this again in a quarter of an hour; when it finds nothing, \
             take the other lines out of the file and its copies",
        );
    }
    db.close().await;
    database.end().await?;
    Ok(all.lost == 0)
}

/// How many values are sealed under another key than the first.
pub async fn left(db: &Db, seal: &Seal) -> anyhow::Result<usize> {
    let mut left = 0;
    for provider in set_up::every(db).await? {
        let mut tx = Scope::of_command_line(provider.id).begin(db).await?;
        let sealed = sqlx::query_scalar!(
            r#"select s.sealed as "sealed!" from (
                  select sealed_proof as sealed from app_registration where provider_id = $1
                  union all select next_sealed from app_registration where provider_id = $1
                  union all select mail_sealed from notice_settings where provider_id = $1
                  union all select sealed_target from notice_channel where provider_id = $1
                  union all select sealed_secret from notice_channel where provider_id = $1
                  union all select sealed_before from notice_channel where provider_id = $1
                  union all select sealed_access from connection where provider_id = $1
                  union all select sealed_refresh from connection where provider_id = $1
               ) s where s.sealed is not null"#,
            provider.id.0
        )
        .fetch_all(&mut *tx)
        .await?;
        left += sealed.iter().filter(|sealed| !seal.is_current(sealed)).count();
    }
    Ok(left)
}

/// One provider's values, each sealed again where it must be.
struct Again<'a> {
    seal: &'a Seal,
    done: Sealed,
}

impl Again<'_> {
    /// The value as it shall be kept; nothing where it stays.
    fn of(&mut self, place: &Place<'_>, sealed: Option<&[u8]>) -> Option<Vec<u8>> {
        match self.seal.again(place, sealed?) {
            Ok(None) => None,
            Ok(Some(again)) => {
                self.done.again += 1;
                Some(again)
            }
            Err(error) => {
                tracing::error!(?place, error = format!("{error:#}"), "a sealed value opens under no key");
                self.done.lost += 1;
                None
            }
        }
    }
}

/// Seals again what this provider has under another key than the first. Rows are held until the end: what is changed
/// meanwhile waits a moment, and is not overwritten.
async fn reseal(tx: &mut Tx, seal: &Seal) -> anyhow::Result<Sealed> {
    let mut again = Again { seal, done: Sealed::default() };
    apps(tx, &mut again).await?;
    notices(tx, &mut again).await?;
    tokens(tx, &mut again).await?;
    Ok(again.done)
}

async fn apps(tx: &mut Tx, again: &mut Again<'_>) -> anyhow::Result<()> {
    let provider = tx.scope().provider();
    let rows = sqlx::query!(
        "select app, proof, sealed_proof, next_proof, next_sealed from app_registration where provider_id = $1
          order by app for update",
        provider.0
    );
    for row in rows.fetch_all(&mut **tx).await? {
        let Some(app) = AppKind::from_key(&row.app) else { continue };
        let proof = again.of(&place_of(provider, app, &row.proof), row.sealed_proof.as_deref());
        let next = row.next_proof.unwrap_or_default();
        let next = again.of(&next_place_of(provider, app, &next), row.next_sealed.as_deref());
        if proof.is_none() && next.is_none() {
            continue;
        }
        sqlx::query!(
            "update app_registration set sealed_proof = coalesce($3, sealed_proof),
                    next_sealed = coalesce($4, next_sealed) where provider_id = $1 and app = $2",
            provider.0,
            row.app,
            proof,
            next
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

async fn notices(tx: &mut Tx, again: &mut Again<'_>) -> anyhow::Result<()> {
    let provider = tx.scope().provider();
    let mail = sqlx::query_scalar!(
        "select mail_sealed from notice_settings where provider_id = $1 for update",
        provider.0
    );
    let mail = mail.fetch_optional(&mut **tx).await?.flatten();
    if let Some(mail) = again.of(&mail_place(provider), mail.as_deref()) {
        sqlx::query!("update notice_settings set mail_sealed = $2 where provider_id = $1", provider.0, mail)
            .execute(&mut **tx)
            .await?;
    }
    let rows = sqlx::query!(
        "select channel_id, sealed_target, sealed_secret, sealed_before from notice_channel where provider_id = $1
          order by channel_id for update",
        provider.0
    );
    for row in rows.fetch_all(&mut **tx).await? {
        let channel = row.channel_id.to_string();
        let (target, secret) = (target_place(provider, &channel), secret_place(provider, &channel));
        let target = again.of(&target, Some(&row.sealed_target));
        let (now, before) = (
            again.of(&secret, row.sealed_secret.as_deref()),
            again.of(&secret, row.sealed_before.as_deref()),
        );
        if target.is_none() && now.is_none() && before.is_none() {
            continue;
        }
        sqlx::query!(
            "update notice_channel set sealed_target = coalesce($3, sealed_target),
                    sealed_secret = coalesce($4, sealed_secret), sealed_before = coalesce($5, sealed_before)
              where provider_id = $1 and channel_id = $2",
            provider.0,
            row.channel_id,
            target,
            now,
            before
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

async fn tokens(tx: &mut Tx, again: &mut Again<'_>) -> anyhow::Result<()> {
    let provider: ProviderId = tx.scope().provider();
    let rows = sqlx::query!(
        "select session_hash, customer_id, sealed_access, sealed_refresh from connection where provider_id = $1
          order by session_hash, customer_id for update",
        provider.0
    );
    for row in rows.fetch_all(&mut **tx).await? {
        let name = connections::store::row_name(&row.session_hash, CustomerId(row.customer_id));
        let access = connections::store::place(provider, "access", &name);
        let access = again.of(&access, Some(&row.sealed_access));
        let refresh = connections::store::place(provider, "refresh", &name);
        let refresh = again.of(&refresh, row.sealed_refresh.as_deref());
        if access.is_none() && refresh.is_none() {
            continue;
        }
        sqlx::query!(
            "update connection set sealed_access = coalesce($4, sealed_access),
                    sealed_refresh = coalesce($5, sealed_refresh)
              where provider_id = $1 and session_hash = $2 and customer_id = $3",
            provider.0,
            row.session_hash,
            row.customer_id,
            access,
            refresh
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}
