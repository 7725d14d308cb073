//! A provider's mail server, quiet hours and digest.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::kit::scope::Tx;
use crate::notices::quiet::{Quiet, Zone};

/// The mail server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Mail {
    /// Empty: none yet.
    pub host: String,
    pub port: i32,
    /// `tls`, `starttls` or `none`.
    pub tls: String,
    pub user: String,
    pub from: String,
}

#[derive(Clone, Debug)]
pub struct Settings {
    pub mail: Mail,
    /// The password, sealed.
    pub mail_sealed: Option<Vec<u8>>,
    pub time_zone: String,
    pub quiet_hours: Option<(i32, i32)>,
    pub quiet_weekend: bool,
    pub digest_at: i32,
    pub digest_roles: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mail: Mail { port: 587, tls: "starttls".to_owned(), ..Mail::default() },
            mail_sealed: None,
            time_zone: "Europe/Amsterdam".to_owned(),
            quiet_hours: None,
            quiet_weekend: false,
            digest_at: 480,
            digest_roles: Vec::new(),
        }
    }
}

impl Settings {
    pub fn zone(&self) -> Zone {
        Zone::parse(&self.time_zone).unwrap_or(Zone::Named(chrono_tz::UTC))
    }

    pub fn quiet(&self) -> Quiet {
        Quiet { zone: self.zone(), hours: self.quiet_hours, weekend: self.quiet_weekend }
    }
}

/// What was set, or how everything begins.
pub async fn settings(tx: &mut Tx) -> Result<Settings, sqlx::Error> {
    let provider = tx.scope().provider();
    let row = sqlx::query!(
        "select mail_host, mail_port, mail_tls, mail_user, mail_sealed, mail_from,
                time_zone, quiet_from, quiet_until, quiet_weekend, digest_at, digest_roles
           from notice_settings where provider_id = $1",
        provider.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(Settings::default()) };
    Ok(Settings {
        mail: Mail {
            host: row.mail_host,
            port: row.mail_port,
            tls: row.mail_tls,
            user: row.mail_user,
            from: row.mail_from,
        },
        mail_sealed: row.mail_sealed,
        time_zone: row.time_zone,
        quiet_hours: row.quiet_from.zip(row.quiet_until),
        quiet_weekend: row.quiet_weekend,
        digest_at: row.digest_at,
        digest_roles: row.digest_roles,
    })
}

/// The mail server.
pub async fn set_mail(
    tx: &mut Tx,
    mail: &Mail,
    sealed: Option<&[u8]>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "insert into notice_settings (provider_id, mail_host, mail_port, mail_tls, mail_user, mail_sealed, mail_from,
                                      changed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (provider_id) do update
            set mail_host = excluded.mail_host, mail_port = excluded.mail_port, mail_tls = excluded.mail_tls,
                mail_user = excluded.mail_user, mail_sealed = excluded.mail_sealed, mail_from = excluded.mail_from,
                changed_at = excluded.changed_at",
        provider.0,
        mail.host,
        mail.port,
        mail.tls,
        mail.user,
        sealed,
        mail.from,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Time zone, quiet hours and digest.
pub async fn set_times(tx: &mut Tx, to: &Settings, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    let provider = tx.scope().provider();
    sqlx::query!(
        "insert into notice_settings (provider_id, time_zone, quiet_from, quiet_until, quiet_weekend, digest_at,
                                      digest_roles, changed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (provider_id) do update
            set time_zone = excluded.time_zone, quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until,
                quiet_weekend = excluded.quiet_weekend, digest_at = excluded.digest_at,
                digest_roles = excluded.digest_roles, changed_at = excluded.changed_at",
        provider.0,
        to.time_zone,
        to.quiet_hours.map(|(from, _)| from),
        to.quiet_hours.map(|(_, until)| until),
        to.quiet_weekend,
        to.digest_at,
        &to.digest_roles,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
