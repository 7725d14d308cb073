//! SQL of the providers room.

use anyhow::Context;

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
