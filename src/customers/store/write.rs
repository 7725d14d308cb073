//! What people change about a customer.

use chrono::{DateTime, Utc};

use super::search::refresh_words;
use crate::customers::model::{Contact, Standing, sort_name};
use crate::kit::chance::Chance;
use crate::kit::db::violates;
use crate::kit::ids::{CustomerId, EntraTenantId, PersonId};
use crate::kit::scope::Tx;

#[derive(Clone, Debug)]
pub struct NewCustomer {
    pub id: CustomerId,
    pub entra_tenant_id: EntraTenantId,
    /// Empty: not known yet.
    pub domain: String,
    pub name: String,
    pub name_verified: bool,
    pub account_manager: Option<PersonId>,
    pub standing: Standing,
}

/// The directory is already a customer of this provider.
#[derive(Debug, thiserror::Error)]
pub enum TakenBy {
    #[error("already a customer")]
    Ours,
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

pub async fn add(tx: &mut Tx, new: &NewCustomer, now: DateTime<Utc>) -> Result<(), TakenBy> {
    let provider = tx.scope().provider();
    let viewer = tx.scope().limited_to();
    sqlx::query!(
        "insert into customer (provider_id, customer_id, entra_tenant_id, domain, name, name_verified, sort_name,
                               account_manager, state, whose_move, since, next_move, steps_done, steps_total,
                               created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $11)",
        provider.0,
        new.id.0,
        new.entra_tenant_id.0,
        new.domain,
        new.name,
        new.name_verified,
        sort_name(&new.name),
        new.account_manager.map(|person| person.0),
        new.standing.state.key(),
        new.standing.whose_move.key(),
        now,
        new.standing.next_move,
        new.standing.steps_done,
        new.standing.steps_total,
    )
    .execute(&mut **tx)
    .await
    .map_err(|error| {
        if violates(&error, "customer_provider_id_entra_tenant_id_key") {
            TakenBy::Ours
        } else {
            TakenBy::Sql(error)
        }
    })?;
    refresh_words(tx, new.id).await?;
    if let Some(person) = viewer {
        // Whoever adds a customer must see him, however narrow his view.
        sqlx::query!(
            "insert into person_customer (provider_id, person_id, customer_id) values ($1, $2, $3)",
            provider.0,
            person.0,
            new.id.0
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Name and account manager; the search words follow.
pub async fn set_details(
    tx: &mut Tx,
    customer: CustomerId,
    name: &str,
    manager: Option<PersonId>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update customer set name = $3, sort_name = $4, account_manager = $5
          where provider_id = $1 and customer_id = $2",
        provider.0,
        customer.0,
        name,
        sort_name(name),
        manager.map(|person| person.0),
    )
    .execute(&mut **tx)
    .await?;
    refresh_words(tx, customer).await
}

pub async fn set_notes(tx: &mut Tx, customer: CustomerId, notes: &str) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update customer set notes = $3 where provider_id = $1 and customer_id = $2",
        provider.0,
        customer.0,
        notes
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn set_tags(tx: &mut Tx, customer: CustomerId, tags: &[String]) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "delete from customer_tag where provider_id = $1 and customer_id = $2 and tag <> all ($3)",
        provider.0,
        customer.0,
        tags
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into customer_tag (provider_id, customer_id, tag) select $1, $2, t from unnest($3::text[]) as t
         on conflict do nothing",
        provider.0,
        customer.0,
        tags
    )
    .execute(&mut **tx)
    .await?;
    refresh_words(tx, customer).await
}

pub async fn pause(
    tx: &mut Tx,
    customer: CustomerId,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let (provider, by) = (tx.scope().provider(), tx.scope().person());
    sqlx::query!(
        "update customer set paused_at = $3, paused_by = $4, paused_reason = $5
          where provider_id = $1 and customer_id = $2",
        provider.0,
        customer.0,
        now,
        by.map(|person| person.0),
        reason
    )
    .execute(&mut **tx)
    .await?;
    crate::kit::work::sleep(tx, customer).await
}

/// Ends the pause. The rooms' work of this customer is woken, each kind at once.
pub async fn resume(tx: &mut Tx, customer: CustomerId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update customer set paused_at = null, paused_by = null, paused_reason = null
          where provider_id = $1 and customer_id = $2",
        provider.0,
        customer.0
    )
    .execute(&mut **tx)
    .await?;
    // A piece that is still under way must come back too.
    wake_all(tx, customer, now).await
}

pub async fn contacts(tx: &mut Tx, customer: CustomerId) -> Result<Vec<Contact>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        Contact,
        "select name, mail, phone, role from customer_contact
          where provider_id = $1 and customer_id = $2 order by name, contact_id",
        provider.0,
        customer.0
    )
    .fetch_all(&mut **tx)
    .await
}

pub async fn set_contacts(
    tx: &mut Tx,
    chance: &Chance,
    customer: CustomerId,
    contacts: &[Contact],
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "delete from customer_contact where provider_id = $1 and customer_id = $2",
        provider.0,
        customer.0
    )
    .execute(&mut **tx)
    .await?;
    let ids: Vec<uuid::Uuid> = contacts.iter().map(|_| chance.uuid_v4()).collect();
    let column = |field: fn(&Contact) -> &String| contacts.iter().map(field).cloned().collect::<Vec<_>>();
    sqlx::query!(
        "insert into customer_contact (provider_id, customer_id, contact_id, name, mail, phone, role)
         select $1, $2, * from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[])",
        provider.0,
        customer.0,
        &ids,
        &column(|contact| &contact.name),
        &column(|contact| &contact.mail),
        &column(|contact| &contact.phone),
        &column(|contact| &contact.role),
    )
    .execute(&mut **tx)
    .await?;
    refresh_words(tx, customer).await
}

/// People who can be an account manager: everybody of the provider who is not disabled.
pub async fn managers(tx: &mut Tx) -> Result<Vec<(PersonId, String)>, sqlx::Error> {
    let provider = tx.scope().provider();
    let rows = sqlx::query!(
        "select person_id, name from person where provider_id = $1 and disabled_at is null and roles <> '{}'
          order by name, person_id limit 500",
        provider.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (PersonId(row.person_id), row.name)).collect())
}

/// Whether this directory is already a customer of this provider, in view or not.
pub async fn is_customer(tx: &mut Tx, directory: EntraTenantId) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_scalar!(
        r#"select exists (select 1 from customer where provider_id = $1 and entra_tenant_id = $2) as "is!""#,
        provider.0,
        directory.0
    )
    .fetch_one(&mut **tx)
    .await
}

/// The durable link of one package.
#[derive(Clone, Debug)]
pub struct PackageLink {
    /// The blueprint's key.
    pub package: String,
    pub name: String,
    pub url: String,
    pub alive: bool,
}

/// The customer's package links, approvers first, then by key.
pub async fn links(tx: &mut Tx, customer: CustomerId) -> Result<Vec<PackageLink>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        PackageLink,
        "select package, name, url, alive from link where provider_id = $1 and customer_id = $2
          order by package <> 'approvers', package",
        provider.0,
        customer.0
    )
    .fetch_all(&mut **tx)
    .await
}

/// Every kind of work that this customer has is due now.
pub async fn wake_all(tx: &mut Tx, customer: CustomerId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update work set due_at = $3, rank_at = $3, woken = leased_until is not null, attempts = 0, failures = 0
          where provider_id = $1 and customer_id = $2",
        provider.0,
        customer.0,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A customer without the reader's consent whose link was sent has the move; any other standing is not touched.
pub async fn link_sent(tx: &mut Tx, customer: CustomerId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update customer set state = case when state = 'new' then 'consent-wanted' else state end,
                whose_move = 'customer', next_move = 'customers-next-consent', since = $3
          where provider_id = $1 and customer_id = $2
            and (state = 'new' or (state in ('consent-wanted', 'consent-lost') and whose_move = 'us'))",
        provider.0,
        customer.0,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
