//! SQL of the providers room.

mod next;

pub use next::{Next, drop_next, next, next_credential, set_next, set_next_checked, take_next};

use std::collections::BTreeSet;

use anyhow::Context;
use chrono::{DateTime, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::graph::{AppCredential, ClientId};
use crate::kit::error::AppError;
use crate::kit::ids::EntraTenantId;
use crate::kit::scope::Tx;
use crate::kit::seal::Seal;
use crate::providers::{AppKind, proof_of};

/// The credential of one of the provider's apps; `None` while it is not set up.
pub async fn credential(tx: &mut Tx, seal: &Seal, app: AppKind) -> Result<Option<AppCredential>, AppError> {
    let provider = tx.scope().provider();
    let row = sqlx::query!(
        "select client_id, proof, certificate, sealed_proof from app_registration
          where provider_id = $1 and app = $2",
        provider.0,
        app.key()
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row.filter(|row| !row.client_id.is_empty() && row.sealed_proof.is_some()) else {
        return Ok(None);
    };
    let proof = proof_of(seal, provider, app, &row.proof, row.certificate, row.sealed_proof.as_deref())
        .with_context(|| format!("credential of the {} app", app.key()))?;
    Ok(Some(AppCredential { client_id: ClientId(row.client_id), proof }))
}

/// The Entra tenant of the provider's staff; `None` where his authority is not Entra.
pub async fn sign_in_tenant(tx: &mut Tx) -> Result<Option<EntraTenantId>, sqlx::Error> {
    let provider = tx.scope().provider();
    let found = sqlx::query_scalar!("select sign_in_tenant from provider where provider_id = $1", provider.0)
        .fetch_one(&mut **tx)
        .await?;
    Ok(found.map(EntraTenantId))
}

/// The provider as his administrator sees him.
#[derive(Clone, Debug, Serialize)]
pub struct Provider {
    pub slug: String,
    pub name: String,
    pub mail_domains: Vec<String>,
    pub sign_in_issuer: String,
    pub sign_in_tenant: Option<Uuid>,
    pub analyst_tenant: Option<Uuid>,
    pub analyst_domain: Option<String>,
    /// Further domains of the analysts' mail, as Admin named them.
    pub analyst_mail_domains: Vec<String>,
    /// Those that were found verified in the analysts' directory.
    pub analyst_verified_domains: Vec<String>,
    pub default_language: String,
    /// Somebody who signs in first sees every customer at once.
    pub new_people_see_all: bool,
    /// How long requests are kept once they are over.
    pub keep_requests_days: i32,
    /// Approvers' connections to customers outlive the hour of a token, until the session ends.
    pub keeps_refresh_tokens: bool,
}

impl Provider {
    /// Every domain by whose mail an analyst is known, in small letters.
    pub fn domains_of_analysts(&self) -> BTreeSet<String> {
        let all = self.analyst_domain.iter().chain(&self.analyst_mail_domains);
        all.chain(&self.analyst_verified_domains).map(|domain| domain.to_lowercase()).collect()
    }
}

pub async fn provider(tx: &mut Tx) -> Result<Provider, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        Provider,
        "select slug, name, mail_domains, sign_in_issuer, sign_in_tenant, analyst_tenant, analyst_domain,
                analyst_mail_domains, analyst_verified_domains, default_language, new_people_see_all, keep_requests_days, keeps_refresh_tokens
           from provider where provider_id = $1",
        provider.0
    )
    .fetch_one(&mut **tx)
    .await
}

/// What an administrator may change of the provider.
#[derive(Clone, Debug, Serialize)]
pub struct Settings {
    pub name: String,
    pub analyst_tenant: Option<Uuid>,
    pub analyst_domain: Option<String>,
    pub analyst_mail_domains: Vec<String>,
    pub default_language: String,
    /// Somebody who signs in first sees every customer at once.
    pub new_people_see_all: bool,
    /// How long requests are kept once they are over; `None` leaves it as it is.
    pub keep_requests_days: Option<i32>,
    /// Approvers' connections to customers outlive the hour of a token, until the session ends.
    pub keeps_refresh_tokens: bool,
}

pub async fn set_provider(tx: &mut Tx, settings: &Settings) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update provider set name = $2, analyst_tenant = $3, analyst_domain = $4, default_language = $5,
                new_people_see_all = $6, keep_requests_days = coalesce($7, keep_requests_days),
                keeps_refresh_tokens = $8, analyst_mail_domains = $9,
                analyst_verified_domains = case when analyst_tenant is not distinct from $3
                    then analyst_verified_domains else '{}' end
          where provider_id = $1",
        provider.0,
        settings.name,
        settings.analyst_tenant,
        settings.analyst_domain,
        settings.default_language,
        settings.new_people_see_all,
        settings.keep_requests_days,
        settings.keeps_refresh_tokens,
        &settings.analyst_mail_domains,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The domains found verified in the analysts' directory, unless another one was named meanwhile.
pub async fn set_verified_domains(
    tx: &mut Tx,
    analysts: EntraTenantId,
    domains: &[String],
) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let done = sqlx::query!(
        "update provider set analyst_verified_domains = $3 where provider_id = $1 and analyst_tenant = $2",
        provider.0,
        analysts.0,
        domains
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// One app registration without its secret.
#[derive(Clone, Debug)]
pub struct AppRow {
    pub app: String,
    pub client_id: String,
    pub proof: String,
    pub certificate: Option<Vec<u8>>,
    pub not_after: Option<DateTime<Utc>>,
    pub has_proof: bool,
    pub checked_at: Option<DateTime<Utc>>,
    /// `{"ok": true}` or `{"ok": false, "cause": …, "detail": …}`.
    pub check_outcome: Option<serde_json::Value>,
}

pub async fn apps(tx: &mut Tx) -> Result<Vec<AppRow>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        AppRow,
        r#"select app, client_id, proof, certificate, not_after, sealed_proof is not null as "has_proof!",
                  checked_at, check_outcome
             from app_registration where provider_id = $1"#,
        provider.0
    )
    .fetch_all(&mut **tx)
    .await
}

/// Gives the app this client id. False, and nothing changed: another app has it, of this provider or of another.
pub async fn set_client_id(
    tx: &mut Tx,
    app: AppKind,
    client_id: &str,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let (before, taken) = held_client_id(tx, app, client_id).await?;
    if taken || !claim_client(tx, before.as_deref(), Some(client_id)).await? {
        return Ok(false);
    }
    let provider = tx.scope().provider();
    sqlx::query!(
        "insert into app_registration (provider_id, app, client_id, proof, changed_at)
         values ($1, $2, $3, 'certificate', $4)
         on conflict (provider_id, app) do update set client_id = excluded.client_id, changed_at = excluded.changed_at,
            checked_at = null, check_outcome = null, next_checked_at = null, next_outcome = null",
        provider.0,
        app.key(),
        client_id,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(true)
}

/// The app's client id so far, and whether another app of the same provider has the wanted one.
async fn held_client_id(
    tx: &mut Tx,
    app: AppKind,
    wanted: &str,
) -> Result<(Option<String>, bool), sqlx::Error> {
    let provider = tx.scope().provider();
    let rows = sqlx::query!(
        "select app, client_id from app_registration where provider_id = $1 and client_id <> '' for update",
        provider.0
    )
    .fetch_all(&mut **tx)
    .await?;
    let taken = rows.iter().any(|row| row.client_id == wanted && row.app != app.key());
    Ok((rows.into_iter().find(|row| row.app == app.key()).map(|row| row.client_id), taken))
}

/// Takes a client id away from the app of this provider that has it, so that another may use it. The app it was.
pub async fn release_client_id(
    tx: &mut Tx,
    client_id: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<AppKind>, sqlx::Error> {
    let (provider, client_id) = (tx.scope().provider(), client_id.to_string());
    let released = sqlx::query_scalar!(
        "update app_registration set client_id = '', changed_at = $3, checked_at = null, check_outcome = null
          where provider_id = $1 and client_id = $2 returning app",
        provider.0,
        client_id,
        now
    )
    .fetch_optional(&mut **tx)
    .await?;
    claim_client(tx, Some(&client_id), None).await?;
    Ok(released.and_then(|app| AppKind::from_key(&app)))
}

/// Through the door, which alone sees to whom a client id belongs; it answers yes or no.
async fn claim_client(tx: &mut Tx, freed: Option<&str>, wanted: Option<&str>) -> Result<bool, sqlx::Error> {
    // A GUID is unique in the world; a name that another authority gave is unique there only, and claims nothing.
    let guid = |id: &&str| id.parse::<Uuid>().is_ok();
    let hash = |id: &str| Sha256::digest(id.to_lowercase().as_bytes()).to_vec();
    if wanted.is_some_and(|id| !guid(&id)) && freed.is_none() {
        return Ok(true);
    }
    let (freed, wanted) = (freed.filter(guid), wanted.filter(guid));
    sqlx::query_scalar!(
        r#"select door_claim_client($1, $2) as "claimed!""#,
        freed.map(hash),
        wanted.map(hash)
    )
    .fetch_one(&mut **tx)
    .await
}

/// A sealed proof, and for a certificate what is public of it.
pub struct NewProof {
    pub kind: &'static str,
    pub certificate: Option<Vec<u8>>,
    pub not_after: Option<DateTime<Utc>>,
    pub sealed: Vec<u8>,
}

pub async fn set_proof(
    tx: &mut Tx,
    app: AppKind,
    proof: &NewProof,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "insert into app_registration (provider_id, app, client_id, proof, certificate, not_after, sealed_proof,
                                       changed_at)
         values ($1, $2, '', $3, $4, $5, $6, $7)
         on conflict (provider_id, app) do update set proof = excluded.proof, certificate = excluded.certificate,
            not_after = excluded.not_after, sealed_proof = excluded.sealed_proof,
            changed_at = excluded.changed_at, checked_at = null, check_outcome = null",
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
    Ok(())
}

pub async fn set_checked(
    tx: &mut Tx,
    app: AppKind,
    outcome: &serde_json::Value,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update app_registration set checked_at = $3, check_outcome = $4 where provider_id = $1 and app = $2",
        provider.0,
        app.key(),
        now,
        outcome
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
