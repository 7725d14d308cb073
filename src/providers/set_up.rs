//! What only the command line may do: portal_owner adds a provider and finds those that are there.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::kit::db::Db;
use crate::kit::ids::ProviderId;
use crate::kit::scope::Tx;

/// A provider as he is added.
#[derive(Clone, Debug, Serialize)]
pub struct NewProvider {
    pub slug: String,
    pub name: String,
    pub mail_domains: Vec<String>,
    pub sign_in_issuer: String,
    pub sign_in_tenant: Option<Uuid>,
    pub analyst_tenant: Option<Uuid>,
    pub analyst_domain: Option<String>,
    pub default_language: String,
}

/// Adds the scope's own provider; the transaction is portal_owner's.
pub async fn add(tx: &mut Tx, new: &NewProvider, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "insert into provider (provider_id, slug, name, mail_domains, sign_in_issuer, sign_in_tenant, analyst_tenant,
                               analyst_domain, default_language, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        provider.0,
        new.slug,
        new.name,
        &new.mail_domains,
        new.sign_in_issuer,
        new.sign_in_tenant,
        new.analyst_tenant,
        new.analyst_domain,
        new.default_language,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whose staff is led to him by these domains; the transaction is portal_owner's.
pub async fn set_mail_domains(tx: &mut Tx, domains: &[String]) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!("update provider set mail_domains = $2 where provider_id = $1", provider.0, domains)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// One of these domains that another provider has, and his short name; two commands at once wait for each other.
pub async fn domain_of_another(
    tx: &mut Tx,
    domains: &[String],
) -> Result<Option<(String, String)>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!("select pg_advisory_xact_lock(7, 2)").execute(&mut **tx).await?;
    let found = sqlx::query!(
        r#"select d.domain as "domain!", p.slug from provider p cross join unnest(p.mail_domains) as d (domain)
            where p.provider_id <> $1 and d.domain = any ($2) order by d.domain, p.slug limit 1"#,
        provider.0,
        domains
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.map(|row| (row.domain, row.slug)))
}

/// Which provider's app has this client id; the transaction is portal_owner's, which sees all.
pub async fn holder(tx: &mut Tx, client_id: &str) -> Result<Option<(String, String)>, sqlx::Error> {
    let found = sqlx::query!(
        "select p.slug, a.app from app_registration a join provider p on p.provider_id = a.provider_id
          where a.client_id = $1 order by a.changed_at limit 1",
        client_id
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.map(|row| (row.slug, row.app)))
}

/// A provider as the command line lists him.
#[derive(Clone, Debug)]
pub struct Listed {
    pub id: ProviderId,
    pub slug: String,
    pub name: String,
}

/// Every provider of the installation; the pool is portal_owner's, which sees all rows.
pub async fn every(owner: &Db) -> Result<Vec<Listed>, sqlx::Error> {
    let rows = sqlx::query!("select provider_id, slug, name from provider order by slug")
        .fetch_all(owner.pool())
        .await?;
    let listed = rows.into_iter().map(|row| Listed {
        id: ProviderId(row.provider_id),
        slug: row.slug,
        name: row.name,
    });
    Ok(listed.collect())
}
