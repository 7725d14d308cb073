//! SQL of connections. Whatever holds a token takes the session it belongs to.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};

use crate::connections::model::{Account, Connection};
use crate::kit::error::AppError;
use crate::kit::ids::{CustomerId, EntraTenantId, PersonId, ProviderId};
use crate::kit::scope::Tx;
use crate::kit::seal::{Place, Seal};
use crate::kit::session::{IDLE, Session, hash};
use crate::sign_in::oidc::Secrets;

/// How long a person may take at Microsoft.
const ATTEMPT: TimeDelta = TimeDelta::minutes(15);

/// A way to Microsoft and back, under way.
#[derive(Debug)]
pub struct Attempt {
    pub customer: CustomerId,
    pub secrets: Secrets,
    pub silent: bool,
    pub back: String,
}

/// What is kept of a sign-in that went through.
pub struct Made {
    pub entra_tenant_id: EntraTenantId,
    pub account: Account,
    pub access: SecretString,
    pub refresh: Option<SecretString>,
    pub expires_at: DateTime<Utc>,
}

/// What the tokens of a connection are.
pub struct Held {
    pub account: Account,
    pub access: SecretString,
    pub refresh: Option<SecretString>,
    pub expires_at: DateTime<Utc>,
}

fn person_of(session: &Session) -> PersonId {
    session.scope.person().unwrap_or(PersonId(uuid::Uuid::nil()))
}

/// Where a token (`access`, `refresh`) or a way's `verifier` is sealed.
pub fn place<'a>(provider: ProviderId, kind: &'static str, row: &'a str) -> Place<'a> {
    let column = match kind {
        "refresh" => "connection.sealed_refresh",
        "verifier" => "connection_attempt.sealed_verifier",
        _ => "connection.sealed_access",
    };
    Place { provider, column, row, kind }
}

fn row_of(session: &Session, customer: CustomerId) -> String {
    row_name(session.hash(), customer)
}

/// The rest of the row's key: the session's hash in hex, and the customer.
pub fn row_name(session: &[u8], customer: CustomerId) -> String {
    let hex: String = session.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{hex}/{customer}")
}

pub async fn keep_attempt(
    tx: &mut Tx,
    seal: &Seal,
    session: &Session,
    (state, now): (&str, DateTime<Utc>),
    attempt: &Attempt,
) -> Result<(), AppError> {
    let provider = tx.scope().provider();
    let secrets = SecretString::from(serde_json::to_string(&attempt.secrets)?);
    let sealed = seal.seal(&place(provider, "verifier", state), &secrets)?;
    sqlx::query!("delete from connection_attempt where provider_id = $1 and ends_at < $2", provider.0, now)
        .execute(&mut **tx)
        .await?;
    sqlx::query!(
        "insert into connection_attempt (provider_id, state_hash, session_hash, person_id, customer_id,
                                         sealed_verifier, silent, back, ends_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        provider.0,
        hash(state),
        session.hash(),
        person_of(session).0,
        attempt.customer.0,
        sealed,
        attempt.silent,
        attempt.back,
        now + ATTEMPT,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes the attempt away and gives it to the session that began it; once, and never to another.
pub async fn take_attempt(
    tx: &mut Tx,
    seal: &Seal,
    session: &Session,
    (state, now): (&str, DateTime<Utc>),
) -> Result<Option<Attempt>, AppError> {
    let provider = tx.scope().provider();
    let row = sqlx::query!(
        "delete from connection_attempt
          where provider_id = $1 and state_hash = $2 and session_hash = $3 and person_id = $4
         returning customer_id, sealed_verifier, silent, back, ends_at",
        provider.0,
        hash(state),
        session.hash(),
        person_of(session).0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row.filter(|row| row.ends_at > now) else { return Ok(None) };
    let secrets = seal.open(&place(provider, "verifier", state), &row.sealed_verifier)?;
    Ok(Some(Attempt {
        customer: CustomerId(row.customer_id),
        secrets: serde_json::from_str(secrets.expose_secret())?,
        silent: row.silent,
        back: row.back,
    }))
}

/// Keeps a connection, in the place of the one before. What is over by now goes.
pub async fn keep(
    tx: &mut Tx,
    seal: &Seal,
    session: &Session,
    customer: CustomerId,
    (made, now): (&Made, DateTime<Utc>),
) -> Result<(), AppError> {
    let provider = tx.scope().provider();
    let row = row_of(session, customer);
    let access = seal.seal(&place(provider, "access", &row), &made.access)?;
    let refresh = made.refresh.as_ref().map(|token| seal.seal(&place(provider, "refresh", &row), token));
    sweep(tx, now).await?;
    sqlx::query!(
        "insert into connection (provider_id, session_hash, customer_id, person_id, entra_tenant_id, oid, account_name,
                                 account_mail, sealed_access, sealed_refresh, connected_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict (provider_id, session_hash, customer_id) do update
            set person_id = excluded.person_id, entra_tenant_id = excluded.entra_tenant_id, oid = excluded.oid,
                account_name = excluded.account_name, account_mail = excluded.account_mail,
                sealed_access = excluded.sealed_access, sealed_refresh = excluded.sealed_refresh,
                connected_at = case when connection.oid = excluded.oid then connection.connected_at
                                    else excluded.connected_at end,
                expires_at = excluded.expires_at",
        provider.0,
        session.hash(),
        customer.0,
        person_of(session).0,
        made.entra_tenant_id.0,
        made.account.oid,
        made.account.name,
        made.account.mail,
        access,
        refresh.transpose()?,
        now,
        made.expires_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Keeps renewed tokens where the old ones lie; `false`: these are gone, or are another account's by now.
pub async fn renew(
    tx: &mut Tx,
    seal: &Seal,
    session: &Session,
    customer: CustomerId,
    made: &Made,
) -> Result<bool, AppError> {
    let provider = tx.scope().provider();
    let row = row_of(session, customer);
    let access = seal.seal(&place(provider, "access", &row), &made.access)?;
    let refresh = made.refresh.as_ref().map(|token| seal.seal(&place(provider, "refresh", &row), token));
    let done = sqlx::query!(
        "update connection k
            set sealed_access = $6, sealed_refresh = case when p.keeps_refresh_tokens then $7::bytea end, expires_at = $8
           from provider p
          where k.provider_id = $1 and p.provider_id = $1 and k.session_hash = $2 and k.customer_id = $3
            and k.person_id = $4 and k.oid = $5",
        provider.0,
        session.hash(),
        customer.0,
        person_of(session).0,
        made.account.oid,
        access,
        refresh.transpose()?,
        made.expires_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Takes away what nobody can use any more: attempts that came to nothing, connections sessions or with tokens that are
/// over, and refresh tokens where the provider lets none be kept.
pub async fn sweep(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "update connection k set sealed_refresh = null from provider p
          where k.provider_id = $1 and p.provider_id = $1 and not p.keeps_refresh_tokens
            and k.sealed_refresh is not null",
        provider.0
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("delete from connection_attempt where provider_id = $1 and ends_at < $2", provider.0, now)
        .execute(&mut **tx)
        .await?;
    let gone = sqlx::query!(
        "delete from connection k using session s
          where k.provider_id = $1 and s.provider_id = $1 and s.session_hash = k.session_hash
            and (s.ends_at <= $2 or s.seen_at <= $3 or (k.expires_at <= $4 and k.sealed_refresh is null))",
        provider.0,
        now,
        now - IDLE,
        // An ended one is still shown for a while, to be renewed.
        now - IDLE,
    )
    .execute(&mut **tx)
    .await?;
    Ok(gone.rows_affected())
}

/// The connections of the session's person to customers in his view, by the customer's name.
pub async fn all(tx: &mut Tx, session: &Session) -> Result<Vec<Connection>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let rows = sqlx::query!(
        r#"select k.customer_id, c.name, k.entra_tenant_id, k.oid, k.account_name, k.account_mail, k.connected_at,
                  k.expires_at, k.session_hash = $3 as "here!"
             from connection k
             join customer c on c.provider_id = $1 and c.customer_id = k.customer_id
            where k.provider_id = $1 and k.person_id = $2
              and ($4::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $4 and v.customer_id = k.customer_id))
            order by c.sort_name, k.customer_id, k.connected_at"#,
        provider.0,
        person_of(session).0,
        session.hash(),
        viewer.map(|person| person.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    let shown = rows.into_iter().map(|row| Connection {
        customer: CustomerId(row.customer_id),
        customer_name: row.name,
        entra_tenant_id: EntraTenantId(row.entra_tenant_id),
        account: Account { oid: row.oid, name: row.account_name, mail: row.account_mail },
        connected_at: row.connected_at,
        expires_at: row.expires_at,
        here: row.here,
    });
    Ok(shown.collect())
}

/// This session's tokens for the customer.
pub async fn held(
    tx: &mut Tx,
    seal: &Seal,
    session: &Session,
    customer: CustomerId,
) -> Result<Option<Held>, AppError> {
    let provider = tx.scope().provider();
    let found = sqlx::query!(
        r#"select k.oid, k.account_name, k.account_mail, k.sealed_access,
                  case when p.keeps_refresh_tokens then k.sealed_refresh end as sealed_refresh, k.expires_at
             from connection k join provider p on p.provider_id = $1
            where k.provider_id = $1 and k.session_hash = $2 and k.customer_id = $3 and k.person_id = $4"#,
        provider.0,
        session.hash(),
        customer.0,
        person_of(session).0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(found) = found else { return Ok(None) };
    let row = row_of(session, customer);
    let refresh = found.sealed_refresh.map(|sealed| seal.open(&place(provider, "refresh", &row), &sealed));
    Ok(Some(Held {
        account: Account { oid: found.oid, name: found.account_name, mail: found.account_mail },
        access: seal.open(&place(provider, "access", &row), &found.sealed_access)?,
        refresh: refresh.transpose()?,
        expires_at: found.expires_at,
    }))
}

/// Ends this session's connection to the customer, because Microsoft takes it no more.
pub async fn drop_here(tx: &mut Tx, session: &Session, customer: CustomerId) -> Result<bool, sqlx::Error> {
    let provider = tx.scope().provider();
    let gone = sqlx::query!(
        "delete from connection where provider_id = $1 and session_hash = $2 and customer_id = $3",
        provider.0,
        session.hash(),
        customer.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(gone.rows_affected() > 0)
}

/// Ends every connection of the session's person to the customer, in whatever browser.
pub async fn disconnect(tx: &mut Tx, session: &Session, customer: CustomerId) -> Result<u64, sqlx::Error> {
    let provider = tx.scope().provider();
    let gone = sqlx::query!(
        "delete from connection where provider_id = $1 and person_id = $2 and customer_id = $3",
        provider.0,
        person_of(session).0,
        customer.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(gone.rows_affected())
}
