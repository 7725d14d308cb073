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
/// So long a session's roles are believed as the authority gave them; the next page asks it again.
const BELIEVED: TimeDelta = TimeDelta::minutes(60);
/// So long they serve what cannot ask: a form that is sent, an open stream, a part of a page that refreshes itself. A
/// form's page was made within `BELIEVED`, and its session idles for `IDLE`: nothing typed is lost that was not lost
/// before. Whoever only sends forms loses a role taken from him after that too.
const AT_MOST: TimeDelta = TimeDelta::minutes(120);
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
    believed: bool,
}

/// A live session as its owner sees it.
#[derive(Clone, Debug)]
pub struct Open {
    pub created_at: DateTime<Utc>,
    /// Within a minute: it is not noted at every page.
    pub seen_at: DateTime<Utc>,
    /// What the browser called itself when he signed in; empty where it said nothing.
    pub user_agent: String,
    /// The one that asks.
    pub this: bool,
}

/// Sessions shown of one person.
const SHOWN: i64 = 50;

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
                  identity_tid as "identity_tid!", identity_oid as "identity_oid!", roles_at as "roles_at!"
             from door_session($1, $2, $3)"#,
        hash,
        now,
        now - IDLE,
    )
    .fetch_optional(db.pool())
    .await?;
    let row = row.filter(|row| now - row.roles_at < AT_MOST);
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
        believed: now - row.roles_at < BELIEVED,
    }))
}

impl Session {
    /// What is stored of its id: rows that die with the session name it.
    pub fn hash(&self) -> &[u8] {
        &self.hash
    }

    /// Whether its roles are still believed; if not, the authority is asked before the next page.
    pub fn is_believed(&self) -> bool {
        self.believed
    }

    /// The authority has vouched for these roles now. `seen_at` and the end of the session stay: nobody was at work.
    pub async fn renew(&self, tx: &mut Tx, clock: &Clock, roles: &Roles) -> Result<(), sqlx::Error> {
        let provider = tx.scope().provider();
        sqlx::query!(
            "update session set roles = $3, roles_at = $4 where provider_id = $1 and session_hash = $2",
            provider.0,
            self.hash,
            &roles.claims(),
            clock.now()
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
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

impl Session {
    /// The live sessions of this person, this one first, then as they were last seen.
    pub async fn all(&self, tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<Open>, sqlx::Error> {
        let provider = tx.scope().provider();
        sqlx::query_as!(
            Open,
            r#"select created_at, seen_at, user_agent, session_hash = $3 as "this!" from session
                where provider_id = $1 and person_id = $2 and ends_at > $4 and seen_at > $5
                order by session_hash = $3 desc, seen_at desc, created_at desc limit $6"#,
            provider.0,
            self.scope.person().map(|person| person.0),
            self.hash,
            now,
            now - IDLE,
            SHOWN
        )
        .fetch_all(&mut **tx)
        .await
    }

    /// Ends every other session of this person, with what is bound to them; how many there were.
    pub async fn end_others(&self, tx: &mut Tx) -> Result<u64, sqlx::Error> {
        let provider = tx.scope().provider();
        let ended = sqlx::query!(
            "delete from session where provider_id = $1 and person_id = $2 and session_hash <> $3",
            provider.0,
            self.scope.person().map(|person| person.0),
            self.hash
        )
        .execute(&mut **tx)
        .await?;
        Ok(ended.rows_affected())
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
