//! SQL of the sign-in room. Before a person is known, only the door functions and the attempts are in reach.

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};

use crate::graph::{AppCredential, ClientId};
use crate::kit::db::Db;
use crate::kit::error::AppError;
use crate::kit::ids::{PersonId, ProviderId};
use crate::kit::scope::Tx;
use crate::kit::seal::{Place, Seal};
use crate::kit::session;
use crate::providers::{AppKind, proof_of};
use crate::sign_in::oidc::{Identity, Secrets};

/// How long a person may take at his authority.
const ATTEMPT: TimeDelta = TimeDelta::minutes(15);

/// A provider as seen from outside: enough to start a sign-in.
#[derive(Debug)]
pub struct Gate {
    pub provider: ProviderId,
    pub slug: String,
    pub name: String,
    pub issuer: String,
    /// `None`: the sign-in app is not set up.
    pub credential: Option<AppCredential>,
}

/// The provider of this slug, or the one whose staff have addresses in this domain.
pub async fn gate(db: &Db, seal: &Seal, slug: &str, domain: &str) -> Result<Option<Gate>, AppError> {
    let row = sqlx::query!(
        r#"select provider_id as "provider_id!", slug as "slug!", name as "name!",
                  sign_in_issuer as "sign_in_issuer!",
                  client_id as "client_id!", proof as "proof!", certificate, sealed_proof
             from door_sign_in($1, $2)"#,
        slug,
        domain,
    )
    .fetch_optional(db.pool())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let provider = ProviderId(row.provider_id);
    let credential = if row.client_id.is_empty() || row.sealed_proof.is_none() {
        None
    } else {
        let sealed = row.sealed_proof.as_deref();
        let proof = proof_of(seal, provider, AppKind::SignIn, &row.proof, row.certificate, sealed)
            .context("credential of the sign-in app")?;
        Some(AppCredential { client_id: ClientId(row.client_id), proof })
    };
    Ok(Some(Gate { provider, slug: row.slug, name: row.name, issuer: row.sign_in_issuer, credential }))
}

/// A sign-in under way, bound to one browser.
pub struct Attempt {
    pub provider: ProviderId,
    pub secrets: Secrets,
    pub back: String,
}

fn place(provider: ProviderId, state: &str) -> Place<'_> {
    Place { provider, column: "sign_in_attempt.sealed_verifier", row: state, kind: "" }
}

pub async fn keep_attempt(
    db: &Db,
    seal: &Seal,
    now: DateTime<Utc>,
    (state, browser): (&str, &str),
    attempt: &Attempt,
) -> Result<(), AppError> {
    let secrets = SecretString::from(serde_json::to_string(&attempt.secrets)?);
    let sealed = seal.seal(&place(attempt.provider, state), &secrets)?;
    sqlx::query!("delete from sign_in_attempt where ends_at < $1", now).execute(db.pool()).await?;
    sqlx::query!(
        "insert into sign_in_attempt (state_hash, browser_hash, provider_id, sealed_verifier, back, ends_at)
         values ($1, $2, $3, $4, $5, $6)",
        session::hash(state),
        session::hash(browser),
        attempt.provider.0,
        sealed,
        attempt.back,
        now + ATTEMPT,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Takes the attempt away and gives it to the browser that began it; once, and never to another.
pub async fn take_attempt(
    db: &Db,
    seal: &Seal,
    now: DateTime<Utc>,
    state: &str,
    browser: &str,
) -> Result<Option<Attempt>, AppError> {
    let row = sqlx::query!(
        "delete from sign_in_attempt where state_hash = $1 and browser_hash = $2
         returning provider_id, sealed_verifier, back, ends_at",
        session::hash(state),
        session::hash(browser),
    )
    .fetch_optional(db.pool())
    .await?;
    let Some(row) = row.filter(|row| row.ends_at > now) else { return Ok(None) };
    let provider = ProviderId(row.provider_id);
    let secrets = seal.open(&place(provider, state), &row.sealed_verifier)?;
    Ok(Some(Attempt { provider, secrets: serde_json::from_str(secrets.expose_secret())?, back: row.back }))
}

/// A person as he stands in the provider's list.
pub struct Known {
    pub id: PersonId,
    pub disabled: bool,
}

/// The person of this identity, if he signed in before.
pub async fn known(tx: &mut Tx, who: &Identity) -> Result<Option<Known>, sqlx::Error> {
    let provider = tx.scope().provider();
    let row = sqlx::query!(
        "select person_id, disabled_at from person
          where provider_id = $1 and identity_tid = $2 and identity_oid = $3",
        provider.0,
        who.tid,
        who.oid
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Known { id: PersonId(row.person_id), disabled: row.disabled_at.is_some() }))
}

/// His authority gives him no role any more: neither do his open sessions.
pub async fn without_roles(tx: &mut Tx, person: PersonId) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update person set roles = '{}' where provider_id = $1 and person_id = $2",
        provider.0,
        person.0
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("delete from session where provider_id = $1 and person_id = $2", provider.0, person.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The person of this identity, his name and roles brought up to date; made when he signs in first.
pub async fn meet(
    tx: &mut Tx,
    now: DateTime<Utc>,
    new_id: PersonId,
    who: &Identity,
    roles: &[String],
) -> Result<Known, sqlx::Error> {
    let provider = tx.scope().provider();
    let row = sqlx::query!(
        "insert into person (provider_id, person_id, identity_tid, identity_oid, name, mail, roles, sees_all, created_at,
                             seen_at)
         select $1, $2, $3, $4, $5, $6, $7, v.new_people_see_all or 'admin' = any ($7), $8, $8
           from provider v where v.provider_id = $1
         on conflict (provider_id, identity_tid, identity_oid) do update
            set name = excluded.name, mail = excluded.mail, roles = excluded.roles, seen_at = excluded.seen_at
         returning person_id, disabled_at",
        provider.0,
        new_id.0,
        who.tid,
        who.oid,
        who.name,
        who.mail,
        roles,
        now,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Known { id: PersonId(row.person_id), disabled: row.disabled_at.is_some() })
}

/// What a person chose for himself.
pub async fn choose(
    tx: &mut Tx,
    person: PersonId,
    language: Option<&str>,
    theme: Option<&str>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update person set language = coalesce($3, language), theme = coalesce($4, theme)
          where provider_id = $1 and person_id = $2",
        provider.0,
        person.0,
        language,
        theme
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The short name of this scope's provider.
pub async fn slug(tx: &mut Tx) -> Result<String, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_scalar!("select slug from provider where provider_id = $1", provider.0)
        .fetch_one(&mut **tx)
        .await
}
