//! What is known of a customer besides the observation.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::customers::consent;
use crate::customers::store as customers;
use crate::kit::ids::{CustomerId, EntraTenantId};
use crate::kit::scope::Tx;
use crate::onboarding::facts::{Administrator, Analysts, Answer, Declaration, Facts, Owned, Rbac};
use crate::onboarding::step::StepKey;
use crate::providers::{self, AppKind};

fn read<T: DeserializeOwned>(value: Value) -> Option<T> {
    serde_json::from_value(value).ok()
}

pub async fn facts(tx: &mut Tx, customer: CustomerId) -> Result<Facts, sqlx::Error> {
    let scope = tx.scope().provider();
    let provider = providers::store::provider(tx).await?;
    let consents = consent::store::all(tx, customer).await?;
    let granted = |app| consents.iter().any(|one| one.app == app && one.granted());
    let owned = sqlx::query!(
        "select object, graph_id, adopted from owned_object where provider_id = $1 and customer_id = $2",
        scope.0,
        customer.0
    )
    .fetch_all(&mut **tx)
    .await?;
    let rows = sqlx::query!(
        "select fact, value from fact where provider_id = $1 and customer_id = $2",
        scope.0,
        customer.0
    )
    .fetch_all(&mut **tx)
    .await?;
    let links = customers::links(tx, customer).await?;
    let apps = providers::store::apps(tx).await?;
    let analyst_domains = provider.domains_of_analysts();
    let analysts = provider.analyst_tenant.zip(provider.analyst_domain);
    let mut facts = Facts {
        provider: scope,
        provider_name: provider.name,
        customer,
        analysts: analysts.map(|(tenant, domain)| Analysts { tenant: EntraTenantId(tenant), domain }),
        analyst_domains,
        apps: apps.into_iter().map(|app| app.client_id).filter(|id| !id.is_empty()).collect(),
        reader: granted(AppKind::Reader),
        operator: granted(AppKind::Operator),
        owned: owned
            .into_iter()
            .map(|row| (row.object, Owned { id: row.graph_id, adopted: row.adopted }))
            .collect(),
        declared: BTreeMap::new(),
        outdated: BTreeMap::new(),
        answers: BTreeMap::new(),
        administrator: None,
        rbac: None,
        links: links.into_iter().map(|link| (link.package, link.url)).collect(),
    };
    for row in rows {
        match row.fact.split_once(':') {
            Some(("declared", step)) => {
                facts.declared.extend(read::<Declaration>(row.value).map(|one| (step.to_owned(), one)));
            }
            Some(("answer", object)) => {
                facts.answers.extend(read::<Answer>(row.value).map(|one| (object.to_owned(), one)));
            }
            _ if row.fact == "administrator" => facts.administrator = read::<Administrator>(row.value),
            _ if row.fact == "rbac" => facts.rbac = read::<Rbac>(row.value),
            _ => {}
        }
    }
    Ok(facts)
}

async fn set(
    tx: &mut Tx,
    customer: CustomerId,
    fact: &str,
    value: impl Serialize,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let (provider, person) = (tx.scope().provider(), tx.scope().person());
    let value = serde_json::to_value(value).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    sqlx::query!(
        "insert into fact (provider_id, customer_id, fact, value, declared_by, declared_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (provider_id, customer_id, fact) do update
            set value = excluded.value, declared_by = excluded.declared_by, declared_at = excluded.declared_at",
        provider.0,
        customer.0,
        fact,
        value,
        person.map(|person| person.0),
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn declare(
    tx: &mut Tx,
    customer: CustomerId,
    step: &StepKey,
    declaration: &Declaration,
) -> Result<(), sqlx::Error> {
    set(tx, customer, &format!("declared:{step}"), declaration, declaration.at).await
}

/// Takes a declaration back. False: there was none.
pub async fn forget(tx: &mut Tx, customer: CustomerId, step: &StepKey) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let forgotten = sqlx::query!(
        "delete from fact where provider_id = $1 and customer_id = $2 and fact = $3",
        provider.0,
        customer.0,
        format!("declared:{step}")
    )
    .execute(&mut **tx)
    .await?;
    Ok(forgotten.rows_affected() > 0)
}

/// Why the tenant can no longer be read: the key of a cause that does not pass by itself. None: it can.
pub async fn unreadable(tx: &mut Tx, customer: CustomerId) -> Result<Option<String>, sqlx::Error> {
    let provider = tx.scope().provider();
    let found = sqlx::query_scalar!(
        "select value from fact where provider_id = $1 and customer_id = $2 and fact = 'unreadable'",
        provider.0,
        customer.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.and_then(read))
}

pub async fn set_unreadable(
    tx: &mut Tx,
    customer: CustomerId,
    cause: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    set(tx, customer, "unreadable", cause, now).await
}

/// It was read.
pub async fn set_readable(tx: &mut Tx, customer: CustomerId) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let cleared = sqlx::query!(
        "delete from fact where provider_id = $1 and customer_id = $2 and fact = 'unreadable'",
        provider.0,
        customer.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(cleared.rows_affected() > 0)
}

pub async fn answer_beside(
    tx: &mut Tx,
    customer: CustomerId,
    object: &StepKey,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    set(tx, customer, &format!("answer:{object}"), json!({ "answer": "beside" }), now).await
}

pub async fn set_administrator(
    tx: &mut Tx,
    customer: CustomerId,
    administrator: &Administrator,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    set(tx, customer, "administrator", administrator, now).await
}

pub async fn set_rbac(
    tx: &mut Tx,
    customer: CustomerId,
    rbac: Rbac,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    set(tx, customer, "rbac", rbac, now).await
}

/// A person's answer makes another's object ours.
pub async fn adopt(
    tx: &mut Tx,
    customer: CustomerId,
    object: &StepKey,
    id: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    keep_owned(tx, customer, &object.to_string(), id, true, now).await
}

/// What we made, or found by our own mark.
pub async fn own(
    tx: &mut Tx,
    customer: CustomerId,
    object: &str,
    id: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    keep_owned(tx, customer, object, id, false, now).await
}

async fn keep_owned(
    tx: &mut Tx,
    customer: CustomerId,
    object: &str,
    id: &str,
    adopted: bool,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "insert into owned_object (provider_id, customer_id, object, graph_id, adopted, since)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (provider_id, customer_id, object) do update
            set graph_id = excluded.graph_id, adopted = excluded.adopted, since = excluded.since
          where owned_object.graph_id <> excluded.graph_id",
        provider.0,
        customer.0,
        object,
        id,
        adopted,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The durable link of a package, good as of now.
pub async fn store_link(
    tx: &mut Tx,
    customer: CustomerId,
    package: &str,
    (package_id, name, url): (&str, &str, &str),
    decide_within: Option<i64>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "insert into link (provider_id, customer_id, package, package_id, name, url, made_at, checked_at, alive,
                           decide_within)
         values ($1, $2, $3, $4, $5, $6, $7, $7, true, $8)
         on conflict (provider_id, customer_id, package) do update
            set package_id = excluded.package_id, name = excluded.name, url = excluded.url,
                made_at = case when link.url = excluded.url then link.made_at else excluded.made_at end,
                checked_at = excluded.checked_at, alive = true, decide_within = excluded.decide_within",
        provider.0,
        customer.0,
        package,
        package_id,
        name,
        url,
        now,
        decide_within
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
