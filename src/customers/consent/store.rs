//! SQL of consents and their links.

use chrono::{DateTime, TimeDelta, Utc};

use crate::customers::model::Asked;
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;
use crate::kit::session::hash;
use crate::providers::AppKind;

/// How long a link given to a customer is good for.
pub const LINK_LIFE: TimeDelta = TimeDelta::days(14);

/// What the token endpoint said last about one app at one customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    pub app: AppKind,
    /// `unknown`, `missing`, `partial`, `granted` or `lost`.
    pub state: String,
    pub since: DateTime<Utc>,
    pub permissions: Vec<String>,
    pub missing: Vec<String>,
    /// Cause key of the last refusal (`errors-<cause>-…` in the catalogue), or empty.
    pub cause: String,
    pub detail: String,
    pub checked_at: Option<DateTime<Utc>>,
}

impl Consent {
    pub fn granted(&self) -> bool {
        self.state == "granted"
    }

    /// As people read it: an operator app that is gone while nothing is to be written is as it should be.
    pub fn shown_as(&self, wanted: bool) -> &str {
        if self.rests(wanted) { "rests" } else { &self.state }
    }

    /// Was here, is no longer, and is not needed.
    pub fn rests(&self, wanted: bool) -> bool {
        self.app == AppKind::Operator && self.state == "lost" && !wanted
    }

    /// Why it is not there, as a cause to be told. That nobody has consented yet is none: its state says so.
    pub fn trouble(&self) -> Option<&str> {
        let never = self.state == "missing" && matches!(self.cause.as_str(), "app-gone" | "consent-missing");
        (!self.cause.is_empty() && !never).then_some(&self.cause)
    }
}

/// Where a check found an app to stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub granted: bool,
    pub permissions: Vec<String>,
    pub missing: Vec<String>,
    pub cause: String,
    pub detail: String,
}

pub async fn all(tx: &mut Tx, customer: CustomerId) -> Result<Vec<Consent>, sqlx::Error> {
    let provider = tx.scope().provider();
    let rows = sqlx::query!(
        "select app, state, since, permissions, missing, cause, detail, checked_at from consent
          where provider_id = $1 and customer_id = $2 order by app <> 'reader', app",
        provider.0,
        customer.0
    )
    .fetch_all(&mut **tx)
    .await?;
    let known = rows.into_iter().filter_map(|row| {
        Some(Consent {
            app: AppKind::from_key(&row.app)?,
            state: row.state,
            since: row.since,
            permissions: row.permissions,
            missing: row.missing,
            cause: row.cause,
            detail: row.detail,
            checked_at: row.checked_at,
        })
    });
    Ok(known.collect())
}

/// Keeps what a check found; returns the state before and now. `lost` is what was granted once and is no more.
pub async fn keep(
    tx: &mut Tx,
    customer: CustomerId,
    app: AppKind,
    found: &Found,
    now: DateTime<Utc>,
) -> Result<(Option<String>, String), sqlx::Error> {
    let provider = tx.scope().provider();
    let before = sqlx::query_scalar!(
        "select state from consent where provider_id = $1 and customer_id = $2 and app = $3 for update",
        provider.0,
        customer.0,
        app.key()
    )
    .fetch_optional(&mut **tx)
    .await?;
    let was_granted = matches!(before.as_deref(), Some("granted" | "lost"));
    let state = match (found.granted, found.permissions.is_empty(), was_granted) {
        (true, ..) => "granted",
        (false, _, true) => "lost",
        (false, false, false) => "partial",
        (false, true, false) => "missing",
    };
    sqlx::query!(
        "insert into consent (provider_id, customer_id, app, state, since, permissions, missing, cause, detail,
                              checked_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $5)
         on conflict (provider_id, customer_id, app) do update
            set since = case when consent.state = excluded.state then consent.since else excluded.since end,
                state = excluded.state, permissions = excluded.permissions, missing = excluded.missing,
                cause = excluded.cause, detail = excluded.detail, checked_at = excluded.checked_at",
        provider.0,
        customer.0,
        app.key(),
        state,
        now,
        &found.permissions,
        &found.missing,
        found.cause,
        found.detail,
    )
    .execute(&mut **tx)
    .await?;
    Ok((before, state.to_owned()))
}

/// Keeps a link's state, hashed; older links of the same app count as out no more, but who comes back by one still has
/// the consent checked. False: this very link is kept already, by a form that was sent twice.
pub async fn keep_link(
    tx: &mut Tx,
    customer: CustomerId,
    app: AppKind,
    state: &str,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let (provider, by) = (tx.scope().provider(), tx.scope().person());
    let made = sqlx::query!(
        "insert into consent_link (provider_id, customer_id, app, state_hash, made_by, made_at, ends_at)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
        provider.0,
        customer.0,
        app.key(),
        hash(state),
        by.map_or(uuid::Uuid::nil(), |person| person.0),
        now,
        now + LINK_LIFE
    )
    .execute(&mut **tx)
    .await?;
    if made.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query!(
        "update consent_link set superseded_at = $5
          where provider_id = $1 and customer_id = $2 and app = $3 and state_hash <> $4 and spent_at is null
            and superseded_at is null and ends_at > $5",
        provider.0,
        customer.0,
        app.key(),
        hash(state),
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(true)
}

/// The open link of each app: when it was made and when it ends. The link itself is not kept.
pub async fn open_links(
    tx: &mut Tx,
    customer: CustomerId,
    now: DateTime<Utc>,
) -> Result<Vec<(AppKind, DateTime<Utc>, DateTime<Utc>)>, sqlx::Error> {
    let provider = tx.scope().provider();
    let rows = sqlx::query!(
        "select app, made_at, ends_at from consent_link
          where provider_id = $1 and customer_id = $2 and spent_at is null and superseded_at is null
            and ends_at > $3
          order by made_at",
        provider.0,
        customer.0,
        now
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| Some((AppKind::from_key(&row.app)?, row.made_at, row.ends_at)))
        .collect())
}

/// Spends the app's links: only now that consent is proven.
pub async fn spend_links(
    tx: &mut Tx,
    customer: CustomerId,
    app: AppKind,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update consent_link set spent_at = $4
          where provider_id = $1 and customer_id = $2 and app = $3 and spent_at is null",
        provider.0,
        customer.0,
        app.key(),
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Each app whose consent was declined and not asked anew since, and when. What was proven since is declined no more.
pub async fn declined(
    tx: &mut Tx,
    customer: CustomerId,
) -> Result<Vec<(AppKind, DateTime<Utc>)>, sqlx::Error> {
    let provider = tx.scope().provider();
    let rows = sqlx::query!(
        r#"select app, max(declined_at) as "at!" from consent_link
            where provider_id = $1 and customer_id = $2 and spent_at is null
            group by app having max(declined_at) > max(made_at) order by app"#,
        provider.0,
        customer.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().filter_map(|row| Some((AppKind::from_key(&row.app)?, row.at))).collect())
}

/// What became of asking for this app's consent.
pub async fn asked(
    tx: &mut Tx,
    customer: CustomerId,
    app: AppKind,
    now: DateTime<Utc>,
) -> Result<Asked, sqlx::Error> {
    if declined(tx, customer).await?.iter().any(|(one, _)| *one == app) {
        return Ok(Asked::Declined);
    }
    let open = open_links(tx, customer, now).await?.iter().any(|(one, ..)| *one == app);
    Ok(if open { Asked::Open } else { Asked::Not })
}

/// Whether this link's consent is proven; `None` where there is no such link.
pub async fn is_spent(tx: &mut Tx, customer: CustomerId, state: &str) -> Result<Option<bool>, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query_scalar!(
        r#"select spent_at is not null as "spent!" from consent_link
            where provider_id = $1 and customer_id = $2 and state_hash = $3"#,
        provider.0,
        customer.0,
        hash(state)
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Notes that whoever opened this link declined; whether that is news.
pub async fn decline(
    tx: &mut Tx,
    customer: CustomerId,
    state: &str,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let noted = sqlx::query!(
        "update consent_link set declined_at = $4
          where provider_id = $1 and customer_id = $2 and state_hash = $3 and spent_at is null
            and declined_at is null",
        provider.0,
        customer.0,
        hash(state),
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(noted.rows_affected() > 0)
}
