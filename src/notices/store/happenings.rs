//! What happened to a customer and was not weighed yet, and his requests whose time runs.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::kit::happening::Kind;
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;
use crate::notices::model::Told;

/// Weighed in one transaction at most; the rest at once after it.
const MOST: i64 = 500;

/// The oldest first. Of a kind that this version does not know nothing can be said: it stays for a newer one.
pub async fn unweighed(tx: &mut Tx, customer: CustomerId) -> Result<Vec<Told>, sqlx::Error> {
    let provider = tx.scope().provider();
    let known: Vec<String> = Kind::ALL.iter().map(|kind| kind.key().to_owned()).collect();
    let rows = sqlx::query!(
        "select kind, about, facts, at from happening
          where provider_id = $1 and customer_id = $2 and weighed_at is null and kind = any ($4)
          order by at, kind, about limit $3",
        provider.0,
        customer.0,
        MOST,
        &known,
    )
    .fetch_all(&mut **tx)
    .await?;
    let told = rows.into_iter().filter_map(|row| {
        Some(Told { kind: Kind::from_key(&row.kind)?, about: row.about, facts: row.facts, at: row.at })
    });
    Ok(told.collect())
}

/// Notes that the rules were held against them.
pub async fn weighed(
    tx: &mut Tx,
    customer: CustomerId,
    told: &[Told],
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let provider = tx.scope().provider();
    let kinds: Vec<String> = told.iter().map(|one| one.kind.key().to_owned()).collect();
    let abouts: Vec<String> = told.iter().map(|one| one.about.clone()).collect();
    let done = sqlx::query!(
        "update happening h set weighed_at = $5 from unnest($3::text[], $4::text[]) as t (kind, about)
          where h.provider_id = $1 and h.customer_id = $2 and h.kind = t.kind and h.about = t.about
            and h.weighed_at is null",
        provider.0,
        customer.0,
        &kinds,
        &abouts,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// A request that waits.
#[derive(Clone, Debug)]
pub struct Pending {
    pub id: String,
    pub package: String,
    pub package_name: String,
    pub requestor_name: String,
    pub requestor_mail: String,
    pub justification: String,
    pub created_at: DateTime<Utc>,
    /// When it is denied automatically, once that is known.
    pub denied_at: Option<DateTime<Utc>>,
}

impl Pending {
    /// What a message says of it.
    pub fn facts(&self, stage: &str) -> Value {
        serde_json::json!({
            "request": self.id, "stage": stage, "package": self.package, "name": self.package_name,
            "who": self.requestor_name, "mail": self.requestor_mail, "why": self.justification,
            "until": self.denied_at,
        })
    }
}

/// All of the customer's, in one query.
pub async fn pending(tx: &mut Tx, customer: CustomerId) -> Result<Vec<Pending>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_as!(
        Pending,
        r#"select request_id as id, package, package_name, requestor_name, requestor_mail, justification, created_at,
                  denied_at
             from access_request
            where provider_id = $1 and customer_id = $2 and state = 'pendingApproval'"#,
        provider.0,
        customer.0
    )
    .fetch_all(&mut **tx)
    .await
}

/// The customer's tags.
pub async fn tags(tx: &mut Tx, customer: CustomerId) -> Result<Vec<String>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_scalar!(
        "select tag from customer_tag where provider_id = $1 and customer_id = $2 order by tag",
        provider.0,
        customer.0
    )
    .fetch_all(&mut **tx)
    .await
}
