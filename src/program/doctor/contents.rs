//! What the installation holds: providers, their apps' credentials, background work.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::Findings;
use crate::config::Config;
use crate::kit::chance::Chance;
use crate::kit::clock::Clock;
use crate::kit::db::Db;
use crate::kit::ids::ProviderId;
use crate::kit::seal::Seal;
use crate::kit::work::MAX_ATTEMPTS;
use crate::program::rotate;
use crate::providers::set_up::{self, Listed};
use crate::providers::{AppKind, proof_of};

/// A certificate that ends sooner is named.
const RENEW_WITHIN: TimeDelta = TimeDelta::days(30);
/// Work due for longer than this is late.
const LATE: TimeDelta = TimeDelta::minutes(15);

pub async fn look(
    config: &Config,
    owner: &Db,
    clock: &Clock,
    chance: &Chance,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    let providers = set_up::every(owner).await?;
    if providers.is_empty() {
        findings.look("there is no provider yet", "mssp-portal provider add --help");
        return Ok(());
    }
    let slugs: HashMap<ProviderId, &str> = providers.iter().map(|one| (one.id, one.slug.as_str())).collect();
    let seal = Seal::from_file(&config.key_file()?, chance.clone()).ok();
    look_at_apps(owner, &providers, seal.as_ref(), clock.now(), findings).await?;
    if let Some(seal) = seal.filter(|seal| seal.count() > 1) {
        look_at_keys(owner, &seal, findings).await?;
    }
    look_at_work(owner, &slugs, clock.now(), findings).await?;
    Ok(())
}

async fn look_at_apps(
    owner: &Db,
    providers: &[Listed],
    seal: Option<&Seal>,
    now: DateTime<Utc>,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    let rows = sqlx::query!(
        "select provider_id, app, client_id, proof, certificate, not_after, sealed_proof from app_registration
          order by provider_id, app"
    )
    .fetch_all(owner.pool())
    .await?;
    for provider in providers {
        let mine: Vec<_> = rows.iter().filter(|row| row.provider_id == provider.id.0).collect();
        let slug = &provider.slug;
        if !mine
            .iter()
            .any(|row| row.app == "sign-in" && !row.client_id.is_empty() && row.sealed_proof.is_some())
        {
            findings.must(
                format!("nobody can sign in to {slug}: its sign-in app is not set up"),
                format!("mssp-portal provider sign-in --slug {slug} --client-id …"),
            );
        }
        let mut troubled = false;
        for row in mine {
            let Some(kind) = AppKind::from_key(&row.app) else { continue };
            let app = format!("the {} app of {slug}", kind.key());
            let place = format!("Admin > Apps > {}, or ask the provider's admin", kind.key());
            if let Some(ends) = row.not_after.filter(|ends| *ends - now < RENEW_WITHIN) {
                troubled = true;
                let fix = format!("make a new certificate in {place}, and upload it to Entra");
                let day = ends.format("%Y-%m-%d");
                if ends < now {
                    findings.must(format!("the certificate of {app} ended on {day}"), fix);
                } else {
                    findings.look(format!("the certificate of {app} ends on {day}"), fix);
                }
            }
            let (Some(seal), Some(sealed)) = (seal, row.sealed_proof.as_deref()) else { continue };
            let opened = proof_of(seal, provider.id, kind, &row.proof, row.certificate.clone(), Some(sealed));
            if let Err(error) = opened {
                troubled = true;
                findings.must(
                    format!("the credential of {app} does not open: {error:#}"),
                    format!("put the right master key back, or make a new credential in {place}"),
                );
            }
        }
        if !troubled {
            findings.good(format!("the credentials of {slug} open, and no certificate ends within 30 days"));
        }
    }
    Ok(())
}

/// Several master keys in the file: on the way to the first, or left over.
async fn look_at_keys(owner: &Db, seal: &Seal, findings: &mut Findings) -> anyhow::Result<()> {
    match rotate::left(owner, seal).await? {
        0 => findings.look(
            "the master key file holds keys that nothing is sealed under any more",
            "leave its first line alone in it and in its copies, once nobody has been signing in since the rotation",
        ),
        left => findings.look(
            format!("{left} secrets are sealed under a master key that is not the file's first"),
            "mssp-portal key rotate",
        ),
    }
    Ok(())
}

async fn look_at_work(
    owner: &Db,
    slugs: &HashMap<ProviderId, &str>,
    now: DateTime<Utc>,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    let rows = sqlx::query!(
        r#"select provider_id, kind, count(*) filter (where attempts >= $1) as "stopped!",
                  count(*) filter (where attempts < $1 and due_at < $2
                                     and (leased_until is null or leased_until < $2)) as "late!"
             from work group by provider_id, kind order by provider_id, kind"#,
        MAX_ATTEMPTS,
        now - LATE,
    )
    .fetch_all(owner.pool())
    .await?;
    let mut troubled = false;
    for row in rows {
        let slug = slugs.get(&ProviderId(row.provider_id)).copied().unwrap_or("?");
        if row.stopped > 0 {
            troubled = true;
            findings.must(
                format!(
                    "work `{}` of {} customers of {slug} stopped after {MAX_ATTEMPTS} crashes",
                    row.kind, row.stopped
                ),
                "read the log for the cause; then start it again in Health",
            );
        }
        if row.late > 0 {
            troubled = true;
            findings.must(
                format!(
                    "work `{}` of {} customers of {slug} is more than 15 minutes late",
                    row.kind, row.late
                ),
                "see that a portal runs with WORKERS above 0, or run more of them",
            );
        }
    }
    if !troubled {
        findings.good("background work is up to date");
    }
    Ok(())
}
