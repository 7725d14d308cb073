//! Sessions: rows whose id is stored hashed, with idle and absolute end, a new id at each sign-in.

use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use crate::kit::chance::Chance;
use crate::kit::clock::Clock;
use crate::kit::db::Db;
use crate::kit::ids::{PersonId, ProviderId};
use crate::kit::right::Roles;
use crate::kit::scope::{Scope, Tx};

/// `__Host-` binds it to this origin, https and path `/`; browsers take it from http://localhost too.
pub const COOKIE: &str = "__Host-portal";
/// Unused for so long, a session is over.
pub const IDLE: TimeDelta = TimeDelta::minutes(60);
/// However much used, a session is over after this: one working day.
pub const WHOLE: TimeDelta = TimeDelta::hours(12);
/// `seen_at` is written at most this often.
const TOUCH: TimeDelta = TimeDelta::minutes(1);

/// A verified session: the first door to a `Scope`.
#[derive(Clone, Debug)]
pub struct Session {
    pub scope: Scope,
    pub provider_slug: String,
    pub provider_name: String,
    pub person_name: String,
    /// For display, and to know one's own requests; never for authorisation.
    pub person_mail: String,
    /// The person's choice, else the provider's default.
    pub language: String,
    pub theme: String,
    pub identity_tid: String,
    pub identity_oid: String,
    hash: Vec<u8>,
    stale: bool,
}

/// What is stored of a secret that only its bearer knows.
pub fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// Finds the live session of this cookie; one round trip through the door.
pub async fn find(db: &Db, clock: &Clock, secret: &str) -> Result<Option<Session>, sqlx::Error> {
    let now = clock.now();
    let hash = hash(secret);
    let row = sqlx::query!(
        r#"select provider_id as "provider_id!", provider_slug as "provider_slug!",
                  provider_name as "provider_name!", default_language as "default_language!",
                  person_id as "person_id!", person_name as "person_name!", person_mail as "person_mail!",
                  person_language, person_theme as "person_theme!",
                  sees_all as "sees_all!", roles as "roles!", seen_at as "seen_at!",
                  identity_tid as "identity_tid!", identity_oid as "identity_oid!"
             from door_session($1, $2, $3)"#,
        hash,
        now,
        now - IDLE,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(row.map(|row| Session {
        scope: Scope::of_person(
            ProviderId(row.provider_id),
            PersonId(row.person_id),
            row.person_name.clone(),
            Roles::from_claims(&row.roles),
            row.sees_all,
        ),
        provider_slug: row.provider_slug,
        provider_name: row.provider_name,
        person_name: row.person_name,
        person_mail: row.person_mail,
        language: row.person_language.unwrap_or(row.default_language),
        theme: row.person_theme,
        identity_tid: row.identity_tid,
        identity_oid: row.identity_oid,
        hash,
        stale: now - row.seen_at > TOUCH,
    }))
}

impl Session {
    /// What is stored of its id: rows that die with the session name it.
    pub fn hash(&self) -> &[u8] {
        &self.hash
    }

    /// Notes that the session is in use; seldom, so that a page view is no write.
    pub async fn touch(&self, db: &Db, clock: &Clock) -> Result<(), sqlx::Error> {
        if !self.stale {
            return Ok(());
        }
        let mut tx = self.scope.begin(db).await?;
        sqlx::query!(
            "update session set seen_at = $3 where provider_id = $1 and session_hash = $2",
            self.scope.provider().0,
            self.hash,
            clock.now()
        )
        .execute(&mut *tx)
        .await?;
        tx.commit_bookkeeping("a page view is no act").await
    }

    /// Ends this session, inside the transaction that records the sign-out.
    pub async fn end(&self, tx: &mut Tx) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "delete from session where provider_id = $1 and session_hash = $2",
            self.scope.provider().0,
            self.hash
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

/// Opens a session for the person of this transaction's scope; returns the cookie that carries its id.
pub async fn open(
    tx: &mut Tx,
    clock: &Clock,
    chance: &Chance,
    person: PersonId,
    user_agent: &str,
) -> Result<Cookie<'static>, sqlx::Error> {
    let secret = chance.token();
    let now = clock.now();
    let (provider, roles) = (tx.scope().provider(), tx.scope().roles().claims());
    sqlx::query!(
        "insert into session (provider_id, session_hash, person_id, roles, created_at, seen_at, ends_at, user_agent)
         values ($1, $2, $3, $4, $5, $5, $6, $7)",
        provider.0,
        hash(&secret),
        person.0,
        &roles,
        now,
        now + WHOLE,
        user_agent.chars().take(200).collect::<String>(),
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("delete from session where provider_id = $1 and ends_at < $2", provider.0, now)
        .execute(&mut **tx)
        .await?;
    Ok(host_cookie(COOKIE, secret))
}

/// Ends what is over: sessions past their end, and those that were not used for too long. What is bound to them goes
/// with them, sealed tokens too.
pub async fn sweep(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let provider = tx.scope().provider();
    let gone = sqlx::query!(
        "delete from session where provider_id = $1 and (ends_at <= $2 or seen_at <= $3)",
        provider.0,
        now,
        now - IDLE
    )
    .execute(&mut **tx)
    .await?;
    Ok(gone.rows_affected())
}

/// A cookie of this origin only, out of reach of scripts.
pub fn host_cookie(name: &'static str, value: String) -> Cookie<'static> {
    Cookie::build((name, value)).path("/").secure(true).http_only(true).same_site(SameSite::Lax).build()
}

/// Takes a cookie away.
pub fn gone(jar: CookieJar, name: &'static str) -> CookieJar {
    jar.remove(host_cookie(name, String::new()))
}
