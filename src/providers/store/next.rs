//! SQL of the key that waits beside the one in use: made or typed, tried, then taken or dropped.

use anyhow::Context;
use chrono::{DateTime, Utc};

use super::NewProof;
use crate::graph::{AppCredential, ClientId};
use crate::kit::error::AppError;
use crate::kit::scope::Tx;
use crate::kit::seal::Seal;
use crate::providers::{AppKind, next_place_of, place_of, proof_from};

/// The waiting key without its secret.
#[derive(Clone, Debug)]
pub struct Next {
    /// `certificate` or `secret`.
    pub proof: String,
    pub certificate: Option<Vec<u8>>,
    pub not_after: Option<DateTime<Utc>>,
    pub made_at: DateTime<Utc>,
    pub checked_at: Option<DateTime<Utc>>,
    /// As of the key in use: `{"ok": true}`, or why not.
    pub outcome: Option<serde_json::Value>,
}

pub async fn next(tx: &mut Tx, app: AppKind) -> Result<Option<Next>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        Next,
        r#"select next_proof as "proof!", next_certificate as certificate, next_not_after as not_after,
                  next_made_at as "made_at!", next_checked_at as checked_at, next_outcome as outcome
             from app_registration where provider_id = $1 and app = $2 and next_proof is not null"#,
        provider.0,
        app.key()
    )
    .fetch_optional(&mut **tx)
    .await
}

/// What the app would prove itself with, to be tried, and when that key was made; `None` without one or without a
/// client id.
pub async fn next_credential(
    tx: &mut Tx,
    seal: &Seal,
    app: AppKind,
) -> Result<Option<(AppCredential, DateTime<Utc>)>, AppError> {
    let provider = tx.scope().provider();
    let row = sqlx::query!(
        r#"select client_id, next_proof as "proof!", next_certificate, next_sealed as "sealed!",
                  next_made_at as "made_at!"
             from app_registration
            where provider_id = $1 and app = $2 and next_proof is not null and client_id <> ''"#,
        provider.0,
        app.key()
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let opened = seal
        .open(&next_place_of(provider, app, &row.proof), &row.sealed)
        .with_context(|| format!("next credential of the {} app", app.key()))?;
    let proof = proof_from(&row.proof, row.next_certificate, opened)?;
    Ok(Some((AppCredential { client_id: ClientId(row.client_id), proof }, row.made_at)))
}

/// Keeps a key beside the one in use. False, and nothing changed: one waits already, whose certificate may be on its
/// way to Entra.
pub async fn set_next(
    tx: &mut Tx,
    app: AppKind,
    proof: &NewProof,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let kept = sqlx::query!(
        "update app_registration
            set next_proof = $3, next_certificate = $4, next_not_after = $5, next_sealed = $6, next_made_at = $7
          where provider_id = $1 and app = $2 and next_proof is null",
        provider.0,
        app.key(),
        proof.kind,
        proof.certificate,
        proof.not_after,
        proof.sealed,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(kept.rows_affected() > 0)
}

/// What trying the key that was made then said.
pub async fn set_next_checked(
    tx: &mut Tx,
    app: AppKind,
    made_at: DateTime<Utc>,
    outcome: &serde_json::Value,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update app_registration set next_checked_at = $4, next_outcome = $5
          where provider_id = $1 and app = $2 and next_made_at = $3",
        provider.0,
        app.key(),
        made_at,
        now,
        outcome
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Puts the key that was made then into use; the one so far is forgotten. False: it waits no longer.
pub async fn take_next(
    tx: &mut Tx,
    seal: &Seal,
    app: AppKind,
    made_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool, AppError> {
    let provider = tx.scope().provider();
    let row = sqlx::query!(
        r#"select next_proof as "proof!", next_sealed as "sealed!" from app_registration
            where provider_id = $1 and app = $2 and next_made_at = $3 for update"#,
        provider.0,
        app.key(),
        made_at
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(false) };
    // A sealed value opens only in the column it was sealed for.
    let opened = seal.open(&next_place_of(provider, app, &row.proof), &row.sealed)?;
    let sealed = seal.seal(&place_of(provider, app, &row.proof), &opened)?;
    sqlx::query!(
        "update app_registration
            set proof = next_proof, certificate = next_certificate, not_after = next_not_after, sealed_proof = $3,
                changed_at = $4, checked_at = next_checked_at, check_outcome = next_outcome,
                next_proof = null, next_certificate = null, next_not_after = null, next_sealed = null,
                next_made_at = null, next_checked_at = null, next_outcome = null
          where provider_id = $1 and app = $2",
        provider.0,
        app.key(),
        sealed,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(true)
}

/// Forgets the waiting key; whether there was one.
pub async fn drop_next(tx: &mut Tx, app: AppKind) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let dropped = sqlx::query!(
        "update app_registration
            set next_proof = null, next_certificate = null, next_not_after = null, next_sealed = null,
                next_made_at = null, next_checked_at = null, next_outcome = null
          where provider_id = $1 and app = $2 and next_proof is not null",
        provider.0,
        app.key()
    )
    .execute(&mut **tx)
    .await?;
    Ok(dropped.rows_affected() > 0)
}
